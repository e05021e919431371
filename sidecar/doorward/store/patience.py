"""How long a thread may still wait for the database, before it is told that the database does not answer."""

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import Final

from doorward.services.queueing import queued_seconds

# A use of the database ends within two seconds, whatever happens to it; some of them are left for other things.
SECONDS: Final = 1.7
# Shorter waits are free: a database that answers at once may be asked a thousand things in one transaction.
_FREE_SECONDS: Final = 0.02
# What is left to requests that have waited long for their turn: enough for a database that answers.
_LEAST_SECONDS: Final = 0.1


class _Waiting(threading.local):
    left = math.inf


_waiting = _Waiting()


@contextlib.contextmanager
def patience(seconds: float = SECONDS) -> Iterator[None]:
    """Let this thread wait so long inside the block, all its longer waits taken together, and that for its turn."""
    before = _waiting.left
    _waiting.left = max(min(seconds, _LEAST_SECONDS), seconds - queued_seconds())
    try:
        yield
    finally:
        _waiting.left = before


@contextlib.contextmanager
def waiting() -> Iterator[float]:
    """A wait, which is taken off what is left; gives the seconds that are left, maybe `inf`, never less than 0."""
    began = time.monotonic()
    try:
        yield max(0.0, _waiting.left)
    finally:
        waited = time.monotonic() - began
        if waited > _FREE_SECONDS:
            _waiting.left -= waited
