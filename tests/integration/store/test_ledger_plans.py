"""How SQLite carries out what the ledger reads: by keys, however much was counted before."""

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from doorward.domain.catalog import Aggregation
from doorward.domain.plans import Per
from doorward.store.ledger.reading import read_books
from support.databases import migrated_in
from support.ledgers import AT, asked, commit, consume, give_back, report, reserve


class _Plans:
    """A session that keeps how each of its statements is carried out."""

    row_lock = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.steps: list[tuple[str, str]] = []

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        plan = self._connection.execute("EXPLAIN QUERY PLAN " + sql, values)
        self.steps += [(sql, row[3]) for row in plan]
        return self._connection.execute(sql, values).fetchall()

    def insert(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Nothing is written."""

    def each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        for values in rows:
            self.rows(sql, values)


def test_nothing_that_the_ledger_reads_costs_more_the_more_was_counted(tmp_path: Path) -> None:
    requests = [
        *(consume(asked("calls", 1, 5, Per.HOUR), tenant=f"t{number}") for number in range(9)),
        *(reserve(id=f"r{number}", tenant=f"t{number}") for number in range(3)),
        *(commit(f"r{number}", tenant=f"t{number}") for number in range(3)),
        give_back("c"),
        report("people", aggregation=Aggregation.UNIQUE, value="ann"),
        report("disk", aggregation=Aggregation.LATEST),
        report("peak", aggregation=Aggregation.MAX, at=AT + 1),
    ]
    with contextlib.closing(sqlite3.connect(migrated_in(tmp_path).place)) as connection:
        for name in ("calls", "disk", "people", "peak", "max_agents", "api_calls"):
            for number in range(9):
                tenant = "acme" if number == 0 else f"t{number}"
                row = (tenant, name, 7, 1, 0, "", 0, AT)
                connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for analyzed in ("", "ANALYZE"):
            connection.execute(analyzed)
            plans = _Plans(connection)
            read_books(plans, requests, AT - 10)
            whole = [step for step in plans.steps if step[1].startswith("SCAN") and "CONSTANT" not in step[1]]
            assert [step for step in whole if step[1] != "SCAN k"] == []
            assert len({sql for sql, _ in plans.steps}) > 8, "all kinds of statements were looked at"
        connection.rollback()
