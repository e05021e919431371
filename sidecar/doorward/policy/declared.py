"""The rules and roles of a policy, one by one, for people and programs that list them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from doorward.domain.access import ANY, Effect
from doorward.domain.catalog import Catalog
from doorward.domain.roles import Inherited, Role
from doorward.domain.rules import GATE_SUFFIX, Rule, is_gate
from doorward.engine import Evaluator
from doorward.engine.index.rules import Rule as Row
from doorward.engine.index.rules import cell_of

_ROLE: Final = "role:"


class Declared:
    """What the main section and the catalog of a policy say."""

    def __init__(self, evaluator: Evaluator, catalog: Catalog) -> None:
        self._evaluator = evaluator
        self._catalog = catalog

    def list_rules(self, start: int, count: int) -> Sequence[Rule]:
        """Some rules, in file order."""
        return [self._rule(one) for one in self._evaluator.rules[start : start + count]]

    def find_rule(self, name: str) -> Rule | None:
        """The rule of a name (FILE:LINE in a model without names)."""
        found = next((one for one in self._evaluator.rules if self._evaluator.name(one) == name), None)
        return None if found is None else self._rule(found)

    def rule_lines(self, names: set[str]) -> dict[str, int]:
        """The lines of rules by their names, of those that are there."""
        column = self._evaluator.model.column("rule")
        if column is None:
            return {}
        name_of = cell_of(column)
        return {name_of(one): self._evaluator.line(one) for one in self._evaluator.rules if name_of(one) in names}

    def role_names(self) -> frozenset[str]:
        """Every role that a row or the catalog names."""
        named = {name for one in self._subjects() if (name := _bare(one)) is not None}
        for holder, role, _ in self._evaluator.roles.assignments():
            named |= {name for one in (holder, role) if (name := _bare(one)) is not None}
        return frozenset(named | self._catalog.roles.keys())

    def list_roles(self, start: int, count: int) -> Sequence[Role]:
        """Some roles, by name."""
        return self._roles(list(islice(sorted(self.role_names()), start, start + count)))

    def find_role(self, name: str) -> Role | None:
        """The role of a name."""
        return self._roles([name])[0] if name in self.role_names() else None

    def _subjects(self) -> Iterator[str]:
        column = self._evaluator.model.column("sub")
        return iter(()) if column is None else map(cell_of(column), self._evaluator.rules)

    def _rule(self, rule: Row) -> Rule:
        evaluator = self._evaluator
        name = evaluator.name(rule)
        cells = self._cells(rule)
        return Rule(
            name=name,
            place=f"{evaluator.path}:{evaluator.line(rule)}",
            description=self._catalog.rules.get(name),
            subject=cells.get("sub"),
            tenant=cells.get("dom"),
            resource=cells.get("obj"),
            action=cells.get("act"),
            when=cells.get("when"),
            effect=evaluator.effect(rule).value,
            gate=self._gate(cells),
        )

    def _cells(self, rule: Row) -> Mapping[str, str]:
        return dict(zip(self._evaluator.model.columns, rule.fields, strict=True))

    def _gate(self, cells: Mapping[str, str]) -> str | None:
        name = f"{cells.get('rule')}{GATE_SUFFIX}"
        row = self._called_gates.get(name)
        return name if row is not None and is_gate(self._cells(row), cells) else None

    @cached_property
    def _called_gates(self) -> Mapping[str, Row]:
        """The rules that are called as gates are."""
        column = self._evaluator.model.column("rule")
        if column is None:
            return {}
        name_of = cell_of(column)
        return {name_of(one): one for one in self._evaluator.rules if name_of(one).endswith(GATE_SUFFIX)}

    def _roles(self, names: Sequence[str]) -> list[Role]:
        """The roles of some names, in one pass over the rules and one over the assignments."""
        rules: dict[str, list[Row]] = {_ROLE + name: [] for name in names}
        held: dict[str, list[tuple[str, str]]] = {_ROLE + name: [] for name in names}
        for rule, subject in zip(self._evaluator.rules, self._subjects(), strict=False):
            if subject in rules:
                rules[subject].append(rule)
        for holder, role, tenant in self._evaluator.roles.assignments():
            if holder in held:
                held[holder].append((role, tenant))
        return [self._role(name, rules[_ROLE + name], held[_ROLE + name]) for name in names]

    def _role(self, name: str, rules: Sequence[Row], held: Sequence[tuple[str, str]]) -> Role:
        granted = (_permission(self._rule(one)) for one in rules)
        return Role(
            name=name,
            description=self._catalog.roles.get(name),
            permissions=tuple(sorted({one for one in granted if one is not None})),
            rules=tuple(self._evaluator.name(one) for one in rules),
            inherits=tuple(Inherited(role=_bare(role) or role, tenant=at) for role, at in sorted(held)),
        )


def _bare(name: str) -> str | None:
    return name.removeprefix(_ROLE) if name.startswith(_ROLE) else None


def _permission(rule: Rule) -> str | None:
    """A rule as VERB_TYPE, where it grants one action on a whole type in every tenant and under no condition."""
    if rule.effect != Effect.ALLOW or rule.tenant not in {ANY, None} or rule.when not in {"True", None}:
        return None
    kind = (rule.resource or "").removesuffix(":*")
    if rule.resource != f"{kind}:*" or rule.action in {ANY, None} or ANY in kind:
        return None
    return f"{rule.action}_{kind}"
