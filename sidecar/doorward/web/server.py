"""Granian in this process, in front of the door: one process, one event loop, RSGI.

Hot endpoints are answered on the loop; everything else runs in a small pool of threads.
Why RSGI and why embedded: docs/adr/0002-front-door.md.
"""

import asyncio
import contextlib
import errno
import signal
import socket
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from doorward.domain.address import Listen
from doorward.domain.errors import StateUnusable
from doorward.web.door import Door
from doorward.web.flask_app import UNIX_SOCKET, is_local
from doorward.web.http import MAX_BODY_BYTES, Request, Response, TooLarge, problem_of

COLD_THREADS: Final = 4
HEADER_SECONDS: Final = 10
BODY_SECONDS: Final = 20
DRAIN_SECONDS: Final = 10
_BACKLOG: Final = 1024
_PROBE_SECONDS: Final = 0.01


class RsgiDoor:
    """The door as an RSGI application (Granian's interface, version 1.5)."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._hot = door.hot
        self._pool = ThreadPoolExecutor(COLD_THREADS, thread_name_prefix="flask")
        self._local_known: dict[str, tuple[str, bool]] = {}

    async def __call__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - Granian's types
        """Answer one request."""
        headers = scope.headers
        length = headers.get("content-length")
        if length is None and headers.get("transfer-encoding") is not None:
            body = await _read_chunks(protocol)
        elif length is not None and (not length.isdigit() or int(length) > MAX_BODY_BYTES):
            body = None
        else:
            body = await _read_whole(protocol)
        remote, local = self._client(scope.client)
        if body is None:
            response = problem_of(TooLarge())
        elif (endpoint := self._hot.get((scope.method, scope.path))) is not None and not scope.query_string:
            request = Request(headers.get, body, "" if remote == UNIX_SOCKET else remote, is_local=local)
            response = self._door.answer_hot(endpoint, request)
        else:
            response = await self._cold(scope, body, remote)
        protocol.response_bytes(response.status, response.headers, response.body)

    async def _cold(self, scope: Any, body: bytes, remote: str) -> Response:  # noqa: ANN401 - Granian's types
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool,
            self._door.answer_cold,
            scope.method,
            scope.path,
            scope.query_string,
            list(scope.headers.items()),
            body,
            remote,
        )

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


async def _read_whole(protocol: Any) -> bytes | None:  # noqa: ANN401 - Granian's types
    return await protocol()  # type: ignore[no-any-return]


async def _read_chunks(protocol: Any) -> bytes | None:  # noqa: ANN401 - Granian's types
    """A body of unknown length, or None once it is too large."""
    parts: list[bytes] = []
    total = 0
    async for part in protocol:
        total += len(part)
        if total > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _claim(listen: Listen) -> Listen:
    """Make sure that nobody answers at the address, and choose a port where 0 was given.

    Granian shares a port silently (SO_REUSEPORT), so the address is tried without that first.

    Raises:
        StateUnusable: it is taken, or cannot be had.
    """
    if listen.unix_path is not None:
        _clear_stale_socket(Path(listen.unix_path))
        return listen
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
            probe.listen()
        except (OSError, UnicodeError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "is taken by another process" if taken else f"cannot be used ({error})"
            raise StateUnusable(f"the address {listen} {reason}; give --listen another one") from error
        return Listen(host=listen.host, port=probe.getsockname()[1])


def _clear_stale_socket(path: Path) -> None:
    if not path.parent.is_dir():
        raise StateUnusable(f"the folder of {path} does not exist; make it, or give --listen another path")
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise StateUnusable(f"{path} is no socket; remove it, or give --listen another path")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise StateUnusable(f"another process answers at unix:{path}; stop it, or give --listen another path")


async def _answers(listen: Listen) -> None:
    """Wait until the server takes connections."""
    while True:
        with contextlib.suppress(OSError):
            if listen.unix_path is not None:
                _, writer = await asyncio.open_unix_connection(listen.unix_path)
            else:
                host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104
                _, writer = await asyncio.open_connection(host, listen.port)
            writer.close()
            return
        await asyncio.sleep(_PROBE_SECONDS)


def serve(door: Door, listen: Listen, *, ready: Callable[[str], None], draining: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Args:
        door: what answers.
        listen: where; port 0 chooses a free one.
        ready: called with the address once connections are taken.
        draining: called when the process was asked to stop.

    Raises:
        StateUnusable: the address cannot be had.
    """
    listen = _claim(listen)
    application = RsgiDoor(door)
    uvloop.run(_serve(application, listen, ready, draining))
    application.close()
    if listen.unix_path is not None:
        Path(listen.unix_path).unlink(missing_ok=True)


async def _serve(
    application: RsgiDoor, listen: Listen, ready: Callable[[str], None], draining: Callable[[], None]
) -> None:
    server = Server(
        application,
        address=listen.host or "127.0.0.1",
        port=listen.port or 1,
        uds=Path(listen.unix_path) if listen.unix_path is not None else None,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.ensure_future(server.serve())
    await _first(serving, _answers(listen))
    ready(str(listen))
    await _first(serving, stop.wait())
    draining()
    server.stop()  # type: ignore[no-untyped-call]  # Granian's is not annotated
    await asyncio.wait_for(serving, DRAIN_SECONDS)


async def _first(serving: "asyncio.Future[Any]", other: Any) -> None:  # noqa: ANN401 - any coroutine
    """Wait for `other`; if the server ends before it, raise what ended it."""
    waiting = asyncio.ensure_future(other)
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        await serving
        raise StateUnusable("the server stopped by itself; the log says why")
