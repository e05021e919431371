"""Open connections that nobody uses at the moment, and how many there may be at once."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from doorward.domain.errors import StoreUnavailable
from doorward.store.patience import waiting


class Pool:
    """Connections to be taken and given back by any thread, `most` at once. Pony may call it its pool."""

    def __init__(self, connect: Callable[[], Any], is_quiet: Callable[[Any], bool], most: int) -> None:
        self._connect = connect
        self._is_quiet = is_quiet
        self._most = most
        self._free = threading.BoundedSemaphore(most)
        self._idle: list[Any] = []

    def take(self) -> Any:  # noqa: ANN401 - a driver's connection
        """A connection that nobody else has. Raises StoreUnavailable where all are in use for too long."""
        with waiting() as left:
            free = self._free.acquire(timeout=min(left, threading.TIMEOUT_MAX))
        if not free:
            raise StoreUnavailable(f"all {self._most} connections to the database are in use; try again in a moment")
        try:
            return self._idle_one() or self._connect()
        except BaseException:
            self._free.release()
            raise

    def _idle_one(self) -> Any:  # noqa: ANN401
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread was faster
                connection = self._idle.pop()
                if self._is_quiet(connection):
                    return connection
                connection.close()
        return None

    def release(self, connection: Any) -> None:  # noqa: ANN401
        """Give a connection back, what it has not committed undone."""
        if getattr(connection, "closed", False):  # it failed, and that was told already
            self.drop(connection)
            return
        try:
            connection.rollback()
        except BaseException:
            self.drop(connection)
            raise
        self._idle.append(connection)
        self._free.release()

    def drop(self, connection: Any) -> None:  # noqa: ANN401
        """Give back a connection that failed: it is closed, and so are the idle ones, which may be as dead."""
        connection.close()
        self._free.release()
        self.disconnect()

    def disconnect(self) -> None:
        """Close the idle connections."""
        while self._idle:
            with contextlib.suppress(IndexError):
                self._idle.pop().close()

    @contextlib.contextmanager
    def taken(self) -> Iterator[Any]:
        """A connection for the block; dropped if the block ends by an exception."""
        connection = self.take()
        try:
            yield connection
        except BaseException:
            self.drop(connection)
            raise
        self.release(connection)

    def connect(self) -> tuple[Any, bool]:
        """`take`, as Pony calls it; whether the connection is new does not matter to anybody."""
        return self.take(), False
