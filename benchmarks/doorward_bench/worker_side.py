"""A contestant in a process of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
from typing import TYPE_CHECKING, Any, Self

from doorward_bench.peers import BENCHMARKS, Unavailable
from doorward_bench.processes import stop
from doorward_bench.rounds import Sample

if TYPE_CHECKING:
    from pathlib import Path

_READY_SECONDS = 180
_ROUND_SECONDS = 120


def worker_environment() -> dict[str, str]:
    """What a worker finds its modules by; its hashes are the same in every run."""
    paths = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}


class WorkerSide:
    """One worker: started, waited for until it is ready, given orders, stopped."""

    def __init__(self, python: Path, worker: str, ready_seconds: float = _READY_SECONDS, **wanted: object) -> None:
        self._name = worker
        self._process = subprocess.Popen(
            [str(python), "-m", f"doorward_bench.workers.{worker}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=worker_environment(),
        )
        try:
            self._send(json.dumps(wanted))
            self.facts = self._answer(ready_seconds)
        except BaseException:
            stop(self._process)
            raise

    def round(self, seconds: float, work: str = "") -> Sample:
        """Let it work; `work` is one of those that the worker's loop knows, blank for its usual one."""
        self._send(json.dumps({"seconds": seconds, "work": work}))
        return Sample(**self._answer(seconds + _ROUND_SECONDS))

    def close(self) -> None:
        """End the process."""
        stop(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, line: str) -> None:
        if self._process.stdin is None:
            raise RuntimeError("the worker has no pipe")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _answer(self, seconds: float) -> dict[str, Any]:
        stream = self._process.stdout
        if stream is None:
            raise RuntimeError("the worker has no pipe")
        readable, _, _ = select.select([stream], [], [], seconds)
        line = stream.readline() if readable else ""
        if not line:
            why = "ended" if readable else f"said nothing for {seconds:.0f} s"
            raise Unavailable(f"the worker {self._name} {why}; its own words stand above")
        answer: dict[str, Any] = json.loads(line)
        return answer
