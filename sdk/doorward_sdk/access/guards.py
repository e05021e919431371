"""`@require_access`: functions that run only when the acting subject may."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable

from doorward_sdk.access.questions import Question, check_name
from doorward_sdk.acting import who_is_acting
from doorward_sdk.default_client import default_client
from doorward_sdk.denials import AccessDenied
from doorward_sdk.gates.guarding import CallArguments, Function, Guardable, guarded_by
from doorward_sdk.gates.templates import ResourceTemplate, Template

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward
    from doorward_sdk.gates.guarding import Arguments, NamedArguments


def require_access(
    action: str, resource_template: str, *, tenant: str | None = None, client: Doorward | None = None
) -> Callable[[Guardable], Guardable]:
    """Let a function run only if the subject of `acting_as` may do `action` on the resource.

    Coroutine functions ask in a thread, so their event loop goes on. A generator is refused where it is
    called. An asynchronous generator asks for the subject that called it, before its first step.

    Args:
        action: the name of the action.
        resource_template: `type:id` with arguments of the function in it: `"agents:*"`,
            `"agents:{agent_id}"`, `"agents:{agent.id}"`.
        tenant: the tenant, which may be a template too; None: that of `acting_as`.
        client: who is asked; None: the default client at the time of the call.

    Raises:
        CallError: while decorating, when a name is malformed or is no argument of the function.
        AccessDenied: in a call, when the answer is no, or when there is none.
        MalformedEntity: in a call, when an argument is no id.
    """
    check_name(action, "action")

    def make_gate(function: Function) -> _Gate:
        return _Gate(action, resource_template, tenant, client, function)

    def guard(function: Guardable) -> Guardable:
        return guarded_by(make_gate, function)

    return guard


class _Gate:
    """What stands in front of one function."""

    def __init__(
        self, action: str, resource: str, tenant: str | None, client: Doorward | None, function: Function
    ) -> None:
        self._action = action
        self._resource = ResourceTemplate(resource, function)
        self._tenant = None if tenant is None else Template(tenant, function)
        self._client = client
        is_constant = self._resource.is_constant and (self._tenant is None or self._tenant.is_constant)
        self._arguments = CallArguments(function, needed=not is_constant)

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], None]:
        """Ask whether whoever is acting now may make this call."""
        return partial(self._admit, self._question(self._arguments.named(args, kwargs)))

    def _question(self, arguments: NamedArguments) -> Question:
        acting = who_is_acting()
        tenant = None if self._tenant is None else self._tenant.render(arguments)
        return Question(
            None if acting is None else acting.subject,
            self._action,
            self._resource.render(arguments),
            tenant=tenant or (acting and acting.tenant),
        )

    def _admit(self, question: Question) -> None:
        """Ask; return only if the answer is yes."""
        client = self._client or default_client()
        decision = client.check(question.subject, question.action, question.resource, tenant=question.tenant)
        if not decision.allowed:
            raise AccessDenied(decision, _in_words(question))


def _in_words(question: Question) -> str:
    who = "nobody may" if question.subject is None else f"{question.subject} may not"
    where = "" if question.tenant is None else f" in tenant {question.tenant}"
    return f"{who} {question.action} {question.resource}{where}"
