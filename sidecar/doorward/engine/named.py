"""What rules name in some columns (tenants, subjects), kept current when a few rules change."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from doorward.engine.index.rules import Rule, cell_of

_RULES_A_STEP: Final = 1_000


def named_in(rules: Sequence[Rule], columns: Collection[int]) -> frozenset[str]:
    """Everything that rules say in the columns."""
    return frozenset(cell for column in columns for cell in map(cell_of(column), rules))


def named_after(  # noqa: PLR0913, PLR0917 - a change of rules
    before: frozenset[str],
    columns: Collection[int],
    rules: Sequence[Rule],
    gone: Sequence[Rule],
    new: Sequence[Rule],
    pace: Callable[[], None],
) -> frozenset[str]:
    """What `named_in` would find, from what it found before some rules went and some came; the same set if equal."""
    come = {rule.fields[column] for column in columns for rule in new}
    doubtful = {rule.fields[column] for column in columns for rule in gone} - come
    for start in range(0, len(rules), _RULES_A_STEP):
        if not doubtful:
            break
        pace()
        some = rules[start : start + _RULES_A_STEP]
        doubtful -= {cell for column in columns for cell in map(cell_of(column), some)}
    if not doubtful and come <= before:
        return before
    return (before | come) - doubtful
