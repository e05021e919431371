"""What the ledger answers."""

from collections.abc import Sequence
from typing import NamedTuple

from doorward.domain.ledger.accounts import Standing
from doorward.domain.ledger.requests import Asked


class Told(NamedTuple):
    """How one limit of a request stands after it: the rule of it that leaves the least, and all of them."""

    asked: Asked
    standing: Standing
    standings: tuple[Standing, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether a soft limit let pass what a hard one would have refused."""
        return self.asked.soft and not self.standing.has_room


class Taken(NamedTuple):
    """The answer to a request that may be refused; `again` where the same was done before under the same id."""

    allowed: bool
    limits: tuple[Told, ...]
    again: bool = False


class Counted(NamedTuple):
    """The answer to a request that is never refused for want of room."""

    amounts: tuple[tuple[str, int], ...]
    again: bool = False


Answer = Taken | Counted


def tightest(standings: Sequence[Standing]) -> Standing:
    """Of the rules of one limit, one that has no room, else the one that leaves the least."""
    return standings[0] if len(standings) == 1 else min(standings, key=_tightness)


def _tightness(standing: Standing) -> tuple[bool, bool, int]:
    return standing.has_room, standing.remaining is None, standing.remaining or 0
