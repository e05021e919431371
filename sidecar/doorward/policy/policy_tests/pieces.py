"""Pieces of a test's entry: texts, mappings, and the subject and resource that it names."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from doorward.domain.access import check_id
from doorward.domain.errors import BadRequest
from doorward.policy.yaml_reader import Located

_ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "subject": ("roles", "roles stand beside the subject, as `roles: [viewer]`"),
    "context": ("explain", "a test that fails is always explained"),
}
_SHAPES: Final[Mapping[str, str]] = {
    "subject": "`user:alice`, or `{type: user, id: alice, department: sales}`",
    "resource": "`agents:1`, or `{type: agents, id: '1', status: active}`",
}


class Refused(Exception):  # noqa: N818 - reads as what happened
    """An entry that is no test; `line` says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Entity:
    """A subject or a resource: type, id, attributes."""

    def __init__(self, kind: str, name: str, attributes: Mapping[str, Any]) -> None:
        self.kind = kind
        self.name = name
        self.attributes = attributes

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def line_of(entry: Located, key: str) -> int:
    """The line of a key, or of its entry where the key is left out."""
    return entry.lines.get(key, entry.line)


def text_of(entry: Located, key: str, default: str | None) -> str | None:
    """The text of a key. Raises Refused where it is none."""
    value = entry.get(key, default)
    if value is default:
        return default
    if not isinstance(value, str):
        raise Refused(line_of(entry, key), f"{key} {value!r} is no text; quote it: '{value}'")
    return id_of(entry, key, value)


def id_of(entry: Located, member: str, value: str) -> str:
    """A text without control characters, of at most 512 bytes."""
    try:
        check_id(member, value)
    except BadRequest as error:
        raise Refused(line_of(entry, member), str(error)) from None
    return value


def entity_of(entry: Located, key: str) -> Entity:
    """The subject or the resource of an entry. Raises Refused."""
    given = entry.get(key)
    attributes: Mapping[str, Any] = {}
    kind: object = None
    name: object = None
    if isinstance(given, str):
        kind, _, name = given.partition(":")
    elif isinstance(given, Located):
        kind, name = given.get("type"), given.get("id")
        attributes = attributes_of(given, key, without=("type", "id"))
        if name is not None and not isinstance(name, str):
            raise Refused(given.lines["id"], f"id {name!r} is no text; quote it: '{name}'")
    if not isinstance(kind, str) or not isinstance(name, str) or not kind or not name:
        raise Refused(line_of(entry, key), f"{key} must be {_SHAPES[key]}")
    return Entity(kind, name, attributes)


def mapping_of(entry: Located, key: str) -> dict[str, Any]:
    """The mapping of a key, empty where it is left out. Raises Refused."""
    given = entry.get(key)
    if given is None:
        return {}
    if not isinstance(given, Located):
        raise Refused(line_of(entry, key), f"{key} must be a mapping, like {{name: value}}")
    return attributes_of(given, key)


def attributes_of(given: Located, place: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """What a mapping gives beside type, id and name, as it would come out of JSON."""
    refused, instead = _ELSEWHERE.get(place, ("", ""))
    if refused in given:
        raise Refused(given.lines[refused], f"{refused!r} cannot be given in {place}: {instead}")
    return {key: plain(value) for key, value in given.items() if key not in without}


def plain(value: Any) -> Any:  # noqa: ANN401 - an attribute value
    """A value as it would come out of JSON."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
