"""Granian in this process, in front of the door: one process, one event loop, RSGI.

Hot endpoints are answered on the loop; everything else runs in a small pool of threads.
Why RSGI and why embedded: docs/adr/0002-front-door.md.
"""

import asyncio
import errno
import logging
import signal
import socket
import stat
import string
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]
from granian.server.embed import Server

from doorward.domain.address import Listen
from doorward.domain.errors import BadRequest, DoorwardError, StateUnusable
from doorward.web.door import Door
from doorward.web.endpoints import with_request_id
from doorward.web.flask_app import UNIX_SOCKET, is_local
from doorward.web.http import MAX_BODY_BYTES, Request, TooLarge, problem, problem_of

COLD_THREADS: Final = 4
HEADER_SECONDS: Final = 10
BODY_SECONDS: Final = 10
DRAIN_SECONDS: Final = 10
_BACKLOG: Final = 1024
_HEAD_BYTES: Final = 64 << 10
_SWEEP_SECONDS: Final = 0.5
_log = logging.getLogger("doorward.web")


class RsgiDoor:
    """The door as an RSGI application (Granian's interface, version 1.6)."""

    def __init__(self, door: Door, ready: Callable[[], None]) -> None:
        self._ready = ready
        self._door = door
        self._hot = door.hot
        self._pool = ThreadPoolExecutor(COLD_THREADS, thread_name_prefix="flask")
        self._local_known: dict[str, tuple[str, bool]] = {}
        self._waiting: dict[Any, float] = {}  # tasks that wait for a body, and since when

    def __rsgi_init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Granian takes connections from now on; those that came before wait in the socket's queue."""
        self._ready()

    async def __call__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - Granian's types
        """Answer one request."""
        remote, local = self._client(scope.client)
        request = Request(_lookup(scope.headers), b"", "" if remote == UNIX_SOCKET else remote, is_local=local)
        try:
            request.body = await self._body(scope.headers, protocol)
            endpoint = self._hot.get((scope.method, scope.path))
            if endpoint is not None and not scope.query_string:
                response = self._door.answer_hot(endpoint, request)
            else:
                # Granian has decoded the path, and the door decodes it: quoted, it is decoded once.
                path, query = quote(scope.path), quote(scope.query_string, safe=string.punctuation)
                # WSGI takes X_API_KEY for X-API-Key: such names are left out.
                headers = [(name, request.header(name) or "") for name in scope.headers if "_" not in name]
                asked = (scope.method, path, query, headers, request.body, remote)
                loop = asyncio.get_running_loop()
                response = await loop.run_in_executor(self._pool, self._door.answer_cold, *asked)
        except DoorwardError as error:
            response = with_request_id(request, problem_of(error))
        except Exception:  # noqa: BLE001 - the last line of defence: logged, and answered as a problem
            _log.exception("%s %s failed", scope.method, scope.path)
            failed = problem(500, "internal", "Doorward failed", "an unexpected error; the log has it")
            response = with_request_id(request, failed)
        protocol.response_bytes(response.status, response.headers, response.body)

    async def _body(self, headers: Any, protocol: Any) -> bytes:  # noqa: ANN401 - Granian's types
        """The whole body of a request. Raises TooLarge, and BadRequest where it ends early or does not come in time."""
        length = headers.get("content-length")
        if length is None and "transfer-encoding" not in headers:
            return b""
        if length is not None and (not length.isdigit() or int(length) > MAX_BODY_BYTES):
            raise TooLarge
        task = asyncio.current_task()
        self._waiting[task] = time.monotonic()
        try:
            body: bytes = await (protocol() if length is not None else _read_chunks(protocol))
        except ProtocolClosed as error:
            raise BadRequest("the body ended early; send as many bytes as Content-Length says") from error
        except asyncio.CancelledError:
            if task is None or task in self._waiting:  # not by `end_late_bodies`
                raise
            task.uncancel()
            raise BadRequest(f"the body did not come within {BODY_SECONDS} seconds; send it at once") from None
        finally:
            self._waiting.pop(task, None)
        return body

    async def end_late_bodies(self) -> None:
        """Give up on bodies that do not come in time. One sweep for all: a timer costs more than a decision."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            oldest = time.monotonic() - BODY_SECONDS
            for task in [task for task, since in self._waiting.items() if since < oldest]:
                del self._waiting[task]
                task.cancel()

    def _client(self, client: str) -> tuple[str, bool]:
        """The client's address and whether it is on this machine."""
        host = client.rpartition(":")[0]
        known = self._local_known.get(host)
        if known is None:
            address = host.removeprefix("[").removesuffix("]") or UNIX_SOCKET
            if len(self._local_known) > _BACKLOG:
                self._local_known.clear()
            known = self._local_known[host] = (address, is_local(address))
        return known

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _lookup(headers: Any) -> Callable[[str], str | None]:  # noqa: ANN401 - Granian's type
    """A header by name, as WSGI has it: repeated ones joined; empty where it is not ASCII, so that it is not absent."""

    def header(name: str) -> str | None:
        values = headers.get_all(name)
        if values:
            return values[0] if len(values) == 1 else ",".join(values)
        return "" if name in headers else None

    return header


async def _read_chunks(protocol: Any) -> bytes:  # noqa: ANN401 - Granian's types
    """A body of unknown length. Granian gives one empty part at its end, and one more for a fault or for trailers."""
    parts: list[bytes] = []
    total = empty = 0
    async for part in protocol:
        total += len(part)
        empty += not part
        if total > MAX_BODY_BYTES:
            raise TooLarge
        parts.append(part)
    if empty > 1:
        raise BadRequest("the chunked body ended early, or has trailers; send it whole, without trailers")
    return b"".join(parts)


def _bind(listen: Listen) -> socket.socket:
    """Listen at the address, alone: Granian itself would share a port with anyone who lets it (SO_REUSEPORT)."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    if listen.unix_path is not None:
        family = socket.AF_UNIX
        _clear_stale_socket(Path(listen.unix_path))
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if listen.unix_path is None:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind(listen.unix_path or (listen.host, listen.port))
        bound.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        bound.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is taken by another process" if taken else f"cannot be used ({error})"
        raise StateUnusable(f"the address {listen} {reason}; give --listen another one") from error
    return bound


def _clear_stale_socket(path: Path) -> None:
    if not path.parent.is_dir():
        raise StateUnusable(f"the folder of {path} does not exist; make it, or give --listen another path")
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise StateUnusable(f"{path} is no socket; remove it, or give --listen another path")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:  # nobody listens; any other error means that somebody may
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise StateUnusable(f"{path} cannot be used ({error}); remove it, or give --listen another path") from error
    raise StateUnusable(f"another process answers at unix:{path}; stop it, or give --listen another path")


class _BoundServer(Server):
    """Granian on a socket that listens already."""

    bound: socket.socket

    def _init_shared_socket(self) -> None:
        given = (self.bound.detach(), self.bound.family == socket.AF_UNIX, _BACKLOG)
        self._shd: Any = SocketHolder(*given[: 3 if sys.platform == "linux" else 2])


def serve(door: Door, listen: Listen, *, ready: Callable[[str], None], draining: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Port 0 chooses a free one. `ready` is called with the address once connections are taken, `draining` when
    the process was asked to stop. Raises StateUnusable where the address cannot be had.
    """
    bound = _bind(listen)
    if listen.unix_path is None:
        listen = Listen(host=listen.host, port=bound.getsockname()[1])
    application = RsgiDoor(door, lambda: ready(str(listen)))
    try:
        uvloop.run(_serve(application, bound, draining))
        application.close()
    finally:
        if listen.unix_path is not None:
            Path(listen.unix_path).unlink(missing_ok=True)


async def _serve(application: RsgiDoor, bound: socket.socket, draining: Callable[[], None]) -> None:
    server = _BoundServer(
        application,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=_HEAD_BYTES),
        log_enabled=False,
    )
    server.bound = bound
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sweeping = asyncio.ensure_future(application.end_late_bodies())
    serving, stopping = asyncio.ensure_future(server.serve()), asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
        raise StateUnusable("the server stopped by itself; the log says why")
    draining()
    server.stop()  # type: ignore[no-untyped-call]  # Granian's is not annotated
    try:
        await asyncio.wait_for(serving, DRAIN_SECONDS)
    except TimeoutError:
        _log.warning("clients that did not finish within %d seconds were cut off", DRAIN_SECONDS)
    sweeping.cancel()
