"""Lines of a policy CSV to fields, as pycasbin splits them or as CSV readers do."""

import csv
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_INTERESTING: Final = re.compile(r"[,\[\]()]")


class Quotes(StrEnum):
    """What a double quote means in a policy file."""

    PYCASBIN = "pycasbin"  # a character like any other; brackets hold a field together
    CSV = "csv"  # holds a field together, as in Casbin for Go and for Node


class Unreadable(ValueError):  # noqa: N818 - what the line is
    """The old program could not read the line either; the message says why."""


@dataclass(frozen=True, slots=True)
class StockRow:
    """A line with its fields, the first of which is the type. `spans` say where they stand in it."""

    text: str
    fields: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def with_fields(self, fields: tuple[str, ...]) -> str:
        """The line with other fields in the same places; pieces of another number are joined anew."""
        if fields == self.fields and self.spans:
            return self.text
        if len(fields) != len(self.spans):
            return ", ".join(fields)
        out, at = "", 0
        for value, (start, end) in zip(fields, self.spans, strict=True):
            out += self.text[at:start] + value
            at = end
        return out + self.text[at:]


def split_row(text: str, quotes: Quotes) -> StockRow:
    """The fields of a stripped line.

    Raises:
        Unreadable: the old program would have raised.
    """
    if quotes is Quotes.CSV:
        return _split_csv(text)
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for match in _INTERESTING.finditer(text):
        mark = match.group()
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth -= 1
            if depth < 0:
                raise Unreadable(f"{mark!r} closes a bracket that was never opened; pycasbin raises here")
        elif not depth:
            spans.append(_stripped(text, start, match.start()))
            start = match.end()
    spans.append(_stripped(text, start, len(text)))
    return StockRow(text, tuple(text[begin:end] for begin, end in spans), tuple(spans))


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return (start + left, start + max(left, len(piece.rstrip())))


def _split_csv(text: str) -> StockRow:
    if '"' not in text:
        spans, start = [], 0
        for piece in text.split(","):
            spans.append(_stripped(text, start, start + len(piece)))
            start += len(piece) + 1
        return StockRow(text, tuple(text[begin:end] for begin, end in spans), tuple(spans))
    try:
        fields = next(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise Unreadable(f"the quotes do not pair ({error}); write the row in one line") from error
    return StockRow(text, tuple(field.strip() for field in fields), ())
