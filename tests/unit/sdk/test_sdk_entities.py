from __future__ import annotations

import pytest

from doorward_sdk import Doorward, Entity, MalformedEntity
from doorward_sdk.entities import as_entity


@pytest.mark.parametrize(
    ("text", "entity_type", "entity_id"),
    [
        pytest.param("user:alice", "user", "alice", id="plain"),
        pytest.param("file:c:/a:b", "file", "c:/a:b", id="the id may hold colons"),
        pytest.param("doc:*", "doc", "*", id="the type as a whole"),
        pytest.param("user:Zoë 李", "user", "Zoë 李", id="not ASCII"),
        pytest.param("my.type_2-x:1", "my.type_2-x", "1", id="every character a type may have"),
        pytest.param("doc:" + "x" * 512, "doc", "x" * 512, id="the longest id"),
    ],
)
def test_a_string_is_type_and_id(text: str, entity_type: str, entity_id: str) -> None:
    assert as_entity(text, "subject") == Entity(entity_type, entity_id)
    assert str(Entity(entity_type, entity_id)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("alice", "write 'type:id'", id="no colon"),
        pytest.param("", "write 'type:id'", id="empty"),
        pytest.param(":alice", "the type ''", id="no type"),
        pytest.param("user:", "is blank", id="no id"),
        pytest.param("user: \u2003", "is blank", id="only blanks"),
        pytest.param("us er:a", "must match", id="a blank in the type"),
        pytest.param("user\n:a", "must match", id="a line feed after the type"),
        pytest.param("9user:a", "must match", id="a digit first"),
        pytest.param("üser:a", "must match", id="a letter beyond ASCII in the type"),
        pytest.param("user:a\nb", "control character", id="a line feed"),
        pytest.param("user:a\x85b", "control character", id="a C1 control"),
        pytest.param("user:a\x00", "control character", id="a NUL"),
        pytest.param("user:" + "x" * 513, "longer than 512 bytes", id="too long"),
        pytest.param("user:" + "ü" * 257, "longer than 512 bytes", id="too long in bytes"),
        pytest.param("user:a\ud800", "surrogate", id="half a surrogate pair"),
    ],
)
def test_a_malformed_string_is_refused_with_the_part_and_the_fix(text: str, said: str) -> None:
    with pytest.raises(MalformedEntity, match="subject") as refusal:
        as_entity(text, "subject")
    assert said in str(refusal.value)
    assert isinstance(refusal.value, ValueError)


def test_something_that_is_no_string_is_refused() -> None:
    with pytest.raises(MalformedEntity, match="not a int"):
        as_entity(7, "resource")  # type: ignore[arg-type]
    with pytest.raises(MalformedEntity, match="must be a string"):
        Entity("doc", 7)  # type: ignore[arg-type]
    with pytest.raises(MalformedEntity, match="resource"):
        Doorward().check("user:a", "read", None)  # type: ignore[arg-type]


def test_an_entity_shows_the_names_of_its_attributes_but_not_their_values() -> None:
    entity = Entity("user", "alice", salary=90_000)
    assert repr(entity) == "Entity('user', 'alice', salary=...)"
    assert entity == Entity(type="user", id="alice", salary=90_000)
    assert entity != Entity("user", "alice")
    assert entity != "user:alice"
    assert len({entity, Entity("user", "alice", salary=90_000)}) == 1
