"""Permissions VERB_TYPE as questions: `create_agents` is the action create on `agents:*`."""

from __future__ import annotations

from doorward_sdk.access.questions import Question
from doorward_sdk.entities import Entity
from doorward_sdk.errors import MalformedQuestion


def permission_question(user_id: str, permission: str, tenant: str | None) -> Question:
    """Whether the user has the permission, as a question.

    Raises:
        MalformedQuestion: it is no VERB_TYPE.
        MalformedEntity: the type or the id cannot be one.
    """
    verb, underscore, kind = permission.partition("_")
    if not verb or not underscore or not kind:
        raise MalformedQuestion(f"permission {permission!r}: write VERB_TYPE, like create_agents")
    return Question(Entity("user", user_id), verb, Entity(kind, "*"), tenant=tenant)
