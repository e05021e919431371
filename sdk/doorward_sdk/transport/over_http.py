"""Requests over HTTP/1.1, on connections that are used again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import ClientClosed, RequestFailed, Unreachable
from doorward_sdk.transport.address import parse_address
from doorward_sdk.transport.answer_reader import read_answer
from doorward_sdk.transport.deadline import Deadline
from doorward_sdk.transport.dialing import Dialer
from doorward_sdk.transport.pool import Pool
from doorward_sdk.transport.requests import render_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward_sdk.transport.connection import Connection
    from doorward_sdk.transport.seam import Response

MAX_BODY_BYTES = 8 * 1024 * 1024


class HttpTransport:
    """Speaks with one address over TCP, TLS or a Unix socket; usable by many threads, and after a fork.

    It follows no redirect and asks no proxy, so what it sends, the key above all, goes to this address alone.

    Args:
        url: `http://HOST:PORT`, `https://HOST:PORT`, `unix:/PATH`, or `HOST:PORT`, which means http.

    Raises:
        ConfigurationError: the address cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._address = parse_address(url)
        self._dialer = Dialer(self._address)
        self._pool = Pool()

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        """Send a request and read the whole answer, within `timeout` seconds.

        A kept connection that the sidecar closed before it answered anything is replaced once.
        """
        if self._pool.closed:
            raise ClientClosed("this client was closed; make a new Doorward")
        address = self._address
        request = render_request(method, address.prefix + target, address.host_header, headers, body)
        try:
            return self._answer_to(request, method, Deadline(timeout))
        except RequestFailed as failure:
            told = type(failure)(f"{address}: {failure}")
            if isinstance(failure, Unreachable) and isinstance(told, Unreachable):
                told.sent = failure.sent
            raise told from failure

    def close(self) -> None:
        """Close the connections; requests under way still get their answers."""
        self._pool.close()

    def _answer_to(self, request: bytes, method: str, deadline: Deadline) -> Response:
        kept = self._pool.take()
        if kept is not None:
            try:
                return self._exchange(kept, request, method, deadline)
            except Unreachable:
                if kept.answered:
                    raise
        try:
            connection = self._dialer.dial(deadline)
        except Unreachable as failure:
            failure.sent = kept is not None
            raise
        return self._exchange(connection, request, method, deadline)

    def _exchange(self, connection: Connection, request: bytes, method: str, deadline: Deadline) -> Response:
        try:
            connection.send(request, deadline)
            response, reusable = read_answer(connection, method, MAX_BODY_BYTES, deadline)
        except BaseException:  # an interrupt too: half an answer must not become the next one's start
            connection.close()
            raise
        if reusable:
            self._pool.give(connection)
        else:
            connection.close()
        return response
