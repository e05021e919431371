"""Imports: what became of each of many things that were to be recorded."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_AT_ONCE: Final = 500


class Outcome(StrEnum):
    """What became of one."""

    CREATED = "created"
    EXISTS = "exists"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """One of many: its id, what became of it, and what is wrong with it if it is invalid."""

    id: str | None
    outcome: Outcome
    detail: str | None
