"""Granian's requests answered where they arrive: no event loop and no task between a request and its answer.

Granian parses HTTP on threads of its own and hands each request to one Python thread. Its public
ways go on from there through an event loop, which costs more than a decision. Here that thread
waits for the body by a callback, answers hot endpoints there and then, and gives everything else
to a pool whose threads answer by themselves. docs/adr/0002-front-door.md has the measurements, and
says which parts of Granian this leans on; tests/e2e/test_process_*.py hold it to its promises.
"""

import logging
import string
import time
from collections.abc import Callable
from typing import Any, Final, Self
from urllib.parse import quote

from granian._granian import CallbackScheduler

from doorward.domain.errors import BadRequest, DoorwardError
from doorward.domain.facts import FactsMissing
from doorward.web.endpoints import Endpoint, refuse, with_request_id
from doorward.web.http import (
    MAX_BODY_BYTES,
    MIN_FACTS,
    MIN_REVISION,
    Request,
    Response,
    TooLarge,
    problem,
)
from doorward.web.later import Finished
from doorward.web.serving.crews import Crew
from doorward.web.serving.door import Door
from doorward.web.serving.flask_app import UNIX_SOCKET, is_local
from doorward.web.serving.sent_headers import Lookup, all_headers, lookup

COLD_THREADS: Final = 4
READING_THREADS: Final = 4
"""For questions whose facts have to be read, so that nothing else holds them up."""
PATIENT_THREADS: Final = 32
"""For requests that may wait for git, other writers, the database or a password to be hashed."""
WAITING_THREADS: Final = 32
"""For requests that wait for a newer policy or newer facts."""
PLACES: Final = 256
"""Requests that stand in line for each kind of threads; one more is refused."""
BODY_SECONDS: Final = 10
LINGER_SECONDS: Final = 1
MAX_QUICK_BYTES: Final = 16 << 10
MAX_DRAINED_BYTES: Final = 16 * MAX_BODY_BYTES
_CLIENTS_KNOWN: Final = 1024
_log = logging.getLogger("doorward.web")


class _HereAndNow:
    """Where Granian wants an event loop: a callback runs on the thread that brings it."""

    @staticmethod
    def call_soon(callback: Callable[..., object], *arguments: object, context: object = None) -> None:  # noqa: ARG004
        callback(*arguments)

    call_soon_threadsafe = call_soon


HERE_AND_NOW: Final = _HereAndNow()


class _Exchange:
    """One request until it is answered; Granian calls it when its body is there.

    What is read of a scope is made anew each time, the headers as a whole, so each is read once.
    """

    __slots__ = ("answered", "arriving", "door", "empty", "method", "parts", "path", "protocol", "request", "scope",
                 "size")  # fmt: skip

    def __init__(self, door: "InlineDoor", scope: Any, protocol: Any, header: Lookup) -> None:  # noqa: ANN401 - Granian's
        self.door = door
        self.scope = scope
        self.protocol = protocol
        self.method: str = scope.method
        self.path: str = scope.path
        address, local = door.client(scope.client)
        self.request = Request(header, b"", address, is_local=local)
        self.arriving: Any = None
        self.answered = False

    def __call__(self, arrived: Any) -> None:  # noqa: ANN401 - Granian's future
        """The whole body is there, or the client went away."""
        self.arriving = None
        if self.door.waiting.pop(self, None) is None:
            return  # answered already: it came too late
        try:
            self.request.body = arrived.result()
        except Exception:  # noqa: BLE001 - Granian's errors have no common base
            self.refuse(BadRequest("the body ended early; send as many bytes as Content-Length says"))
        else:
            self.door.answer(self)

    def reply(self, response: Response | Finished) -> None:
        """Send the answer, or have it sent by the thread that will have it; a client that is gone is no fault."""
        if isinstance(response, Finished):
            response.then(self.reply)
        else:
            self.protocol.response_bytes(response.status, response.headers, response.body)

    def refuse(self, error: DoorwardError) -> None:
        """Answer what tells of an error."""
        endpoint = self.door.hot_for(self)
        self.reply(with_request_id(self.request, refuse(endpoint, self.request, error)))

    def fail(self) -> None:
        """Answer with a fault of our own, which the caller has logged."""
        failed = problem(500, "internal", "Doorward failed", "an unexpected error; the log has it")
        self.reply(with_request_id(self.request, failed))


class _Parts(_Exchange):
    """A request whose body comes in parts: its length is unknown, or known to be too large."""

    __slots__ = ()

    def refuse_at_once(self) -> None:
        """Refuse a body for its length. A client that is still sending reads the answer if its body is taken."""
        self.answered = True
        self.door.waiting[self] -= BODY_SECONDS - LINGER_SECONDS
        self.refuse(TooLarge())

    def begin(self) -> None:
        """Ask for the first part."""
        self.parts: list[bytes] = []
        self.size = self.empty = 0
        self.protocol.__aiter__()
        self._ask()

    def _ask(self) -> None:
        try:
            self.arriving = part = self.protocol.__anext__()
        except StopAsyncIteration:
            self._end()
        else:
            part.add_done_callback(self)

    def __call__(self, arrived: Any) -> None:  # noqa: ANN401 - Granian's future
        """One part is there. Granian gives an empty one at the end, and one more for a fault or for trailers."""
        self.arriving = None
        if self not in self.door.waiting:
            return
        try:
            part: bytes = arrived.result()
        except StopAsyncIteration:
            self._end()
            return
        except Exception:  # noqa: BLE001 - Granian's errors have no common base
            self.empty += 2
            self._end()
            return
        self.size += len(part)
        self.empty += not part
        if self.size <= MAX_BODY_BYTES:
            self.parts.append(part)
        else:
            self.parts.clear()  # it is only read to its end, so that the client listens to the refusal
        if self.size > MAX_DRAINED_BYTES:
            self._end()
        else:
            self._ask()

    def _end(self) -> None:
        if self.door.waiting.pop(self, None) is None:
            return
        if self.answered:
            return
        if self.size > MAX_BODY_BYTES:
            self.refuse(TooLarge())
        elif self.empty > 1:
            self.refuse(BadRequest("the chunked body ended early, or has trailers; send it whole, without trailers"))
        else:
            self.request.body = b"".join(self.parts)
            self.door.answer(self)


class InlineDoor(CallbackScheduler):
    """The front door as Granian's scheduler."""

    def __new__(cls, *_: object) -> Self:
        """Granian's part of it: no loop, no callback, no task."""
        made: Self = super().__new__(cls, HERE_AND_NOW, None, None, None, None)  # type: ignore[call-arg]  # its types lack it
        return made

    def __init__(self, door: Door) -> None:
        self.waiting: dict[_Exchange, float] = {}  # whose body is not there yet, and since when
        self._door = door
        self._hot = door.hot
        self._cold = Crew("flask", threads=COLD_THREADS, places=PLACES)
        self._reading = Crew("reading", threads=READING_THREADS, places=PLACES)
        self._patient = Crew("patient", threads=PATIENT_THREADS, places=PLACES)
        self._waiting = Crew("waiting", threads=WAITING_THREADS, places=PLACES)
        self._clients: dict[str, tuple[str, bool]] = {}
        self._schedule_fn = self._take

    def _take(self, watcher: Any) -> None:  # noqa: ANN401 - Granian's type
        """A request is there. Granian expects that this neither raises nor blocks."""
        try:
            scope = watcher.scope
            headers = scope.headers
            header = lookup(headers)
            length = header("content-length")
            exchange = _Exchange(self, scope, watcher.proto, header)
            if length is None and "transfer-encoding" not in headers:
                self.answer(exchange)
            elif length is None or not length.isdigit() or int(length) > MAX_BODY_BYTES:
                if length is not None and (not length.isdigit() or int(length) > MAX_DRAINED_BYTES):
                    exchange.refuse(TooLarge())
                    return
                parts = _Parts(self, scope, watcher.proto, header)
                self.waiting[parts] = time.monotonic()
                if length is not None:
                    parts.refuse_at_once()
                parts.begin()
            else:
                self.waiting[exchange] = time.monotonic()
                exchange.arriving = body = exchange.protocol()
                body.add_done_callback(exchange)
        except Exception:  # noqa: BLE001 - the last line of defence: logged, and answered
            _log.exception("a request could not be taken")
            watcher.proto.response_bytes(500, [("connection", "close")], b"")

    def answer(self, exchange: _Exchange) -> None:
        """Answer a request whose body is there."""
        request = exchange.request
        header, body = request.header, request.body
        endpoint = self.hot_for(exchange)
        try:
            asks = header(MIN_REVISION) is not None or header(MIN_FACTS) is not None
            waits = asks and self._door.may_wait(header)
            # large requests and explanations would hold up the others
            is_quick = len(body) <= MAX_QUICK_BYTES and b'"explain"' not in body
            if endpoint is not None and is_quick and not waits and not exchange.scope.query_string:
                try:
                    response = self._door.answer_hot(endpoint, request)
                except FactsMissing:
                    self._set_aside(self._reading, self._answer_blocking, exchange, endpoint)
                else:
                    exchange.reply(response)
            else:
                is_patient = self._door.is_patient(exchange.method, exchange.path)
                crew = self._patient if is_patient else self._waiting if waits else self._cold
                self._set_aside(crew, self._answer_cold, exchange)
        except Exception:  # noqa: BLE001 - the last line of defence: logged, and answered
            _log.exception("%s %s failed", exchange.method, exchange.path)
            exchange.fail()

    def hot_for(self, exchange: _Exchange) -> Endpoint | None:
        """The hot endpoint that a request is for."""
        method, path = exchange.method, exchange.path
        return self._hot.get((method, path)) or self._door.hot_below(exchange.request, method, path)

    def _set_aside(self, crew: Crew, answer: Callable[..., None], exchange: _Exchange, *more: object) -> None:
        """Have a request answered by another thread, if there is a place for one that waits."""
        if not crew.take(answer, exchange, *more):
            busy = problem(503, "busy", "Too many requests wait", "try again in a moment", [("retry-after", "1")])
            exchange.reply(with_request_id(exchange.request, busy))

    def _answer_blocking(self, exchange: _Exchange, endpoint: Endpoint) -> None:
        """Answer a hot request that needs something which is not in memory."""
        try:
            exchange.reply(self._door.answer_blocking(endpoint, exchange.request))
        except Exception:  # noqa: BLE001 - the last line of defence: logged, and answered
            _log.exception("%s %s failed", endpoint.method, endpoint.path)
            exchange.fail()

    def _answer_cold(self, exchange: _Exchange) -> None:
        scope = exchange.scope
        try:
            # Granian has decoded the path, and the door decodes it: quoted, it is decoded once.
            path, query = quote(exchange.path), quote(scope.query_string, safe=string.punctuation)
            body, remote = exchange.request.body, exchange.request.address or UNIX_SOCKET
            exchange.reply(
                self._door.answer_cold(exchange.method, path, query, all_headers(scope.headers), body, remote)
            )
        except Exception:  # noqa: BLE001 - the last line of defence: logged, and answered
            _log.exception("%s %s failed", exchange.method, exchange.path)
            exchange.fail()

    def end_late_bodies(self) -> None:
        """Give up on bodies that do not come in time. Called now and then, from any thread."""
        oldest = time.monotonic() - BODY_SECONDS
        for exchange, since in list(self.waiting.items()):
            if since < oldest and self.waiting.pop(exchange, None) is not None:
                if not exchange.answered:
                    exchange.refuse(BadRequest(f"the body did not come within {BODY_SECONDS} seconds; send it at once"))
                arriving = exchange.arriving
                if arriving is not None:
                    arriving.cancel()

    def client(self, client: str) -> tuple[str, bool]:
        """A client's address, empty on a Unix socket, and whether it is on this machine."""
        host = client.rpartition(":")[0]
        known = self._clients.get(host)
        if known is None:
            address = host.removeprefix("[").removesuffix("]")
            if len(self._clients) > _CLIENTS_KNOWN:
                self._clients.clear()
            known = self._clients[host] = (address, is_local(address or UNIX_SOCKET))
        return known

    def close(self, *, wait: bool) -> None:
        """Let the threads end."""
        for crew in (self._cold, self._reading, self._patient, self._waiting):
            crew.close(wait=wait)
