"""Rules: one object each, with a slot for every column, because what a decision costs is objects to fetch.

What other columns or rules say already has no slot: the effect, the text of a condition, and most of a rank.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

from doorward.domain.access import Effect
from doorward.engine.index.ranks import RANK_BITS, position_of, rank_at
from doorward.engine.language.conditions import ALWAYS, Condition
from doorward.engine.model import Model

Conditions = tuple[Condition | None, ...]
RULES_A_STRETCH: Final = 128
"""So few that a place in a stretch is a number which the interpreter has already."""


class Stretch:
    """Rules that stand one after another in a file: the rank and the position of the first."""

    __slots__ = ("position", "rank")

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.position = position_of(rank)


class Rule:
    """One `p` row: its cells in column order, its rank, what it does, and what must be asked besides its columns.

    The lowest bit of its `mark` says whether it allows. `condition` is None where its columns say
    everything, else its condition; a tuple of conditions in models whose matcher reads attributes
    itself. Ranks order rules (see `ranks`). Rules are made by `rule_type`; what they say in column 3
    is `c3`.
    """

    __slots__ = ()
    mark: int
    condition: Condition | Conditions | None
    fields: tuple[str, ...]
    """The cells in column order; made anew at each look, so loops take `cell_of`."""

    @property
    def rank(self) -> int:
        """What orders it among all rules."""
        raise NotImplementedError

    @property
    def allows(self) -> bool:
        """Whether it allows; else it denies."""
        return self.mark & 1 == 1

    @property
    def position(self) -> int:
        """Where it stands among the rules of its section, until a change before it moves it."""
        return position_of(self.rank)

    def place(self, rank: int) -> None:
        """Give it a rank, before anybody asks it."""
        raise NotImplementedError


class _InFileOrder(Rule):
    """A rule whose rank is its place in the file: its `mark` is twice its place in its stretch, and 1 if it allows."""

    __slots__ = ()
    stretch: Stretch

    @property
    def rank(self) -> int:
        return self.stretch.rank + (self.mark >> 1 << RANK_BITS)

    @property
    def position(self) -> int:
        return self.stretch.position + (self.mark >> 1)

    def place(self, rank: int) -> None:
        self.stretch = Stretch(rank)  # type: ignore[misc] # a slot of the subclasses, beside those of their columns
        self.mark &= 1  # type: ignore[misc]


class _InOrder(Rule):
    """A rule whose rank is its own, because more than its place orders it."""

    __slots__ = ("mark", "rank")
    rank: int

    def place(self, rank: int) -> None:
        self.rank = rank


class _Shape(NamedTuple):
    """What rules of a model are made of: which columns have slots, and what stands for those that have none."""

    columns: int
    effect: int | None
    condition: int | None
    has_condition: bool
    is_ordered: bool


MakeRule = Callable[[Sequence[str], Stretch, int, Condition | Conditions | None], Rule]

_IN_FILE_ORDER: Final = "self.stretch = stretch; self.mark = mark"
_IN_ORDER: Final = "self.rank = rank_at(stretch.position + (mark >> 1)); self.mark = mark & 1"
_SOURCE: Final = """
def fill(self, cells, stretch, mark, condition):
    {cells} = cells
    {order}
    {condition}
"""


def rule_type(model: Model) -> MakeRule:
    """The class of a model's rules; called with cells, a stretch, the mark in it, and conditions."""
    conditions = model.condition_columns
    return _rule_type(
        _Shape(
            columns=len(model.columns),
            effect=model.column("eft"),
            condition=conditions[0] if len(conditions) == 1 and model.rest is None else None,
            has_condition=has_conditions(model),
            is_ordered=model.effect.is_ordered,
        )
    )


def has_conditions(model: Model) -> bool:
    """Whether anything is asked of a model's rules besides their columns."""
    return bool(model.condition_columns) or model.rest is not None


@cache
def _rule_type(shape: _Shape) -> MakeRule:
    names = [f"c{number}" for number in range(shape.columns)]
    derived = _derived(shape)
    slots = [name for name in names if name not in derived]
    targets = "".join("_, " if name in derived else f"self.{name}, " for name in names)
    source = _SOURCE.format(
        cells=targets,
        order=_IN_ORDER if shape.is_ordered else _IN_FILE_ORDER,
        condition="self.condition = condition" if shape.has_condition else "",
    )
    namespace: dict[str, Any] = {"rank_at": rank_at}
    exec(compile(source, "<rule>", "exec"), namespace)  # noqa: S102 - words of our own
    members: dict[str, Any] = {
        "__slots__": (
            *slots,
            *(["condition"] if shape.has_condition else ()),
            *(() if shape.is_ordered else ("mark", "stretch")),
        ),
        "__init__": namespace["fill"],
        "fields": property(attrgetter(*names) if len(names) > 1 else lambda rule: (rule.c0,)),
        **derived,
    }
    if not shape.has_condition:
        members["condition"] = None
    kind = _InOrder if shape.is_ordered else _InFileOrder
    return type(f"RuleOf{shape.columns}", (kind,), members)


def _derived(shape: _Shape) -> Mapping[str, property]:
    """The columns without a slot, and how they are told all the same."""
    derived: dict[str, property] = {}
    if shape.effect is not None:
        derived[f"c{shape.effect}"] = property(lambda rule: _TEXTS[rule.allows])
    if shape.condition is not None:
        derived[f"c{shape.condition}"] = property(_condition_text)
    return derived


_TEXTS: Final = {True: str(Effect.ALLOW), False: str(Effect.DENY)}


def _condition_text(rule: Rule) -> str:
    condition = rule.condition
    return condition.text if isinstance(condition, Condition) else ALWAYS


def cell_of(column: int) -> Callable[[Rule], str]:
    """A function that gives what a rule says in a column."""
    return attrgetter(f"c{column}")


rank_of: Final[Callable[[Rule], int]] = attrgetter("rank")
place_of_rule: Final[Callable[[Rule], tuple[int, int]]] = attrgetter("stretch.rank", "mark")
"""Orders the rules of a whole build as their ranks do, and takes half the time; of those in file order alone."""
