"""The files of a mirror's object store: what a fetch brought, what a killed git left, when they are too many."""

import shutil
from pathlib import Path
from typing import Final

_MANY_PACKS: Final = 20
_MUCH_BYTES: Final = 64 << 20
_UNFINISHED: Final = ("pack/tmp_*", "pack/.tmp-*", "pack/*.temp", "??/tmp_*", "??/*.temp")


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class ObjectFiles:
    """The folder `objects` of a repository that nobody else works in."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._folder = repository / "objects"

    def listed(self) -> frozenset[Path]:
        """The files in it."""
        return frozenset(self._folder.glob("[!i]*/*"))

    def remove_since(self, before: frozenset[Path]) -> int:
        """Remove the files that were not there before. Returns the size of the largest."""
        new = self.listed() - before
        largest = max((one.lstat().st_size for one in new), default=0)
        for one in new:
            remove(one)
        return largest

    def clear_remains(self) -> None:
        """Remove what a git that was killed has left: files it did not finish, its locks, and its marks on packs."""
        locks = (one for one in self._repository.rglob("*.lock") if self._folder not in one.parents)
        unfinished = (one for pattern in _UNFINISHED for one in self._folder.glob(pattern))
        for one in (*locks, *unfinished, *self._folder.glob("pack/*.keep")):
            remove(one)
        for one in self._folder.glob("pack/*.pack"):
            if not one.with_suffix(".idx").exists():
                remove(one)

    @property
    def packed_bytes(self) -> int:
        """How large the packs are together."""
        return sum(self._packs())

    @property
    def are_too_many(self) -> bool:
        """Whether it is time to put them together: what they hold twice or in vain may be as large as what counts."""
        packs = self._packs()
        return len(packs) >= _MANY_PACKS or sum(packs) > 2 * max(packs, default=0) + _MUCH_BYTES

    def _packs(self) -> list[int]:
        return [one.stat().st_size for one in self._folder.glob("pack/*.pack")]
