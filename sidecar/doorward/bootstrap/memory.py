"""How a large policy is made beside answering: in small steps, without the garbage collector, memory given back."""

import contextlib
import ctypes
import gc
import time
from collections.abc import Iterator


class Pacer:
    """Lets other threads run while a policy is built: works for a slice of time, then rests."""

    def __init__(self, slice_seconds: float = 0.002, rest_seconds: float = 0.001) -> None:
        self._slice = slice_seconds
        self._rest = rest_seconds
        self._since = 0.0

    def __call__(self) -> None:
        """Rest if the slice is used up; costs a clock read otherwise."""
        if time.perf_counter() - self._since >= self._slice:
            time.sleep(self._rest)
            self._since = time.perf_counter()


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector off while many objects are made, and off them afterwards.

    A collection that walks a million rules stops everybody for most of a second, and finds nothing:
    a policy is freed by its last reference.
    """
    gc.collect(1)  # what requests left behind lately must not be frozen
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
        _return_memory()


def _return_memory() -> None:
    """Give what loading has freed back to the system, where the C library can (glibc): a sixth of a large policy."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
