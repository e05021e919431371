"""Granian in this process, in front of the door: listening, stopping, draining."""

import contextlib
import errno
import logging
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from granian import _granian
from granian.http import HTTP1Settings

from doorward.domain.address import Listen
from doorward.domain.errors import StateUnusable
from doorward.web.serving.door import Door
from doorward.web.serving.inline import HERE_AND_NOW, InlineDoor
from doorward.web.serving.stopping import StopSignals

HEADER_SECONDS: Final = 10
DRAIN_SECONDS: Final = 10
_engine: Final[Any] = _granian  # its published types are of another version than itself
_BACKLOG: Final = 1024
_CONNECTIONS: Final = 4096
_HEAD_BYTES: Final = 64 << 10
_SWEEP_SECONDS: Final = 0.5
_log = logging.getLogger("doorward.web")


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
    bound = _bind(listen)
    path = None if listen.unix_path is None else Path(listen.unix_path)
    made = None if path is None else path.lstat().st_ino
    if path is None:
        listen = Listen(host=listen.host, port=bound.getsockname()[1])
    try:
        _serve(InlineDoor(door), bound, lambda: ready(str(listen)), draining)
    finally:
        with contextlib.suppress(FileNotFoundError):
            if path is not None and path.lstat().st_ino == made:  # a successor may have put its own there
                path.unlink()


def _serve(door: InlineDoor, bound: socket.socket, ready: Callable[[], None], draining: Callable[[], None]) -> None:
    is_unix = bound.family == socket.AF_UNIX
    asked = StopSignals()
    stop, stopped = _engine.WorkerSignal(), threading.Event()
    stop.add_cb(stopped.set)
    worker = _engine.RSGIWorker(
        1,  # worker id
        (None, _engine.SocketHolder(bound.detach(), is_unix, _BACKLOG)),
        None,  # ipc
        1,  # runtime threads
        1,  # runtime blocking threads
        1,  # python threads
        30,  # their idle timeout
        _CONNECTIONS,
        "1",  # HTTP/1.1
        HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=_HEAD_BYTES),
        None,  # HTTP/2
        False,  # websockets
        None,  # static files
        False,  # TLS
        None,
        None,
        None,
        "tls1.3",
        None,
        [],
        False,
        (None, None),  # metrics
    )
    start = worker.serve_mtr_uds if is_unix else worker.serve_mtr
    start(door, HERE_AND_NOW, stop)
    ready()
    while not asked.wait(_SWEEP_SECONDS):
        door.end_late_bodies()
    draining()
    stop.set()
    end = time.monotonic() + DRAIN_SECONDS
    while not stopped.wait(_SWEEP_SECONDS) and time.monotonic() < end:
        door.end_late_bodies()
    if not stopped.is_set():
        _log.warning("clients that did not finish within %d seconds were cut off", DRAIN_SECONDS)
    door.close(wait=stopped.is_set())
