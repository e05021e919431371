"""Real sidecar processes for tests: started on a free port, stopped by their own process id."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

START_SECONDS = 60
STOP_SECONDS = 30


@dataclass
class Sidecar:
    """A running `doorward serve`."""

    process: subprocess.Popen[str]
    address: str
    state: Path
    log: Path
    key: str = field(repr=False)

    @property
    def url(self) -> str:
        """What clients are given."""
        return self.address if self.address.startswith("unix:") else f"http://{self.address}"

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, over TCP or the Unix socket."""
        if self.address.startswith("unix:"):
            return _UnixConnection(self.address.removeprefix("unix:"))
        host, _, port = self.address.rpartition(":")
        return http.client.HTTPConnection(host, int(port), timeout=30)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request with the admin key, unless `headers` say otherwise."""
        sent = (
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} if headers is None else headers
        )
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, path, body=body, headers=dict(sent))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def post(self, path: str, value: object) -> dict[str, object]:
        """POST JSON, get JSON."""
        _, _, body = self.request("POST", path, json.dumps(value).encode())
        answer: dict[str, object] = json.loads(body)
        return answer

    def get(self, path: str) -> dict[str, object]:
        """GET JSON."""
        _, _, body = self.request("GET", path)
        answer: dict[str, object] = json.loads(body)
        return answer

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        return code


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


Start = Callable[..., Sidecar]


def doorward_command(*arguments: str) -> list[str]:
    """The command line of `doorward` in this environment."""
    return [sys.executable, "-c", "from doorward.cli import main; main()", *arguments]


def start_sidecar(
    state: Path,
    *arguments: str,
    listen: str = "127.0.0.1:0",
    environment: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Sidecar:
    """Start one and wait until it answers; `key` is sent instead of the first one."""
    state.mkdir(parents=True, exist_ok=True)
    log = state / "log"
    command = doorward_command("serve", "--state", str(state), "--listen", listen, *arguments)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **(environment or {})}
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if " answers at " not in line:
        process.wait(STOP_SECONDS)
        process.stdout.close()
        raise AssertionError(f"no sidecar (exit {process.returncode}): {line!r}\n{log.read_text()}")
    address = line.split(" answers at ")[1].split(" ")[0].removeprefix("http://")
    return Sidecar(process, address, state, log, key or (state / "admin.key").read_text().strip())


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Start]:
    """Start sidecars; all are stopped when the test ends."""
    started: list[Sidecar] = []

    def start(
        *arguments: str, name: str = "state", listen: str = "127.0.0.1:0", environment: Mapping[str, str] | None = None
    ) -> Sidecar:
        one = start_sidecar(tmp_path / name, *arguments, listen=listen, environment=environment)
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop(signal.SIGKILL if one.process.poll() is None else signal.SIGTERM)
