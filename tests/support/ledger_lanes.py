"""A lane on a database for tests, SQLite or PostgreSQL; after each its sums are what its events say."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.ledger.answers import Taken
from doorward.domain.ledger.requests import Request
from doorward.store.database import Database
from support.ledger_sums import differences, rows_of
from support.ledgers import AT, Ask

TABLES = ("ledger", "usage_event", "usage_hour", "reservation", "usage_threshold", "audit_event")


@dataclass
class Ledger:
    """A lane on a database, asked at a time of the test's choosing."""

    ask: Ask
    address: DatabaseAddress
    time: int = AT

    def __call__(self, request: Request) -> Any:
        return self.ask(request)

    def at(self, time: int) -> int:
        """It is this time now."""
        self.time = time
        return time

    def used(self, name: str = "max_agents") -> int:
        found = rows_of(self.address, f"SELECT used FROM ledger WHERE name = '{name}'")  # noqa: S608 - ours
        return int(found[0][0]) if found else 0

    def contents(self) -> dict[str, list[Any]]:
        """All that was counted; periods are computed from it."""
        counted = "WHERE seq > 0 OR held_until > 0 OR arrival > 0"  # else a row to be locked, which says nothing
        return {
            table: sorted(rows_of(self.address, f"SELECT * FROM {table} {counted * (table == 'ledger')}"), key=repr)  # noqa: S608
            for table in TABLES
        }

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """The block changes nothing, as far as anybody is told."""
        before = self.contents()
        yield
        assert self.contents() == before


@pytest.fixture
def ledger(database: Database) -> Iterator[Ledger]:
    with contextlib.closing(
        database.ledger(threshold_ids(), lambda _books: None, lambda: found.time / 1_000_000)
    ) as lane:
        found = Ledger(Ask(lane), database.address)
        yield found
        assert differences(database.address, AGGREGATIONS) == []


AGGREGATIONS = {
    "storage_used": Aggregation.LATEST,
    "peak": Aggregation.MAX,
    "people": Aggregation.UNIQUE,
}


def threshold_ids() -> Callable[[], str]:
    numbers = iter(range(1_000_000))
    return lambda: f"threshold-{next(numbers)}"


def counts(taken: Taken) -> list[tuple[str, int, int | None]]:
    """How each limit stands after a request: its name, what is used, what remains."""
    return [(one.asked.name, one.standing.used, one.standing.remaining) for one in taken.limits]
