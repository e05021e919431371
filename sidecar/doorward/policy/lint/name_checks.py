"""Subjects and resources that no question can name, and types that look misspelt."""

from collections.abc import Container, Iterable, Mapping
from typing import Final

from doorward.engine.model import Comparison
from doorward.policy.lint import codes
from doorward.policy.lint.codes import Code
from doorward.policy.lint.examined import ANY, Examined, type_of
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.lint.quote_checks import is_quoted
from doorward.policy.lint.role_checks import role_types
from doorward.policy.lint.shape import Column, Section
from doorward.policy.tree import DIRECTORY

_ESTABLISHED: Final = 3  # rows that name a type make it one
_RARE: Final = 2

Places = Mapping[str, list[tuple[int, int]]]
"""For each name: the lines and columns where it stands."""


def check_names(examined: Examined) -> None:
    """What stands where a question has its subject and its resource, in policies that are asked by name."""
    for section in examined.sections.values():
        if not section.is_named:
            continue
        if section.subject is not None:
            _check_subjects(examined, section, section.subject)
        if section.resource is not None:
            _check_resources(examined, section, section.resource)
    _check_declared(examined)


def _cells(section: Section, column: Column) -> dict[str, list[tuple[int, int]]]:
    places: dict[str, list[tuple[int, int]]] = {}
    for rule, line in zip(section.rules, section.lines, strict=True):
        places.setdefault(rule.fields[column.position], []).append((line, column.position))
    places.pop(ANY, None)
    return places


def _is_typed_style(names: Iterable[str], given: Container[str]) -> bool:
    """Whether names are mostly `TYPE:ID`; where they are not, the policy is asked by position and knows no types."""
    kinds = [type_of(name) for name in names if type_of(name) is not None or name not in given]
    return kinds.count(None) * 2 < len(kinds)


def _check_subjects(examined: Examined, section: Section, column: Column) -> None:
    places = _cells(section, column)
    roles = examined.roles.get(column.roles)
    given = frozenset[str]() if roles is None else roles.given
    for row in () if roles is None else roles.rows:
        places.setdefault(row.holder, []).append((row.line, 0))
    if roles is not None and roles.has_patterns:
        return
    if not _is_typed_style(places, given):
        return
    for name, where in places.items():
        if type_of(name) is None and name not in given and ANY not in name and not is_quoted(name):
            message = f"a question's subject is TYPE:ID, so {name} never matches; write user:{name} or role:{name}"
            examined.row(codes.UNTYPED_SUBJECT, *where[0], message)
    named = {"user"} | (role_types(roles) if roles is not None else {"role"})
    known = named | {kind for one in examined.directory.subjects if (kind := type_of(one)) is not None}
    _check_types(examined, codes.UNKNOWN_SUBJECT_TYPE, "subject", places, known)


def _check_resources(examined: Examined, section: Section, column: Column) -> None:
    places = _cells(section, column)
    roles = examined.roles.get(column.roles)
    given = frozenset[str]() if roles is None else roles.given | roles.holders
    if column.how is Comparison.PATTERN and column.function != "keyMatch":
        return
    declared = examined.directory
    if not _is_typed_style(places, given) and not (declared.resources or declared.actions):
        return
    for name, where in places.items():
        if type_of(name) is not None or name in given or is_quoted(name):
            continue
        if name.endswith(ANY):
            begin = name.removesuffix(ANY)
            message = f"{name} opens every type that begins with {begin}; write {begin}:* for the type {begin}"
        else:
            fix = f"{name}:*" if column.how is Comparison.PATTERN else f"{name}:ID"
            message = f"a question's resource is TYPE:ID, so {name} never matches; write {fix}"
        examined.row(codes.UNTYPED_RESOURCE, *where[0], message)
    known = {kind for one in declared.resources if (kind := type_of(one)) is not None} | set(declared.actions)
    _check_types(examined, codes.UNKNOWN_RESOURCE_TYPE, "resource", places, known)
    if column.how is Comparison.EQUAL:
        _check_whole_types(examined, section, column)


def _check_types(examined: Examined, code: Code, what: str, places: Places, known: set[str]) -> None:
    """Types that stand in one or two rows and are a slip of one that is declared, or that stands in many."""
    rows: dict[str, list[tuple[int, int]]] = {}
    for name, where in places.items():
        named = type_of(name)
        if named is not None:
            rows.setdefault(named, []).extend(where)
    declared = Spellings(known)
    frequent = Spellings((kind for kind, where in rows.items() if len(where) >= _ESTABLISHED), is_careful=True)
    for kind, where in rows.items():
        if kind in known or len(where) > _RARE:
            continue
        meant = declared.meant_by(kind) or frequent.meant_by(kind)
        if meant is not None:
            message = f"no other row and no entry of {DIRECTORY} has the {what} type {kind}; did you mean {meant}?"
            examined.row(code, *min(where), message)


def _check_whole_types(examined: Examined, section: Section, column: Column) -> None:
    """`TYPE:*` where the matcher compares, beside rules that open single resources of the type for the same action."""
    if section.action is None:
        return
    act = section.action.position
    single = {
        (type_of(rule.fields[column.position]), rule.fields[act])
        for rule in section.rules
        if not rule.fields[column.position].endswith(":*")
    }
    for rule, line in zip(section.rules, section.lines, strict=True):
        cell = rule.fields[column.position]
        if cell.endswith(":*") and (type_of(cell), rule.fields[act]) in single:
            message = (
                f"the matcher compares p.{column.name}, so {cell} is the type as a whole and no single {type_of(cell)};"
                f" write keyMatch(r.{column.token}, p.{column.name}) into the matcher if you mean every one"
            )
            examined.row(codes.TYPE_AS_A_WHOLE, line, column.position, message)


def _check_declared(examined: Examined) -> None:
    """Types under `resources` that `actions` lacks, and that are a slip of one it has."""
    listed = examined.directory.actions
    spellings = Spellings(listed)
    resources = examined.declared_part("resources")
    for kind in resources if listed else ():
        meant = spellings.meant_by(kind)
        if meant is not None:
            message = f"`actions` does not know the type {kind}; did you mean {meant}?"
            examined.word(codes.UNKNOWN_RESOURCE_TYPE, DIRECTORY, resources.lines[kind], kind, message)
