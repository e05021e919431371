"""What the columns of a model mean to lint: which token a column is compared with, and how.

Checks ask these shapes and not the names of columns, so that they work for any model.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from doorward.engine import Evaluator, Model
from doorward.engine.index.rules import Rule
from doorward.engine.model import Comparison, Constraint, PolicyEffect
from doorward.policy.snapshot import Snapshot

_COLUMN_IN_PART: Final = re.compile(r"\bp\d*\.(\w+)")
_FIELD: Final = re.compile(r"\bf\[(\d+)\]")
NO_CONDITION: Final = "True"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that the matcher compares with one token of the request.

    `star`: whether `*` matches anything. `function`: which pattern function. `roles`: the role
    definition that is asked; `domain`: the column that says in which tenant, a literal tenant, or None.
    """

    position: int
    name: str
    token: str
    how: Comparison
    star: bool
    function: str = ""
    roles: str = ""
    domain: int | str | None = None


class Section:
    """One section set of a policy: its columns, its rules and how they decide."""

    def __init__(self, evaluator: Evaluator) -> None:
        model = evaluator.model
        self.model = model
        self.columns: tuple[Column, ...] = _columns(model)
        self.rules: Sequence[Rule] = evaluator.rules
        self.lines: Sequence[int] = evaluator.lines
        self.path = evaluator.path
        self.conditions = model.condition_columns
        self.is_ordered = model.effect.is_ordered
        self.allows_by_default = model.effect is PolicyEffect.DENY_OVERRIDE
        self.is_named = model.enforce_only is None
        """Whether AuthZEN asks it, so that subjects and resources are `TYPE:ID`."""
        self.name_column = model.column("rule")
        self.free = _free_columns(model, self.columns)
        """Columns in which a cover must say the same: what compares them is not understood."""
        by_token = {one.token: one for one in self.columns}
        self.subject = by_token.get("sub")
        self.resource = by_token.get("obj")
        self.action = by_token.get("act")
        self.tenant = by_token.get("dom")

    def condition(self, rule: Rule) -> str:
        """The text of a rule's condition, `True` where it has none."""
        if not self.conditions:
            return NO_CONDITION
        if len(self.conditions) == 1:
            return rule.fields[self.conditions[0]]
        texts = [text for at in self.conditions if (text := rule.fields[at]) != NO_CONDITION]
        return " and ".join(f"({text})" for text in texts) or NO_CONDITION

    def call(self, number: int) -> str:
        """How people call the rule at a position: by its name and its line."""
        place = f"line {self.lines[number]}"
        if self.name_column is None:
            return place
        return f"{self.rules[number].fields[self.name_column]} ({place})"


def sections_of(snapshot: Snapshot) -> Mapping[str, Section]:
    """The section sets of a loaded policy, the main one under ``""``."""
    return {suffix: Section(evaluator) for suffix, evaluator in snapshot.sections.items()}


def _columns(model: Model) -> tuple[Column, ...]:
    """Columns that one part of the matcher compares with one token; those that several compare are left out."""
    compared = [one.column for one in model.constraints]
    by_token = {one.token: one.column for one in model.constraints}
    return tuple(_column(model, one, by_token) for one in model.constraints if compared.count(one.column) == 1)


def _column(model: Model, one: Constraint, by_token: Mapping[int, int]) -> Column:
    roles = ""
    domain: int | str | None = None
    if one.comparison is Comparison.ROLE:
        call = model.role_calls[one.role]
        roles = call.definition
        domain = by_token.get(call.domain) if isinstance(call.domain, int) else call.domain
    return Column(
        position=one.column,
        name=model.columns[one.column],
        token=model.tokens[one.token],
        how=one.comparison,
        star=one.star,
        function=one.function,
        roles=roles,
        domain=domain,
    )


def _free_columns(model: Model, columns: Sequence[Column]) -> tuple[int, ...]:
    """Columns that some part of the matcher reads in a way that is not understood here."""
    understood = {one.position for one in columns}
    read = {int(found) for found in _FIELD.findall(f"{model.matcher} {model.rest or ''}")} - understood
    for one in model.unindexed:
        for name in _COLUMN_IN_PART.findall(one.part):
            at = model.column(name)
            if at is not None:
                read.add(at)
    return tuple(sorted(read))
