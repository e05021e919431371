"""The segments that a path pattern spells out, so that patterns that begin alike can be told apart."""

from typing import Final

_WILD: Final = {"keyMatch2": ":", "keyMatch3": "{", "keyMatch4": "{", "keyMatch5": "{", "globMatch": "*?"}
SEGMENTED: Final = frozenset(_WILD)
"""Functions whose named parts stay within a segment."""

Segment = tuple[int, str]  # where it stands in the path, what it is


def literal_segment(function: str, pattern: str, start: int) -> Segment | None:
    """The first whole segment from `start` on that a text must have at the same place to match; None without one.

    What follows a part that spans segments (`/*`, `**`) stands at no certain place.
    """
    wild = _WILD[function]
    head = pattern if function == "globMatch" else pattern.partition("/*")[0]
    for position, segment in enumerate(head.split("/")):
        if segment == "**":
            return None
        if position >= start and segment and not any(mark in segment for mark in wild):
            return position, segment
    return None
