"""The role graph: who holds which roles in which tenant, closed transitively once per role."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from doorward.engine.problems import Problems
from doorward.engine.rows import Row

ANYWHERE: Final = "*"
MAX_CHAIN: Final = 9
"""Links from a subject to its furthest role. Stock Casbin silently stops there; longer chains are refused."""

_CLOSURES_KEPT: Final = 100_000
_NONE: Final[frozenset[str]] = frozenset()
Edge = tuple[str, str]  # role, domain or `*`


class RoleGraph:
    """Role assignments (`g` rows) by the one who holds them.

    Immutable but for a bounded cache of closures, which is filled without a lock: two threads
    that race compute the same value.
    """

    def __init__(self, edges: dict[str, tuple[Edge, ...]]) -> None:
        self._edges = edges
        self._closures: dict[Edge, frozenset[str]] = {}
        self.domains = frozenset(domain for held in edges.values() for _, domain in held if domain != ANYWHERE)
        self.names = frozenset(edges) | frozenset(role for held in edges.values() for role, _ in held)

    def roles(self, name: str, domain: str, asserted: Sequence[str] = ()) -> frozenset[str]:
        """Every role that `name` holds in `domain`, through others too, and those of `asserted` roles.

        Asserted roles that no row or rule names are the caller's to filter; here they count.
        """
        held = self._edges.get(name)
        if not asserted:
            if held is None:
                return _NONE
            if len(held) == 1:
                role, where = held[0]
                return self._closure(role, domain) if where in (ANYWHERE, domain) else _NONE
        found = [self._closure(role, domain) for role, where in held or () if where in (ANYWHERE, domain)]
        found += [self._closure(role, domain) for role in asserted]
        return found[0] if len(found) == 1 else _NONE.union(*found)

    def _closure(self, role: str, domain: str) -> frozenset[str]:
        key = (role, domain if domain in self.domains else ANYWHERE)
        known = self._closures.get(key)
        if known is not None:
            return known
        reached = {role}
        waiting = [role]
        while waiting:
            for above, where in self._edges.get(waiting.pop(), ()):
                if where in (ANYWHERE, domain) and above not in reached:
                    reached.add(above)
                    waiting.append(above)
        if len(self._closures) >= _CLOSURES_KEPT:
            self._closures.clear()
        return self._closures.setdefault(key, frozenset(reached))

    def assignments(self) -> Iterator[tuple[str, str, str]]:
        """Every row: who holds which role in which tenant."""
        for holder, held in self._edges.items():
            for role, domain in held:
                yield holder, role, domain

    def way(self, name: str, target: str, domain: str, asserted: Sequence[str] = ()) -> tuple[str, ...]:
        """The shortest way from `name` to the role `target`, both ends included; () where there is none."""
        came_from = dict.fromkeys(asserted, name)
        waiting = deque([name, *asserted])
        while waiting:
            at = waiting.popleft()
            if at == target:
                way = [at]
                while way[-1] != name:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            for above, where in self._edges.get(at, ()):
                if where in (ANYWHERE, domain) and above not in came_from and above != name:
                    came_from[above] = at
                    waiting.append(above)
        return ()


def build_roles(rows: Iterable[Row], *, domains: bool, problems: Problems) -> RoleGraph:
    """Read `g` rows into a graph; cycles, over-long chains and misplaced `*` go to `problems`."""
    edges: dict[str, tuple[Edge, ...]] = {}
    shared: dict[tuple[Edge, ...], tuple[Edge, ...]] = {}
    lines: dict[tuple[str, str, str], int] = {}
    holders: set[str] = set()
    for line, _, fields in rows:
        member, role = fields[0], fields[1]
        domain = fields[2] if domains else ANYWHERE
        if "*" in member or "*" in role:
            problems.add(line, "`*` is no subject or role here; write a row for each, or `*` as p.sub")
            continue
        if "*" in domain and domain != ANYWHERE:
            problems.add(line, f"`*` must stand alone in a tenant column, not in {domain!r}; write one row a tenant")
            continue
        if member == role:
            problems.add(line, f"{member} is given to itself; remove the row")
            continue
        held = (*edges.get(member, ()), (role, domain))
        edges[member] = shared.setdefault(held, held)
        holders.add(role)
        if len(lines) < _CLOSURES_KEPT or role in edges:
            lines[member, role, domain] = line
    _check_chains(edges, holders, lines, problems)
    return RoleGraph(edges)


def _check_chains(
    edges: dict[str, tuple[Edge, ...]],
    roles: set[str],
    lines: dict[tuple[str, str, str], int],
    problems: Problems,
) -> None:
    """Report cycles and over-long chains: over all rows at once first, by domain only where that fails."""
    inner = {role: edges[role] for role in roles if role in edges}
    chain, is_circle = _longest(inner, lambda _: True)
    if not is_circle and len(chain) <= MAX_CHAIN:  # one more link leads from a subject to the first role
        return
    domains = sorted({where for held in inner.values() for _, where in held if where != ANYWHERE})
    for domain in [*domains, ANYWHERE]:
        fault = _fault(edges, domain)
        if fault is None:
            continue
        chain, message = fault
        links = pairwise(chain)
        line = next((lines[a, b, at] for a, b in links for at in (domain, ANYWHERE) if (a, b, at) in lines), 0)
        problems.add(line, message)
        return


def _fault(edges: dict[str, tuple[Edge, ...]], domain: str) -> tuple[list[str], str] | None:
    where = "" if domain == ANYWHERE else f" in tenant {domain}"
    chain, is_circle = _longest(edges, lambda at: at in (ANYWHERE, domain))
    if is_circle:
        return chain, f"roles run in a circle{where}: {' -> '.join(chain)}; remove one of the rows"
    if len(chain) - 1 > MAX_CHAIN:
        links = len(chain) - 1
        text = f"a chain of {links} roles{where}, {' -> '.join(chain)}: Casbin follows {MAX_CHAIN} at most; shorten it"
        return chain, text
    return None


def _longest(edges: dict[str, tuple[Edge, ...]], counts: Callable[[str], bool]) -> tuple[list[str], bool]:
    """The names along the longest chain and False, or along one circle and True. Iterative: chains may be long."""
    depth: dict[str, int] = {}
    after: dict[str, str] = {}
    for start, held in edges.items():
        if start in depth:
            continue
        way = [start]
        on_way = {start}
        pending = [iter(held)]
        while way:
            here = way[-1]
            for role, where in pending[-1]:
                if not counts(where):
                    continue
                if role in on_way:
                    return [*way[way.index(role) :], role], True
                if role not in depth:
                    way.append(role)
                    on_way.add(role)
                    pending.append(iter(edges.get(role, ())))
                    break
                if here not in after or depth[after[here]] < depth[role]:
                    after[here] = role
            else:
                way.pop()
                pending.pop()
                on_way.discard(here)
                depth[here] = depth[after[here]] + 1 if here in after else 0
                if way and (way[-1] not in after or depth[after[way[-1]]] < depth[here]):
                    after[way[-1]] = here
    if not depth:
        return [], False
    chain = [max(depth, key=depth.__getitem__)]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain, False
