"""The index over rules: a tree of levels that narrows a question to a few candidates.

A level looks at one column: exact values by hash, `*` apart, patterns by the literal text that they
begin with, sorted, with the chain of shorter ones that also match. A level is made only where more
than a handful of rules share what stands above. The index returns a superset; every candidate is
verified by the matcher.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Union

from doorward.engine.index.rules import Rule, rank_of
from doorward.engine.language import patterns
from doorward.engine.language.calls import FUNCTIONS
from doorward.engine.language.segments import SEGMENTED, literal_segment
from doorward.engine.model import Comparison, Constraint, Model

SEPARATORS: Final = (":", "/")
PREFIXES_A_STEP: Final = 1_000
_LEVEL_ORDER: Final = ("obj", "act", "sub", "dom")

Leaf = tuple[Rule, ...]
Node = Union["Level", "PathLevel", Leaf, Rule]


class Levels(NamedTuple):
    """In which order an index looks at columns, and in which order a leaf holds its rules."""

    constraints: Sequence[Constraint]
    is_ordered: bool = False

    def leaf(self, rules: Sequence[Rule]) -> Leaf | Rule:
        """Denials first, or by rank alone where effects are ordered; so the first match without a condition ends it.

        A rule that is alone stands for itself: one object less to fetch.
        """
        if len(rules) == 1:
            return rules[0]
        return tuple(sorted(rules, key=rank_of if self.is_ordered else _denials_first))


class Level:
    """One level of the index: the rules below, by what stands in one column.

    `value` is which value of a request it looks at, `role` which role call (-1: none). `depth` is its
    place in the level order. Levels that would tell nothing apart are left out, so the one below may
    be more than one deeper. Prefixes that end with a separator are found by hash, in `heads`: a text
    has few separators, and `reach` is the longest such prefix; the others stand sorted in `prefixes`.
    """

    __slots__ = ("depth", "exact", "heads", "parents", "prefix_nodes", "prefixes", "reach", "role", "star", "value")

    def __init__(self, value: int, depth: int, role: int) -> None:
        self.value = value
        self.depth = depth
        self.role = role
        self.exact: dict[str, Node] = {}
        self.star: Node | None = None
        self.heads: dict[str, Node] = {}
        self.reach = 0
        self.prefixes: list[str] = []
        self.prefix_nodes: list[Node] = []
        self.parents: list[int] = []


class PathLevel:
    """Rules whose path patterns begin alike, by the next segment that each spells out: where it stands, and its text.

    `start` is the first segment that may differ; `others` has the rules that spell out none.
    """

    __slots__ = ("depth", "others", "positions", "start", "value")

    def __init__(self, value: int, depth: int, start: int) -> None:
        self.value = value
        self.depth = depth
        self.start = start
        self.positions: dict[int, dict[str, Node]] = {}
        self.others: Node | None = None

    def below(self, parts: Sequence[str] | None) -> Iterator[Node]:
        """What may match a path of these segments; everything where there are none."""
        if self.others is not None:
            yield self.others
        for position, nodes in self.positions.items():
            if parts is None:
                yield from nodes.values()
            elif position < len(parts) and parts[position] in nodes:
                yield nodes[parts[position]]


def level_order(model: Model) -> Levels:
    """The columns an index looks at, first the one that narrows most: obj, act, sub, dom, then the rest."""
    known = {name: position for position, name in enumerate(_LEVEL_ORDER)}
    constraints = sorted(model.constraints, key=lambda one: known.get(model.columns[one.column], len(known)))
    return Levels(tuple(constraints), model.effect.is_ordered)


Place = tuple[str, bool, bool]
_STAR: Final[Place] = ("", False, True)


def place_of(constraint: Constraint, value: str) -> Place:
    """Where a cell stands in a level: its literal text, whether as a prefix, whether as the star."""
    if constraint.star and value == "*":
        return _STAR
    if constraint.comparison is not Comparison.PATTERN:
        return value, False, False
    prefix, is_whole = patterns.literal_prefix(constraint.function, value)
    return prefix, not is_whole, False


def _denials_first(rule: Rule) -> bool:
    return rule.allows


def parents_of(prefixes: Sequence[str], pace: Callable[[], None]) -> list[int]:
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


Held = Sequence[frozenset[str]]


def compares(one: Constraint, field: str, values: Sequence[Any], held: Held) -> bool:
    """Whether one column of a rule matches a request's value. Raises what the pattern's function raises."""
    value = values[one.token]
    if one.star and field == "*":
        return True
    if one.comparison is Comparison.PATTERN:
        return bool(FUNCTIONS[one.function].call(value, field))
    return bool(field == value) or (one.comparison is Comparison.ROLE and field in held[one.role])


def surely_differs(one: Constraint, field: str, values: Sequence[Any], held: Held) -> bool:
    """Whether one column alone says that a rule does not match, by whatever a level of an index may look at.

    So that a comparison which fails counts the same whether an index led to its rule or not.
    """
    text, is_prefix, is_star = place_of(one, field)
    if is_star:
        return False
    if one.comparison is Comparison.PATTERN:
        value = values[one.value]
        if value != text and not (is_prefix and value.startswith(text)):
            return True
        if one.function in SEGMENTED and _differs_in_a_segment(one.function, field, value.split("/")):
            return True
    try:
        return not compares(one, field, values, held)
    except Exception:  # noqa: BLE001 - what cannot be compared does not surely differ
        return False


def _differs_in_a_segment(function: str, pattern: str, parts: Sequence[str]) -> bool:
    start = 0
    while (segment := literal_segment(function, pattern, start)) is not None:
        position, text = segment
        if position >= len(parts) or parts[position] != text:
            return True
        start = position + 1
    return False


def rules_below(node: Node, values: Sequence[Any], held: Held, free: frozenset[int] = frozenset()) -> Iterator[Rule]:
    """The rules that may match `values`, whatever stands for the values in `free`; lazily, for explanations."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            yield from node
            continue
        if isinstance(node, Rule):
            yield node
            continue
        is_free = node.value in free
        value = values[node.value]
        if isinstance(node, PathLevel):
            waiting += node.below(None if is_free else value.split("/"))
            continue
        names = node.exact if is_free else {value, *(held[node.role] if node.role >= 0 else ())}
        waiting += [node.exact[name] for name in names if name in node.exact]
        waiting += [
            below
            for prefix, below in (*zip(node.prefixes, node.prefix_nodes, strict=True), *node.heads.items())
            if is_free or value.startswith(prefix)
        ]
        if node.star is not None:
            waiting.append(node.star)


def rules_under(node: Node | None) -> Iterator[Rule]:
    """Every rule that stands in a part of an index, in no order."""
    waiting = [] if node is None else [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Rule):
            yield node
        elif isinstance(node, tuple):
            yield from node
        elif isinstance(node, PathLevel):
            waiting += node.below(None)
        else:
            waiting += [*node.exact.values(), *node.heads.values(), *node.prefix_nodes]
            waiting += [] if node.star is None else [node.star]
