"""Rules to an index: sorted by what they say in one column after another, until few are left together."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from doorward.engine.index.rules import Rule, cell_of
from doorward.engine.index.tree import (
    SEPARATORS,
    Level,
    Levels,
    Node,
    PathLevel,
    Prefixes,
    parents_of,
    place_of,
    turns_of,
)
from doorward.engine.language.segments import SEGMENTED, literal_segment
from doorward.engine.model import Comparison, Constraint

HANDFUL: Final = 4
A_FEW: Final = 64
RULES_A_STEP: Final = 500
PLACES_KEPT: Final = 4_096
DEEPEST_SEGMENT: Final = 64
"""Paths that are alike this far are not told apart further: a level is a call inside a call."""


def build_index(rules: Sequence[Rule], levels: Levels, depth: int = 0, pace: Callable[[], None] = lambda: None) -> Node:
    """Index `rules`, which stand in file order, by the `levels` from `depth` on."""
    if len(rules) > HANDFUL:
        depth = _next_level(rules, levels, depth)
    if len(rules) <= HANDFUL or depth == len(levels.constraints):
        return levels.leaf(rules)
    constraint = levels.constraints[depth]
    groups = _groups(constraint, rules, pace)
    level = Level(constraint.value, depth, constraint.role)

    def below(group: Group) -> Node:
        return group if isinstance(group, Rule) else build_index(group, levels, depth + 1, pace)

    def below_prefix(text: str, group: Group) -> Node:
        if constraint.function not in SEGMENTED or isinstance(group, Rule):
            return below(group)
        return build_paths(group, levels, depth, text.count("/"), pace)

    level.star = None if groups.star is None else below(groups.star)
    level.exact = _each(groups.exact, lambda _, group: below(group))
    if groups.prefixes:
        prefixes = _each(groups.prefixes, below_prefix)
        heads = {text: prefixes.pop(text) for text in [*prefixes] if text.endswith(SEPARATORS)}
        texts = sorted(prefixes)
        nodes = [prefixes[text] for text in texts]
        level.prefixes = Prefixes(heads, texts, nodes, parents_of(texts, pace), turns_of(heads))
    return level


def _each(groups: "dict[str, Group]", below: Callable[[str, "Group"], Node]) -> dict[str, Node]:
    """The same dictionary with what stands below each group in its place: a copy would be as large once more."""
    nodes: dict[str, Node] = groups  # type: ignore[assignment] # groups no more
    for text, group in groups.items():
        if not isinstance(group, Rule):
            nodes[text] = below(text, group)
    return nodes


def _next_level(rules: Sequence[Rule], levels: Levels, depth: int) -> int:
    """The level to look at next: past those that would tell nothing apart, and of a few rules the one that tells most.

    The first level stays, so that a question about something else ends there.
    """
    if not depth:
        return depth
    columns = [cell_of(one.column) for one in levels.constraints[depth:]]
    if len(rules) <= A_FEW:
        kinds = [len(set(map(cell, rules))) for cell in columns]
        most = max(kinds, default=1)
        return depth + kinds.index(most) if most > 1 else len(levels.constraints)
    for number, cell in enumerate(columns):
        first = cell(rules[0])
        if any(cell(rule) != first for rule in rules):
            return depth + number
    return len(levels.constraints)


Group = Rule | list[Rule]
"""Rules in file order; one that is alone stands for itself, as most do: a list would weigh as much as the rule."""


class _Groups(NamedTuple):
    """The rules of one level by where they stand in it."""

    exact: dict[str, Group]
    prefixes: dict[str, Group]
    star: Group | None


def _groups(constraint: Constraint, rules: Iterable[Rule], pace: Callable[[], None]) -> _Groups:
    """Sort rules by what they say in a column."""
    exact: dict[str, Group] = {}
    prefixes: dict[str, Group] = {}
    cell = cell_of(constraint.column)
    if constraint.comparison is not Comparison.PATTERN:
        for count, rule in enumerate(rules):
            if not count % RULES_A_STEP:
                pace()
            _add(exact, cell(rule), rule)
        return _Groups(exact, prefixes, exact.pop("*", None) if constraint.star else None)
    stars: dict[str, Group] = {}
    places: dict[str, tuple[str, dict[str, Group]]] = {}
    for count, rule in enumerate(rules):
        if not count % RULES_A_STEP:
            pace()
        value = cell(rule)
        place = places.get(value)
        if place is None:
            if len(places) >= PLACES_KEPT:
                places.clear()
            text, is_prefix, is_star = place_of(constraint, value)
            place = places[value] = text, stars if is_star else prefixes if is_prefix else exact
        text, groups = place
        _add(groups, text, rule)
    return _Groups(exact, prefixes, next(iter(stars.values()), None))


def _add(groups: dict[str, Group], key: str, rule: Rule) -> None:
    found = groups.get(key)
    if found is None:
        groups[key] = rule
    elif isinstance(found, list):
        found.append(rule)
    else:
        groups[key] = [found, rule]


def _listed(group: Group) -> list[Rule]:
    return [group] if isinstance(group, Rule) else group


def build_paths(rules: Sequence[Rule], levels: Levels, depth: int, start: int, pace: Callable[[], None]) -> Node:
    """Index rules whose paths begin alike by the next segment that each of them spells out, from `start` on."""
    if len(rules) <= HANDFUL:
        return levels.leaf(rules)
    if start > DEEPEST_SEGMENT:
        return build_index(rules, levels, depth + 1, pace)
    constraint = levels.constraints[depth]
    column = cell_of(constraint.column)
    first = column(rules[0])
    are_alike = True
    positions: dict[int, dict[str, Group]] = {}
    others: list[Rule] = []
    for count, rule in enumerate(rules):
        if not count % RULES_A_STEP:
            pace()
        cell = column(rule)
        are_alike = are_alike and cell == first
        segment = literal_segment(constraint.function, cell, start)
        if segment is None:
            others.append(rule)
        else:
            position, text = segment
            _add(positions.setdefault(position, {}), text, rule)
    if are_alike or not positions:
        return build_index(rules, levels, depth + 1, pace)
    level = PathLevel(constraint.value, depth, start)
    level.others = build_index(others, levels, depth + 1, pace) if others else None
    for position, groups in positions.items():

        def below(_: str, group: Group, position: int = position) -> Node:
            return build_paths(_listed(group), levels, depth, position + 1, pace)

        level.positions[position] = _each(groups, below)
    return level
