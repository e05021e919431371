"""The role graph: who holds which roles in which tenant, closed transitively once per role."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol

ANYWHERE: Final = "*"
MAX_CHAIN: Final = 9
"""Links from a subject to its furthest role. Stock Casbin silently stops there; longer chains are refused."""

CLOSURES_KEPT: Final = 1_000_000
"""Roles in all closures that are kept by role, and in those that are kept by holder."""
ROLE_PATTERNS: Final = ("keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "globMatch", "regexMatch")
"""What may match patterns in the first column of role rows."""

NO_ROLES: Final[frozenset[str]] = frozenset()
Edge = tuple[str, str]  # role, domain or `*`
Assignment = tuple[str, str, str]  # holder, role, domain or `*`
_COPIED_A_STEP: Final = 10_000
NOTHING_HELD: Final[tuple[Edge, ...]] = ()


_SMALL: Final = 16
"""Closures of at most so many roles are kept with those who hold them; larger ones in the bounded cache alone."""
_FEW: Final = 4
"""So many names are looked through as fast as they are found by hash, in a fifth of the memory."""


class Holding:
    """What rows give to a name, shared by all names that are given the same in one graph.

    `where` is the tenant of all its edges (`*` for every tenant), None where they differ. `closure`
    is filled in by the graph once it is asked, for the tenant `where`: a few roles as a tuple.
    """

    __slots__ = ("closure", "edges", "where")

    def __init__(self, edges: tuple[Edge, ...]) -> None:
        self.edges = edges
        places = {where for _, where in edges}
        self.where = places.pop() if len(places) == 1 else None
        self.closure: frozenset[str] | tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.edges)


def shared_holdings(held: Iterable[tuple[str, tuple[Edge, ...]]]) -> dict[str, Holding]:
    """The holdings of names by what rows give them; names that are given the same share one."""
    shared: dict[tuple[Edge, ...], Holding] = {}
    found: dict[str, Holding] = {}
    for name, edges in held:
        holding = shared.get(edges)
        if holding is None:
            holding = shared[edges] = Holding(edges)
        found[name] = holding
    return found


class Roles(Protocol):
    """Who holds which roles, by the rows of one role definition."""

    @property
    def domains(self) -> frozenset[str]:
        """The tenants that rows name literally."""
        ...

    def knows(self, name: str) -> bool:
        """Whether any row names it, as holder or as role."""
        ...

    def holds_any(self, name: str, domain: str | None) -> bool:
        """Whether any row gives a role to the name in the domain (None: in some domain) or in all, whenever."""
        ...

    def roles(self, name: str, domain: str, asserted: Sequence[str] = (), now: float = 0.0) -> frozenset[str]:
        """Every role that `name` holds in `domain`, through others too, and those of `asserted` roles."""
        ...

    def assignments(self) -> Iterator[tuple[str, str, str]]:
        """Every row: who holds which role in which tenant."""
        ...

    def way(
        self, name: str, target: str, domain: str, asserted: Sequence[str] = (), now: float = 0.0
    ) -> tuple[str, ...]:
        """The shortest way from `name` to the role `target`, both ends included; () where there is none."""
        ...


class RoleGraph:
    """Role assignments (`g` rows) by the one who holds them.

    Immutable but for a bounded cache of closures, which is filled without a lock: two threads
    that race compute the same value.
    """

    def __init__(self, edges: Mapping[str, Holding]) -> None:
        """Over holdings that no other graph has: they keep closures."""
        self.edges = edges
        self._closures: dict[str, dict[str, frozenset[str]]] = {}  # by domain, then by role
        self._cached = self._remembered_roles = 0
        distinct = set(edges.values())  # few: names that are given the same share one
        self.domains = frozenset(domain for held in distinct for _, domain in held if domain != ANYWHERE)
        self.given = frozenset(role for held in distinct for role, _ in held)

    def knows(self, name: str) -> bool:
        """Whether any row names it, as holder or as role."""
        return name in self.edges or name in self.given

    def held(self, name: str) -> tuple[Edge, ...]:
        """What rows give to a name, in every tenant."""
        held = self.edges.get(name)
        return NOTHING_HELD if held is None else held.edges

    def holds_any(self, name: str, domain: str | None) -> bool:
        """Whether any row gives a role to the name in the domain (None: in some domain) or in all."""
        held = self.edges.get(name)
        if held is None:
            return False
        where = held.where
        if where is not None:
            return where in (domain, ANYWHERE) or domain is None
        return domain is None or any(at in (domain, ANYWHERE) for _, at in held.edges)

    def roles(self, name: str, domain: str, asserted: Sequence[str] = (), _now: float = 0.0) -> frozenset[str]:
        """Every role that `name` holds in `domain`, through others too, and those of `asserted` roles.

        Asserted roles that no row or rule names are the caller's to filter; here they count.
        """
        held = self.edges.get(name)
        if held is None:
            return self._joined(NOTHING_HELD, domain, asserted) if asserted else NO_ROLES
        where = held.where
        if asserted or where is None:
            return self._joined(held, domain, asserted)
        if where == domain or (where == ANYWHERE and not self.domains):
            closure = held.closure
            return self._remembered(held, where) if closure is None else frozenset(closure)
        return self._joined(held, domain, ()) if where == ANYWHERE else NO_ROLES

    def _remembered(self, held: Holding, domain: str) -> frozenset[str]:
        """The closure of a holding in its tenant, kept with it where it is small."""
        closure = self._joined(held, domain, ())
        if len(closure) <= _SMALL and self._remembered_roles < CLOSURES_KEPT:
            held.closure = tuple(closure) if len(closure) <= _FEW else closure
            self._remembered_roles += len(closure)
        return closure

    def _joined(self, held: Iterable[Edge], domain: str, asserted: Sequence[str]) -> frozenset[str]:
        found = [self._closure(role, domain) for role, where in held if where in (ANYWHERE, domain)]
        found += [self._closure(role, domain) for role in asserted]
        return found[0] if len(found) == 1 else NO_ROLES.union(*found)

    def _closure(self, role: str, domain: str) -> frozenset[str]:
        """The role and all it holds. Domains that no row names are alike."""
        if domain not in self.domains:
            domain = ANYWHERE
        known = self._closures.get(domain)
        if known is None:
            known = self._closures.setdefault(domain, {})
        closure = known.get(role)
        if closure is not None:
            return closure
        reached = {role}
        waiting = [role]
        while waiting:
            for above, where in self.held(waiting.pop()):
                if where in (ANYWHERE, domain) and above not in reached:
                    reached.add(above)
                    waiting.append(above)
        if self._cached >= CLOSURES_KEPT:
            self._closures, self._cached = {}, 0
        self._cached += len(reached)
        return known.setdefault(role, frozenset(reached))

    def changed(self, gone: Iterable[Assignment], new: Iterable[Assignment], pace: Callable[[], None]) -> "RoleGraph":
        """Another graph without some rows and with others. What the new ones make together is not checked."""
        edges: dict[str, Holding] = {}
        anew: dict[Holding, Holding] = {}  # closures that were kept may be others now
        every = iter(self.edges.items())
        while some := dict(islice(every, _COPIED_A_STEP)):
            pace()
            for name, held in some.items():
                other = anew.get(held)
                if other is None:
                    other = anew[held] = Holding(held.edges)
                edges[name] = other
        for holder, role, domain in gone:
            left = list(edges[holder])
            left.remove((role, domain))
            if left:
                edges[holder] = Holding(tuple(left))
            else:
                del edges[holder]
        for holder, role, domain in new:
            edges[holder] = Holding((*edges.get(holder, ()), (role, domain)))
        return RoleGraph(edges)

    def assignments(self) -> Iterator[Assignment]:
        """Every row: who holds which role in which tenant."""
        for holder, held in self.edges.items():
            for role, domain in held:
                yield holder, role, domain

    def way(
        self, name: str, target: str, domain: str, asserted: Sequence[str] = (), _now: float = 0.0
    ) -> tuple[str, ...]:
        """The shortest way from `name` to the role `target`, both ends included; () where there is none."""

        def above(at: str) -> Iterator[str]:
            return (role for role, where in self.held(at) if where in (ANYWHERE, domain))

        return shortest_way(name, target, asserted, above)


def shortest_way(
    name: str, target: str, asserted: Sequence[str], above: Callable[[str], Iterator[str]]
) -> tuple[str, ...]:
    """The names from `name` to `target`, both ends included; `above` gives what one holds directly."""
    came_from = dict.fromkeys(asserted, name)
    waiting = deque([name, *asserted])
    while waiting:
        at = waiting.popleft()
        if at == target:
            way = [at]
            while way[-1] != name:
                way.append(came_from[way[-1]])
            return tuple(reversed(way))
        for role in above(at):
            if role not in came_from and role != name:
                came_from[role] = at
                waiting.append(role)
    return ()
