"""Rows to an Evaluator: every row is checked, then indexed."""

from array import array
from collections.abc import Callable, Iterable
from typing import Final

from doorward.domain.access import Effect
from doorward.engine.conditions import Condition, compile_condition
from doorward.engine.evaluator import Evaluator
from doorward.engine.expressions import ExpressionError
from doorward.engine.index import Rule, build_index, level_order
from doorward.engine.model import Comparison, Constraint, Model, PolicyEffect
from doorward.engine.problems import Problems
from doorward.engine.roles import build_roles
from doorward.engine.rows import Row

_EFFECTS: Final = frozenset(Effect)
_ALONE: Final = frozenset({"dom", "act"})
ROWS_A_STEP: Final = 500


class _RuleReader:
    """Checks `p` rows against the model and makes rules of them."""

    def __init__(self, model: Model, problems: Problems) -> None:
        self._model = model
        self._problems = problems
        self._effect = model.column("eft")
        self._name = model.column("rule")
        self._seen: dict[str, int] = {}
        self._conditions: dict[str, Condition | None] = {}
        self._patterns: dict[tuple[int, str], str | None] = {}
        indexed = (one for one in model.constraints if one.comparison is not Comparison.EQUAL or one.star)
        self._starred = tuple(enumerate(dict.fromkeys([*indexed, *model.patterns])))

    def rule(self, row: Row, rank: int) -> Rule | None:
        """The rule of a row; its faults go to the problems."""
        if len(row.fields) != len(self._model.columns):
            self._problems.add(row.line, _arity_message(row, self._model.columns))
            return None
        before = len(self._problems.found)
        self._check_name(row)
        for number, constraint in self._starred:
            self._check_pattern(row, number, constraint)
        effect = self._read_effect(row)
        condition = self._read_condition(row)
        if len(self._problems.found) != before:
            return None
        return Rule(row.fields, rank, condition, allows=effect is Effect.ALLOW)

    def _check_name(self, row: Row) -> None:
        if self._name is None:
            return
        name = row.fields[self._name]
        first = self._seen.setdefault(name, row.line)
        if first != row.line:
            self._problems.add(
                row.line, f"rule {name!r} stands in line {first} already; give each rule a name of its own"
            )

    def _check_pattern(self, row: Row, number: int, constraint: Constraint) -> None:
        value = row.fields[constraint.column]
        if "*" not in value:
            return
        key = (number, value)
        if key not in self._patterns:
            self._patterns[key] = _pattern_fault(value, self._model, constraint)
        fault = self._patterns[key]
        if fault is not None:
            self._problems.add(row.line, fault)

    def _read_effect(self, row: Row) -> Effect:
        if self._effect is None:
            return Effect.ALLOW
        text = row.fields[self._effect]
        if text == Effect.DENY and self._model.effect is PolicyEffect.ALLOW_OVERRIDE:
            fix = "make it `e = some(where (p.eft == allow)) && !some(where (p.eft == deny))`, or remove the row"
            self._problems.add(row.line, f"the model's effect never looks at deny rows; {fix}")
        if text not in _EFFECTS:
            self._problems.add(row.line, f"effect must be allow or deny, not {text!r}")
            return Effect.DENY
        return Effect(text)

    def _read_condition(self, row: Row) -> Condition | None:
        column = self._model.condition_column
        if column is None:
            return None
        text = row.fields[column]
        if text not in self._conditions:
            try:
                self._conditions[text] = compile_condition(text)
            except ExpressionError as error:
                self._problems.add(row.line, f"condition: {error}")
                return None
        return self._conditions[text]


def _arity_message(row: Row, columns: tuple[str, ...]) -> str:
    wanted = ", ".join(("p", *columns))
    hint = "; a comma in a condition must stand inside brackets" if len(row.fields) > len(columns) else ""
    return f"a p row has {len(columns)} fields after its type, this one {len(row.fields)}; write `{wanted}`{hint}"


def _pattern_fault(value: str, model: Model, constraint: Constraint) -> str | None:
    if value == "*" and constraint.star:
        return None
    column = model.columns[constraint.column]
    if constraint.comparison is not Comparison.PATTERN:
        alone = "write `*` alone, or " if constraint.star else ""
        return f"{column} is compared, not matched, so {value!r} would never match; {alone}write one row a name"
    if column in _ALONE or model.tokens[constraint.token] in _ALONE:
        return f"`*` must stand alone in {column}: {value!r} would match more than it says; write one row a name"
    if "*" in value[:-1]:
        return f"`*` may stand only at the end: Casbin ignores what follows it in {value!r}; write one row a name"
    return None


def build_evaluator(
    model: Model, rows: Iterable[Row], problems: Problems, pace: Callable[[], None] = lambda: None
) -> Evaluator | None:
    """Check and index the rows of a policy file.

    Every fault goes to `problems`, and None is returned where there is one. `pace` is called every
    few hundred rows, so that a caller can let other threads run.
    """
    reader = _RuleReader(model, problems)
    rules: list[Rule] = []
    lines = array("I")
    role_rows: list[Row] = []
    for count, row in enumerate(rows):
        if not count % ROWS_A_STEP:
            pace()
        if row.kind == "g" and model.role_arity:
            if len(row.fields) != model.role_arity:
                problems.add(
                    row.line,
                    f"a g row has {model.role_arity} fields after its type, this one {len(row.fields)}",
                )
            else:
                role_rows.append(row)
        elif row.kind == "p":
            made = reader.rule(row, len(rules))
            if made is not None:
                rules.append(made)
                lines.append(row.line)
        else:
            known = "p and g" if model.role_arity else "p"
            problems.add(row.line, f"unknown row type {row.kind!r}; this model has {known}")
    if not rules and not problems:
        problems.add(0, "no rule at all: an empty policy is refused; write at least one p row")
    roles = build_roles(role_rows, domains=model.role_arity > 2, problems=problems)  # noqa: PLR2004 - `_, _, _`
    if problems:
        return None
    levels = level_order(model.constraints, model.columns)
    return Evaluator(
        model=model,
        rules=rules,
        lines=lines,
        roles=roles,
        index=build_index(rules, levels, pace),
        path=problems.path,
    )
