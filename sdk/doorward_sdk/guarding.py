"""Functions behind a gate: it is asked before each call, in the caller's context, without holding up an event loop."""

from __future__ import annotations

import asyncio
import inspect
from contextvars import copy_context
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar, Union, cast

from doorward_sdk.errors import TemplateError
from doorward_sdk.streams import opened_after

if TYPE_CHECKING:
    Arguments = tuple[object, ...]
    NamedArguments = dict[str, object]

Function = Callable[..., Any]
Guardable = TypeVar("Guardable", bound="Union[Function, classmethod[Any, ..., Any], staticmethod[..., Any]]")


class Gate(Protocol):
    """What stands in front of one function."""

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], None]:
        """What has to be called before a call with these arguments; it raises where that may not be."""
        ...


def guarded_by(make_gate: Callable[[Function], Gate], function: Guardable) -> Guardable:
    """The function behind a gate that is made for it.

    Coroutine functions ask in a thread. A generator is refused where it is called. An asynchronous generator asks
    for whom it was called by, before its first step.

    Raises:
        TemplateError: it is a class.
    """
    if isinstance(function, (classmethod, staticmethod)):
        return cast("Guardable", type(function)(guarded_by(make_gate, function.__func__)))
    if isinstance(function, type):
        raise TemplateError(f"{function.__qualname__} is a class: guard its methods")
    return cast("Guardable", wraps(function)(_guarded(function, make_gate(function))))


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


def _guarded(function: Function, gate: Gate) -> Function:
    if inspect.isasyncgenfunction(function):

        def guarded_stream(*args: object, **kwargs: object) -> object:
            admit = partial(copy_context().run, gate.prepare(args, kwargs))
            return opened_after(admit, partial(function, *args, **kwargs))

        return guarded_stream
    if inspect.iscoroutinefunction(function):

        async def guarded_coroutine(*args: object, **kwargs: object) -> object:
            await asyncio.to_thread(gate.prepare(args, kwargs))
            return await function(*args, **kwargs)

        return guarded_coroutine

    def guarded(*args: object, **kwargs: object) -> object:
        gate.prepare(args, kwargs)()
        return function(*args, **kwargs)

    return guarded
