"""How long a request had waited before a thread began to answer it: less is left for it to wait for the database."""

import contextlib
import threading
from collections.abc import Iterator


class _Queued(threading.local):
    seconds = 0.0


_queued = _Queued()


@contextlib.contextmanager
def has_queued(seconds: float) -> Iterator[None]:
    """This thread answers, inside the block, a request that has waited so long for it."""
    _queued.seconds = seconds
    try:
        yield
    finally:
        _queued.seconds = 0.0


def queued_seconds() -> float:
    """How long the request of this thread has waited; 0 where it answers none."""
    return _queued.seconds
