"""A few changed lines to new Evaluators, beside those they change: what did not change is shared.

A whole build takes seconds of a large policy. A change of some rows touches few buckets of the
index, so those alone are built, on copies of the way to them. The old evaluators stay as they are
and go on answering.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from doorward.engine.build import RowReader, no_rule, put_in_order
from doorward.engine.evaluator import Evaluator
from doorward.engine.index.changes import change_index
from doorward.engine.index.ranks import file_rank, ranks_between
from doorward.engine.index.rules import Rule, cell_of
from doorward.engine.index.tree import level_order
from doorward.engine.model import ModelFile, PolicyEffect
from doorward.engine.problems import Problems
from doorward.engine.roles.graph import RoleGraph, Roles
from doorward.engine.roles.rows import change_roles
from doorward.engine.row_checks import NameLines, name_taken
from doorward.engine.rows import Row, read_rows

_RULES_A_STEP: Final = 1_000
_COPIED_A_STEP: Final = 10_000
Evaluators = Mapping[str, Evaluator]


class Change(NamedTuple):
    """Whole lines of a policy file that others took the place of; `line` is the first one's number."""

    line: int
    old: str
    new: str

    @property
    def moved(self) -> int:
        """How many lines further down the lines below it stand now."""
        return self.new.count("\n") - self.old.count("\n")


class _Region(NamedTuple):
    """The rules of one section that a change replaces: positions among all its rules."""

    first: int
    after: int


def change_evaluators(
    before: Evaluators, change: Change, problems: Problems, pace: Callable[[], None] = lambda: None
) -> dict[str, Evaluator] | None:
    """The evaluators of a changed file, from those of the file before.

    Faults go to `problems`, the same as of a whole build, and None is returned. None without a
    fault means that this change needs a whole build: it touches roles with patterns, time windows or
    levels, it makes a circle of roles, too many rules were put in one place, or priorities that order
    nothing are held against each other.
    """
    main = before[""]
    if any(one.model.idle_priority_column is not None for one in before.values()):
        return None
    models = ModelFile({suffix: one.model for suffix, one in before.items()}, main.definitions)
    old_rows, new_rows = (list(read_rows(text, Problems(main.path), pace)) for text in (change.old, change.new))
    regions = {suffix: _region(one, change) for suffix, one in before.items()}
    gone = {suffix: one.rules[regions[suffix].first : regions[suffix].after] for suffix, one in before.items()}
    seen = _Names(before, regions, _names_to_check(before, new_rows, gone), pace)
    above = NameLines()
    for name, line in seen.above().items():
        above.first(name, line)
    found = Problems(main.path)
    role_rows: dict[str, list[Row]] = {name: [] for name in models.roles}
    takers = {name: rows.append for name, rows in role_rows.items()}
    read = RowReader(models, found, takers, above).read(read_rows(change.new, found, pace, change.line), pace)
    for name, line in seen.below().items():
        found.add(line + change.moved, name_taken(name, above.first(name, 0)))
    for suffix, one in before.items():
        if len(one.rules) == len(gone[suffix]) and not read.rules[suffix] and not found:
            found.add(0, no_rule(suffix))
    graphs = _changed_graphs(main, old_rows, role_rows, found, pace)
    if found and all(row.kind not in models.roles for row in (*old_rows, *new_rows)):
        problems.take(found)  # with role rows among them there may be more: a whole build finds all
    if found or graphs is None:
        return None
    changed: dict[str, Evaluator] = {}
    for suffix, one in before.items():
        after = _changed(one.over(graphs), read.rules[suffix], read.lines[suffix], regions[suffix], change.moved, pace)
        if after is None:
            return None
        changed[suffix] = after
    return changed


def _changed_graphs(
    main: Evaluator,
    old_rows: Sequence[Row],
    new_rows: Mapping[str, Sequence[Row]],
    problems: Problems,
    pace: Callable[[], None],
) -> Mapping[str, Roles] | None:
    """The role graphs after a change; None where only a whole build knows them."""
    graphs = dict(main.graphs)
    for name, definition in main.definitions.items():
        gone = [row for row in old_rows if row.kind == name]
        if not gone and not new_rows[name]:
            continue
        graph = graphs[name]
        if type(graph) is not RoleGraph or main.model.effect is PolicyEffect.SUBJECT_PRIORITY:
            return None
        changed = change_roles(graph, definition, (gone, new_rows[name]), problems, pace)
        if changed is None:
            return None
        graphs[name] = changed
    return main.graphs if graphs == main.graphs else graphs


def _changed(  # noqa: PLR0913, PLR0917 - an evaluator and all that a change means to it
    before: Evaluator, new: list[Rule], lines: "array[int]", region: _Region, moved: int, pace: Callable[[], None]
) -> Evaluator | None:
    """The evaluator of one section; None where its rules have no room between their neighbours."""
    gone = before.rules[region.first : region.after]
    if not gone and not new and not moved:
        return before
    if not _rank(new, before, region):
        return None
    put_in_order(before.model, new, before.graphs)
    index = before.index
    if gone or new:
        changed = change_index(before.index, gone, new, level_order(before.model), pace=pace)
        if changed is None:
            return None
        index = changed
    return before.changed(
        rules=_spliced_rules(before.rules, new, region, pace),
        lines=_spliced_lines(before.lines, lines, region, moved, pace),
        index=index,
        gone=gone,
        new=new,
        pace=pace,
    )


def _region(before: Evaluator, change: Change) -> _Region:
    last_line = change.line + change.old.count("\n")
    return _Region(bisect_left(before.lines, change.line), bisect_left(before.lines, last_line))


def _names_to_check(before: Evaluators, rows: Sequence[Row], gone: Mapping[str, Sequence[Rule]]) -> set[str]:
    """The names of new rows that other rules may have: all but those that the rows they replace had."""
    names: set[str] = set()
    for suffix, one in before.items():
        column = one.model.column("rule")
        width = len(one.model.columns)
        if column is not None:
            kind = f"p{suffix}"
            names |= {row.fields[column] for row in rows if row.kind == kind and len(row.fields) == width}
    for suffix, one in before.items():
        column = one.model.column("rule")
        if column is not None:
            names -= {rule.fields[column] for rule in gone[suffix]}
    return names


class _Names:
    """Where rules of some names stand, above a change and below it."""

    def __init__(
        self, before: Evaluators, regions: Mapping[str, _Region], names: set[str], pace: Callable[[], None]
    ) -> None:
        self._before = before
        self._regions = regions
        self._names = names
        self._pace = pace

    def above(self) -> dict[str, int]:
        return self._lines((one, range(self._regions[suffix].first)) for suffix, one in self._before.items())

    def below(self) -> dict[str, int]:
        return self._lines(
            (one, range(self._regions[suffix].after, len(one.rules))) for suffix, one in self._before.items()
        )

    def _lines(self, where: Iterable[tuple[Evaluator, range]]) -> dict[str, int]:
        """The lines of rules of these names, among those at some positions."""
        found: dict[str, int] = {}
        for one, positions in where:
            column = one.model.column("rule")
            if column is None or not self._names:
                continue
            name_of = cell_of(column)
            for start, stop in _steps(positions, _RULES_A_STEP, self._pace):
                for position, name in enumerate(map(name_of, one.rules[start:stop]), start):
                    if name in self._names:
                        found[name] = one.lines[position]
        return found


def _rank(new: Sequence[Rule], before: Evaluator, region: _Region) -> bool:
    """Give new rules ranks between those of their neighbours in the file; False where there is no room."""
    rules = before.rules
    if len(new) == region.after - region.first:  # each takes the place of another
        for rule, replaced in zip(new, rules[region.first : region.after], strict=True):
            rule.place(file_rank(replaced.rank))
        return True
    low = file_rank(rules[region.first - 1].rank) if region.first else None
    high = file_rank(rules[region.after].rank) if region.after < len(rules) else None
    ranks = ranks_between(low, high, len(new))
    if ranks is None:
        return False
    for rule, rank in zip(new, ranks, strict=True):
        rule.place(rank)
    return True


def _spliced_rules(rules: Sequence[Rule], new: Sequence[Rule], region: _Region, pace: Callable[[], None]) -> list[Rule]:
    spliced: list[Rule] = []
    for start, stop in _steps(range(region.first), _COPIED_A_STEP, pace):
        spliced += rules[start:stop]
    spliced += new
    for start, stop in _steps(range(region.after, len(rules)), _COPIED_A_STEP, pace):
        spliced += rules[start:stop]
    return spliced


def _spliced_lines(
    lines: Sequence[int], new: Sequence[int], region: _Region, moved: int, pace: Callable[[], None]
) -> "array[int]":
    spliced = array("I", lines[: region.first])
    spliced.extend(new)
    for start, stop in _steps(range(region.after, len(lines)), _COPIED_A_STEP, pace):
        spliced.extend([line + moved for line in lines[start:stop]] if moved else lines[start:stop])
    return spliced


def _steps(positions: range, size: int, pace: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """Cut a range into small ones, with a pause before each."""
    for start in range(positions.start, positions.stop, size):
        pace()
        yield start, min(start + size, positions.stop)
