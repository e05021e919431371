"""Asks a server again and again which revision it answers from, and whether it still answers the same."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward_bench.server import DoorwardServer

_EVERY_SECONDS = 0.005


class RevisionWatch:
    """Watches while it is told to; `changed` is set once the revision is another than at the start.

    `failed` counts the answers since then that were no 200 or said otherwise than the first.
    """

    def __init__(self, server: DoorwardServer, path: str, body: str) -> None:
        self._server = server
        self._path = path
        self._body = body
        self.changed = threading.Event()
        self.failed = 0
        self._seen = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Ask every few milliseconds from here on."""
        self.changed.clear()
        self.failed = 0
        stop = threading.Event()
        connection = http.client.HTTPConnection(self._server.host, self._server.port, timeout=30)
        first, said = self._ask(connection)

        def watch() -> None:
            while not stop.is_set():
                revision, answer = self._ask(connection)
                self.failed += answer is None or answer != said
                if revision not in {first, ""} and not self.changed.is_set():
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

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[str, bool | None]:
        """The revision, blank where none is said, and the decision; None for an answer that failed."""
        try:
            connection.request("POST", self._path, self._body, self._server.headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens it again
            return "", None
        revision = response.headers.get("Doorward-Revision", "")
        return revision, json.loads(body)["decision"] if response.status == http.client.OK else None
