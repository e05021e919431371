"""A steady load: so many questions a second, each timed from when it was due, so that no stall is left out."""

from __future__ import annotations

import selectors
import time
from contextlib import ExitStack
from itertools import count, cycle
from statistics import median, quantiles
from typing import TYPE_CHECKING

from doorward_bench.asking import Asker
from doorward_bench.processes import cpu_seconds
from doorward_bench.rounds import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward_bench.wrk import Server

_CONNECTIONS = 16


class Paced:
    """Asks at even distances, over any of its connections that is free."""

    def __init__(self, server: Server, path: str, bodies: Sequence[str], a_second: int) -> None:
        self._server = server
        self._path = path
        self._bodies = cycle(bodies)
        self._distance = 1 / a_second

    def round(self, seconds: float) -> Sample:
        """Ask for so long, and wait for the last answers."""
        with ExitStack() as stack:
            free = [stack.enter_context(Asker(self._server, self._path)) for _ in range(_CONNECTIONS)]
            selector = stack.enter_context(selectors.SelectSelector())  # epoll would wait for whole milliseconds
            for asker in free:
                selector.register(asker.socket, selectors.EVENT_READ, asker)
            return self._asked(free, selector, seconds)

    def _asked(self, free: list[Asker], selector: selectors.BaseSelector, seconds: float) -> Sample:
        times: list[float] = []
        due: dict[Asker, float] = {}
        before = cpu_seconds(self._server.process.pid)
        started = time.perf_counter()
        dues = (started + number * self._distance for number in count())
        next_due = next(dues)
        while next_due - started < seconds or due:
            now = time.perf_counter()
            while next_due <= now and free and next_due - started < seconds:
                asker = free.pop()
                asker.send(asker.request(next(self._bodies)))
                due[asker] = next_due
                next_due = next(dues)
            wait = max(0.0, next_due - time.perf_counter()) if free and next_due - started < seconds else None
            for key, _ in selector.select(wait):
                asker = key.data
                asker.receive()
                times.append(time.perf_counter() - due.pop(asker))
                free.append(asker)
        used = cpu_seconds(self._server.process.pid) - before
        return Sample(
            rate=len(times) / (time.perf_counter() - started),
            cpu_us=used / len(times) * 1e6,
            p50_us=median(times) * 1e6,
            p99_us=quantiles(times, n=100)[98] * 1e6,
        )
