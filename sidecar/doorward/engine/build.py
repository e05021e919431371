"""Rows to Evaluators: every row is checked, then indexed."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from doorward.engine.evaluator import Evaluator
from doorward.engine.index.building import build_index
from doorward.engine.index.ranks import order_of
from doorward.engine.index.rules import Rule
from doorward.engine.index.tree import level_order
from doorward.engine.model import Model, ModelFile, PolicyEffect
from doorward.engine.problems import Problems
from doorward.engine.roles.graph import Roles
from doorward.engine.roles.levels import subject_levels
from doorward.engine.roles.rows import RoleRowReader
from doorward.engine.row_checks import NameLines, RuleReader
from doorward.engine.rows import Row

ROWS_A_STEP: Final = 500


@dataclass(slots=True)
class Read:
    """What some rows say: rules with their lines, for each section."""

    rules: dict[str, list[Rule]]
    lines: dict[str, "array[int]"]


class RowReader:
    """Sorts rows by their types, and checks those of rules.

    `role_rows` takes the rows of each role definition. `seen` has the names of rules that stand
    before these rows.
    """

    def __init__(
        self,
        models: ModelFile,
        problems: Problems,
        role_rows: Mapping[str, Callable[[Row], None]],
        seen: NameLines | None = None,
    ) -> None:
        self._problems = problems
        names = NameLines() if seen is None else seen
        self._readers = {f"p{suffix}": RuleReader(model, problems, names) for suffix, model in models.sections.items()}
        self._role_rows = role_rows

    def read(self, rows: Iterable[Row], pace: Callable[[], None]) -> Read:
        """The rules among `rows`; faults go to the problems, and role rows to those who take them."""
        suffixes = {kind: kind[1:] for kind in self._readers}
        read = Read({suffix: [] for suffix in suffixes.values()}, {suffix: array("I") for suffix in suffixes.values()})
        for count, row in enumerate(rows):
            if not count % ROWS_A_STEP:
                pace()
            reader = self._readers.get(row.kind)
            if reader is not None:
                rules = read.rules[suffixes[row.kind]]
                rule = reader.rule(row, len(rules))
                if rule is not None:
                    rules.append(rule)
                    read.lines[suffixes[row.kind]].append(row.line)
            elif (take := self._role_rows.get(row.kind)) is not None:
                take(row)
            else:
                known = " and ".join([*self._readers, *self._role_rows])
                self._problems.add(row.line, f"unknown row type {row.kind!r}; this model has {known}")
        return read


def no_rule(suffix: str) -> str:
    """What is wrong with a section without rules."""
    kind = f"p{suffix} " if suffix else ""
    return f"no {kind}rule at all: an empty policy is refused; write at least one p{suffix} row"


def build_evaluators(
    models: ModelFile, rows: Iterable[Row], problems: Problems, pace: Callable[[], None] = lambda: None
) -> dict[str, Evaluator] | None:
    """Check and index the rows of a policy file: an evaluator for each section set, by suffix.

    Every fault goes to `problems`, and None is returned where there is one. `pace` is called every
    few hundred rows, so that a caller can let other threads run.
    """
    readers = {name: RoleRowReader(definition, problems) for name, definition in models.roles.items()}
    takers: dict[str, Callable[[Row], None]] = {name: reader.read for name, reader in readers.items()}
    if models.sections[""].effect is PolicyEffect.SUBJECT_PRIORITY and models.roles["g"].domains:
        takers["g"] = _with_levels(takers["g"], problems)
    read = RowReader(models, problems, takers).read(rows, pace)
    for suffix, rules in read.rules.items():
        if not rules and not problems:
            problems.add(0, no_rule(suffix))
    graphs = {name: reader.graph() for name, reader in readers.items()}
    if problems:
        return None
    return {suffix: _evaluator(models, suffix, read, graphs, problems.path, pace) for suffix in models.sections}


def _with_levels(take: Callable[[Row], None], problems: Problems) -> Callable[[Row], None]:
    """A role row for every tenant gives a subject no level in any."""

    def checked(row: Row) -> None:
        if row.fields[2:] == ("*",):
            problems.add(
                row.line, "subjectPriority knows a subject's level in its tenant alone; write one row a tenant"
            )
        take(row)

    return checked


def _evaluator(  # noqa: PLR0913, PLR0917 - what a section is made of
    models: ModelFile, suffix: str, read: Read, graphs: Mapping[str, Roles], path: str, pace: Callable[[], None]
) -> Evaluator:
    model, rules = models.sections[suffix], read.rules[suffix]
    put_in_order(model, rules, graphs)
    return Evaluator(
        model=model,
        rules=rules,
        lines=read.lines[suffix],
        definitions=models.roles,
        graphs=graphs,
        index=build_index(rules, level_order(model), pace=pace),
        path=path,
    )


def put_in_order(model: Model, rules: Iterable[Rule], graphs: Mapping[str, Roles]) -> None:
    """Raise the ranks of rules by what orders them before their place: priority, then the subject's level."""
    if not model.effect.is_ordered:
        return
    column = model.priority_column
    domain = model.column("dom")
    levels = subject_levels(graphs["g"]) if model.effect is PolicyEffect.SUBJECT_PRIORITY else {}
    for rule in rules:
        priority = 0 if column is None else int(rule.fields[column])
        level = levels.get((rule.fields[0], "*" if domain is None else rule.fields[domain]), 0)
        rule.place(rule.rank + order_of(priority, level))
