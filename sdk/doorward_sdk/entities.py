"""Subjects and resources: what has a type and an id, and how both are written in one string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Union

from doorward_sdk.errors import MalformedEntity

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ID_BYTES = 512
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class Entity:
    """A subject or a resource: a type, an id, and attributes that conditions of the policy may read.

    `Entity("doc", "7", status="draft")`; without attributes the string `"doc:7"` says the same.

    Raises:
        MalformedEntity: the type or the id cannot be asked about.
    """

    __slots__ = ("attributes", "id", "type")

    type: str
    id: str
    attributes: Mapping[str, object]

    def __init__(self, type: str, id: str, **attributes: object) -> None:  # noqa: A002 - the wire's names
        check_type(type)
        check_id(id, f"the id of {type!r}")
        self.type = type
        self.id = id
        self.attributes = attributes

    def __str__(self) -> str:
        """The entity as `type:id`."""
        return f"{self.type}:{self.id}"

    def __repr__(self) -> str:
        """Type, id and the names of the attributes: values do not belong into a log."""
        names = "".join(f", {name}=..." for name in self.attributes)
        return f"Entity({self.type!r}, {self.id!r}{names})"

    def __eq__(self, other: object) -> bool:
        """Whether the other is the same entity with the same attributes."""
        if not isinstance(other, Entity):
            return NotImplemented
        return str(self) == str(other) and self.attributes == other.attributes

    def __hash__(self) -> int:
        """By type and id."""
        return hash((self.type, self.id))


EntityLike = Union[str, Entity]


def as_entity(value: EntityLike, part: str) -> Entity:
    """Read `"type:id"`; the id starts after the first colon and may hold more of them.

    Raises:
        MalformedEntity: naming `part` ("subject", "resource") and what to write.
    """
    if isinstance(value, Entity):
        return value
    if not isinstance(value, str):
        raise MalformedEntity(f"{part}: write 'type:id' or Entity(type, id), not a {type(value).__name__}")
    entity_type, colon, entity_id = value.partition(":")
    if not colon:
        raise MalformedEntity(f"{part} {value!r}: write 'type:id', like 'user:alice'")
    try:
        return Entity(entity_type, entity_id)
    except MalformedEntity as error:
        raise MalformedEntity(f"{part} {value!r}: {error}") from None


def check_type(name: object) -> None:
    """Refuse what cannot be the type of an entity."""
    if not isinstance(name, str) or not _TYPE.match(name):
        raise MalformedEntity(f"the type {name!r} must match [A-Za-z][A-Za-z0-9_.-]*, like 'user'")


def check_id(value: object, part: str) -> None:
    """Refuse what cannot be an id or a name: 1 to 512 bytes of UTF-8 without control characters."""
    problem = problem_of_id(value)
    if problem is not None:
        raise MalformedEntity(f"{part} {problem}")


def problem_of_id(value: object) -> str | None:
    """What is wrong with an id or a name, None when nothing is."""
    if not isinstance(value, str):
        return f"must be a string, not a {type(value).__name__}; write str(...) around it"
    if value.isascii() and value.isprintable() and len(value) <= MAX_ID_BYTES and not value.isspace() and value:
        return None
    if not value.strip():
        return "is blank; name one"
    if _CONTROL.search(value):
        return "holds a control character; remove it"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "holds half a surrogate pair, which is not text; decode it as UTF-8"
    return f"is longer than {MAX_ID_BYTES} bytes; shorten it" if size > MAX_ID_BYTES else None
