"""Generators behind a gate: asynchronous ones wait for permission before their first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from doorward_sdk.gates.passages import admitted, after, ended

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from doorward_sdk.gates.passages import Passage


def stepped(passage: Passage, stream: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """The generator in every respect; how it ends is told to the passage, but not where it is left early."""
    try:
        result = yield from stream
    except GeneratorExit:
        raise
    except BaseException:
        ended(passage.failed)
        raise
    ended(passage.succeeded)
    return result


async def opened_after(
    admit: Callable[[], Passage | None], open_stream: Callable[[], AsyncGenerator[Any, Any]]
) -> AsyncGenerator[Any, Any]:
    """Call `admit` in a thread; if it returns, be the stream in every respect (PEP 380, for `async`)."""
    passage = await admitted(admit)
    stream = open_stream()
    step = stream.__anext__()
    while True:
        try:
            item = await step
        except StopAsyncIteration:
            break
        except GeneratorExit:
            raise
        except BaseException:
            if passage is not None:
                await after(passage.failed)
            raise
        try:
            sent = yield item
        except GeneratorExit:
            await stream.aclose()
            raise
        except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, meant for the stream
            step = stream.athrow(error)
        else:
            step = stream.asend(sent)
    if passage is not None:
        await after(passage.succeeded)
