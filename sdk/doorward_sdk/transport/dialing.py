"""Opening a connection to an address: TCP, TLS or a Unix socket."""

from __future__ import annotations

import socket
import ssl
from time import sleep
from typing import TYPE_CHECKING

from doorward_sdk.errors import ConfigurationError, Unreachable
from doorward_sdk.transport.connection import Connection
from doorward_sdk.transport.name_lookup import NameLookup

if TYPE_CHECKING:
    from doorward_sdk.transport.address import Address
    from doorward_sdk.transport.deadline import Deadline
    from doorward_sdk.transport.name_lookup import Endpoint

_BACKLOG_PAUSE_SECONDS = 0.002


class Dialer:
    """Opens connections to one address, and to no other."""

    def __init__(self, address: Address) -> None:
        if address.scheme == "unix" and not hasattr(socket, "AF_UNIX"):
            raise ConfigurationError(f"{address}: this system has no Unix sockets; use http://127.0.0.1:PORT")
        self._address = address
        self._names = NameLookup(address.host, address.port)
        self._tls = ssl.create_default_context() if address.scheme == "https" else None

    def dial(self, deadline: Deadline) -> Connection:
        """A new connection.

        Raises:
            Unreachable: nobody listens there, or its certificate is not valid.
            DeadlineExceeded: it took too long.
        """
        endpoints = self._endpoints(deadline)
        failure: OSError | None = None
        for tried, (family, where) in enumerate(endpoints):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                # A dead first address may not use up the time of the next.
                self._connect(sock, where, deadline, share=1 / (len(endpoints) - tried))
                return Connection(self._secured(sock, deadline))
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
        if isinstance(failure, socket.timeout):
            raise deadline.exceeded()
        raise Unreachable(f"cannot connect: {failure}") from failure

    def _endpoints(self, deadline: Deadline) -> list[Endpoint]:
        if self._address.scheme == "unix":
            return [(socket.AF_UNIX, self._address.host)]
        return self._names.endpoints(deadline)

    def _connect(self, sock: socket.socket, where: object, deadline: Deadline, share: float) -> None:
        sock.settimeout(deadline.remaining() * share)
        if self._address.scheme != "unix":
            sock.connect(where)  # type: ignore[arg-type]  # has the form that its family wants
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return
        while True:
            try:
                sock.connect(where)  # type: ignore[arg-type]  # a path
            except BlockingIOError:  # Linux does not wait for a place in the queue of a Unix socket
                sleep(min(_BACKLOG_PAUSE_SECONDS, deadline.remaining()))
            else:
                return

    def _secured(self, sock: socket.socket, deadline: Deadline) -> socket.socket:
        if self._tls is None:
            return sock
        sock.settimeout(deadline.remaining())
        return self._tls.wrap_socket(sock, server_hostname=self._address.host)
