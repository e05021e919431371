"""Rules: one object each, with a slot for every column, because what a decision costs is objects to fetch."""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final

from doorward.engine.language.conditions import Condition

Conditions = tuple[Condition | None, ...]


class Rule:
    """One `p` row: its cells in column order, its rank, what it does, and what must be asked besides its columns.

    `condition` is None where its columns say everything, else its condition; a tuple of conditions
    in models whose matcher reads attributes itself. Ranks order rules (see `ranks`). Rules are made
    by `rule_type`, of as many columns as the model has; column 3 stands in the slot `c3`.
    """

    __slots__ = ("allows", "condition", "rank")
    rank: int
    allows: bool
    condition: Condition | Conditions | None
    fields: tuple[str, ...]
    """The cells in column order; made anew at each look, so loops take `cell_of`."""


MakeRule = Callable[[Sequence[str], int, Condition | Conditions | None, bool], Rule]

_SOURCE: Final = """
def fill(self, cells, rank, condition, allows):
    {cells} = cells
    self.rank = rank
    self.condition = condition
    self.allows = allows
"""


@cache
def rule_type(width: int) -> MakeRule:
    """The class of rules with so many columns; called with cells, rank, conditions and whether it allows."""
    columns = [f"c{number}" for number in range(width)]
    namespace: dict[str, Any] = {}
    targets = "".join(f"self.{column}, " for column in columns)
    exec(compile(_SOURCE.format(cells=targets), "<rule>", "exec"), namespace)  # noqa: S102 - words of our own
    members = {
        "__slots__": tuple(columns),
        "__init__": namespace["fill"],
        "fields": property(attrgetter(*columns) if width > 1 else lambda rule: (rule.c0,)),
    }
    return type(f"RuleOf{width}", (Rule,), members)


def cell_of(column: int) -> Callable[[Rule], str]:
    """A function that gives what a rule says in a column."""
    return attrgetter(f"c{column}")


rank_of: Final[Callable[[Rule], int]] = attrgetter("rank")
