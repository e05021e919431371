"""Questions to AuthZEN bodies, and AuthZEN bodies to decisions. Whatever is not clearly a yes is a no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from doorward_sdk.access.answers import AnswerError, Decision, Explanation, RuleReference, denied_by_failure
from doorward_sdk.acting import who_is_acting
from doorward_sdk.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward_sdk.access.questions import Question
    from doorward_sdk.entities import Entity
    from doorward_sdk.transport.seam import Response

Body = dict[str, object]
NO_SUBJECT = Decision(
    allowed=False,
    error=AnswerError(
        status=None,
        message='no subject is set; pass one, or ask inside `with acting_as("user:..."):`',
        retryable=False,
    ),
)


def evaluation_body(question: Question) -> Body | None:
    """The AuthZEN evaluation that asks a question; None when nobody is named as its subject."""
    acting = who_is_acting()
    subject = question.subject or (acting and acting.subject)
    if subject is None:
        return None
    body: Body = {
        "subject": _entity(subject, question.roles),
        "action": {"name": question.action},
        "resource": _entity(question.resource),
    }
    context = _context(question, acting.tenant if acting else None)
    if context:
        body["context"] = context
    return body


def decision_of(response: Response) -> Decision:
    """The decision in the answer to one evaluation.

    Raises:
        MalformedAnswer: the answer is not JSON under status 200.
    """
    return decision_in(_answer(response), response.headers.get("doorward-revision"))


def decisions_of(response: Response, count: int) -> list[Decision]:
    """The decisions in the answer to `count` evaluations, in their order.

    Raises:
        MalformedAnswer: it does not hold one for each.
    """
    answer = _answer(response)
    items = answer.get("evaluations") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != count:
        raise MalformedAnswer(f"the answer does not hold {count} evaluations")
    revision = response.headers.get("doorward-revision")
    return [decision_in(item, revision) for item in items]


def _answer(response: Response) -> object:
    if response.status != 200:  # noqa: PLR2004 - no other status carries decisions
        raise MalformedAnswer(f"the answer has status {response.status}, not 200")
    return response.json()


def _entity(entity: Entity, roles: Sequence[str] = ()) -> Body:
    body: Body = {"type": entity.type, "id": entity.id}
    if entity.attributes or roles:
        body["properties"] = {**entity.attributes, "roles": roles} if roles else entity.attributes
    return body


def _context(question: Question, acting_tenant: str | None) -> Body:
    context: Body = dict(question.context or ())
    tenant = question.tenant or acting_tenant
    if tenant is not None:
        context.setdefault("tenant", tenant)
    if question.explain:
        context["explain"] = True
    return context


def decision_in(item: object, revision: str | None) -> Decision:
    """The decision in one answer; a denied one with an error where it holds none."""
    decision = item.get("decision") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(decision, bool):
        return denied_by_failure(MalformedAnswer("the answer holds no decision that is true or false"))
    context = item.get("context")
    if not isinstance(context, Mapping):
        return Decision(decision, revision=revision)
    error = _error(context.get("error"))
    return Decision(
        allowed=decision and error is None,
        error=error,
        revision=_text(context.get("revision")) or revision,
        reason=_text(context.get("reason")),
        rule=_rule(context.get("rule")),
        explanation=_explanation(context),
    )


def _error(value: object) -> AnswerError | None:
    if value is None:
        return None
    told: Mapping[str, object] = value if isinstance(value, Mapping) else {}
    return AnswerError(
        status=_number(told.get("status")),
        message=_text(told.get("message")) or "the sidecar could not decide and did not say why",
        retryable=told.get("retryable") is True,
    )


def _rule(value: object) -> RuleReference | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("id"), str):
        return None
    return RuleReference(value["id"], _text(value.get("file")), _number(value.get("line")))


def _explanation(context: Mapping[str, object]) -> Explanation | None:
    if context.keys().isdisjoint(("roles", "read", "absent", "considered")):
        return None
    read = context.get("read")
    return Explanation(
        roles=tuple(role for role in _items(context.get("roles")) if isinstance(role, str)),
        read=read if isinstance(read, Mapping) else {},
        absent=tuple(path for path in _items(context.get("absent")) if isinstance(path, str)),
        considered=tuple(_items(context.get("considered"))),
    )


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
