"""Tenants that do not exist."""

from typing import Final

from doorward.domain.access import NO_TENANT
from doorward.policy.lint import codes
from doorward.policy.lint.examined import ANY, Examined
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.tree import DIRECTORY
from doorward.policy.yaml_reader import Located

_ESTABLISHED: Final = 5  # rows that name a tenant make it one, where directory.yaml lists none
_NO_MEANING: Final = frozenset({ANY, NO_TENANT})


def check_tenants(examined: Examined) -> None:
    """Tenants in rules and role rows, and those of entities in directory.yaml."""
    places = _named(examined)
    known = examined.directory.tenants
    if known:
        spellings = Spellings(known)
        for tenant, rows in places.items():
            if tenant not in known:
                meant = spellings.meant_by(tenant)
                fix = f"did you mean {meant}?" if meant else "list it under `tenants`, or correct it"
                count = "" if len(rows) == 1 else f" ({len(rows)} rows)"
                message = f"tenant {tenant} is not among the tenants of {DIRECTORY}; {fix}{count}"
                examined.row(codes.UNKNOWN_TENANT, *rows[0], message)
        _check_entities(examined)
        return
    frequent = (tenant for tenant, rows in places.items() if len(rows) >= _ESTABLISHED)
    spellings = Spellings(frequent, is_careful=True)
    for tenant, rows in places.items():
        meant = spellings.meant_by(tenant) if len(rows) == 1 else None
        if meant is not None:
            message = f"only this row names tenant {tenant}; did you mean {meant}?"
            examined.row(codes.UNKNOWN_TENANT, *rows[0], message)


def _named(examined: Examined) -> dict[str, list[tuple[int, int]]]:
    """Where each tenant is named: line and column, rules first."""
    places: dict[str, list[tuple[int, int]]] = {}
    definitions = set()
    for section in examined.sections.values():
        definitions |= {column.roles for column in section.columns if column.domain is not None}
        if section.tenant is None:
            continue
        at = section.tenant.position
        for rule, line in zip(section.rules, section.lines, strict=True):
            places.setdefault(rule.fields[at], []).append((line, at))
    for name in definitions:
        for row in examined.roles[name].rows if name in examined.roles else ():
            places.setdefault(row.domain, []).append((row.line, 2))
    return {tenant: rows for tenant, rows in places.items() if tenant not in _NO_MEANING}


def _check_entities(examined: Examined) -> None:
    known = examined.directory.tenants
    for key in ("subjects", "resources"):
        for entities in examined.declared_part(key).values():
            for attributes in entities.values() if isinstance(entities, Located) else ():
                tenant = attributes.get("tenant") if isinstance(attributes, Located) else None
                if isinstance(tenant, str) and tenant not in known:
                    meant = Spellings(known).meant_by(tenant)
                    fix = f"did you mean {meant}?" if meant else "list it, or correct it"
                    message = f"tenant {tenant} is not listed under `tenants` above; {fix}"
                    examined.word(codes.UNKNOWN_TENANT, DIRECTORY, attributes.lines["tenant"], tenant, message)
