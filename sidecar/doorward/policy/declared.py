"""The rules and roles of a snapshot, one by one, for people and programs that list them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from doorward.domain.access import ANY, Effect
from doorward.domain.roles import Inherited, Role
from doorward.domain.rules import Rule
from doorward.engine.index.rules import Rule as Row
from doorward.policy.snapshot import Snapshot

ROLE: Final = "role:"
Fields = tuple[str, ...]


def list_rules(snapshot: Snapshot, start: int, count: int) -> Sequence[Rule]:
    """Some rules of the main section, in file order."""
    return [_rule(snapshot, one) for one in snapshot.evaluator.rules[start : start + count]]


def find_rule(snapshot: Snapshot, name: str) -> Rule | None:
    """The rule of a name (FILE:LINE in a model without names)."""
    evaluator = snapshot.evaluator
    found = next((one for one in evaluator.rules if evaluator.name(one) == name), None)
    return None if found is None else _rule(snapshot, found)


def rule_lines(
    snapshot: Snapshot, names: set[str], accepted: Callable[[Fields], bool] = lambda _fields: True
) -> dict[str, int]:
    """The lines of rules by their names, of those that are there and accepted."""
    evaluator = snapshot.evaluator
    column = evaluator.model.column("rule")
    if column is None:
        return {}
    found = (one for one in evaluator.rules if one.fields[column] in names and accepted(one.fields))
    return {one.fields[column]: evaluator.line(one) for one in found}


def role_names(snapshot: Snapshot) -> frozenset[str]:
    """Every role that a row or the catalog names."""
    named = {name for rule in _subjects(snapshot) if (name := _bare(rule)) is not None}
    for holder, role, _ in snapshot.evaluator.roles.assignments():
        named |= {name for one in (holder, role) if (name := _bare(one)) is not None}
    return frozenset(named | snapshot.catalog.roles.keys())


def list_roles(snapshot: Snapshot, start: int, count: int) -> Sequence[Role]:
    """Some roles, by name."""
    return [_role(snapshot, name) for name in islice(sorted(role_names(snapshot)), start, start + count)]


def find_role(snapshot: Snapshot, name: str) -> Role | None:
    """The role of a name."""
    return _role(snapshot, name) if name in role_names(snapshot) else None


def _bare(name: str) -> str | None:
    return name.removeprefix(ROLE) if name.startswith(ROLE) else None


def _subjects(snapshot: Snapshot) -> Iterator[str]:
    column = snapshot.evaluator.model.column("sub")
    return iter(()) if column is None else (rule.fields[column] for rule in snapshot.evaluator.rules)


def _rule(snapshot: Snapshot, rule: Row) -> Rule:
    evaluator = snapshot.evaluator
    name = evaluator.name(rule)
    cells = dict(zip(evaluator.model.columns, rule.fields, strict=True))
    return Rule(
        name=name,
        place=f"{evaluator.path}:{evaluator.line(rule)}",
        description=snapshot.catalog.rules.get(name),
        subject=cells.get("sub"),
        tenant=cells.get("dom"),
        resource=cells.get("obj"),
        action=cells.get("act"),
        when=cells.get("when"),
        effect=evaluator.effect(rule).value,
    )


def _role(snapshot: Snapshot, name: str) -> Role:
    evaluator = snapshot.evaluator
    held = ROLE + name
    column = evaluator.model.column("sub")
    rules = [] if column is None else [one for one in evaluator.rules if one.fields[column] == held]
    granted = (_permission(_rule(snapshot, one)) for one in rules)
    return Role(
        name=name,
        description=snapshot.catalog.roles.get(name),
        permissions=tuple(sorted({one for one in granted if one is not None})),
        rules=tuple(evaluator.name(one) for one in rules),
        inherits=tuple(
            sorted(
                (
                    Inherited(role=_bare(role) or role, tenant=tenant)
                    for holder, role, tenant in evaluator.roles.assignments()
                    if holder == held
                ),
                key=lambda one: (one.role, one.tenant),
            )
        ),
    )


def _permission(rule: Rule) -> str | None:
    """A rule as VERB_TYPE, where it grants one action on a whole type in every tenant and under no condition."""
    if rule.effect != Effect.ALLOW or rule.tenant not in {ANY, None} or rule.when not in {"True", None}:
        return None
    kind = (rule.resource or "").removesuffix(":*")
    if rule.resource != f"{kind}:*" or rule.action in {ANY, None} or ANY in kind:
        return None
    return f"{rule.action}_{kind}"
