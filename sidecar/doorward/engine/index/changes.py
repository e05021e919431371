"""An index with some rules gone and some new: a copy of the way to them, everything else shared."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping

from doorward.engine.index.building import build_index, build_paths
from doorward.engine.index.rules import Rule, cell_of, rank_of
from doorward.engine.index.tree import (
    SEPARATORS,
    Level,
    Levels,
    Node,
    PathLevel,
    Place,
    Prefixes,
    parents_of,
    place_of,
    rules_under,
    turns_of,
)
from doorward.engine.language.segments import SEGMENTED, Segment, literal_segment
from doorward.engine.model import Constraint


def change_index(  # noqa: PLR0913 - a node, its place, what goes and what comes
    node: Node | None,
    gone: Collection[Rule],
    new: Collection[Rule],
    levels: Levels,
    *,
    depth: int = 0,
    pace: Callable[[], None],
    start: int | None = None,
) -> Node | None:
    """A copy of `node` without the rules that are `gone` and with `new` ones; None where none is left.

    Only what lies on the way to those rules is made anew, the rest is shared. `depth` is where the
    levels below begin. `start` is where the paths of these rules may differ, where they stand below
    what begins alike.
    """
    pace()
    if node is None or isinstance(node, tuple | Rule) or _is_to_build(node, new, levels, depth, start):
        without = set(gone)
        rules = [rule for rule in rules_under(node) if rule not in without]
        rules += new
        rules.sort(key=rank_of)
        if not rules:
            return None
        if start is not None:  # paths that begin alike, of the level above
            return build_paths(rules, levels, depth - 1, start, pace)
        return build_index(rules, levels, depth, pace)
    constraint = levels.constraints[node.depth]
    if isinstance(node, PathLevel):
        return _change_paths(node, gone, new, levels, pace)
    level = Level(node.value, node.depth, node.role)
    level.star, level.exact = node.star, node.exact.copy()
    prefixes: dict[str, Node | None] = {}
    for (text, is_prefix, is_star), (less, more) in _byplace_of(constraint, gone, new).items():
        start = text.count("/") if is_prefix and constraint.function in SEGMENTED else None

        def changed(
            below: Node | None, less: list[Rule] = less, more: list[Rule] = more, start: int | None = start
        ) -> Node | None:
            return change_index(below, less, more, levels, depth=node.depth + 1, pace=pace, start=start)

        if is_star:
            level.star = changed(level.star)
        elif is_prefix:
            prefixes[text] = changed(None if node.prefixes is None else node.prefixes.get(text))
        elif (below := changed(level.exact.get(text))) is not None:
            level.exact[text] = below
        else:
            del level.exact[text]
    level.prefixes = _changed_prefixes(node.prefixes, prefixes, pace) if prefixes else node.prefixes
    return level if level.exact or level.prefixes is not None or level.star is not None else None


def _is_to_build(
    node: "Level | PathLevel", new: Collection[Rule], levels: Levels, depth: int, start: int | None
) -> bool:
    """Whether new rules are to be told apart by what this part of the index does not look at."""
    return _tells_apart(node, new, levels, depth) or _spells_out(node, new, levels, depth, start)


def _tells_apart(node: Node, new: Collection[Rule], levels: Levels, depth: int) -> bool:
    """Whether a new rule differs from all others in a column that was left out because they were alike in it."""
    if not new or not isinstance(node, Level | PathLevel):
        return False
    left_out = [cell_of(one.column) for one in levels.constraints[depth : node.depth]]
    if not left_out:
        return False
    one_of_them = next(iter(rules_under(node)))
    return any(cell(rule) != cell(one_of_them) for rule in new for cell in left_out)


def _spells_out(node: Node, new: Collection[Rule], levels: Levels, depth: int, start: int | None) -> bool:
    """Whether a new rule has a segment of its own among paths that had none to be told apart by."""
    if start is None or not new or not isinstance(node, Level):
        return False
    constraint = levels.constraints[depth - 1]
    cell = cell_of(constraint.column)
    known = cell(next(iter(rules_under(node))))
    return any(
        cell(rule) != known and literal_segment(constraint.function, cell(rule), start) is not None for rule in new
    )


def _change_paths(
    node: PathLevel, gone: Iterable[Rule], new: Iterable[Rule], levels: Levels, pace: Callable[[], None]
) -> Node | None:
    """As change_index, of a level of segments."""
    constraint = levels.constraints[node.depth]
    groups: dict[Segment | None, tuple[list[Rule], list[Rule]]] = {}
    for which, rules in enumerate((gone, new)):
        for rule in rules:
            segment = literal_segment(constraint.function, rule.fields[constraint.column], node.start)
            groups.setdefault(segment, ([], []))[which].append(rule)
    level = PathLevel(node.value, node.depth, node.start)
    level.others, level.positions = node.others, dict(node.positions)
    copied: set[int] = set()
    for segment, (less, more) in groups.items():
        if segment is None:
            level.others = change_index(level.others, less, more, levels, depth=node.depth + 1, pace=pace)
            continue
        position, text = segment
        if position not in copied:
            level.positions[position] = dict(level.positions.get(position, {}))
            copied.add(position)
        at = level.positions[position]
        below = change_index(at.get(text), less, more, levels, depth=node.depth + 1, pace=pace, start=position + 1)
        if below is not None:
            at[text] = below
        elif text in at:
            del at[text]
    return level if level.others is not None or any(level.positions.values()) else None


def _byplace_of(
    constraint: Constraint, gone: Iterable[Rule], new: Iterable[Rule]
) -> dict[Place, tuple[list[Rule], list[Rule]]]:
    """The rules that go and those that come, by where they stand in a level."""
    groups: dict[Place, tuple[list[Rule], list[Rule]]] = {}
    for which, rules in enumerate((gone, new)):
        for rule in rules:
            groups.setdefault(place_of(constraint, rule.fields[constraint.column]), ([], []))[which].append(rule)
    return groups


def _changed_prefixes(
    before: Prefixes | None, changed: Mapping[str, Node | None], pace: Callable[[], None]
) -> Prefixes | None:
    """Other nodes at some prefixes, beside those that stay; a node that is None takes its prefix away."""
    if before is None:
        before = Prefixes({}, [], [], [], ())
    heads, texts, nodes = before.heads.copy(), before.texts.copy(), before.nodes.copy()
    for text, node in changed.items():
        if not text.endswith(SEPARATORS):
            _put(texts, nodes, text, node)
        elif node is not None:
            heads[text] = node
        else:
            heads.pop(text, None)
    if not heads and not texts:
        return None
    turns = turns_of([text for text in changed if text in heads], before.turns)
    if texts == before.texts:
        return Prefixes(heads, before.texts, nodes, before.parents, turns)
    return Prefixes(heads, texts, nodes, parents_of(texts, pace), turns)


def _put(texts: list[str], nodes: list[Node], text: str, node: Node | None) -> None:
    """Put a node at its place in sorted lists; None takes away what stands there."""
    at = bisect_left(texts, text)
    is_there = at < len(texts) and texts[at] == text
    if node is None:
        del texts[at : at + is_there], nodes[at : at + is_there]
    elif is_there:
        nodes[at] = node
    else:
        texts.insert(at, text)
        nodes.insert(at, node)
