"""The index over rules: a tree of levels that narrows a question to a few candidates.

A level looks at one column: exact values by hash, `*` apart, prefixes sorted, with the chain of
shorter prefixes that also match. A level is made only where more than a handful of rules share
what stands above. The index returns a superset; every candidate is verified by the matcher.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Union

from doorward.engine.conditions import Condition
from doorward.engine.model import Comparison, Constraint

HANDFUL: Final = 8
_LEVEL_ORDER: Final = ("obj", "act", "sub", "dom")


class Rule:
    """One `p` row: its fields in column order, its place in file order, what it does, its condition or None."""

    __slots__ = ("allows", "condition", "fields", "rank")

    def __init__(self, fields: tuple[str, ...], rank: int, condition: Condition | None, *, allows: bool) -> None:
        self.fields = fields
        self.rank = rank
        self.condition = condition
        self.allows = allows


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
        return tuple(sorted(rules, key=_denials_first))
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


def _denials_first(rule: Rule) -> bool:
    return rule.allows


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


def compares(one: Constraint, field: str, value: str, held: frozenset[str] = frozenset()) -> bool:
    """Whether one column of a rule matches one value of a request."""
    if field == value or (one.star and field == "*"):
        return True
    if one.comparison is Comparison.PATTERN:
        return field.endswith("*") and value.startswith(field[:-1])
    return one.comparison is Comparison.ROLE and field in held


def rules_below(
    node: Node, values: Sequence[str], held: frozenset[str], free: frozenset[int] = frozenset()
) -> Iterator[Rule]:
    """The rules that may match `values`, whatever stands for the tokens in `free`; lazily, for explanations."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            yield from node
            continue
        names = node.exact if node.token in free else {values[node.token], *(held if node.by_role else ())}
        waiting += [node.exact[name] for name in names if name in node.exact]
        waiting += node.prefix_nodes
        if node.star is not None:
            waiting.append(node.star)
