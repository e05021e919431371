"""Circles and over-long chains of roles, found when a policy is loaded: stock Casbin is silent about both."""

from collections.abc import Callable, Collection, Mapping
from itertools import pairwise

from doorward.engine.problems import Problems
from doorward.engine.roles import ANYWHERE, MAX_CHAIN, Edge

Edges = Mapping[str, tuple[Edge, ...]]
Link = tuple[str, str, str]  # holder, role, domain


def check_chains(
    edges: Edges,
    roles: Collection[str],
    lines: Mapping[Link, int],
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
