"""policies/directory.yaml: known tenants, subjects, resources and actions with their attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from doorward.domain.access import ANY, NO_TENANT, check_id, check_type
from doorward.domain.errors import BadRequest
from doorward.engine import Problems
from doorward.policy.yaml_reader import Located, read_yaml

_KEYS: Final = ("tenants", "subjects", "resources", "actions")
_OURS: Final = {"subjects": ("id", "type", "roles"), "resources": ("id", "type")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What policies/directory.yaml declares. Subjects and resources are keyed `TYPE:ID`."""

    tenants: frozenset[str] = frozenset()
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_directory(text: str, problems: Problems) -> Directory:
    """Read the file; faults go to `problems` and what they spoil is left out."""
    top = read_yaml(text, problems)
    if top is None:
        return Directory()
    for key in top:
        if key not in _KEYS:
            problems.add(top.lines[key], f"unknown key {key!r}; there are {', '.join(_KEYS)}")
    return Directory(
        tenants=_tenants(top, problems),
        subjects=_entities("subjects", top, problems),
        resources=_entities("resources", top, problems),
        actions=_actions(top, problems),
    )


def _tenants(top: Located, problems: Problems) -> frozenset[str]:
    listed = [] if top.get("tenants") is None else top["tenants"]
    line = top.lines.get("tenants", 0)
    if not isinstance(listed, list):
        problems.add(line, "tenants must be a list, like [acme, globex]")
        return frozenset()
    for tenant in listed:
        if _check("tenant", tenant, line, problems) and tenant in {ANY, NO_TENANT}:
            problems.add(line, f"{tenant!r} is no tenant id; it has a meaning of its own")
    return frozenset(tenant for tenant in listed if isinstance(tenant, str))


def _check(what: str, value: object, line: int, problems: Problems) -> bool:
    if not isinstance(value, str):
        problems.add(line, f"{what} {value!r} is no text; quote it: '{value}'")
        return False
    try:
        check_id(what, value)
    except BadRequest as error:
        problems.add(line, str(error))
        return False
    return True


def _mapping(value: object, what: str, line: int, problems: Problems) -> Located:
    if isinstance(value, Located):
        return value
    if value is not None:
        problems.add(line, f"{_shown(what)} must be a mapping, `name: ...`")
    return Located(line)


def _shown(place: str) -> str:
    """A place in the file as a message may show it: keys can hold what steers a terminal."""
    return place if place.isprintable() else repr(place)


def _entities(key: str, top: Located, problems: Problems) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    types = _mapping(top.get(key), key, top.lines.get(key, 0), problems)
    for kind, entities in types.items():
        line = types.lines[kind]
        try:
            check_type(f"{key} type", kind)
        except BadRequest as error:
            problems.add(line, str(error))
        named = _mapping(entities, f"{key}.{kind}", line, problems)
        for name, attributes in named.items():
            where = named.lines[name]
            _check(f"{kind} id", name, where, problems)
            values = _mapping(attributes, f"{key}.{kind}.{name}", where, problems)
            for reserved in _OURS[key]:
                if reserved in values:
                    fix = "roles come from g rows" if reserved == "roles" else "it is given by where it stands"
                    problems.add(values.lines[reserved], f"{reserved!r} cannot be an attribute: {fix}; remove it")
            found[f"{kind}:{name}"] = values
    return MappingProxyType(found)


def _actions(top: Located, problems: Problems) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    types = _mapping(top.get("actions"), "actions", top.lines.get("actions", 0), problems)
    for kind, names in types.items():
        line = types.lines[kind]
        if not isinstance(names, list):
            problems.add(line, f"{_shown(f'actions.{kind}')} must be a list, like [read, write]")
        else:
            found[kind] = tuple(name for name in names if _check("action", name, line, problems))
    return MappingProxyType(found)
