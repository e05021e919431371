"""The index over rules: a tree of levels that narrows a question to a few candidates.

A level looks at one column: exact values by hash, `*` apart, patterns by the literal text that they
begin with, sorted, with the chain of shorter ones that also match. A level is made only where more
than a handful of rules share what stands above. The index returns a superset; every candidate is
verified by the matcher.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
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


Turns = tuple[tuple[str, int], ...]
"""Separators, and for each up to which place of a text more than the first one is worth a look."""


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
    be more than one deeper. `prefixes` is None where no rule has one.
    """

    __slots__ = ("depth", "exact", "prefixes", "role", "star", "value")

    def __init__(self, value: int, depth: int, role: int) -> None:
        self.value = value
        self.depth = depth
        self.role = role
        self.exact: dict[str, Node] = {}
        self.star: Node | None = None
        self.prefixes: Prefixes | None = None

    def below(self) -> "list[Node]":
        """Everything that stands below it."""
        prefixes = self.prefixes
        found = [*self.exact.values()]
        found += [] if prefixes is None else [*prefixes.heads.values(), *prefixes.nodes]
        return found if self.star is None else [*found, self.star]


class Prefixes:
    """The rules of one level whose cells are prefixes, by their literal texts.

    Prefixes that end with a separator are found by hash, in `heads`: a text has few separators. `turns`
    has each separator that some of them end with, and the length of the longest that has two of it (0 where
    none has): further on, only the first one in a text is looked at. The others stand in `texts`, sorted, with what is
    below each in `nodes` and the longest shorter one in `parents`.
    """

    __slots__ = ("heads", "nodes", "parents", "texts", "turns")

    def __init__(
        self, heads: "dict[str, Node]", texts: list[str], nodes: "list[Node]", parents: list[int], turns: Turns
    ) -> None:
        self.heads = heads
        self.texts = texts
        self.nodes = nodes
        self.parents = parents
        self.turns = turns

    def get(self, text: str) -> "Node | None":
        """What stands below one prefix."""
        if text in self.heads:
            return self.heads[text]
        at = bisect_left(self.texts, text)
        return self.nodes[at] if at < len(self.texts) and self.texts[at] == text else None

    def matching(self, value: str) -> "Iterator[Node]":
        """What stands below the prefixes of a value, found one by one: for explanations."""
        below = chain(self.heads.items(), zip(self.texts, self.nodes, strict=True))
        return (node for text, node in below if value.startswith(text))


def turns_of(heads: Iterable[str], known: Turns = ()) -> Turns:
    """The turns of some heads, beside those that are known."""
    turns = dict(known)
    for head in heads:
        mark = head[-1]
        reach = len(head) if head.find(mark) < len(head) - 1 else 0
        turns[mark] = max(reach, turns.get(mark, 0))
    return tuple(turns.items())


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


Held = Sequence[frozenset[str] | tuple[str, ...]]
"""The roles of each role call: distinct names, to be looked through or looked for."""


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
        if is_free:
            waiting += node.below()
            continue
        names = {value, *(held[node.role] if node.role >= 0 else ())}
        waiting += [node.exact[name] for name in names if name in node.exact]
        if node.prefixes is not None:
            waiting += node.prefixes.matching(value)
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
            waiting += node.below()
