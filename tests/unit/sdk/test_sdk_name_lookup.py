from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from doorward_sdk import DeadlineExceeded, Unreachable
from doorward_sdk.transport.deadline import Deadline
from doorward_sdk.transport.name_lookup import NameLookup


class NameServer:
    """Stands for the C library: knows `h`, once it is let go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked = 0

    def __call__(self, host: str, port: int, type: int, flags: int) -> list[Any]:  # noqa: A002 - getaddrinfo's
        assert type == socket.SOCK_STREAM
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror("no number")
        self.asked += 1
        self.go_on.wait(10)
        if host != "h":
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, type, 0, "", ("192.0.2.1", port))]


def test_an_ip_address_needs_no_thread() -> None:
    found = NameLookup("127.0.0.1", 8642).endpoints(Deadline(1))
    assert found == [(socket.AF_INET, ("127.0.0.1", 8642))]


def test_a_name_that_takes_long_is_waited_for_until_the_deadline_and_by_all_together() -> None:
    server = NameServer()
    lookup = NameLookup("h", 1, server)
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded, match="'h'"):
            lookup.endpoints(Deadline(0.2))
        assert time.monotonic() - started < 3
    assert server.asked == 1
    server.go_on.set()
    assert lookup.endpoints(Deadline(5)) == [(socket.AF_INET, ("192.0.2.1", 1))]


def test_each_connection_asks_anew() -> None:
    server = NameServer()
    server.go_on.set()
    lookup = NameLookup("h", 1, server)
    lookup.endpoints(Deadline(5))
    time.sleep(0.05)
    lookup.endpoints(Deadline(5))
    assert server.asked == 2


def test_an_unknown_name_is_unreachable() -> None:
    server = NameServer()
    server.go_on.set()
    with pytest.raises(Unreachable, match="'nowhere' is not known"):
        NameLookup("nowhere", 1, server).endpoints(Deadline(5))
