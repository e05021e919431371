"""Roles that hold from one time to another: Casbin's conditional roles with timeMatch as their condition."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from doorward.engine.roles.graph import shortest_way

OPEN: Final = "_"
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_ALWAYS: Final = (float("-inf"), float("inf"))


class Grant(NamedTuple):
    """A role in a tenant (`*` where rows name none), between two times: epoch seconds, both ends excluded."""

    role: str
    domain: str
    start: float = _ALWAYS[0]
    end: float = _ALWAYS[1]


def read_time(text: str, otherwise: float) -> float:
    """Epoch seconds of `YYYY-MM-DD HH:MM:SS` in UTC; `otherwise` for `_`. Raises ValueError."""
    if text == OPEN:
        return otherwise
    return dt.datetime.strptime(text, _FORMAT).replace(tzinfo=dt.UTC).timestamp()


def time_text(seconds: float) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC of epoch seconds; `_` where there is no such time."""
    if seconds in _ALWAYS:
        return OPEN
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None).isoformat(" ", "seconds")


class WindowedRoles:
    """Roles with time windows. Nothing is kept between questions: chains are short, and the clock moves."""

    def __init__(self, grants: Mapping[str, tuple[Grant, ...]]) -> None:
        self._grants = grants
        self.domains = frozenset(one.domain for held in grants.values() for one in held if one.domain != "*")
        self._given = frozenset(one.role for held in grants.values() for one in held)

    def knows(self, name: str) -> bool:
        """Whether any row names it, as holder or as role."""
        return name in self._grants or name in self._given

    def holds_any(self, name: str, domain: str | None) -> bool:
        """Whether any row gives a role to the name in the domain (None: in some domain) or in all, whenever."""
        return any(domain is None or one.domain in ("*", domain) for one in self._grants.get(name, ()))

    def roles(self, name: str, domain: str, asserted: Sequence[str] = (), now: float = 0.0) -> frozenset[str]:
        """Every role that `name` holds in `domain` at `now`, through others too, and those of `asserted` roles."""
        reached = set(asserted)
        waiting = [name, *asserted]
        while waiting:
            for role in self._above(waiting.pop(), domain, now):
                if role not in reached:
                    reached.add(role)
                    waiting.append(role)
        return frozenset(reached)

    def _above(self, name: str, domain: str, now: float) -> Iterator[str]:
        for one in self._grants.get(name, ()):
            if one.domain in ("*", domain) and one.start < now < one.end:
                yield one.role

    def assignments(self) -> Iterator[tuple[str, str, str]]:
        """Every row: who holds which role in which tenant, whenever."""
        for holder, held in self._grants.items():
            for one in held:
                yield holder, one.role, one.domain

    def windows(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Every row as it is written: who holds which role in which tenant, from when until when (`_`: open)."""
        for holder, held in self._grants.items():
            for one in held:
                yield holder, one.role, one.domain, time_text(one.start), time_text(one.end)

    def way(
        self, name: str, target: str, domain: str, asserted: Sequence[str] = (), now: float = 0.0
    ) -> tuple[str, ...]:
        """The shortest way from `name` to the role `target` at `now`; () where there is none."""
        return shortest_way(name, target, asserted, lambda at: self._above(at, domain, now))
