"""A bare WSGI application on the server that Doorward runs on: what an answer costs without a question."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from doorward_bench.processes import stop

if TYPE_CHECKING:
    from collections.abc import Mapping

_READY_SECONDS = 30


class BareServer:
    """Granian with one worker and one thread, which answers `answer` to everything."""

    def __init__(self, python: Path, answer: bytes, folder: Path, headers: Mapping[str, str]) -> None:
        self.host, self.port, self.headers = "127.0.0.1", _free_port(), dict(headers)
        said = folder / f"bare-{self.port}"
        said.write_bytes(answer)
        options = (
            "--interface",
            "wsgi",
            "--workers",
            "1",
            "--blocking-threads",
            "1",
            "--no-ws",
            "--log-level",
            "error",
        )
        self.process = subprocess.Popen(
            [str(python), "-m", "granian", *options, "--host", self.host, "--port", str(self.port), "bare_wsgi:app"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "BARE_ANSWER": str(said), "PYTHONPATH": str(Path(__file__).with_name("workers"))},
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
            try:
                connection.request("GET", "/")
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        raise RuntimeError(f"the bare application did not answer within {_READY_SECONDS} s")

    def close(self) -> None:
        """Stop it."""
        stop(self.process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
