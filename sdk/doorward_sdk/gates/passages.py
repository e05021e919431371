"""Calls that were let through, and what is done once they have ended."""

from __future__ import annotations

import asyncio
from typing import Callable, NamedTuple, Optional

After = Optional[Callable[[], None]]


class Passage(NamedTuple):
    """A call that was let through. One of the two is called after it, if it is given; neither may raise.

    Attributes:
        succeeded: it returned, or ran to its end.
        failed: it raised, was cancelled, or came to nothing before.
    """

    succeeded: After = None
    failed: After = None


def ended(then: After) -> None:
    """Do what is to be done."""
    if then is not None:
        then()


async def after(then: After) -> None:
    """Do what is to be done, in a thread."""
    if then is not None:
        await asyncio.to_thread(then)


async def admitted(admit: Callable[[], Passage | None]) -> Passage | None:
    """Call `admit` in a thread. Where the task is cancelled meanwhile, a call that was let through has failed."""
    asking = asyncio.ensure_future(asyncio.to_thread(admit))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        asking.add_done_callback(_turn_back)
        raise


def _turn_back(asking: asyncio.Future[Passage | None]) -> None:
    if asking.cancelled() or asking.exception() is not None:
        return
    passage = asking.result()
    if passage is not None and passage.failed is not None:
        asyncio.get_running_loop().run_in_executor(None, passage.failed)
