from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from doorward_sdk import Doorward, acting_as, require_access
from integration.sdk.sdk_servers import Peer, answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

ANSWER_SECONDS = 0.3


def slow(peer: Peer) -> None:
    while peer.read() is not None:
        time.sleep(ANSWER_SECONDS)
        peer.write(answer())


async def longest_pause_during(work: Awaitable[object]) -> float:
    """Seconds that the loop was held up at most."""
    task = asyncio.ensure_future(work)
    longest, last = 0.0, time.monotonic()
    while not task.done():
        await asyncio.sleep(0.001)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    await task
    return longest


def test_guarded_coroutines_and_streams_do_not_hold_up_the_loop() -> None:
    with tcp_server(slow) as server, Doorward(server.url, timeout=10) as client:

        @require_access("read", "doc:1", client=client)
        async def coroutine() -> str:
            return "c"

        @require_access("read", "doc:1", client=client)
        async def stream() -> AsyncIterator[str]:
            yield "s"

        async def work() -> list[str]:
            with acting_as("user:a"):
                results = await asyncio.gather(coroutine(), coroutine(), coroutine())
                return [*results, *[item async for item in stream()]]

        started = time.monotonic()
        longest = asyncio.run(longest_pause_during(work()))
        elapsed = time.monotonic() - started
        assert len(server.requests) == 4
        assert elapsed >= 2 * ANSWER_SECONDS
        assert elapsed < 4 * ANSWER_SECONDS + 1, "the three coroutines wait at the same time"
        assert longest < 0.8 * ANSWER_SECONDS


def test_a_plain_function_does_hold_up_the_loop_so_the_measurement_measures() -> None:
    with tcp_server(slow) as server, Doorward(server.url, timeout=10) as client:

        async def work() -> None:
            await asyncio.sleep(0.01)
            client.check("user:a", "read", "doc:1")

        assert asyncio.run(longest_pause_during(work())) >= ANSWER_SECONDS
