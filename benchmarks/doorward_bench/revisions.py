"""Asks a server again and again which revision it answers from."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward_bench.server import DoorwardServer

_EVERY_SECONDS = 0.005


class RevisionWatch:
    """Watches while it is told to; `changed` is set once the revision is another than at the start."""

    def __init__(self, server: DoorwardServer, path: str, body: str) -> None:
        self._server = server
        self._path = path
        self._body = body
        self.changed = threading.Event()
        self._seen = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Ask every few milliseconds from here on."""
        self.changed.clear()
        stop = threading.Event()
        connection = http.client.HTTPConnection(self._server.host, self._server.port, timeout=30)
        first = self._revision(connection)

        def watch() -> None:
            while not stop.is_set():
                if self._revision(connection) != first and not self.changed.is_set():
                    self._seen = time.perf_counter()
                    self.changed.set()
                time.sleep(_EVERY_SECONDS)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
            connection.close()

    def wait(self, seconds: float) -> float:
        """When (perf_counter) another revision was first seen."""
        if not self.changed.wait(seconds):
            self.changed.set()
            raise RuntimeError(f"a change was not served within {seconds:.0f} s")
        return self._seen

    def _revision(self, connection: http.client.HTTPConnection) -> str:
        connection.request("POST", self._path, self._body, self._server.headers)
        response = connection.getresponse()
        response.read()
        return response.headers["Doorward-Revision"]
