"""What an import has to tell: each thing with its place in the old files, its weight and what to do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Weight(StrEnum):
    """How much a finding matters, from nothing to do to nothing written."""

    TIDIED = "tidied"  # the form alone
    NOTE = "note"  # decides the same; worth knowing
    LEFT_OUT = "left out"  # stands in the tree as a comment
    DIFFERS = "differs"  # Doorward may answer otherwise than the old program
    BY_HAND = "by hand"  # what no file says, so that a person must
    DANGER = "danger"  # may allow more than is meant: opens more than it seems to, or denies less than it did
    ERROR = "error"  # does not load


SAME: Final = frozenset({Weight.TIDIED, Weight.NOTE})
"""Weights with which an import still counts as one that differs in nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell. `line` is a line of the old file, or 0 for all of it."""

    weight: Weight
    code: str  # a name for all findings of its kind
    path: str
    line: int
    what: str
    do: str = ""


class Findings:
    """Collects findings about one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.found: list[Finding] = []

    def add(self, weight: Weight, code: str, line: int, what: str, do: str = "") -> None:
        """Note one thing."""
        self.found.append(Finding(weight=weight, code=code, path=self.path, line=line, what=what, do=do))
