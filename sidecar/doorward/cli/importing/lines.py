"""Lines of a file that may be damaged: bounded in length, numbered, with what is wrong with them."""

from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_LINE_BYTES: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with its end. Where `text` is None, `fault` says why; `raw` is None too where it is too long to keep."""

    number: int
    ends_at: int
    raw: bytes | None
    text: str | None
    fault: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing but blanks stand in it."""
        return self.text is not None and not self.text.strip()


class Lines:
    """The lines of a file from its position on; a line that was taken can be given back."""

    def __init__(self, file: BinaryIO, *, number: int = 0, offset: int = 0) -> None:
        self._file = file
        self._number = number
        self._offset = offset
        self._given_back: list[Line] = []
        file.seek(offset)

    def take(self) -> Line | None:
        """The next line; None at the end."""
        if self._given_back:
            return self._given_back.pop()
        raw = self._file.readline(MAX_LINE_BYTES + 1)
        if not raw:
            return None
        self._number += 1
        is_whole = raw.endswith(b"\n") or len(raw) <= MAX_LINE_BYTES
        self._offset += len(raw) if is_whole else len(raw) + self._skipped()
        if not is_whole:
            return self._faulty(None, f"the line is longer than {MAX_LINE_BYTES:,} bytes; shorten it")
        return self._read(raw)

    def give_back(self, lines: list[Line]) -> None:
        """Take these lines again, in their order."""
        self._given_back += reversed(lines)

    def _skipped(self) -> int:
        """How many bytes of a line that is too long were left."""
        count = 0
        while piece := self._file.readline(MAX_LINE_BYTES):
            count += len(piece)
            if piece.endswith(b"\n"):
                break
        return count

    def _read(self, raw: bytes) -> Line:
        if self._number == 1:
            raw = raw.removeprefix(_BOM)
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            return self._faulty(raw, f"byte {error.start + 1} of the line is no UTF-8; save the file as UTF-8")
        return Line(number=self._number, ends_at=self._offset, raw=raw, text=text)

    def _faulty(self, raw: bytes | None, fault: str) -> Line:
        return Line(number=self._number, ends_at=self._offset, raw=raw, text=None, fault=fault)
