"""What a ledger should hold, computed again from its events: slowly, and in the plainest way."""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2

from doorward.domain.catalog import Aggregation
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.windows import hour_of

_EVENTS = """
SELECT tenant, name, source, id, kind, amount, value, at, corrected, returned FROM usage_event
ORDER BY tenant, name, at, source, id
"""
_CONSUMED = {"consume", "commit"}


@dataclass(frozen=True)
class Event:
    """A row of usage_event."""

    tenant: str
    name: str
    source: str
    id: str
    kind: str
    amount: int
    value: str | None
    at: int
    corrected: int
    returned: int


def rows_of(address: DatabaseAddress, sql: str) -> list[Any]:
    """What a statement selects, by a connection that is none of Doorward's.

    It only reads an SQLite file: the last one to close a file moves its log into it, which is its owner's to do.
    """
    place = f"file:{address.place}?mode=ro"
    opened = sqlite3.connect(place, uri=True) if address.is_sqlite else psycopg2.connect(address.place)
    with contextlib.closing(opened) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def events_of(address: DatabaseAddress) -> list[Event]:
    return [Event(*row) for row in rows_of(address, _EVENTS)]


def used_of(events: Sequence[Event], aggregation: Aggregation) -> int:
    """What a name stands at."""
    reports = [one for one in events if one.kind == "report"]
    match aggregation:
        case Aggregation.MAX:
            return max((one.amount for one in reports), default=0)
        case Aggregation.UNIQUE:
            return len({one.value for one in reports})
        case Aggregation.LATEST if reports:
            last = max(reports, key=lambda one: (one.at, f"{one.source}\n{one.id}"))
            since = [one for one in events if one.kind in _CONSUMED and one.at > last.at]
            return last.amount + sum(one.amount - one.returned for one in since)
        case _:
            return sum(one.amount - one.returned for one in events)


def used_between(events: Sequence[Event], begins: int, ends: int, aggregation: Aggregation) -> int:
    """What was used within a period; what was returned stays used."""
    inside = [one for one in events if begins <= one.at < ends]
    match aggregation:
        case Aggregation.MAX:
            return max((one.amount for one in inside), default=0)
        case Aggregation.UNIQUE:
            return len({one.value for one in inside})
        case _:
            return sum(one.amount for one in inside)


def differences(address: DatabaseAddress, aggregations: Mapping[str, Aggregation] | None = None) -> list[str]:
    """Whatever a ledger, a period that claims to be current, or an hour says otherwise than its events."""
    by_name: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events_of(address):
        by_name[event.tenant, event.name].append(event)
    found = []
    seqs = {}
    for tenant, name, seq, used in rows_of(address, "SELECT tenant, name, seq, used FROM ledger"):
        seqs[tenant, name] = seq
        aggregation = (aggregations or {}).get(name, Aggregation.SUM)
        right = used_of(by_name[tenant, name], aggregation)
        if used != right:
            found.append(f"{tenant} {name} stands at {used}, its events at {right}")
    found += [f"{key} has events and no ledger" for key in by_name.keys() - seqs.keys()]
    for tenant, name, per, begins, ends, used, as_of in rows_of(
        address, "SELECT tenant, name, per, starts_at, ends_at, used, as_of FROM usage_window"
    ):
        aggregation = (aggregations or {}).get(name, Aggregation.SUM)
        right = used_between(by_name[tenant, name], begins, ends, aggregation)
        if as_of == seqs.get((tenant, name), 0) and used != right:
            found.append(f"{tenant} {name} used {used} in the {per} of {begins}, its events {right}")
    return found + _hours_that_differ(address, by_name, aggregations or {})


def _hours_that_differ(
    address: DatabaseAddress,
    by_name: Mapping[tuple[str, str], Sequence[Event]],
    aggregations: Mapping[str, Aggregation],
) -> list[str]:
    right: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (tenant, name), events in by_name.items():
        for one in events:
            hour = right[tenant, name, hour_of(one.at)]
            if one.kind in _CONSUMED or aggregations.get(name) not in {Aggregation.MAX, Aggregation.LATEST}:
                hour[0] += one.amount
            hour[1] += one.returned
            hour[2] = max(hour[2], one.amount)
    kept = {
        row[:3]: list(row[3:])
        for row in rows_of(address, "SELECT tenant, name, hour, amount, returned, largest FROM usage_hour")
    }
    different = sorted(key for key in right.keys() | kept.keys() if right.get(key) != kept.get(key))
    return [f"{key}: {kept.get(key)}, its events {right.get(key)}" for key in different]
