"""Rows of policy CSV put in and taken out; every other line stays byte for byte."""

import io
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

_NEAR: Final = 30


class _Line(NamedTuple):
    """A row as it is written: where each field starts, where it ends, and what ends the line."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    ending: str

    @property
    def blanks(self) -> tuple[int, ...]:
        """How many columns stand between the commas and the fields behind them."""
        return tuple(after - before - 1 for before, after in zip(self.ends, self.starts[1:], strict=False))


def add_rows(text: str, rows: Sequence[Sequence[str]], kind: str = "p") -> str:
    """Put rows behind the last one of their kind, in the columns of those above it where these are aligned."""
    lines = _lines(text)
    at = next((at for at in range(len(lines) - 1, -1, -1) if _kind(lines[at]) == kind), None)
    if at is None:
        return text + "".join(", ".join(row) + "\n" for row in rows)
    last = _measured(lines[at])
    starts = _columns(lines, at, kind)
    comma = ", " if any(last.blanks) else ","
    indentation = last.text[: last.starts[0]]
    new = [indentation + _row(row, starts, comma, len(indentation)) + last.ending for row in rows]
    return "".join([*lines[: at + 1], *new, *lines[at + 1 :]])


def delete_lines(text: str, numbers: Collection[int]) -> str:
    """Take out lines by their 1-based numbers."""
    return "".join(line for number, line in enumerate(_lines(text), 1) if number not in numbers)


def _lines(text: str) -> list[str]:
    """Lines as rows are read: only a line feed ends one."""
    return list(io.StringIO(text, newline="\n"))


def _kind(line: str) -> str:
    return line.strip().partition(",")[0].strip()


def _measured(line: str) -> _Line:
    """Where the fields of a row stand. A comma inside brackets is no end of a field."""
    text = line.rstrip("\r\n")
    commas = []
    depth = 0
    for at, mark in enumerate(text):
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth -= 1
        elif mark == "," and not depth:
            commas.append(at)
    edges = [-1, *commas, len(text)]
    fields = [text[begin + 1 : end] for begin, end in pairwise(edges)]
    starts = tuple(begin + 1 + len(field) - len(field.lstrip()) for begin, field in zip(edges, fields, strict=False))
    return _Line(text, starts, tuple(commas), line[len(text) :])


def _columns(lines: Sequence[str], last: int, kind: str) -> tuple[int, ...]:
    """Where fields start, where rows near the last one stand in columns, wider apart than one blank; else nothing."""
    rows = []
    for line in reversed(lines[max(0, last + 1 - _NEAR) : last + 1]):
        if _kind(line) != kind:
            break
        rows.append(_measured(line))
    if len(rows) == 1:
        return rows[0].starts if any(blanks > 1 for blanks in rows[0].blanks) else ()
    alike = ((one, other) for one, other in pairwise(rows) if one.starts == other.starts)
    return next((one.starts for one, other in alike if any(blanks > 1 for blanks in one.blanks + other.blanks)), ())


def _row(fields: Sequence[str], starts: Sequence[int], comma: str, indentation: int) -> str:
    written = fields[0]
    for place, field in enumerate(fields[1:], start=1):
        written += comma
        if place < len(starts):
            written = written.ljust(starts[place] - indentation)
        written += field
    return written
