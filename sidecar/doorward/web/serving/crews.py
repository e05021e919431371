"""Crews: threads for requests that may wait, and how many of these may stand in line."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from doorward.services.queueing import has_queued


class Crew:
    """Threads for requests of one kind, with a line of their own: a crowd of them takes no other kind's place."""

    def __init__(self, name: str, *, threads: int, places: int) -> None:
        """`places` counts the requests that are worked at, too."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = threading.BoundedSemaphore(places)

    def take(self, work: Callable[..., None], *arguments: object) -> bool:
        """Have work done by another thread; False where there is no place in the line."""
        if not self._places.acquire(blocking=False):
            return False
        self._threads.submit(self._done, time.monotonic(), work, *arguments)
        return True

    def _done(self, since: float, work: Callable[..., None], *arguments: object) -> None:
        try:
            with has_queued(time.monotonic() - since):
                work(*arguments)
        finally:
            self._places.release()

    def close(self, *, wait: bool) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=wait, cancel_futures=True)
