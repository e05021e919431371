"""Conditions that never change, and attributes that nobody seems to provide."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from doorward.policy.lint import codes
from doorward.policy.lint.constants import Constant, constant_part
from doorward.policy.lint.examined import Examined, type_of
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.lint.shape import NO_CONDITION, Section
from doorward.policy.tree import DIRECTORY

_STRING: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_ATTRIBUTE: Final = re.compile(r"\br\.ctx\.(subject|resource|action)\.(\w+)")
_OF_FLAGS: Final = re.compile(r"\br\.ctx\.(subject|context)\.(\w+)")
_ASKED: Final = re.compile(r"\bhas\(\s*r\.ctx\.(subject|resource|action)\.(\w+)")
GIVEN: Final[Mapping[str, frozenset[str]]] = {
    "subject": frozenset({"id", "type", "roles", "status", "tenant"}),
    "resource": frozenset({"id", "type", "tenant"}),
    "action": frozenset({"name"}),
}
ESTABLISHED: Final = 3  # rules that read an attribute make a slip of the finger unlikely
_DESCRIBED: Final = 3  # entities of a type that directory.yaml describes show which attributes they have

_PART_SHOWN: Final = 80  # characters of a condition in a message

Attribute = tuple[str, str]  # section, name


def check_conditions(examined: Examined) -> None:
    """Every condition of every section."""
    for section in examined.sections.values():
        if section.conditions:
            _check_constants(examined, section)
            _check_attributes(examined, section)


def _check_constants(examined: Examined, section: Section) -> None:
    known: dict[str, Constant | None] = {}
    for rule, line in zip(section.rules, section.lines, strict=True):
        for column in section.conditions:
            text = rule.fields[column]
            if text == NO_CONDITION:
                continue
            shape = _shape(text)
            if shape not in known:
                known[shape] = constant_part(text)
            if known[shape] is None:
                continue
            found = constant_part(text)
            if found is not None:
                message = _constant_message(text, found, allows=rule.allows)
                examined.row(codes.CONSTANT_CONDITION, line, column, message, part=found.part)


def _shape(text: str) -> str:
    """A condition with its texts numbered: conditions of one shape are all constant, or none is."""
    numbers: dict[str, str] = {}
    return _STRING.sub(lambda match: numbers.setdefault(match.group(), f"'{len(numbers)}'"), text)


def _constant_message(text: str, found: Constant, *, allows: bool) -> str:
    if text == "False":
        return "the rule never matches; remove it, or write it as a comment"
    if not found.is_whole:
        what = "true" if found.value else "false"
        return f"`{_shortened(found.part)}` is always {what}, whatever is asked; correct it, or remove it"
    if found.value:
        return "the condition is always true, whatever is asked; correct it, or write True"
    never = "allows" if allows else "denies"
    return f"the condition is always false, so the rule never {never} anything; correct it, or remove the rule"


def _shortened(text: str) -> str:
    return text if len(text) <= _PART_SHOWN else f"{text[: _PART_SHOWN - 3]}..."


def _check_attributes(examined: Examined, section: Section) -> None:
    read: dict[str, frozenset[Attribute]] = {}
    counts: Counter[Attribute] = Counter()
    for rule in section.rules:
        text = section.condition(rule)
        if text not in read:
            read[text] = frozenset(_ATTRIBUTE.findall(_STRING.sub("''", text))) if text != NO_CONDITION else frozenset()
        counts.update(read[text])
    meant = _misspelt(examined, counts)
    absent = _not_described(examined, section, read)
    told: set[object] = set()
    for rule, line in zip(section.rules, section.lines, strict=True):
        text = section.condition(rule)
        for attribute in sorted(read[text]):
            path = ".".join(attribute)
            if attribute in meant:
                message = f"nobody provides r.ctx.{path}; did you mean r.ctx.{attribute[0]}.{meant[attribute]}?"
                _tell(examined, section, line, attribute, message)
            kind = None if section.resource is None else type_of(rule.fields[section.resource.position])
            if (kind, attribute) in absent and (kind, attribute) not in told:
                told.add((kind, attribute))
                message = (
                    f"no {kind} in {DIRECTORY} has {attribute[1]}, so this depends on the caller to give it;"
                    f" add it there, or ask has(r.ctx.{path}) first"
                )
                _tell(examined, section, line, attribute, message)


def attributes_in(text: str) -> frozenset[Attribute]:
    """The attributes of subject and context that a condition of a flag reads."""
    return frozenset(_OF_FLAGS.findall(_STRING.sub("''", text)))


def _tell(examined: Examined, section: Section, line: int, attribute: Attribute, message: str) -> None:
    part = f"r.ctx.{'.'.join(attribute)}"
    examined.row(codes.UNKNOWN_ATTRIBUTE, line, section.conditions[0], message, part=part)


def _misspelt(examined: Examined, counts: Mapping[Attribute, int]) -> dict[Attribute, str]:
    """Attributes that are a slip of one that directory.yaml has, that is always given, or that many rules read."""
    found: dict[Attribute, str] = {}
    for kind, given in GIVEN.items():
        entities = {"subject": examined.directory.subjects, "resource": examined.directory.resources}.get(kind, {})
        declared = {name for attributes in entities.values() for name in attributes}
        right = Spellings(declared | given)
        frequent = Spellings(
            (name for (of, name), count in counts.items() if of == kind and count >= ESTABLISHED), is_careful=True
        )
        for (of, name), count in counts.items():
            if of != kind or name in right.names:
                continue
            meant = right.meant_by(name)
            if meant is None and count == 1:
                meant = frequent.meant_by(name)
            if meant is not None and counts.get((kind, meant), 0) + (meant in right.names) > 0 and count < ESTABLISHED:
                found[kind, name] = meant
    return found


def _not_described(
    examined: Examined, section: Section, read: Mapping[str, frozenset[Attribute]]
) -> frozenset[tuple[str, Attribute]]:
    """Resource attributes that rules for a type read and no entity of that type has, though some are described."""
    entities: dict[str, list[frozenset[str]]] = {}
    for name, attributes in examined.directory.resources.items():
        entities.setdefault(type_of(name) or "", []).append(frozenset(attributes))
    described = {kind: frozenset[str]().union(*names) for kind, names in entities.items() if len(names) >= _DESCRIBED}
    if section.resource is None or not any(described.values()):
        return frozenset()
    found = set()
    for rule in section.rules:
        kind = type_of(rule.fields[section.resource.position])
        if kind not in described or not described[kind]:
            continue
        text = section.condition(rule)
        asked = set(_ASKED.findall(text))
        found |= {
            (kind, (of, name))
            for of, name in read[text] - asked
            if of == "resource" and name not in described[kind] and name not in GIVEN["resource"]
        }
    return frozenset(found)
