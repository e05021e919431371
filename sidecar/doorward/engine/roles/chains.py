"""Circles and over-long chains of roles, found when a policy is loaded: stock Casbin is silent about both."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from doorward.engine.problems import Problems
from doorward.engine.roles.graph import ANYWHERE, MAX_CHAIN, Edge

Edges = Mapping[str, Iterable[Edge]]
Link = tuple[str, str, str]  # holder, role, domain


def check_chains(
    edges: Edges,
    roles: Collection[str],
    line_of: Callable[[], Mapping[Link, int]],
    problems: Problems,
) -> None:
    """Report cycles and over-long chains: over all rows at once first, by domain only where that fails.

    `line_of` gives the lines of rows, and is asked only where there is a fault.
    """
    inner = {role: edges[role] for role in roles if role in edges}
    chain, is_circle = _longest(inner, lambda _: True)
    if not is_circle and len(chain) <= MAX_CHAIN:  # one more link leads from a subject to the first role
        return
    domains = sorted({where for held in inner.values() for _, where in held if where != ANYWHERE})
    # In a tenant of no such row, roles hold roles by `*` rows alone, and one row may lead a subject to them.
    fault = _fault(edges, _outside(frozenset(domains)))
    if fault is None:
        views = _Views(edges, frozenset(domains))
        found = (_fault(views.around(domain), _within(domain)) for domain in domains)
        fault = next((one for one in found if one is not None), None)
    if fault is not None:
        links, message = fault
        lines = line_of()
        problems.add(next((lines[link] for link in links if link in lines), 0), message)


class _Views:
    """The rows that can make a circle or a chain with rows of one tenant: those, what they lead to, the way to them."""

    def __init__(self, edges: Edges, domains: frozenset[str]) -> None:
        self._edges = edges
        self._holders: dict[str, dict[str, None]] = {}  # by domain, in the order of rows
        star: dict[str, list[str]] = {}
        for holder, held in edges.items():
            for role, where in held:
                if where == ANYWHERE:
                    star.setdefault(role, []).append(holder)
                elif where in domains:
                    self._holders.setdefault(where, {})[holder] = None
        self._below = _longest_ways(star)

    def around(self, domain: str) -> Edges:
        """The edges to look at for a tenant. Above its rows stand `*` rows alone, whose longest way is enough."""
        view: dict[str, Iterable[Edge]] = {}
        holders = self._holders[domain]
        waiting = list(reversed(holders))
        while waiting:
            name = waiting.pop()
            held = self._edges.get(name)
            if held is not None and name not in view:
                view[name] = held
                waiting += [role for role, where in held if where in (ANYWHERE, domain)]
        for holder in holders:
            at = holder
            while at in self._below:
                at = self._below[at]
                view.setdefault(at, self._edges[at])
        return view


def _longest_ways(holders: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each role, which of its holders stands at the end of the longest way down; there are no circles."""
    height: dict[str, int] = {}
    best: dict[str, str] = {}
    for start in holders:
        way = [start]
        while way:
            name = way[-1]
            unknown = [one for one in holders.get(name, ()) if one not in height]
            if unknown:
                way += unknown
                continue
            way.pop()
            below = holders.get(name, ())
            if below:
                best[name] = max(below, key=height.__getitem__)
            height[name] = 1 + height[best[name]] if below else 0
    return best


def _within(domain: str) -> Callable[[str], bool]:
    """Rows of one domain, and of all."""
    return lambda at: at in (ANYWHERE, domain)


def _outside(domains: frozenset[str]) -> Callable[[str], bool]:
    """Rows of no such domain, and of all."""
    return lambda at: at not in domains


def _fault(edges: Edges, counts: Callable[[str], bool]) -> tuple[list[tuple[str, str, str]], str] | None:
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


def _longest(edges: Edges, counts: Callable[[str], bool]) -> tuple[list[str], bool]:
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
