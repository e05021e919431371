"""The directory source: reads a folder whole when it is quiet.

A folder cannot be read in one step, so it is read when nothing in it changed for a while, and
read again if it changed meanwhile. What counts is the files' own inode, size and times.
"""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.sources.noise import is_noise

QUIET_SECONDS: Final = 0.1
RESTLESS_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_FOLDERS: Final = ("models", "policies")
_MAX_FILES: Final = 1_000
_MAX_BYTES: Final = 300 << 20

Fingerprint = Mapping[str, tuple[int, ...]]


def read_tree(root: Path) -> dict[str, bytes]:
    """The files of `models/` and `policies/` below `root`, by relative path.

    Names that begin with a dot are left out (editors and mounts make them).

    Raises:
        PolicyInvalid: a name leads out of the tree, is no plain file, or cannot be read.
    """
    files: dict[str, bytes] = {}
    faults: list[Problem] = []
    total = 0
    for path in _paths(root):
        name = path.relative_to(root).as_posix()
        if not name.isprintable():  # no UTF-8, or line breaks: neither JSON nor a log can hold it as it is
            faults.append(Problem(path=ascii(name)[1:-1], line=0, message="a name that is no plain text; rename it"))
            continue
        fault = _fault(path, root)
        if fault is None:
            try:
                content = _read(path)
            except OSError as error:
                fault = f"cannot be read: {error.strerror}"
            else:
                files[name] = content
                total += len(content)
        if fault is not None:
            faults.append(Problem(path=name, line=0, message=fault))
        if total > _MAX_BYTES or len(files) > _MAX_FILES:
            faults.append(Problem(path=".", line=0, message="the tree is too large to be a policy"))
            break
    if faults:
        raise PolicyInvalid(faults)
    return files


def _read(path: Path) -> bytes:
    """The bytes of a file. It may have become a named pipe since it was looked at: that is not waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return file.read()


def _paths(root: Path) -> Iterator[Path]:
    """Everything but folders; a link to a folder is not followed, so it counts as no file, not as nothing."""
    for folder in _FOLDERS:
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if not is_noise(name))
            links = (name for name in folders if Path(base, name).is_symlink())
            yield from (Path(base, name) for name in sorted([*names, *links]) if not is_noise(name))


def _fault(path: Path, root: Path) -> str | None:
    try:
        found = path.stat()
        inside = path.resolve().is_relative_to(root.resolve())
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not inside:
        return "leads out of the policy tree; put the file itself here"
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file; remove it"
    return f"larger than {_MAX_BYTES >> 20} MiB" if found.st_size > _MAX_BYTES else None


def _fingerprint(root: Path) -> Fingerprint:
    found: dict[str, tuple[int, ...]] = {}
    for path in islice(_paths(root), _MAX_FILES + 1):  # with more it is no policy, whatever they are
        try:
            at = path.stat()
        except OSError:
            found[str(path)] = ()
        else:
            found[str(path)] = (at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
    return found


class DirectorySource:
    """A policy tree in a folder."""

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self.root = root
        self._read: Fingerprint | None = None

    def read(self) -> dict[str, bytes]:
        """The files as they stand now, once the folder has been quiet.

        Raises:
            PolicyInvalid: as `read_tree`, and where the folder is not quiet within RESTLESS_SECONDS.
        """
        deadline = time.monotonic() + RESTLESS_SECONDS
        while True:
            before = self._settled(deadline)
            self._read = before
            try:
                files = read_tree(self.root)
            except PolicyInvalid:
                if _fingerprint(self.root) == before:
                    raise
                continue
            if _fingerprint(self.root) == before:
                return files

    def _settled(self, deadline: float) -> Fingerprint:
        """Wait until nothing has changed for QUIET_SECONDS."""
        seen = _fingerprint(self.root)
        since = time.monotonic() if self._read != seen else 0.0
        newest = max((times[2] for times in seen.values() if times), default=0) / 1e9
        if self._read is None and time.time() - newest > QUIET_SECONDS:
            return seen  # the first read of files that nobody is writing
        while time.monotonic() - since < QUIET_SECONDS:
            if time.monotonic() > deadline:
                message = f"files kept changing for {RESTLESS_SECONDS:.0f} s; let whatever writes them finish"
                raise PolicyInvalid([Problem(path=".", line=0, message=message)])
            time.sleep(_POLL_SECONDS)
            now = _fingerprint(self.root)
            if now != seen:
                seen, since = now, time.monotonic()
        return seen

    def has_changed(self) -> bool:
        """Whether the files are not as they were read."""
        return _fingerprint(self.root) != self._read

    def identity(self) -> tuple[int, ...]:
        """Which folders stand at the paths; another one of the same name has to be watched anew."""
        found = []
        for name in ("", *_FOLDERS):
            try:
                found.append((self.root / name).stat().st_ino)
            except OSError:
                found.append(0)
        return tuple(found)
