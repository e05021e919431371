"""A few changed lines to a new Evaluator, beside the one they change: what did not change is shared.

A whole build takes seconds of a large policy. A change of some `p` rows touches few buckets of the
index, so those alone are built, on copies of the way to them. The old evaluator stays as it is and
goes on answering.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from doorward.engine.build import NO_RULE, RuleReader, name_taken
from doorward.engine.evaluator import RANK_BITS, Evaluator
from doorward.engine.index import Rule, change_index, level_order
from doorward.engine.problems import Problems
from doorward.engine.rows import Row, read_rows

_RULES_A_STEP: Final = 1_000
_COPIED_A_STEP: Final = 10_000


class Change(NamedTuple):
    """Whole lines of a policy file that others took the place of; `line` is the first one's number."""

    line: int
    old: str
    new: str


class _Region(NamedTuple):
    """The rules that a change replaces: positions among all rules, and how far the lines below move."""

    first: int
    after: int
    moved: int


def change_evaluator(
    before: Evaluator, change: Change, problems: Problems, pace: Callable[[], None] = lambda: None
) -> Evaluator | None:
    """The evaluator of a changed file, from that of the file before.

    Faults go to `problems`, the same as of a whole build, and None is returned. None without a
    fault means that this change needs a whole build: it touches role rows, or too many rules were
    put in one place.
    """
    model = before.model
    old_rows, new_rows = (list(read_rows(text, Problems(before.path), pace)) for text in (change.old, change.new))
    if model.role_arity and any(row.kind == "g" for row in (*old_rows, *new_rows)):
        return None
    last_line = change.line + change.old.count("\n")
    first, after = bisect_left(before.lines, change.line), bisect_left(before.lines, last_line)
    region = _Region(first, after, change.new.count("\n") - change.old.count("\n"))
    gone = before.rules[first:after]
    names = _names_to_check(before, new_rows, gone)
    seen = _lines_of(before, names, range(first), pace)
    rows = read_rows(change.new, problems, pace, change.line)
    read = RuleReader(model, problems, seen).read(rows, pace)
    below = range(after, len(before.rules))
    for name, line in _lines_of(before, names, below, pace).items():
        problems.add(line + region.moved, name_taken(name, seen[name]))
    if len(before.rules) == len(gone) and not read.rules and not problems:
        problems.add(0, NO_RULE)
    if problems or not _rank(read.rules, before.rules, region):
        return None
    index = change_index(before.index, gone, read.rules, level_order(model.constraints, model.columns), pace=pace)
    if index is None:
        return None
    return before.changed(
        rules=_spliced_rules(before.rules, read.rules, region, pace),
        lines=_spliced_lines(before.lines, read.lines, region, pace),
        index=index,
        gone=gone,
        new=read.rules,
        pace=pace,
    )


def _names_to_check(before: Evaluator, rows: Sequence[Row], gone: Sequence[Rule]) -> set[str]:
    """The names of new rows that other rules may have: all but those that the rows they replace had."""
    column = before.model.column("rule")
    if column is None:
        return set()
    width = len(before.model.columns)
    names = {row.fields[column] for row in rows if row.kind == "p" and len(row.fields) == width}
    return names - {rule.fields[column] for rule in gone}


def _lines_of(before: Evaluator, names: set[str], positions: range, pace: Callable[[], None]) -> dict[str, int]:
    """Where rules of these names stand, among those at some positions; in file order."""
    found: dict[str, int] = {}
    column = before.model.column("rule")
    if column is None or not names:
        return found
    for start, stop in _steps(positions, _RULES_A_STEP, pace):
        for position, rule in enumerate(before.rules[start:stop], start):
            if rule.fields[column] in names:
                found[rule.fields[column]] = before.lines[position]
    return found


def _rank(new: Sequence[Rule], rules: Sequence[Rule], region: _Region) -> bool:
    """Give new rules ranks between those of their neighbours; False where there is no room."""
    if len(new) == region.after - region.first:  # each takes the place of another
        for rule, replaced in zip(new, rules[region.first : region.after], strict=True):
            rule.rank = replaced.rank
        return True
    gap = 1 << RANK_BITS
    has_above, has_below = region.first > 0, region.after < len(rules)
    if has_above and has_below:
        low, high = rules[region.first - 1].rank, rules[region.after].rank
    elif has_below:
        high = rules[region.after].rank
        low = high - gap * (len(new) + 1)
    else:
        low = rules[region.first - 1].rank if has_above else -gap
        high = low + gap * (len(new) + 1)
    step = (high - low) // (len(new) + 1)
    for count, rule in enumerate(new, start=1):
        rule.rank = low + count * step
    return step > 0


def _spliced_rules(rules: Sequence[Rule], new: Sequence[Rule], region: _Region, pace: Callable[[], None]) -> list[Rule]:
    spliced: list[Rule] = []
    for start, stop in _steps(range(region.first), _COPIED_A_STEP, pace):
        spliced += rules[start:stop]
    spliced += new
    for start, stop in _steps(range(region.after, len(rules)), _COPIED_A_STEP, pace):
        spliced += rules[start:stop]
    return spliced


def _spliced_lines(lines: Sequence[int], new: Sequence[int], region: _Region, pace: Callable[[], None]) -> "array[int]":
    spliced = array("I", lines[: region.first])
    spliced.extend(new)
    moved = region.moved
    for start, stop in _steps(range(region.after, len(lines)), _COPIED_A_STEP, pace):
        spliced.extend([line + moved for line in lines[start:stop]] if moved else lines[start:stop])
    return spliced


def _steps(positions: range, size: int, pace: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """Cut a range into small ones, with a pause before each."""
    for start in range(positions.start, positions.stop, size):
        pace()
        yield start, min(start + size, positions.stop)
