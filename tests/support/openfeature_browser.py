"""A page in headless Chromium that asks a sidecar, on an origin of its own, by OpenFeature's SDK for the web."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from support.needs import find_program
from support.openfeature_cases import CLIENTS

_PROGRAMS: Final = Path(__file__).parent / "openfeature"
_MODULES: Final = CLIENTS / "node_modules"
_SECONDS: Final = 90
_TYPES: Final = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript"}


class Site:
    """A site with one page: what it is to ask, and what it tells."""

    def __init__(self) -> None:
        self.asked: Mapping[str, Any] = {}
        self._told: queue.Queue[Any] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def told(self) -> Any:
        """The next thing that the page tells."""
        return self._told.get(timeout=_SECONDS)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _content(self, path: str) -> tuple[bytes, str] | None:
        if path == "/asked":
            return json.dumps(self.asked).encode(), "application/json"
        file = _MODULES / path.removeprefix("/clients/") if path.startswith("/clients/") else _PROGRAMS / path[1:]
        return (file.read_bytes(), _TYPES[file.suffix]) if file.is_file() else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = site._content(self.path)
                self.send_response(404 if content is None else 200)
                if content is not None:
                    self.send_header("Content-Type", content[1])
                self.end_headers()
                self.wfile.write(b"" if content is None else content[0])

            def do_POST(self) -> None:
                site._told.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        return Handler


@contextmanager
def site() -> Iterator[Site]:
    """One that listens."""
    made = Site()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def visited(url: str, profile: Path) -> Iterator[None]:
    """A browser on a page; it ends with the block."""
    chromium = find_program("chromium")
    assert chromium is not None
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command = [chromium, *options, f"--user-data-dir={profile}", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its own group: the browser is several processes
        process.wait()
