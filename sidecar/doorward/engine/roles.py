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
_NOTHING_HELD: Final[tuple[Edge, ...]] = ()


class RoleGraph:
    """Role assignments (`g` rows) by the one who holds them.

    Immutable but for a bounded cache of closures, which is filled without a lock: two threads
    that race compute the same value.
    """

    def __init__(self, edges: dict[str, tuple[Edge, ...]]) -> None:
        self._edges = edges
        self._closures: dict[str, dict[str, frozenset[str]]] = {}  # by domain, then by role
        self._cached = 0
        distinct = set(edges.values())
        self.domains = frozenset(domain for held in distinct for _, domain in held if domain != ANYWHERE)
        self._given = frozenset(role for held in distinct for role, _ in held)

    def knows(self, name: str) -> bool:
        """Whether any row names it, as holder or as role."""
        return name in self._edges or name in self._given

    def roles(self, name: str, domain: str, asserted: Sequence[str] = ()) -> frozenset[str]:
        """Every role that `name` holds in `domain`, through others too, and those of `asserted` roles.

        Asserted roles that no row or rule names are the caller's to filter; here they count.
        """
        held = self._edges.get(name)
        if held is None:
            if not asserted:
                return _NONE
            held = _NOTHING_HELD
        elif len(held) == 1 and not asserted:
            role, where = held[0]
            return self._closure(role, domain) if where in (ANYWHERE, domain) else _NONE
        found = [self._closure(role, domain) for role, where in held if where in (ANYWHERE, domain)]
        found += [self._closure(role, domain) for role in asserted]
        return found[0] if len(found) == 1 else _NONE.union(*found)

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
            for above, where in self._edges.get(waiting.pop(), _NOTHING_HELD):
                if where in (ANYWHERE, domain) and above not in reached:
                    reached.add(above)
                    waiting.append(above)
        if self._cached >= _CLOSURES_KEPT:
            self._closures, self._cached = {}, 0
        self._cached += 1
        return known.setdefault(role, frozenset(reached))

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
    # In a tenant of no such row, roles hold roles by `*` rows alone, and one row may lead a subject to them.
    views = [*map(_within, domains), _outside(frozenset(domains))]
    fault = next((fault for counts in views if (fault := _fault(edges, counts)) is not None), None)
    if fault is not None:
        links, message = fault
        problems.add(next((lines[link] for link in links if link in lines), 0), message)


def _within(domain: str) -> Callable[[str], bool]:
    """Rows of one domain, and of all."""
    return lambda at: at in (ANYWHERE, domain)


def _outside(domains: frozenset[str]) -> Callable[[str], bool]:
    """Rows of no such domain, and of all."""
    return lambda at: at not in domains


def _fault(
    edges: dict[str, tuple[Edge, ...]], counts: Callable[[str], bool]
) -> tuple[list[tuple[str, str, str]], str] | None:
    """The rows of a circle or an over-long chain where `counts` holds, and what is wrong with them."""
    chain, is_circle = _longest(edges, counts)
    if not is_circle and len(chain) - 1 <= MAX_CHAIN:
        return None
    links = [
        (holder, role, next(at for above, at in edges[holder] if above == role and counts(at)))
        for holder, role in pairwise(chain)
    ]
    named = next((at for _, _, at in links if at != ANYWHERE), None)
    where = "" if named is None else f" in tenant {named}"
    way = " -> ".join(chain)
    if is_circle:
        return links, f"roles run in a circle{where}: {way}; remove one of the rows"
    return links, f"a chain of {len(links)} roles{where}, {way}: Casbin follows {MAX_CHAIN} at most; shorten it"


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
