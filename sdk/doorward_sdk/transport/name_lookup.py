"""Host names to addresses, without ever waiting longer than a deadline allows."""

from __future__ import annotations

import socket
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from threading import Thread
from typing import TYPE_CHECKING, Any, Callable

from doorward_sdk.errors import DeadlineExceeded, Unreachable

if TYPE_CHECKING:
    from doorward_sdk.transport.deadline import Deadline

    # Family and socket address; the latter has as many forms as there are families.
    Endpoint = tuple[socket.AddressFamily, Any]


class NameLookup:
    """Looks up one host and port.

    The C library's lookup cannot be cut off, so it runs in a thread. There is never more than one: who
    comes while it hangs waits for the same one, so a dead name server costs one thread, not one a check.
    """

    def __init__(self, host: str, port: int, ask: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        self._host = host
        self._port = port
        self._ask = ask
        self._running: tuple[Thread, Future[list[Endpoint]]] | None = None

    def endpoints(self, deadline: Deadline) -> list[Endpoint]:
        """Where to connect to, in the order to try.

        Raises:
            Unreachable: the name is not known.
            DeadlineExceeded: nobody answered in time.
        """
        try:
            return self._look_up(socket.AI_NUMERICHOST)  # an IP address needs no asking, hence no thread
        except socket.gaierror:
            pass
        try:
            return self._lookup_in_progress().result(timeout=deadline.remaining())
        except NotYet:
            raise DeadlineExceeded(f"host {self._host!r} was not looked up in time") from None
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"host {self._host!r} is not known: {error}") from error

    def _lookup_in_progress(self) -> Future[list[Endpoint]]:
        running = self._running
        # The thread is asked too: after a fork the parent's thread is gone and its future stays open.
        if running is not None and running[0].is_alive() and not running[1].done():
            return running[1]
        future: Future[list[Endpoint]] = Future()
        thread = Thread(target=self._run, args=(future,), name="doorward-name-lookup", daemon=True)
        self._running = (thread, future)
        thread.start()
        return future

    def _run(self, future: Future[list[Endpoint]]) -> None:
        try:
            future.set_result(self._look_up(0))
        except Exception as error:  # noqa: BLE001 - whoever waits for the future gets it
            future.set_exception(error)

    def _look_up(self, flags: int) -> list[Endpoint]:
        found = self._ask(self._host, self._port, type=socket.SOCK_STREAM, flags=flags)
        return [(family, address) for family, _, _, _, address in found]
