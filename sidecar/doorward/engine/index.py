"""The index over rules: a tree of levels that narrows a question to a few candidates.

A level looks at one column: exact values by hash, `*` apart, prefixes sorted, with the chain of
shorter prefixes that also match. A level is made only where more than a handful of rules share
what stands above. The index returns a superset; every candidate is verified by the matcher.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Union

from doorward.engine.conditions import Condition
from doorward.engine.model import Comparison, Constraint

HANDFUL: Final = 6
_LEVEL_ORDER: Final = ("obj", "act", "sub", "dom")


class Rule:
    """One `p` row: its fields in column order, its place in file order, its condition or None."""

    __slots__ = ("condition", "fields", "rank")

    def __init__(self, fields: tuple[str, ...], rank: int, condition: Condition | None) -> None:
        self.fields = fields
        self.rank = rank
        self.condition = condition


Leaf = tuple[Rule, ...]
Node = Union["Level", Leaf]


class Level:
    """One level of the index: the rules below, by what stands in one column."""

    __slots__ = ("by_role", "exact", "parents", "prefix_nodes", "prefixes", "star", "token")

    def __init__(self, token: int, *, by_role: bool) -> None:
        self.token = token
        self.by_role = by_role
        self.exact: dict[str, Node] = {}
        self.star: Node | None = None
        self.prefixes: list[str] = []
        self.prefix_nodes: list[Node] = []
        self.parents: list[int] = []


def level_order(constraints: Sequence[Constraint], columns: Sequence[str]) -> tuple[Constraint, ...]:
    """The columns an index looks at, first the one that narrows most: obj, act, sub, dom, then the rest."""
    known = {name: position for position, name in enumerate(_LEVEL_ORDER)}
    return tuple(sorted(constraints, key=lambda one: known.get(columns[one.column], len(known))))


def build_index(rules: Sequence[Rule], levels: Sequence[Constraint], pace: Callable[[], None] = lambda: None) -> Node:
    """Index `rules`, which stand in file order, by `levels`."""
    if len(rules) <= HANDFUL or not levels:
        return tuple(rules)
    constraint, below = levels[0], levels[1:]
    groups: dict[str, list[Rule]] = {}
    column = constraint.column
    for rule in rules:
        groups.setdefault(rule.fields[column], []).append(rule)
    if len(groups) == 1 and "*" in groups and constraint.star:
        return build_index(rules, below, pace)
    level = Level(constraint.token, by_role=constraint.comparison is Comparison.ROLE)
    prefixes: dict[str, list[Rule]] = {}
    for done, (value, group) in enumerate(groups.items()):
        if not done % HANDFUL:
            pace()
        if constraint.star and value == "*":
            level.star = build_index(group, below, pace)
        elif constraint.comparison is Comparison.PATTERN and value.endswith("*"):
            prefixes[value[:-1]] = group
        else:
            level.exact[value] = build_index(group, below, pace)
    _add_prefixes(level, prefixes, below, pace)
    return level


def _add_prefixes(
    level: Level, prefixes: dict[str, list[Rule]], below: Sequence[Constraint], pace: Callable[[], None]
) -> None:
    level.prefixes = sorted(prefixes)
    chain: list[int] = []
    for position, prefix in enumerate(level.prefixes):
        while chain and not prefix.startswith(level.prefixes[chain[-1]]):
            chain.pop()
        level.parents.append(chain[-1] if chain else -1)
        chain.append(position)
        level.prefix_nodes.append(build_index(prefixes[prefix], below, pace))


def find_leaves(node: Node, values: Sequence[str], held: frozenset[str]) -> list[Leaf]:
    """The leaves that may hold rules matching `values` for a subject that holds the roles `held`."""
    leaves: list[Leaf] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.__class__ is tuple:
            leaves.append(node)
            continue
        assert isinstance(node, Level)  # noqa: S101 - for the type checker; a Node is a Level or a leaf
        value = values[node.token]
        exact = node.exact
        child = exact.get(value)
        if child is not None:
            waiting.append(child)
        if node.by_role:
            for role in held if len(held) <= len(exact) else exact.keys() & held:
                child = exact.get(role)
                if child is not None:
                    waiting.append(child)
        elif node.prefixes:
            prefixes = node.prefixes
            at = bisect_right(prefixes, value) - 1
            while at >= 0 and not value.startswith(prefixes[at]):
                at = node.parents[at]
            while at >= 0:
                waiting.append(node.prefix_nodes[at])
                at = node.parents[at]
        if node.star is not None:
            waiting.append(node.star)
    return leaves


def compares(one: Constraint, field: str, value: str, held: frozenset[str] = frozenset()) -> bool:
    """Whether one column of a rule matches one value of a request."""
    if field == value or (one.star and field == "*"):
        return True
    if one.comparison is Comparison.PATTERN:
        return field.endswith("*") and value.startswith(field[:-1])
    return one.comparison is Comparison.ROLE and field in held


def rules_below(node: Node, values: Sequence[str], free: frozenset[int]) -> Iterator[Rule]:
    """The rules that may match `values`, whatever stands for the tokens in `free`; lazily."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            yield from node
            continue
        if node.token in free:
            waiting += [*node.exact.values(), *node.prefix_nodes]
        else:
            exact = node.exact.get(values[node.token])
            waiting += node.prefix_nodes if exact is None else [exact, *node.prefix_nodes]
        if node.star is not None:
            waiting.append(node.star)
