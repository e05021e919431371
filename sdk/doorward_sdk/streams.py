"""Asynchronous generators that wait for permission before their first step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def opened_after(
    admit: Callable[[], None], open_stream: Callable[[], AsyncGenerator[Any, Any]]
) -> AsyncGenerator[Any, Any]:
    """Call `admit` in a thread; if it returns, be the stream in every respect (PEP 380, for `async`)."""
    await asyncio.to_thread(admit)
    stream = open_stream()
    step = stream.__anext__()
    while True:
        try:
            item = await step
        except StopAsyncIteration:
            return
        try:
            sent = yield item
        except GeneratorExit:
            await stream.aclose()
            raise
        except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, meant for the stream
            step = stream.athrow(error)
        else:
            step = stream.asend(sent)
