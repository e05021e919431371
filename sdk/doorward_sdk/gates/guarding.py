"""Functions behind a gate: it is asked before each call, in the caller's context, without holding up an event loop.

A gate may want to know afterwards whether the call succeeded; then it gives a passage.
"""

from __future__ import annotations

import inspect
from contextvars import copy_context
from enum import Enum
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar, Union, cast

from doorward_sdk.errors import TemplateError
from doorward_sdk.gates.passages import Passage, admitted, after, ended
from doorward_sdk.gates.streams import opened_after, stepped

if TYPE_CHECKING:
    Arguments = tuple[object, ...]
    NamedArguments = dict[str, object]

Function = Callable[..., Any]
_KIND = "__doorward_kind__"
Guardable = TypeVar("Guardable", bound="Union[Function, classmethod[Any, ..., Any], staticmethod[..., Any]]")


class _Kind(Enum):
    """What a function makes of a call."""

    PLAIN = "a result"
    GENERATOR = "a generator"
    COROUTINE = "a coroutine"
    STREAM = "an asynchronous generator"


class Gate(Protocol):
    """What stands in front of one function."""

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], Passage | None]:
        """What has to be called before a call with these arguments; it raises where that may not be."""
        ...


def guarded_by(make_gate: Callable[[Function], Gate], function: Guardable) -> Guardable:
    """The function behind a gate that is made for it.

    Coroutine functions ask in a thread. A generator is refused where it is called. An asynchronous generator asks
    for whom it was called by, before its first step. Generators succeed at their end, and fail where a step raises;
    one that is left early does neither.

    Raises:
        TemplateError: it is a class.
    """
    if isinstance(function, (classmethod, staticmethod)):
        return cast("Guardable", type(function)(guarded_by(make_gate, function.__func__)))
    if isinstance(function, type):
        raise TemplateError(f"{function.__qualname__} is a class: guard its methods")
    kind = _kind_of(function)
    guarded = wraps(function)(_guarded(function, make_gate(function), kind))
    vars(guarded)[_KIND] = (kind, guarded)
    return cast("Guardable", guarded)


class CallArguments:
    """The arguments of a function's calls by name, defaults included; nothing where templates need none."""

    def __init__(self, function: Function, *, needed: bool) -> None:
        self._signature = inspect.signature(function) if needed else None

    def named(self, args: Arguments, kwargs: NamedArguments) -> NamedArguments:
        """Those of one call. Raises TypeError where the function would."""
        if self._signature is None:
            return {}
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments


def _kind_of(function: Function) -> _Kind:
    """What a function makes of a call; one that is behind a gate already is of the kind of what it guards."""
    known = vars(function).get(_KIND) if hasattr(function, "__dict__") else None
    if known is not None and known[1] is function:  # a wrapper of somebody else's may have a copy of it
        kind: _Kind = known[0]
        return kind
    if inspect.isasyncgenfunction(function):
        return _Kind.STREAM
    if inspect.iscoroutinefunction(function):
        return _Kind.COROUTINE
    return _Kind.GENERATOR if inspect.isgeneratorfunction(function) else _Kind.PLAIN


def _guarded(function: Function, gate: Gate, kind: _Kind) -> Function:
    if kind is _Kind.STREAM:

        def guarded_stream(*args: object, **kwargs: object) -> object:
            admit = partial(copy_context().run, gate.prepare(args, kwargs))
            return opened_after(admit, partial(function, *args, **kwargs))

        return guarded_stream
    if kind is _Kind.COROUTINE:

        async def guarded_coroutine(*args: object, **kwargs: object) -> object:
            passage = await admitted(gate.prepare(args, kwargs))
            if passage is None:
                return await function(*args, **kwargs)
            try:
                result = await function(*args, **kwargs)
            except BaseException:  # a cancelled task has failed too
                await after(passage.failed)
                raise
            await after(passage.succeeded)
            return result

        return guarded_coroutine

    def guarded(*args: object, **kwargs: object) -> object:
        passage = gate.prepare(args, kwargs)()
        if passage is None:
            return function(*args, **kwargs)
        if kind is _Kind.GENERATOR:
            return stepped(passage, function(*args, **kwargs))
        try:
            result = function(*args, **kwargs)
        except BaseException:
            ended(passage.failed)
            raise
        ended(passage.succeeded)
        return result

    return guarded
