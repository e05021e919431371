"""Plain literals lifted out of a text before it is parsed, so that texts which differ in them alone are parsed once.

Plain are `'text'` without escapes or a prefix, and whole numbers of up to nine digits. Nothing about
them matters to a parser but where they stand and of which kind they are.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from doorward.engine.language.expressions import MAX_LENGTH

_PLAIN: Final = re.compile(r"'([^']*)'|(?<![\w.])(0|[1-9][0-9]{0,8})(?![\w.])")
_PREFIXED: Final = re.compile(r"\w'")
_FIRST_NUMBER: Final = 1_000_000_000


def may_be_lifted(text: str) -> bool:
    """Whether plain literals are all that quotes and digits can mean in a text."""
    is_plain = text.isascii() and text.isprintable() and "\\" not in text and '"' not in text
    return is_plain and len(text) <= MAX_LENGTH


def without_plain_literals(text: str) -> tuple[str, list[str | int]]:
    """A text with `''` and `0` in the place of its plain literals, and their values."""
    values: list[str | int] = []

    def lifted(found: re.Match[str]) -> str:
        if found[2] is None:
            values.append(found[1])
            return "''"
        values.append(int(found[2]))
        return "0"

    return _PLAIN.sub(lifted, text), values


def has_prefix(skeleton: str) -> bool:
    """Whether a string of it has a prefix, like `r''`."""
    return _PREFIXED.search(skeleton) is not None


def with_marks(skeleton: str) -> tuple[str, Mapping[object, int]]:
    """What `without_plain_literals` gave, with literals that tell where they stand, and which is which."""
    marks: dict[object, int] = {}

    def marked(found: re.Match[str]) -> str:
        place = len(marks)
        mark: str | int = f"\x01{place}" if found[2] is None else _FIRST_NUMBER + place
        marks[mark] = place
        return f"'{mark}'" if isinstance(mark, str) else str(mark)

    return _PLAIN.sub(marked, skeleton), marks


class _Place(NamedTuple):
    """Where a plain literal goes."""

    number: int
    negative: bool


class Lifted(NamedTuple):
    """The literals of a compiled text, with places where plain ones go."""

    parts: Sequence[object]

    @classmethod
    def found(cls, literals: Sequence[object], marks: Mapping[object, int]) -> "Lifted | None":
        """What was compiled of a text with marks; None where some mark does not stand there exactly once."""
        places: list[int] = []

        def part(value: object) -> object:
            if isinstance(value, list):
                return [part(one) for one in value]
            negative = type(value) is int and value < 0
            key = -value if negative else value  # type: ignore[operator] # a number
            if type(key) not in {int, str} or key not in marks:
                return value
            places.append(marks[key])
            return _Place(marks[key], negative)

        parts = [part(one) for one in literals]
        return cls(parts) if sorted(places) == list(range(len(marks))) else None

    def filled(self, values: Sequence[str | int]) -> tuple[object, ...]:
        """The literals of a text with these plain ones."""
        return tuple([_filled(part, values) for part in self.parts])


def _filled(part: object, values: Sequence[str | int]) -> object:
    if type(part) is _Place:
        value = values[part.number]
        return -value if part.negative else value  # type: ignore[operator] # a number
    return [_filled(one, values) for one in part] if type(part) is list else part
