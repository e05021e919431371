"""The standard library's sqlite3, writing rows as durably as Doorward does, and doing nothing else."""

from __future__ import annotations

import sqlite3
import time
from itertools import count
from statistics import median, quantiles
from typing import TYPE_CHECKING, Self

from doorward_bench.rounds import Sample

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = """
CREATE TABLE event (
  tenant TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL,
  name TEXT NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (tenant, source, id)
) STRICT, WITHOUT ROWID
"""


class SqliteAlone:
    """Inserts rows with an id each, so many a commit; a sample's rate is rows a second, its times are commits'."""

    def __init__(self, folder: Path, rows_a_commit: int) -> None:
        self._database = sqlite3.connect(folder / f"alone-{rows_a_commit}.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_TABLE)
        self._rows = rows_a_commit
        self._numbers = count()

    def round(self, seconds: float) -> Sample:
        """Write for so long."""
        times: list[float] = []
        cpu, started = time.process_time(), time.perf_counter()
        before = started
        while before - started < seconds:
            rows = [
                (f"tenant-{number % 100}", "bench", f"event-{number}", "api_calls", 1, number)
                for number in (next(self._numbers) for _ in range(self._rows))
            ]
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")
            now = time.perf_counter()
            times.append(now - before)
            before = now
        done = len(times) * self._rows
        return Sample(
            rate=done / (before - started),
            cpu_us=(time.process_time() - cpu) / done * 1e6,
            p50_us=median(times) * 1e6,
            p99_us=quantiles(times, n=100, method="inclusive")[98] * 1e6 if len(times) > 1 else times[0] * 1e6,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
