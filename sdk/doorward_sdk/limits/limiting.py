"""`@limited` and `@metered`: functions that count towards limits, and whose use is recorded."""

from __future__ import annotations

import logging
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Callable

from doorward_sdk.access.questions import check_name
from doorward_sdk.acting import who_is_acting
from doorward_sdk.default_client import default_client
from doorward_sdk.denials import LimitExceeded
from doorward_sdk.errors import DoorwardError
from doorward_sdk.gates.guarding import CallArguments, Function, Guardable, guarded_by
from doorward_sdk.gates.passages import Passage
from doorward_sdk.gates.templates import Template
from doorward_sdk.limits.counting import checked_amount

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward
    from doorward_sdk.gates.guarding import Arguments, NamedArguments

_log = logging.getLogger("doorward_sdk")


def limited(
    limit: str,
    amount: int = 1,
    *,
    current: Callable[..., int] | None = None,
    tenant: str | None = None,
    client: Doorward | None = None,
) -> Callable[[Guardable], Guardable]:
    """Let a function run only where a limit has room: it is consumed before, and given back where the function raises.

    What is counted within a period cannot be given back, and stays used. Coroutine functions and generators ask as
    those of `require_access` do.

    Args:
        limit: its name.
        amount: how much a call takes.
        current: says how much is used, from the arguments of the call; then the limit is checked, and nothing counted.
        tenant: the tenant, a template over the arguments; None: that of `acting_as`.
        client: who is asked; None: the default client at the time of the call.

    Raises:
        CallError: while decorating, when a name or the amount cannot be, or the template does not fit.
        LimitExceeded: in a call, when there is no room, or no answer comes.
    """
    check_name(limit, "limit")
    checked_amount("amount", amount)

    def make_gate(function: Function) -> _Limited:
        return _Limited(limit, amount, current, _Whose(tenant, client, function))

    def guard(function: Guardable) -> Guardable:
        return guarded_by(make_gate, function)

    return guard


def metered(
    meter: str, value: int = 1, *, tenant: str | None = None, client: Doorward | None = None
) -> Callable[[Guardable], Guardable]:
    """Record usage after each call that succeeds, whatever the limits say.

    A call is never refused, and its result never lost, for usage that cannot be recorded: that is logged, as a warning
    of the logger `doorward_sdk`. Generators count at their end.

    Args:
        meter: its name.
        value: how much a call counts.
        tenant: the tenant, a template over the arguments; None: that of `acting_as`.
        client: who is told; None: the default client at the time of the call.

    Raises:
        CallError: while decorating, when the name or the value cannot be, or the template does not fit.
    """
    check_name(meter, "meter")
    checked_amount("value", value, 0)

    def make_gate(function: Function) -> _Metered:
        return _Metered(meter, value, _Whose(tenant, client, function))

    def guard(function: Guardable) -> Guardable:
        return guarded_by(make_gate, function)

    return guard


class _Whose:
    """Whose limits and usage the calls of a function are about, and who is asked."""

    def __init__(self, tenant: str | None, client: Doorward | None, function: Function) -> None:
        self._template = None if tenant is None else Template(tenant, function)
        self._client = client
        needed = self._template is not None and not self._template.is_constant
        self._arguments = CallArguments(function, needed=needed)

    @property
    def client(self) -> Doorward:
        return self._client or default_client()

    def tenant(self, args: Arguments, kwargs: NamedArguments) -> str | None:
        """The tenant of a call; None leaves it to the key."""
        if self._template is not None:
            return self._template.render(self._arguments.named(args, kwargs))
        acting = who_is_acting()
        return None if acting is None else acting.tenant


class _Limited:
    """What stands in front of a limited function."""

    def __init__(self, limit: str, amount: int, current: Callable[..., int] | None, whose: _Whose) -> None:
        self._limit = limit
        self._amount = amount
        self._current = current
        self._whose = whose

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], Passage | None]:
        tenant = self._whose.tenant(args, kwargs)
        if self._current is None:
            return partial(self._consume, tenant)
        return partial(self._check, tenant, partial(self._current, *args, **kwargs))

    def _consume(self, tenant: str | None) -> Passage:
        client = self._whose.client
        answer = client.consume(self._limit, self._amount, tenant=tenant)
        give_back = partial(copy_context().run, partial(_give_back, client, answer.id or "", tenant))
        if not answer.allowed:
            if answer.in_doubt:
                give_back()  # it may have been counted, and nothing will come of it
            raise LimitExceeded(answer)
        return Passage(failed=give_back)

    def _check(self, tenant: str | None, current: Callable[[], int]) -> None:
        answer = self._whose.client.limit(self._limit, current(), amount=self._amount, tenant=tenant)
        if not answer.allowed:
            raise LimitExceeded(answer)


class _Metered:
    """What stands behind a metered function."""

    def __init__(self, meter: str, value: int, whose: _Whose) -> None:
        self._meter = meter
        self._value = value
        self._whose = whose

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], Passage]:
        tenant = self._whose.tenant(args, kwargs)
        record = partial(_record, self._whose.client, self._meter, self._value, tenant)
        return partial(Passage, partial(copy_context().run, record))


def _give_back(client: Doorward, consume_id: str, tenant: str | None) -> None:
    """Where that fails it stays counted, which is the safe side; the call's own error is what the caller has to see."""
    with suppress(DoorwardError):
        client.give_back(consume_id, tenant=tenant)


def _record(client: Doorward, meter: str, value: int, tenant: str | None) -> None:
    try:
        answer = client.record_usage(meter, value, tenant=tenant)
    except DoorwardError as error:  # the client was closed: the call's result must not be lost for that
        _log.warning("usage of %s was not recorded: %s", meter, error)
        return
    if answer.error is not None:
        _log.warning("usage of %s was not recorded (event %s): %s", meter, answer.id, answer.error.message)
