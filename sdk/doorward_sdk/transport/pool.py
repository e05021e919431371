"""Idle connections, kept for the next request: last in, first out, no lock."""

from __future__ import annotations

import os
import weakref
from collections import deque
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from doorward_sdk.transport.connection import Connection

_MOST_IDLE = 128
_IDLE_SECONDS = 50.0


class Pool:
    """Idle connections of one transport.

    `deque.append` and `pop` are atomic, so threads need no lock here, and a fork cannot copy a held one.
    A child process starts with none: a connection that two processes write to gives one the other's answer.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._idle: deque[Connection] = deque()
        self.closed = False
        weakref.finalize(self, _drain, self._idle)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_drain_if_alive, weakref.ref(self._idle)))

    def take(self) -> Connection | None:
        """The connection used last, if one is still good."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.idle_since > self._clock() - _IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()

    def give(self, connection: Connection) -> None:
        """Keep a connection whose answer has been read to its end."""
        connection.idle_since = self._clock()
        self._idle.append(connection)
        if self.closed:
            self.close()
        else:
            self._close_oldest(connection.idle_since)

    def close(self) -> None:
        """Close what is idle now, and whatever is given back later."""
        self.closed = True
        _drain(self._idle)

    def _close_oldest(self, now: float) -> None:
        """One look at the connection idle for longest: enough, since every request comes by here."""
        try:
            if len(self._idle) > _MOST_IDLE or self._idle[0].idle_since < now - _IDLE_SECONDS:
                self._idle.popleft().close()
        except IndexError:
            pass  # other threads took them all


def _drain(idle: deque[Connection]) -> None:
    while True:
        try:
            idle.pop().close()
        except IndexError:
            return


def _drain_if_alive(idle: weakref.ref[deque[Connection]]) -> None:
    connections = idle()
    if connections is not None:
        _drain(connections)
