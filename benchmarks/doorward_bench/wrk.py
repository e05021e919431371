"""A server under wrk as a contestant: one thread, so many kept connections, random bodies."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from doorward_bench.processes import cpu_seconds
from doorward_bench.rounds import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SCRIPT = Path(__file__).with_name("post.lua")
_GRACE_SECONDS = 30
_runs = count(1)


class Server(Protocol):
    """What a server is to a load generator."""

    host: str
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    @property
    def headers(self) -> dict[str, str]:
        """What requests carry."""
        ...


class WrkSide:
    """Sends one of `bodies`, chosen at random, again and again to `path` of a server; `@` is new in each request."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a load is made of
        self, wrk: Path, server: Server, path: str, bodies: Sequence[str], connections: int, folder: Path
    ) -> None:
        self._server = server
        self._path = path
        self._bodies = folder / f"bodies-{server.port}-{connections}{path.replace('/', '-')}"
        self._bodies.write_text("\n".join(bodies) + "\n")
        self._command = [str(wrk), "-t1", f"-c{connections}", "--timeout", "10s", "-s", str(_SCRIPT)]

    def round(self, seconds: float) -> Sample:
        """One run of wrk. wrk counts whole seconds; its script stops the time more finely."""
        before = cpu_seconds(self._server.process.pid)
        said = self.run(seconds)
        used = cpu_seconds(self._server.process.pid) - before
        if said["errors"]:
            raise RuntimeError(f"{said['errors']} of {said['requests']} requests to {self._server.url} failed")
        return Sample(
            rate=said["requests"] / said["duration"] * 1e6,
            cpu_us=used / said["requests"] * 1e6,
            p50_us=said["p50"],
            p99_us=said["p99"],
        )

    def run(self, seconds: float) -> dict[str, Any]:
        """What the script says: requests, duration (us), errors, p50, p99 and max (us)."""
        whole = max(1, round(seconds))
        headers = "\n".join(f"{name}: {value}" for name, value in self._server.headers.items())
        made = subprocess.run(
            [*self._command, f"-d{whole}s", self._server.url + self._path],
            check=True,
            capture_output=True,
            text=True,
            timeout=whole + _GRACE_SECONDS,
            env={**os.environ, "WRK_BODIES": str(self._bodies), "WRK_HEADERS": headers, "WRK_RUN": str(next(_runs))},
        )
        said: dict[str, Any] = json.loads(made.stdout.strip().splitlines()[-1])
        return said


def answers(server: Server, path: str, bodies: Sequence[str], read: Callable[[bytes], list[bool]]) -> list[bool]:
    """Ask one after the other and collect the decisions, to see that two servers agree."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    found: list[bool] = []
    try:
        for body in bodies:
            connection.request("POST", path, body, server.headers)
            response = connection.getresponse()
            content = response.read()
            if response.status != http.client.OK:
                raise RuntimeError(f"{server.url}{path} answers {response.status}: {content[:300]!r}")
            found += read(content)
    finally:
        connection.close()
    return found
