"""What waits to be carried out: in the order in which it came, long batches by turns with what is short."""

import collections
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.answers import Answer
from doorward.domain.ledger.requests import Commit, GiveBack, Release, Request

MOST_AT_ONCE: Final = 256
MOST_REQUESTS: Final = 2_000
MOST_WAITING: Final = 20_000
"""Requests, so that neither many short units nor a few long ones take much memory, or wait for long."""
_MOST_SHORT: Final = 16
Outcome = Sequence[Answer] | DoorwardError
Done = Callable[[Outcome], None]


class Unit(NamedTuple):
    """Requests that are carried out together or not at all, and who is told."""

    requests: Sequence[Request]
    done: Done
    since: float


class Waiting:
    """Units that wait. Whoever uses it holds a lock."""

    def __init__(self) -> None:
        self._short: collections.deque[Unit] = collections.deque()
        self._long: collections.deque[Unit] = collections.deque()
        self._requests = 0

    def __len__(self) -> int:
        return len(self._short) + len(self._long)

    @property
    def is_full(self) -> bool:
        """Whether nobody can be let in."""
        return self._requests >= MOST_WAITING

    def append(self, unit: Unit) -> None:
        """Let a unit wait."""
        (self._short if len(unit.requests) <= _MOST_SHORT else self._long).append(unit)
        self._requests += len(unit.requests)

    def next_group(self) -> list[Unit]:
        """As many units as go into one transaction: what is short, and as many long ones as it does not wait long for.

        What is about another request's id (commit, release, return) comes after the transaction of that one: the names
        that it is about have to stand in the database.
        """
        group: list[Unit] = []
        ids: set[tuple[str, str]] = set()
        while self._short and len(group) < MOST_AT_ONCE:
            requests = self._short[0].requests
            if any((one.tenant, one.id) in ids for one in requests if isinstance(one, Commit | Release | GiveBack)):
                break
            ids.update((one.tenant, one.id) for one in requests)
            group.append(self._short.popleft())
        room = 0 if group else MOST_REQUESTS
        while self._long:  # one at least, whatever else waits
            room -= len(self._long[0].requests)
            group.append(self._long.popleft())
            if not self._long or room < len(self._long[0].requests):
                break
        self._requests -= sum(len(one.requests) for one in group)
        return group
