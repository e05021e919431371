"""Names in quotes, which Casbin takes for a part of the name."""

from collections.abc import Iterator
from typing import Final

from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined

_QUOTE: Final = "'"
_SHORTEST: Final = 2


def check_quotes(examined: Examined) -> None:
    """Every cell of rules and role rows but the conditions."""
    places: dict[str, list[tuple[int, int]]] = {}
    for cell, line, column in _cells(examined):
        if is_quoted(cell):
            places.setdefault(cell, []).append((line, column))
    for cell, rows in places.items():
        count = "" if len(rows) == 1 else f" ({len(rows)} rows)"
        message = f"the quotes are part of the name {cell}; write {cell[1:-1]} without them{count}"
        examined.row(codes.QUOTED_NAME, *rows[0], message)


def is_quoted(name: str) -> bool:
    """Whether a name begins and ends with a quote."""
    return name[0] == _QUOTE and name[-1] == _QUOTE and len(name) >= _SHORTEST


def _cells(examined: Examined) -> Iterator[tuple[str, int, int]]:
    for section in examined.sections.values():
        for rule, line in zip(section.rules, section.lines, strict=True):
            for column, cell in enumerate(rule.fields):
                if column not in section.conditions:
                    yield cell, line, column
    for roles in examined.roles.values():
        for row in roles.rows:
            yield row.holder, row.line, 0
            yield row.role, row.line, 1
            yield row.domain, row.line, 2
