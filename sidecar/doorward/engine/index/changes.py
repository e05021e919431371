"""An index with some rules gone and some new: a copy of the way to them, everything else shared."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable

from doorward.engine.index.building import build_index, build_paths
from doorward.engine.index.rules import Rule, cell_of, rank_of
from doorward.engine.index.tree import (
    SEPARATORS,
    Level,
    Levels,
    Node,
    PathLevel,
    Place,
    parents_of,
    place_of,
    rules_under,
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
    level.star = node.star
    level.exact, level.heads, level.reach = node.exact.copy(), node.heads, node.reach
    level.prefixes, level.prefix_nodes, level.parents = node.prefixes, node.prefix_nodes, node.parents
    prefixes: dict[str, Node | None] = {}
    heads: dict[str, Node | None] = {}
    for (text, is_prefix, is_star), (less, more) in _byplace_of(constraint, gone, new).items():
        start = text.count("/") if is_prefix and constraint.function in SEGMENTED else None

        def changed(
            below: Node | None, less: list[Rule] = less, more: list[Rule] = more, start: int | None = start
        ) -> Node | None:
            return change_index(below, less, more, levels, depth=node.depth + 1, pace=pace, start=start)

        if is_star:
            level.star = changed(level.star)
        elif is_prefix and text.endswith(SEPARATORS):
            heads[text] = changed(node.heads.get(text))
        elif is_prefix:
            at = bisect_left(node.prefixes, text)
            is_there = at < len(node.prefixes) and node.prefixes[at] == text
            prefixes[text] = changed(node.prefix_nodes[at] if is_there else None)
        elif (below := changed(level.exact.get(text))) is not None:
            level.exact[text] = below
        else:
            del level.exact[text]
    _change_heads(level, heads)
    _change_prefixes(level, prefixes, pace)
    return level if level.exact or level.heads or level.prefixes or level.star is not None else None


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


def _change_heads(level: Level, changed: dict[str, Node | None]) -> None:
    """Put other nodes at some prefixes that end with a separator, in a level that shares them with another."""
    if not changed:
        return
    level.heads = {text: node for text, node in (level.heads | changed).items() if node is not None}
    level.reach = max(map(len, level.heads), default=0)


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
        level.parents = parents_of(level.prefixes, pace)
