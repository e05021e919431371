"""The lines that were refused, told on standard error and kept in a file that can be mended and imported again."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from doorward.cli.importing.records import Record
from doorward.cli.terminal import visible


class Refusals:
    """Tells `FILE:LINE: message` of each, and keeps the lines themselves as they stand in the file.

    The kept file may hold passwords as the imported one does, so its owner alone may read it.
    """

    def __init__(self, source: Path, kept: Path | None, header: bytes, tell: Callable[[str], None]) -> None:
        self._source = source
        self._tell = tell
        self._kept = kept
        self._file = None if kept is None else _opened(kept, header)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the kept file."""
        if self._file is not None:
            self._file.close()

    def add(self, record: Record, message: str) -> None:
        """Tell one, and keep its line."""
        self._tell(f"{self._source}:{record.line}: {visible(message)}")
        if self._file is None:
            return
        if record.raw is None:
            self._tell(f"{self._source}:{record.line}: not kept in {self._kept}")
        else:
            self._file.write(record.raw)

    def flush(self) -> None:
        """Let what was kept be on disk before the position says that it is."""
        if self._file is not None:
            self._file.flush()


def _opened(path: Path, header: bytes) -> IO[bytes]:
    """The file, with the header where it is new; lines go behind what stands there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file = os.fdopen(descriptor, "ab")
    if file.tell() == 0:
        file.write(header)
    return file
