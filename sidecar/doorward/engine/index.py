"""The index over rules: a tree of levels that narrows a question to a few candidates.

A level looks at one column: exact values by hash, `*` apart, prefixes sorted, with the chain of
shorter prefixes that also match. A level is made only where more than a handful of rules share
what stands above. The index returns a superset; every candidate is verified by the matcher.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final, Union

from doorward.engine.conditions import Condition
from doorward.engine.model import Comparison, Constraint

HANDFUL: Final = 8
PREFIXES_A_STEP: Final = 1_000
_LEVEL_ORDER: Final = ("obj", "act", "sub", "dom")


class Rule:
    """One `p` row: its fields in column order, its rank, what it does, its condition or None.

    Ranks grow in file order and leave gaps, so that a rule put between two others needs no new
    rules below it. They are no positions: the evaluator knows in which line a rule stands.
    """

    __slots__ = ("allows", "condition", "fields", "rank")

    def __init__(self, fields: tuple[str, ...], rank: int, condition: Condition | None, *, allows: bool) -> None:
        self.fields = fields
        self.rank = rank
        self.condition = condition
        self.allows = allows


Leaf = tuple[Rule, ...]
Node = Union["Level", Leaf]
Levels = Sequence[Constraint]


class Level:
    """One level of the index: the rules below, by what stands in one column.

    `depth` is its place in the level order. Levels that would tell nothing apart are left out, so
    the one below may be more than one deeper.
    """

    __slots__ = ("by_role", "depth", "exact", "parents", "prefix_nodes", "prefixes", "star", "token")

    def __init__(self, token: int, depth: int, *, by_role: bool) -> None:
        self.token = token
        self.depth = depth
        self.by_role = by_role
        self.exact: dict[str, Node] = {}
        self.star: Node | None = None
        self.prefixes: list[str] = []
        self.prefix_nodes: list[Node] = []
        self.parents: list[int] = []


def level_order(constraints: Sequence[Constraint], columns: Sequence[str]) -> Levels:
    """The columns an index looks at, first the one that narrows most: obj, act, sub, dom, then the rest."""
    known = {name: position for position, name in enumerate(_LEVEL_ORDER)}
    return tuple(sorted(constraints, key=lambda one: known.get(columns[one.column], len(known))))


def build_index(rules: Sequence[Rule], levels: Levels, depth: int = 0, pace: Callable[[], None] = lambda: None) -> Node:
    """Index `rules`, which stand in file order, by the `levels` from `depth` on."""
    if len(rules) <= HANDFUL or depth == len(levels):
        return tuple(sorted(rules, key=_denials_first))
    constraint = levels[depth]
    groups: dict[str, list[Rule]] = {}
    column = constraint.column
    for rule in rules:
        groups.setdefault(rule.fields[column], []).append(rule)
    if len(groups) == 1 and "*" in groups and constraint.star:
        return build_index(rules, levels, depth + 1, pace)
    level = Level(constraint.token, depth, by_role=constraint.comparison is Comparison.ROLE)
    prefixes: dict[str, Node] = {}
    for done, (value, group) in enumerate(groups.items()):
        if not done % HANDFUL:
            pace()
        node = build_index(group, levels, depth + 1, pace)
        if _is_star(constraint, value):
            level.star = node
        elif _is_prefix(constraint, value):
            prefixes[value[:-1]] = node
        else:
            level.exact[value] = node
    level.prefixes = sorted(prefixes)
    level.prefix_nodes = [prefixes[prefix] for prefix in level.prefixes]
    level.parents = _parents(level.prefixes, pace)
    return level


def _is_star(constraint: Constraint, value: str) -> bool:
    return constraint.star and value == "*"


def _is_prefix(constraint: Constraint, value: str) -> bool:
    return constraint.comparison is Comparison.PATTERN and value.endswith("*")


def _denials_first(rule: Rule) -> bool:
    return rule.allows


def _parents(prefixes: Sequence[str], pace: Callable[[], None]) -> list[int]:
    """Where the longest shorter prefix of each one of the sorted prefixes stands, -1 where there is none."""
    parents: list[int] = []
    for position, prefix in enumerate(prefixes):
        if not position % PREFIXES_A_STEP:
            pace()
        at = position - 1
        while at >= 0 and not prefix.startswith(prefixes[at]):
            at = parents[at]
        parents.append(at)
    return parents


def change_index(  # noqa: PLR0913 - a node, its place, what goes and what comes
    node: Node | None,
    gone: Collection[Rule],
    new: Collection[Rule],
    levels: Levels,
    *,
    depth: int = 0,
    pace: Callable[[], None],
) -> Node | None:
    """A copy of `node` without the rules that are `gone` and with `new` ones; None where none is left.

    Only what lies on the way to those rules is made anew, the rest is shared. `depth` is where the
    levels below begin. A new rule may end up below a level that a whole build would not have left
    out: that is a superset too.
    """
    pace()
    if node is None or isinstance(node, tuple):
        without = set(gone)
        rules = [rule for rule in node or () if rule not in without]
        rules += new
        return build_index(sorted(rules, key=attrgetter("rank")), levels, depth, pace) if rules else None
    constraint = levels[node.depth]
    level = Level(node.token, node.depth, by_role=node.by_role)
    level.star = node.star
    level.exact = node.exact.copy()
    level.prefixes, level.prefix_nodes, level.parents = node.prefixes, node.prefix_nodes, node.parents
    prefixes: dict[str, Node | None] = {}
    for value, (less, more) in _by_value(constraint.column, gone, new).items():

        def changed(below: Node | None, less: list[Rule] = less, more: list[Rule] = more) -> Node | None:
            return change_index(below, less, more, levels, depth=node.depth + 1, pace=pace)

        if _is_star(constraint, value):
            level.star = changed(level.star)
        elif _is_prefix(constraint, value):
            at = bisect_left(node.prefixes, value[:-1])
            is_there = at < len(node.prefixes) and node.prefixes[at] == value[:-1]
            prefixes[value[:-1]] = changed(node.prefix_nodes[at] if is_there else None)
        elif (below := changed(level.exact.get(value))) is not None:
            level.exact[value] = below
        else:
            del level.exact[value]
    _change_prefixes(level, prefixes, pace)
    return level if level.exact or level.prefixes or level.star is not None else None


def _by_value(column: int, gone: Iterable[Rule], new: Iterable[Rule]) -> dict[str, tuple[list[Rule], list[Rule]]]:
    """The rules that go and those that come, by what they say in a column."""
    groups: dict[str, tuple[list[Rule], list[Rule]]] = {}
    for which, rules in enumerate((gone, new)):
        for rule in rules:
            groups.setdefault(rule.fields[column], ([], []))[which].append(rule)
    return groups


def _change_prefixes(level: Level, changed: dict[str, Node | None], pace: Callable[[], None]) -> None:
    """Put other nodes at some prefixes of a level that shares its lists with another; None takes a prefix away."""
    if not changed:
        return
    shared = level.prefixes
    level.prefixes, level.prefix_nodes = level.prefixes.copy(), level.prefix_nodes.copy()
    for prefix, node in changed.items():
        at = bisect_left(level.prefixes, prefix)
        is_there = at < len(level.prefixes) and level.prefixes[at] == prefix
        if node is None:
            del level.prefixes[at], level.prefix_nodes[at]
        elif is_there:
            level.prefix_nodes[at] = node
        else:
            level.prefixes.insert(at, prefix)
            level.prefix_nodes.insert(at, node)
    if level.prefixes == shared:
        level.prefixes = shared
    else:
        level.parents = _parents(level.prefixes, pace)


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
        is_free = node.token in free
        value = values[node.token]
        waiting += [
            below
            for prefix, below in zip(node.prefixes, node.prefix_nodes, strict=True)
            if is_free or value.startswith(prefix)
        ]
        if node.star is not None:
            waiting.append(node.star)
