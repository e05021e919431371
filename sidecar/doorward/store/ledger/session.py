"""What a transaction of the ledger's own is, over the driver of each database. `?` stands for a value."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Reading(Protocol):
    """What looking at the ledger needs."""

    row_lock: str
    """What a SELECT of a table `t` ends with that locks its rows; empty where a transaction has the whole database."""

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        """What one statement selects or returns."""
        ...


class Session(Reading, Protocol):
    """What changing the ledger needs of a transaction."""

    def insert(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Carry out an INSERT of many rows, which stand where `{values}` does."""
        ...

    def each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Carry out one statement for each row of values."""
        ...


class Sessions(Protocol):
    """Where the ledger's transactions come from."""

    def change(self) -> contextlib.AbstractContextManager[Session]:
        """A transaction, committed at the end of the block and undone by an exception."""
        ...

    def close(self) -> None:
        """Close the connections that nobody uses."""
        ...
