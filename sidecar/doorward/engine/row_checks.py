"""What a `p` row must be: its fields against the columns, patterns, effects, priorities and conditions of its model."""

from array import array
from typing import Final

from doorward.domain.access import Effect
from doorward.engine.index.ranks import rank_at
from doorward.engine.index.rules import RULES_A_STRETCH, Conditions, Rule, Stretch, rule_type
from doorward.engine.language import functions, patterns
from doorward.engine.language.conditions import BELOW_CTX, Condition, ConditionReader, Readable
from doorward.engine.language.expressions import ExpressionError
from doorward.engine.model import CTX, STARS_ALONE, Comparison, Constraint, Model, PatternColumn, PolicyEffect
from doorward.engine.problems import Problems
from doorward.engine.rows import Row

_EFFECTS: Final = {str(effect): effect for effect in Effect}
_LONGEST_PRIORITY: Final = 18  # digits
_KEPT_PATTERNS: Final = 4_096


class NameLines:
    """The names of rules that were read, and the line in which each stands first. A few bytes a name."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}  # in the order of their lines
        self._lines = array("I")
        self._line_of: dict[str, int] | None = None  # once a name comes twice

    def first(self, name: str, line: int) -> int:
        """The line in which a name stood before; where it did not, it is noted for this one."""
        if self._line_of is None:
            if name not in self._names:
                self._names[name] = None
                self._lines.append(line)
                return line
            self._line_of = dict(zip(self._names, self._lines, strict=True))
        return self._line_of.setdefault(name, line)


class RuleReader:
    """Checks rows of one type against their model and makes rules of them.

    `seen` has the names of rules that stand before.
    """

    def __init__(self, model: Model, problems: Problems, seen: NameLines) -> None:
        self._model = model
        self._problems = problems
        self._kind = f"p{model.suffix}"
        self._make = rule_type(model)
        self._stretch = Stretch(rank_at(0))
        self._effect = model.column("eft")
        self._name = model.column("rule")
        self._priority = model.priority_column
        self._idle_priority = model.idle_priority_column
        self._idle_are_numbers: bool | None = None
        self._seen = seen
        self._conditions = ConditionReader(readable_in_conditions(model))
        self._compiled: dict[str, Condition | None] = {}
        self._checked: list[dict[str, str | None]] = [{} for _ in model.patterns]
        compared = [one for one in model.constraints if one.comparison is not Comparison.PATTERN]
        self._compared = tuple(one for one in compared if one.star or one.comparison is Comparison.ROLE)
        roles = {one.column for one in model.constraints if one.comparison is Comparison.ROLE}
        self._plain = tuple(column for column in model.plain_columns if column not in roles)
        self._patterns = tuple(enumerate(model.patterns))
        self._subject_tenant = model.column("dom") if model.effect is PolicyEffect.SUBJECT_PRIORITY else None

    def rule(self, row: Row, position: int) -> Rule | None:
        """The rule of a row; its faults go to the problems, and None is returned."""
        if len(row.fields) != len(self._model.columns):
            self._problems.add(row.line, _arity_message(self._kind, row, self._model.columns))
            return None
        before = len(self._problems.found)
        self._check_name(row)
        for constraint in self._compared:
            if "*" in row.fields[constraint.column]:
                self._check_compared(row, constraint)
        for number, pattern in self._patterns:
            if pattern.function != "keyMatch" or "*" in row.fields[pattern.column]:
                self._check_pattern(row, number, pattern)
        for column in self._plain:
            if "*" in row.fields[column]:
                self._check_plain(row, column)
        if self._priority is not None:
            self._check_priority(row, self._priority)
        if self._idle_priority is not None:
            self._check_idle_priority(row, self._idle_priority)
        self._check_tenant(row)
        effect = self._read_effect(row)
        condition = self._read_conditions(row)
        if len(self._problems.found) != before:
            return None
        if position - self._stretch.position == RULES_A_STRETCH:
            self._stretch = Stretch(rank_at(position))
        mark = (position - self._stretch.position) << 1 | (effect is Effect.ALLOW)
        return self._make(row.fields, self._stretch, mark, condition)

    def _check_name(self, row: Row) -> None:
        if self._name is None:
            return
        name = row.fields[self._name]
        first = self._seen.first(name, row.line)
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

    def _check_compared(self, row: Row, constraint: Constraint) -> None:
        """A `*` in a column that is compared, not matched: alone, where the matcher says that it is anything."""
        value = row.fields[constraint.column]
        if value == "*" and constraint.star:
            return
        column = self._model.columns[constraint.column]
        alone = "write `*` alone, or " if constraint.star else ""
        self._problems.add(
            row.line, f"{column} is compared, not matched, so {value!r} would never match; {alone}write one row a name"
        )

    def _check_pattern(self, row: Row, number: int, pattern: PatternColumn) -> None:
        value = row.fields[pattern.column]
        checked = self._checked[number]
        if value not in checked:
            if len(checked) > _KEPT_PATTERNS:
                checked.clear()
            checked[value] = self._pattern_fault(value, pattern)
        fault = checked[value]
        if fault is not None:
            self._problems.add(row.line, fault)

    def _pattern_fault(self, value: str, pattern: PatternColumn) -> str | None:
        if value == "*" and (pattern.star or pattern.column in self._model.star_columns):
            return None
        model = self._model
        column = model.columns[pattern.column]
        if pattern.function == "keyMatch":
            token = None if pattern.token is None else model.tokens[pattern.token]
            if column in STARS_ALONE or token in STARS_ALONE:
                return (
                    f"`*` must stand alone in {column}: {value!r} would match more than it says; write one row a name"
                )
            if "*" in value[:-1]:
                return (
                    f"`*` may stand only at the end: Casbin ignores what follows it in {value!r}; write one row a name"
                )
            return None
        try:
            if pattern.function == "ipMatch":
                functions.check_network(value)
            else:
                patterns.check_pattern(pattern.function, value)
        except ExpressionError as error:
            return str(error)
        return None

    def _check_priority(self, row: Row, column: int) -> None:
        text = row.fields[column]
        if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_PRIORITY):
            self._problems.add(
                row.line,
                f"a priority is a whole number from 0 on, the least first, not {text!r}; stock Casbin sorts texts",
            )

    def _check_idle_priority(self, row: Row, column: int) -> None:
        """Stock Casbin sorts by this column whatever the effect, and does not load numbers beside words."""
        text = row.fields[column]
        is_number = text.isdigit()
        if self._idle_are_numbers is None:
            self._idle_are_numbers = is_number
        sorts = not is_number or (text.isdecimal() and len(text) <= _LONGEST_PRIORITY)
        if not sorts or is_number is not self._idle_are_numbers:
            self._problems.add(
                row.line,
                "the effect orders nothing, but stock Casbin sorts rules by the column `priority` and fails at"
                f" {text!r}; remove or rename the column, or write numbers and `e = priority(p.eft) || deny`",
            )

    def _check_tenant(self, row: Row) -> None:
        if self._subject_tenant is not None and "*" in row.fields[self._subject_tenant]:
            self._problems.add(
                row.line, "subjectPriority knows a subject's level in its tenant alone; write one row a tenant"
            )

    def _read_effect(self, row: Row) -> Effect:
        if self._effect is None:
            return Effect.ALLOW
        text = row.fields[self._effect]
        if text == Effect.DENY and self._model.effect is PolicyEffect.ALLOW_OVERRIDE:
            fix = "make it `e = some(where (p.eft == allow)) && !some(where (p.eft == deny))`, or remove the row"
            self._problems.add(row.line, f"the model's effect never looks at deny rows; {fix}")
        effect = _EFFECTS.get(text)
        if effect is None:
            hint = "; a comment stands in a line of its own" if "#" in text else ""
            self._problems.add(row.line, f"effect must be allow or deny, not {text!r}{hint}")
            return Effect.DENY
        return effect

    def _read_conditions(self, row: Row) -> Condition | Conditions | None:
        columns = self._model.condition_columns
        if self._model.rest is not None:
            return tuple([self._condition(row, column) for column in columns])
        return self._condition(row, columns[0]) if columns else None

    def _condition(self, row: Row, column: int) -> Condition | None:
        text = row.fields[column]
        if text not in self._compiled:
            try:
                self._compiled[text] = self._conditions.compiled(text)
            except ExpressionError as error:
                self._problems.add(row.line, f"condition: {error}")
                return None
        return self._compiled[text]


def readable_in_conditions(model: Model) -> Readable:
    """What conditions of a model may read: below `r.ctx`, and where AuthZEN never asks, the tokens themselves."""
    if model.enforce_only is None and not model.suffix:
        return BELOW_CTX
    tokens = tuple(token for token in model.tokens if token != CTX)
    return Readable(ctx=model.has_ctx, tokens=tokens, root=f"r{model.suffix}")


def name_taken(name: str, line: int) -> str:
    """What is wrong with a second rule of a name, whose first stands in `line`."""
    return f"rule {name!r} stands in line {line} already; give each rule a name of its own"


def _arity_message(kind: str, row: Row, columns: tuple[str, ...]) -> str:
    wanted = ", ".join((kind, *columns))
    hint = "; a comma in a condition must stand inside brackets" if len(row.fields) > len(columns) else ""
    return f"a {kind} row has {len(columns)} fields after its type, this one {len(row.fields)}; write `{wanted}`{hint}"
