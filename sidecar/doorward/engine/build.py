"""Rows to an Evaluator: every row is checked, then indexed."""

from array import array
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from doorward.domain.access import Effect
from doorward.engine.conditions import Condition, compile_condition
from doorward.engine.evaluator import RANK_BITS, Evaluator
from doorward.engine.expressions import ExpressionError
from doorward.engine.index import Rule, build_index, level_order
from doorward.engine.model import Comparison, Constraint, Model, PolicyEffect
from doorward.engine.problems import Problems
from doorward.engine.roles import build_roles
from doorward.engine.rows import Row

_EFFECTS: Final = frozenset(Effect)
_ALONE: Final = frozenset({"dom", "act"})
ROWS_A_STEP: Final = 500
NO_RULE: Final = "no rule at all: an empty policy is refused; write at least one p row"


class Read(NamedTuple):
    """The rules of some rows with their lines, and the role rows among them."""

    rules: list[Rule]
    lines: "array[int]"
    role_rows: list[Row]


class RuleReader:
    """Checks rows against the model and makes rules of them.

    `seen` is where rules that stand before these rows have their names: line by name.
    """

    def __init__(self, model: Model, problems: Problems, seen: dict[str, int] | None = None) -> None:
        self._model = model
        self._problems = problems
        self._effect = model.column("eft")
        self._name = model.column("rule")
        self._seen = {} if seen is None else seen
        self._conditions: dict[str, Condition | None] = {}
        self._patterns: dict[tuple[int, str], str | None] = {}
        indexed = (one for one in model.constraints if one.comparison is not Comparison.EQUAL or one.star)
        roles = {one.column for one in model.constraints if one.comparison is Comparison.ROLE}
        self._plain = tuple(column for column in model.plain_columns if column not in roles)
        self._starred = tuple(enumerate(dict.fromkeys([*indexed, *model.patterns])))

    def read(self, rows: Iterable[Row], pace: Callable[[], None]) -> Read:
        """The rules and role rows among `rows`; faults go to the problems. Ranks begin at 0."""
        read = Read([], array("I"), [])
        for count, row in enumerate(rows):
            if not count % ROWS_A_STEP:
                pace()
            if row.kind == "p":
                made = self._rule(row, len(read.rules) << RANK_BITS)
                if made is not None:
                    read.rules.append(made)
                    read.lines.append(row.line)
            elif row.kind == "g" and self._model.role_arity:
                if len(row.fields) == self._model.role_arity:
                    read.role_rows.append(row)
                else:
                    message = f"a g row has {self._model.role_arity} fields after its type, this one {len(row.fields)}"
                    self._problems.add(row.line, message)
            else:
                known = "p and g" if self._model.role_arity else "p"
                self._problems.add(row.line, f"unknown row type {row.kind!r}; this model has {known}")
        return read

    def _rule(self, row: Row, rank: int) -> Rule | None:
        """The rule of a row; its faults go to the problems."""
        if len(row.fields) != len(self._model.columns):
            self._problems.add(row.line, _arity_message(row, self._model.columns))
            return None
        before = len(self._problems.found)
        self._check_name(row)
        for number, constraint in self._starred:
            self._check_pattern(row, number, constraint)
        for column in self._plain:
            if "*" in row.fields[column]:
                self._check_plain(row, column)
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
            self._problems.add(row.line, name_taken(name, first))

    def _check_plain(self, row: Row, column: int) -> None:
        """A `*` where names are compared would match nothing; `TYPE:*` is the name of a type as a whole."""
        name, value = self._model.columns[column], row.fields[column]
        if column in self._model.type_columns and value.endswith(":*") and "*" not in value[:-1]:
            return
        fix = f'write `p.{name} == "*" || ...` into the matcher, or one row a name'
        self._problems.add(
            row.line, f"the matcher compares p.{name} and knows no `*`: {value!r} would never match; {fix}"
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


def name_taken(name: str, line: int) -> str:
    """What is wrong with a second rule of a name, whose first stands in `line`."""
    return f"rule {name!r} stands in line {line} already; give each rule a name of its own"


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
    read = RuleReader(model, problems).read(rows, pace)
    if not read.rules and not problems:
        problems.add(0, NO_RULE)
    roles = build_roles(read.role_rows, domains=model.role_arity > 2, problems=problems)  # noqa: PLR2004 - `_, _, _`
    if problems:
        return None
    return Evaluator(
        model=model,
        rules=read.rules,
        lines=read.lines,
        roles=roles,
        index=build_index(read.rules, level_order(model.constraints, model.columns), pace=pace),
        path=problems.path,
    )
