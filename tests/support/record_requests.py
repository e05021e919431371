"""Requests that change what is recorded, sent until they are answered, or given up for ever."""

import contextlib
import http.client
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

GIVEN_UP = 0.3
REPEATED = 0.1
PATIENCE_SECONDS = 40.0
ANSWER_SECONDS = 5.0
_REFUSED_FOR_NOW = 503
_CONFLICT = 409
_AT_WORK = b"is still being carried out"


@dataclass(frozen=True)
class Order:
    """What a process of clients is to do."""

    process: int
    threads: int
    addresses: list[str]
    key: str
    tenants: list[str]
    password: str
    password_hash: str


@dataclass
class Change:
    """A change that was asked for: the audit rows and the state that belong to it. `status` 0: no answer came."""

    request: str
    thing: str
    audits: dict[str, int]
    after: dict[str, Any]
    status: int = 0
    facts: int = 0
    tries: int = 0
    faults: list[str] = field(default_factory=list)


class Lost(Exception):  # noqa: N818 - what became of a request
    """Nobody knows whether a change was carried out."""


class Client:
    """Sends requests over one connection, to one address until that fails."""

    def __init__(self, order: Order, number: int, dice: random.Random) -> None:
        self._order = order
        self._dice = dice
        self._at = number
        self._connection: http.client.HTTPConnection | None = None

    def carry_out(self, change: Change, method: str, path: str, body: object, *, again: bool) -> dict[str, Any]:
        """Send a change until it is answered. Raises Lost where it is not, and is not asked `again`."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            change.tries += 1
            try:
                status, headers, content = self._send(change, method, path, body, again=again)
            except ConnectionRefusedError:  # it was never sent
                status = _REFUSED_FOR_NOW
            except (OSError, http.client.HTTPException):
                self._lose()
                if not again or self._dice.random() < GIVEN_UP:
                    raise Lost from None
                status = _REFUSED_FOR_NOW
            else:
                if status == _REFUSED_FOR_NOW and not again and b"store-unavailable" in content:
                    raise Lost  # the commit may be what was not answered
                if status == _CONFLICT and _AT_WORK in content:  # whoever was killed at it is not quite gone
                    status = _REFUSED_FOR_NOW
            if status != _REFUSED_FOR_NOW:
                break
            if time.monotonic() > ends:
                raise Lost
            self._lose()
            time.sleep(0.05)
        change.status, change.facts = status, int(headers.get("doorward-facts", "0"))
        if again and self._dice.random() < REPEATED:
            self._repeat(change, (method, path, body), content)
        answer: dict[str, Any] = json.loads(content or b"{}")
        return answer

    def _repeat(self, change: Change, request: tuple[str, str, object], content: bytes) -> None:
        """Ask for what was answered once more: the same answer comes, unless none does."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, headers, repeated = self._send(change, *request, again=True)
            if status == _REFUSED_FOR_NOW:
                return
            if (status, repeated, headers.get("idempotency-replayed")) != (change.status, content, "true"):
                change.faults.append(f"repeated, it was answered {status} {repeated.decode()[:200]}")
            return
        self._lose()

    def _send(
        self, change: Change, method: str, path: str, body: object, *, again: bool
    ) -> tuple[int, dict[str, str], bytes]:
        if self._connection is None:
            host, _, port = self._order.addresses[self._at % len(self._order.addresses)].rpartition(":")
            self._connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
        headers = {
            "Authorization": f"Bearer {self._order.key}",
            "Content-Type": "application/json",
            "X-Request-ID": change.request,
        }
        if again:
            headers["Idempotency-Key"] = change.request
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def _lose(self) -> None:
        """The next try goes to the next address."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._at += 1
