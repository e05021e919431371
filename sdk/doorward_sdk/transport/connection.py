"""One open connection: bytes out, bytes in, never past a deadline."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

from doorward_sdk.errors import MalformedAnswer, Unreachable

if TYPE_CHECKING:
    from doorward_sdk.transport.deadline import Deadline

_PIECE = 65536


class Connection:
    """A socket with what was received from it and not yet taken.

    Attributes:
        answered: whether any byte of the current answer has come.
        idle_since: when it was given back to the pool, in seconds of its clock.
    """

    __slots__ = ("_buffer", "_socket", "answered", "idle_since")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self.answered = False
        self.idle_since = 0.0

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send everything.

        Raises:
            Unreachable: the connection is broken.
            DeadlineExceeded: the other side does not take it in time.
        """
        self.answered = False
        rest = memoryview(data)
        try:
            while rest:
                self._socket.settimeout(deadline.remaining())
                rest = rest[self._socket.send(rest) :]
        except OSError as error:
            raise self._broken(error, deadline) from error

    def until(self, mark: bytes, limit: int, deadline: Deadline) -> bytes:
        """What comes before `mark`, at most `limit` bytes; the mark is taken too."""
        while True:
            before, found, after = self._buffer.partition(mark)
            if len(before) > limit:
                raise MalformedAnswer(f"the answer holds no end of a line or head within {limit} bytes")
            if found:
                self._buffer = after
                return before
            self._buffer += self._receive(deadline)

    def exactly(self, count: int, deadline: Deadline) -> bytes:
        """The next `count` bytes."""
        pieces = [self._buffer]
        missing = count - len(self._buffer)
        while missing > 0:
            pieces.append(self._receive(deadline))
            missing -= len(pieces[-1])
        data = b"".join(pieces)
        self._buffer = data[count:]
        return data[:count]

    def until_closed(self, limit: int, deadline: Deadline) -> bytes:
        """Everything until the other side closes, at most `limit` bytes."""
        pieces = []
        size = 0
        piece = self._buffer or self._receive_or_end(deadline)
        while piece:
            size += len(piece)
            if size > limit:
                raise MalformedAnswer(f"the answer is larger than {limit} bytes")
            pieces.append(piece)
            piece = self._receive_or_end(deadline)
        return b"".join(pieces)

    def is_quiet(self) -> bool:
        """Whether nothing has come that nobody asked for: an end of the connection, or stray bytes."""
        return not self._buffer and not _readable(self._socket)

    def close(self) -> None:
        """Close the socket; what was not taken is gone."""
        self._socket.close()

    def _receive(self, deadline: Deadline) -> bytes:
        piece = self._receive_or_end(deadline)
        if not piece:
            raise Unreachable("the connection was closed before the answer was complete")
        return piece

    def _receive_or_end(self, deadline: Deadline) -> bytes:
        try:
            self._socket.settimeout(deadline.remaining())
            piece = self._socket.recv(_PIECE)
        except OSError as error:
            raise self._broken(error, deadline) from error
        if piece:
            self.answered = True
        return piece

    def _broken(self, error: OSError, deadline: Deadline) -> Unreachable:
        if isinstance(error, socket.timeout):
            return deadline.exceeded()
        return Unreachable(f"the connection broke: {error}")


def _readable(sock: socket.socket) -> bool:
    if hasattr(select, "poll"):  # select() itself cannot watch a descriptor above 1023
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        return bool(poller.poll(0))
    return bool(select.select([sock], [], [], 0)[0])
