"""The text of a tree's files: lines, the columns of a row's fields, and where a word stands."""

import re
from collections.abc import Mapping

from doorward.policy.lint.findings import Span

_MARK = re.compile(r"[,\[\]()]")


class Sources:
    """The lines of a tree's files, as far as they are text."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._lines: dict[str, list[str]] = {}

    @property
    def paths(self) -> list[str]:
        """The files, sorted."""
        return sorted(self._files)

    def lines(self, path: str) -> list[str]:
        """Every line of a file, without its end; none where there is no such file."""
        if path not in self._lines:
            text = self._files.get(path, b"").decode("utf-8", "replace")
            self._lines[path] = [line.removesuffix("\r") for line in text.split("\n")]
        return self._lines[path]

    def line(self, path: str, number: int) -> str | None:
        """One line by its 1-based number."""
        lines = self.lines(path)
        return lines[number - 1] if 0 < number <= len(lines) and path in self._files else None

    def is_ascii(self, path: str) -> bool:
        """Whether a file holds plain ASCII alone."""
        return self._files.get(path, b"").isascii()


def field_span(line: str, position: int) -> Span | None:
    """The columns of a field of a row; 0 is the row's type."""
    starts = [0]
    ends: list[int] = []
    depth = 0
    for match in _MARK.finditer(line):
        mark = match.group()
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth -= 1
        elif depth == 0:
            ends.append(match.start())
            starts.append(match.end())
    ends.append(len(line))
    if position >= len(starts):
        return None
    field = line[starts[position] : ends[position]]
    start = starts[position] + len(field) - len(field.lstrip())
    return start, max(start + len(field.strip()), start + 1)


def word_span(line: str, word: str) -> Span | None:
    """The columns where a word stands by itself in a line."""
    found = re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", line)
    return found.span() if found else None
