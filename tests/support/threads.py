"""Many threads at the same time, and what became of each."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(count: int, action: Callable[[int], T]) -> list[T | Exception]:
    """Run an action in many threads that begin together; results or exceptions, by number."""
    ready = threading.Barrier(count)

    def run(number: int) -> T | Exception:
        ready.wait(timeout=30)
        try:
            return action(number)
        except Exception as error:  # noqa: BLE001 - it is looked at by the test
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
