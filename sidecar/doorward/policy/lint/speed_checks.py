"""Rules that no index can tell apart, so that they are tried one by one."""

from collections.abc import Callable
from typing import Final

from doorward.engine.language import patterns
from doorward.engine.model import Comparison
from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.shape import Section
from doorward.policy.tree import ACCESS_MODEL

MANY_RULES: Final = 200
_SHOWN: Final = 3


def check_speed(examined: Examined) -> None:
    """The largest group of rules that one question may have to try, in each section."""
    for section in examined.sections.values():
        if len(section.rules) >= MANY_RULES:
            _check_section(examined, section)


def _check_section(examined: Examined, section: Section) -> None:
    groups: dict[tuple[str, ...], list[int]] = {}
    begins = [_begin(column.how, column.function) for column in section.columns]
    places = [(column.position, begin) for column, begin in zip(section.columns, begins, strict=True)]
    for number, rule in enumerate(section.rules):
        key = tuple([rule.fields[at] if begin is None else begin(rule.fields[at]) for at, begin in places])
        groups.setdefault(key, []).append(number)
    worst = max(groups.values(), key=len)
    if len(worst) < MANY_RULES:
        return
    lines = ", ".join(str(section.lines[number]) for number in worst[:_SHOWN])
    rules = f"{len(worst)} rules (lines {lines}, ...) are tried one by one"
    if section.model.unindexed:
        line = section.model.lines.get("m", 0)
        for one in section.model.unindexed:
            message = f"no index can use `{one.part}`: {one.reason}. {rules}; compare one column with one token instead"
            source = examined.sources.line(ACCESS_MODEL, line) or ""
            at = source.find(one.part)
            span = (at, at + len(one.part)) if at >= 0 else (0, len(source.rstrip()))
            examined.note(codes.UNINDEXED_RULES, ACCESS_MODEL, line, span, message)
        return
    message = f"{rules}: no column that an index can use tells them apart; put what differs into a column of its own"
    examined.row(codes.UNINDEXED_RULES, section.lines[worst[0]], None, message)


def _begin(how: Comparison, function: str) -> Callable[[str], str] | None:
    """What an index sees of a cell: all of it, or the literal text that a pattern begins with."""
    if how is not Comparison.PATTERN or function == "keyMatch":
        return None
    known: dict[str, str] = {}

    def begin(cell: str) -> str:
        if cell not in known:
            known[cell] = "*" if cell == "*" else patterns.literal_prefix(function, cell)[0]
        return known[cell]

    return begin
