"""Roles that nobody has, and roles that grant nothing."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from doorward.engine.model import Comparison
from doorward.policy.lint import codes
from doorward.policy.lint.examined import ANY, Examined, type_of
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.lint.role_use import Roles
from doorward.policy.lint.shape import Column, Section

_TEXT: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_ESTABLISHED: Final = 3  # rules that name something make a slip of the finger unlikely
_ROLES_GIVEN: Final = 4  # so many roles that users hold in this file say that this is where roles are given
_EXCEPTIONS: Final = 4  # one role in so many may be forgotten; more are given elsewhere


def check_roles(examined: Examined) -> None:
    """Every role definition that some column asks for."""
    for name, roles in examined.roles.items():
        asked = [
            (section, column)
            for section in examined.sections.values()
            for column in section.columns
            if column.how is Comparison.ROLE and column.roles == name
        ]
        if not asked:
            continue
        cells: dict[str, list[tuple[int, int]]] = {}  # by role: the lines of its rules and the column
        for section, column in asked:
            for rule, line in zip(section.rules, section.lines, strict=True):
                cells.setdefault(rule.fields[column.position], []).append((line, column.position))
        cells.pop(ANY, None)
        _check_unknown(examined, roles, cells)
        _check_holders(examined, roles, cells)
        if not roles.has_patterns:
            _check_unused(examined, roles, asked, cells)


def role_types(roles: Roles) -> frozenset[str]:
    """The types that roles have: those of names that rows give."""
    return frozenset(kind for role in roles.given if (kind := type_of(role)) is not None) or frozenset({"role"})


def _check_unknown(examined: Examined, roles: Roles, cells: Mapping[str, list[tuple[int, int]]]) -> None:
    """Roles in rules that no role row mentions."""
    kinds = role_types(roles)
    named = {cell for cell in cells if type_of(cell) in kinds}
    mentioned = roles.given | {holder for holder in roles.holders if type_of(holder) in kinds}
    declared = Spellings(mentioned)
    frequent = Spellings((cell for cell in named if len(cells[cell]) >= _ESTABLISHED), is_careful=True)
    forgotten = _forgotten(roles, named, kinds)
    for cell, places in cells.items():
        if cell in roles.given or cell in roles.holders:
            continue
        meant = declared.meant_by(cell)
        if meant is not None and meant not in cells and meant not in roles.holders:
            continue  # then it is the role row that is misspelt: the role it gives is unused
        if meant is None and cell in named and len(places) == 1:
            meant = frequent.meant_by(cell)
        line, column = places[0]
        if meant is not None:
            message = f"nobody has {cell}; did you mean {meant}?"
        elif cell in forgotten:
            message = (
                f"no {roles.name} row gives {cell} to anybody, and this file gives every other role;"
                f" add `{roles.name}, user:..., {cell}{', *' if roles.has_domains else ''}`, or say who gives it"
            )
        else:
            continue
        examined.row(codes.UNKNOWN_ROLE, line, column, message + _more(len(places), "rule"))


def _forgotten(roles: Roles, named: set[str], kinds: frozenset[str]) -> frozenset[str]:
    """The few roles of rules that no row mentions, where rows give nearly all others to somebody."""
    given = {row.role for row in roles.rows if type_of(row.holder) not in kinds}
    reached = {role for one in given for role in roles.reached(one, None)}
    absent = {cell for cell in named if cell not in roles.given and cell not in roles.holders}
    enough = len(named & reached) >= _ROLES_GIVEN and len(absent) * _EXCEPTIONS <= len(named)
    return frozenset(absent) if enough else frozenset()


def _check_holders(examined: Examined, roles: Roles, cells: Mapping[str, object]) -> None:
    """Roles that hold another role, and that nobody has, because they are misspelt there."""
    kinds = role_types(roles)
    known = Spellings({*roles.given, *(cell for cell in cells if type_of(cell) in kinds)})
    seen: set[str] = set()
    for row in roles.rows:
        if row.holder in seen or type_of(row.holder) not in kinds:
            continue
        seen.add(row.holder)
        meant = known.meant_by(row.holder)
        if meant is not None:
            examined.row(codes.UNKNOWN_ROLE, row.line, 0, f"nobody has {row.holder}; did you mean {meant}?")


def _check_unused(
    examined: Examined,
    roles: Roles,
    asked: list[tuple[Section, Column]],
    cells: Mapping[str, list[tuple[int, int]]],
) -> None:
    """Roles that rows give and that open nothing, themselves or through others."""
    tenants = _tenants_of_cells(roles, asked)
    for name in _named_elsewhere(examined):
        tenants.setdefault(name, set()).add(ANY)
    spellings = Spellings(cell for cell in cells if cell not in roles.given)
    granted: dict[tuple[str, str], bool] = {}
    rows: dict[tuple[str, str], list[int]] = {}
    for row in roles.rows:
        key = row.role, row.domain
        if key not in granted:
            granted[key] = _grants(roles, tenants, *key)
        if not granted[key]:
            rows.setdefault(key, []).append(row.line)
    for (role, domain), lines in rows.items():
        meant = spellings.meant_by(role)
        if meant is not None:
            message = f"no rule names {role}, so it grants nothing; did you mean {meant}?"
        elif role in tenants:
            message = f"no rule names {role} in tenant {domain}, so it grants nothing; write one, or remove the row"
        else:
            message = f"no rule names {role} or what it holds, so it grants nothing; write one, or remove the row"
        examined.row(codes.UNUSED_ROLE, lines[0], 1, message + _more(len(lines), "row"))


def _tenants_of_cells(roles: Roles, asked: list[tuple[Section, Column]]) -> dict[str, set[str]]:
    """For each name that rules are for: in which tenants."""
    tenants: dict[str, set[str]] = {}
    for section, column in asked:
        where = column.domain
        for rule in section.rules:
            domain = where if isinstance(where, str) else ANY
            if isinstance(where, int) and roles.has_domains:
                domain = rule.fields[where]
            tenants.setdefault(rule.fields[column.position], set()).add(domain)
    tenants.pop(ANY, None)
    return tenants


def _grants(roles: Roles, tenants: Mapping[str, set[str]], role: str, domain: str) -> bool:
    reached = roles.reached(role, None if domain == ANY else domain)
    wanted = {domain, ANY}
    return any(one in tenants and (domain == ANY or not wanted.isdisjoint(tenants[one])) for one in reached)


def _named_elsewhere(examined: Examined) -> Iterator[str]:
    """Texts in matchers and conditions, with and without `role:`, and cells of columns that are not understood."""
    for section in examined.sections.values():
        texts = {text for literal in section.model.literals for text in _texts_in(literal)}
        for condition in {section.condition(rule) for rule in section.rules} if section.conditions else ():
            texts.update(_TEXT.findall(condition))
        for column in section.free:
            yield from {rule.fields[column] for rule in section.rules}
        for text in texts:
            yield text
            yield f"role:{text}"


def _texts_in(literal: object) -> Iterator[str]:
    if isinstance(literal, str):
        yield literal
    elif isinstance(literal, list | tuple):
        for one in literal:
            yield from _texts_in(one)


def _more(count: int, what: str) -> str:
    return "" if count == 1 else f" ({count} {what}s)"
