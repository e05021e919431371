"""The last good policy tree, kept in the state directory so that a restart survives a broken one."""

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FORMAT: Final = 1


class LastGood:
    """One tree on disk: `FOLDER/REVISION/...` and `FOLDER/current`, which names the one that counts."""

    def __init__(self, folder: Path, source: str = "") -> None:
        """Keep trees of `source` in `folder`: another source's policy is never served in its place."""
        self._folder = folder
        self._source = source

    def write(self, revision: str, files: Mapping[str, bytes]) -> None:
        """Keep a tree; on return it survives a crash. The one before is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{revision.replace(':', '-')}-{time.time_ns()}"
        target = self._folder / name
        for path, content in files.items():
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            _write_through(place, content)
        for folder in {(target / path).parent for path in files} | {target, self._folder}:
            sync_folder(folder)
        pointer = {"format": _FORMAT, "revision": revision, "source": self._source, "folder": name}
        _write_through(self._folder / "current.new", json.dumps(pointer).encode() + b"\n")
        (self._folder / "current.new").replace(self._folder / "current")
        for folder in (self._folder, self._folder.parent):
            sync_folder(folder)
        for other in self._folder.iterdir():
            if other.is_dir() and other.name != name:
                shutil.rmtree(other, ignore_errors=True)

    def read(self) -> tuple[str, dict[str, bytes]] | None:
        """The kept revision and its files, or None where there is none that can be read."""
        try:
            pointer = json.loads((self._folder / "current").read_bytes())
            if pointer["source"] != self._source:
                return None
            target = self._folder / Path(str(pointer["folder"])).name
            files = {
                path.relative_to(target).as_posix(): path.read_bytes()
                for path in sorted(target.rglob("*"))
                if path.is_file()
            }
            return str(pointer["revision"]), files
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder survive a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
