"""Ranks: which of two rules comes first. What orders them stands in the upper bits, their place in the file below.

Ranks in file order leave gaps, so that a rule put between two others needs no new ranks below it.
"""

from collections.abc import Sequence
from typing import Final

RANK_BITS: Final = 24
"""The rules of a whole build have ranks this many bits apart: so often may the gap between two be halved."""
GAP: Final = 1 << RANK_BITS
FIRST: Final = 1 << 56
_FILE_BITS: Final = 60
_FILE_MASK: Final = (1 << _FILE_BITS) - 1
_LEVEL_BITS: Final = 32


def rank_at(position: int) -> int:
    """The rank of the rule at a position of its file, in a whole build."""
    return FIRST + (position << RANK_BITS)


def position_of(rank: int) -> int:
    """Where a rule stands in its file by its rank, until a change before it moves it."""
    return ((rank & _FILE_MASK) - FIRST) >> RANK_BITS


def file_rank(rank: int) -> int:
    """A rule's rank by its place alone."""
    return rank & _FILE_MASK


def order_of(priority: int, level: int) -> int:
    """What orders rules before their place does, ready to be added to a rank."""
    return (priority << _LEVEL_BITS | level) << _FILE_BITS


def ranks_between(low: int | None, high: int | None, count: int) -> Sequence[int] | None:
    """File ranks for `count` rules between two neighbours, None standing for the file's end; None without room."""
    if low is None:
        low = (FIRST + GAP if high is None else high) - GAP * (count + 1)
    if high is None:
        high = low + GAP * (count + 1)
    step = (high - low) // (count + 1)
    if step <= 0 or low < 0 or high > _FILE_MASK:
        return None
    return [low + number * step for number in range(1, count + 1)]
