"""`@require_access`: functions that run only when the acting subject may."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import copy_context
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Callable, TypeVar, Union, cast

from doorward_sdk.acting import who_is_acting
from doorward_sdk.default_client import default_client
from doorward_sdk.errors import AccessDenied, TemplateError
from doorward_sdk.questions import Question, check_name
from doorward_sdk.streams import opened_after
from doorward_sdk.templates import ResourceTemplate, Template

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward

Function = Callable[..., Any]
Guardable = TypeVar("Guardable", bound="Union[Function, classmethod[Any, ..., Any], staticmethod[..., Any]]")


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

    def guard(function: Guardable) -> Guardable:
        if isinstance(function, (classmethod, staticmethod)):
            return cast("Guardable", type(function)(guard(function.__func__)))
        if isinstance(function, type):
            raise TemplateError(f"{function.__qualname__} is a class: guard its methods")
        gate = _Gate(action, resource_template, tenant, client, function)
        return cast("Guardable", wraps(function)(_guarded(function, gate)))

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
        self._signature = None if is_constant else inspect.signature(function)

    def question(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Question:
        """What has to be asked before a call with these arguments, for whoever is acting now."""
        arguments: dict[str, object] = {}
        if self._signature is not None:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments = bound.arguments
        acting = who_is_acting()
        tenant = None if self._tenant is None else self._tenant.render(arguments)
        return Question(
            None if acting is None else acting.subject,
            self._action,
            self._resource.render(arguments),
            tenant=tenant or (acting and acting.tenant),
        )

    def admit(self, question: Question) -> None:
        """Ask; return only if the answer is yes."""
        client = self._client or default_client()
        decision = client.check(question.subject, question.action, question.resource, tenant=question.tenant)
        if not decision.allowed:
            raise AccessDenied(decision, _in_words(question))


def _guarded(function: Function, gate: _Gate) -> Function:
    if inspect.isasyncgenfunction(function):

        def guarded_stream(*args: object, **kwargs: object) -> object:
            admit = partial(copy_context().run, gate.admit, gate.question(args, kwargs))
            return opened_after(admit, partial(function, *args, **kwargs))

        return guarded_stream
    if inspect.iscoroutinefunction(function):

        async def guarded_coroutine(*args: object, **kwargs: object) -> object:
            await asyncio.to_thread(gate.admit, gate.question(args, kwargs))
            return await function(*args, **kwargs)

        return guarded_coroutine

    def guarded(*args: object, **kwargs: object) -> object:
        gate.admit(gate.question(args, kwargs))
        return function(*args, **kwargs)

    return guarded


def _in_words(question: Question) -> str:
    who = "nobody may" if question.subject is None else f"{question.subject} may not"
    where = "" if question.tenant is None else f" in tenant {question.tenant}"
    return f"{who} {question.action} {question.resource}{where}"
