"""A Doorward server to measure: `doorward serve` in a process of its own."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from typing import TYPE_CHECKING, Self

from doorward_bench.processes import stop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_READY_SECONDS = 60
_ADDRESS = re.compile(r"http://(\S+):(\d+)")


class DoorwardServer:
    """Started on a free port of loopback; `ready_seconds` is how long it took to say that it answers."""

    def __init__(
        self, doorward_bin: Path, tree: Path, state: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._log_path = state.parent / f"{state.name}.log"
        self._log = self._log_path.open("w")
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [
                str(doorward_bin / "doorward"),
                "serve",
                *("--policy", str(tree), "--state", str(state), "--listen", "127.0.0.1:0"),
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            self.host, self.port = self._address()
            self.ready_seconds = time.perf_counter() - started
            self.key = (state / "admin.key").read_text().strip()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request to it carries."""
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}

    def _address(self) -> tuple[str, int]:
        stream = self.process.stdout
        if stream is None:
            raise RuntimeError("the server has no pipe")
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            readable, _, _ = select.select([stream], [], [], deadline - time.monotonic())
            line = stream.readline() if readable else ""
            found = _ADDRESS.search(line)
            if found:
                return found[1], int(found[2])
            if not line:
                break
        ended = "ended" if self.process.poll() is not None else f"did not answer within {_READY_SECONDS} s"
        raise RuntimeError(f"doorward {ended}; it said: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log_path.read_text().strip().splitlines()
        return " / ".join(lines[-3:]) or "nothing"

    def close(self) -> None:
        """Stop it."""
        stop(self.process)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
