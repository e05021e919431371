"""Reading the books of a group of requests, under the locks of the ledgers that it changes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.accounts import Account, Period, Rule
from doorward.domain.ledger.books import Books, Event
from doorward.domain.ledger.requests import (
    CONSUMED,
    Asked,
    Commit,
    Consume,
    GiveBack,
    Held,
    Release,
    Report,
    Request,
    Reserve,
)
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import HOUR, hour_of
from doorward.store.ledger.session import Reading, Session

_KEYS_AT_ONCE: Final = 1_000
# CROSS JOIN keeps SQLite from reading the whole table: with IN (VALUES ...) it does.
_LEDGERS: Final = """
WITH k(tenant, name) AS (VALUES {keys})
SELECT t.tenant, t.name, t.seq, t.used, t.reported_at, t.reported_by, t.arrival, t.held_until
FROM k CROSS JOIN ledger AS t WHERE t.tenant = k.tenant AND t.name = k.name ORDER BY t.tenant, t.name
"""
_NEW_LEDGERS: Final = """
INSERT INTO ledger (tenant, name, seq, used, reported_at, reported_by, arrival, held_until) VALUES {values}
ON CONFLICT (tenant, name) DO NOTHING
"""
_EVENTS: Final = """
WITH k(tenant, source, id) AS (VALUES {keys})
SELECT t.tenant, t.source, t.id, t.name, t.kind, t.amount, t.value, t.at, t.recorded_at, t.corrects, t.digest,
  t.corrected, t.returned, t.returned_at
FROM k CROSS JOIN usage_event AS t WHERE t.tenant = k.tenant AND t.source = k.source AND t.id = k.id
ORDER BY t.tenant, t.source, t.id, t.item
"""
_RESERVATIONS: Final = """
WITH k(tenant, id) AS (VALUES {keys})
SELECT t.tenant, t.id, t.name, t.amount, t.state, t.committed, t.reserved_at, t.expires_at, t.digest
FROM k CROSS JOIN reservation AS t WHERE t.tenant = k.tenant AND t.id = k.id ORDER BY t.tenant, t.id, t.item
"""
_WINDOWS: Final = """
WITH k(tenant, name, per, starts_at) AS (VALUES {keys})
SELECT t.tenant, t.name, t.per, t.starts_at, t.used, t.as_of FROM k CROSS JOIN usage_window AS t
WHERE t.tenant = k.tenant AND t.name = k.name AND t.per = k.per AND t.starts_at = k.starts_at
"""
_HELD: Final = """
SELECT COALESCE(SUM(amount), 0), COUNT(*) FROM reservation
WHERE tenant = ? AND name = ? AND state = 'held' AND expires_at > ? AND reserved_at >= ? AND reserved_at < ?
"""
_EXPIRED: Final = """
UPDATE reservation SET state = 'expired' WHERE tenant = ? AND name = ? AND state = 'held' AND expires_at <= ?
"""
_HOURS: Final = """
SELECT COALESCE(SUM(amount / 65536), 0), COALESCE(SUM(amount - amount / 65536 * 65536), 0), COALESCE(MAX(largest), 0)
FROM usage_hour WHERE tenant = ? AND name = ? AND hour >= ? AND hour < ?
"""
_SPAN: Final = """
SELECT COALESCE(SUM(amount / 65536), 0), COALESCE(SUM(amount - amount / 65536 * 65536), 0), COALESCE(MAX(amount), 0)
FROM usage_event WHERE tenant = ? AND name = ? AND at >= ? AND at < ?
"""
_FORGOTTEN: Final = "SELECT 1 FROM usage_hour WHERE tenant = ? AND name = ? AND hour = ? AND forgotten = 1"
_VALUES: Final = """
SELECT COUNT(DISTINCT value) FROM usage_event WHERE tenant = ? AND name = ? AND value IS NOT NULL AND at >= ? AND at < ?
"""
_SEEN: Final = "SELECT 1 FROM usage_event WHERE tenant = ? AND name = ? AND value = ? AND at >= ? AND at < ? LIMIT 1"
_CONSUMED_SINCE: Final = """
SELECT COALESCE(SUM(amount - corrected - returned), 0) FROM usage_event
WHERE tenant = ? AND name = ? AND at > ? AND at <= ? AND kind IN ('consume', 'commit')
"""
_EVER: Final = (1 << 62, 0)
_GAUGE: Final = Aggregation.LATEST  # to look a member up takes longer than what is done with it below
_UNIQUE: Final = Aggregation.UNIQUE
Key = tuple[Any, ...]


class Moved(Exception):  # noqa: N818 - nothing is wrong: look again
    """What requests are about was recorded by another process between the first look and the locks."""


def read_books(session: Session, requests: Sequence[Request], now: int) -> Books:
    """Everything that requests are about, as it stays until the transaction ends; `now` is epoch microseconds.

    Raises Moved.
    """
    books = Books()
    named = [one for one in requests if isinstance(one, Commit | Release | GiveBack)]
    if named:  # their names stand in what they are about: look once before there are locks, and again below
        _read_known(session, books, named)
    asked = _asked(requests, books)
    wanted = {(tenant, one.name) for tenant, one in asked}
    names = [_names_of(one, books) for one in named]
    wanted |= {(one.tenant, name) for one, found in zip(named, names, strict=True) for name in found}
    _read_accounts(session, books, sorted(wanted))
    _end_reservations(session, books, now)
    _read_known(session, books, requests)
    if names != [_names_of(one, books) for one in named]:
        raise Moved
    _read_periods(session, books, asked)
    _read_held(session, books, now)
    reports = [one for one in requests if isinstance(one, Report)]
    _read_consumed_since(session, books, reports)
    for one in reports:
        if one.asked.aggregation is _UNIQUE:
            _read_seen(session, books, one)
    return books


def read_accounts(
    session: Reading, asked: Collection[tuple[str, Asked]], now: int
) -> Mapping[tuple[str, str], Account]:
    """Accounts by tenant and name, as they are now, with the periods that rules ask for."""
    books = Books()
    names = [(tenant, one.name) for tenant, one in asked]
    _find_accounts(session, books, names)
    for key in names:
        books.accounts.setdefault(key, Account(*key))
    _read_periods(session, books, asked)
    _read_held(session, books, now)
    return books.accounts


def _asked(requests: Sequence[Request], books: Books) -> Collection[tuple[str, Asked]]:
    """The limits that requests ask for, each with its tenant; those of the same rules once, whatever the amounts."""
    found: dict[tuple[str, str, int], tuple[str, Asked]] = {}
    for request in requests:
        tenant = request.tenant
        for one in _items_of(request, books):
            found[tenant, one.name, id(one.rules)] = tenant, one
    return found.values()


def _items_of(request: Request, books: Books) -> Sequence[Asked]:
    match request:
        case Report():
            return (request.asked,)
        case Consume() | Reserve():
            return request.items
        case Commit():
            held = books.reservations.get((request.tenant, request.id), [])
            return [request.asked(item.name, item.amount, item.reserved_at) for item in held]
    return ()


def _names_of(request: Request, books: Books) -> set[str]:
    held = books.reservations.get((request.tenant, request.id), [])
    consumed = books.events.get((request.tenant, CONSUMED, request.id), [])
    return {one.name for one in held} | {one.name for one in consumed}


def _read_accounts(session: Session, books: Books, wanted: Sequence[tuple[str, str]]) -> None:
    _find_accounts(session, books, wanted)
    missing = [key for key in wanted if key not in books.accounts]
    if missing and session.row_lock:  # a row to be locked; whoever makes it first, all lock the same one
        session.insert(_NEW_LEDGERS, [(*key, 0, 0, 0, "", 0, 0) for key in missing])
        books.accounts.clear()
        _find_accounts(session, books, wanted)
    for key in missing:
        books.accounts.setdefault(key, Account(*key))


def _find_accounts(session: Reading, books: Books, wanted: Sequence[tuple[str, str]]) -> None:
    for row in _of_keys(session, _LEDGERS + session.row_lock, wanted):
        books.accounts[row[0], row[1]] = Account(*row)


def _end_reservations(session: Session, books: Books, now: int) -> None:
    """Note which reservations have ended: from now on their room is free, and no other clock brings them back."""
    ending = [one for one in books.accounts.values() if one.held_until]
    if ending:
        session.each(_EXPIRED, [(one.tenant, one.name, now) for one in ending])
    for one in ending:
        if one.held_until <= now:
            one.held_until, one.changed = 0, True


def _read_known(session: Reading, books: Books, requests: Sequence[Request]) -> None:
    """What was recorded before under the ids of requests."""
    events, reservations = [], []
    for one in requests:
        if isinstance(one, Report):
            events.append((one.tenant, one.source, one.id))
            if one.corrects is not None:
                events.append((one.tenant, one.source, one.corrects))
        elif isinstance(one, Consume | GiveBack | Commit):
            events.append((one.tenant, CONSUMED, one.id))
        if isinstance(one, Reserve | Commit | Release):
            reservations.append((one.tenant, one.id))
    for key, found in groupby(_of_keys(session, _EVENTS, events), lambda row: tuple(row[:3])):
        books.events[key] = [Event(*row[3:]) for row in found]
    for key, found in groupby(_of_keys(session, _RESERVATIONS, reservations), lambda row: tuple(row[:2])):
        books.reservations[key] = [Held(*row[2:]) for row in found]


def _read_periods(session: Reading, books: Books, asked: Collection[tuple[str, Asked]]) -> None:
    """What was used within the periods that limits ask for; computed where what is kept is older than the ledger."""
    wanted: dict[Key, tuple[Rule, Aggregation]] = {}
    for tenant, one in asked:
        if one.aggregation is not _GAUGE:
            for rule in one.rules:
                if rule.ends_at:
                    wanted[tenant, one.name, rule.per.value, rule.starts_at] = rule, one.aggregation
    kept = {tuple(row[:4]): row[4:] for row in _of_keys(session, _WINDOWS, list(wanted))}
    for key, (rule, aggregation) in wanted.items():
        account = books.accounts[key[0], key[1]]
        used, as_of = kept.get(key, (0, -1))
        if as_of == account.seq:
            account.periods[rule.key] = Period(rule.ends_at, used, as_of)
            continue
        used = used_within(session, key[0], key[1], rule.starts_at, rule.ends_at, aggregation) if account.seq else 0
        account.periods[rule.key] = Period(rule.ends_at, used, account.seq, changed=True)


def used_within(  # noqa: PLR0913, PLR0917 - whose, what, and from when to when
    session: Reading, tenant: str, name: str, begins: int, ends: int, aggregation: Aggregation
) -> int:
    """What was used from one time to another: whole hours from their sums, what is left from the events themselves."""
    if aggregation is _UNIQUE:
        return int(session.rows(_VALUES, (tenant, name, begins, ends))[0][0])
    first, last = -(-begins // HOUR) * HOUR, ends // HOUR * HOUR
    if first >= last:
        spans = _cut_hour(session, tenant, name, begins, ends)
    else:
        spans = [
            (_HOURS, first, last),
            *_cut_hour(session, tenant, name, begins, first),
            *_cut_hour(session, tenant, name, last, ends),
        ]
    found = [session.rows(sql, (tenant, name, start, end))[0] for sql, start, end in spans if start < end]
    if aggregation is Aggregation.MAX:
        return max((int(row[2]) for row in found), default=0)
    return min(sum(summed(*row[:2]) for row in found), MAX_AMOUNT)


def summed(high: int, low: int) -> int:
    """A sum of what was summed in two parts: SQLite's own sums end with an error where they leave 64 bits."""
    return int(high) * 65_536 + int(low)


def _cut_hour(session: Reading, tenant: str, name: str, begins: int, ends: int) -> list[tuple[str, int, int]]:
    """What to sum of a part of an hour, or of two: an hour whose events are forgotten counts as a whole."""
    spans = []
    for hour in range(hour_of(begins), ends, HOUR) if begins < ends else ():
        if session.rows(_FORGOTTEN, (tenant, name, hour)):
            spans.append((_HOURS, hour, hour + HOUR))
        else:
            spans.append((_SPAN, max(begins, hour), min(ends, hour + HOUR)))
    return spans


def _read_held(session: Reading, books: Books, now: int) -> None:
    """What live reservations hold of the total and of each period."""
    for (tenant, name), account in books.accounts.items():
        if account.held_until <= now:
            continue
        ends = {key: one.ends_at for key, one in account.periods.items()}
        for key, end in {(Per.TOTAL, 0): _EVER[0], **ends}.items():
            held, holding = session.rows(_HELD, (tenant, name, now, key[1], end))[0]
            account.held[key], account.holding = int(held), max(account.holding, int(holding))


def _read_consumed_since(session: Reading, books: Books, reports: Sequence[Report]) -> None:
    """What was consumed of gauges since the times of reports; each event is looked at once, however many there are."""
    times: dict[tuple[str, str], set[int]] = {}
    for one in reports:
        key = one.tenant, one.asked.name
        if one.asked.aggregation is _GAUGE and one.at >= books.accounts[key].reported_at:
            times.setdefault(key, set()).add(one.at)
    for (tenant, name), some in times.items():
        consumed, until = 0, _EVER[0]
        for at in sorted(some, reverse=True):
            consumed += int(session.rows(_CONSUMED_SINCE, (tenant, name, at, until))[0][0])
            books.consumed_since[tenant, name, at] = consumed
            until = at


def _read_seen(session: Reading, books: Books, report: Report) -> None:
    """In which periods the value of a report was seen before."""
    tenant, name = report.tenant, report.asked.name
    ends = {key: one.ends_at for key, one in books.accounts[tenant, name].periods.items()}
    for key, end in {(Per.TOTAL, 0): _EVER[0], **ends}.items():
        if session.rows(_SEEN, (tenant, name, report.value, key[1], end)):
            books.values.setdefault((tenant, name, report.value or ""), set()).add(key)


def _of_keys(session: Reading, sql: str, keys: Sequence[Key]) -> Iterator[Any]:
    """What a statement selects of many keys."""
    each = list(dict.fromkeys(keys))
    for start in range(0, len(each), _KEYS_AT_ONCE):
        some = each[start : start + _KEYS_AT_ONCE]
        places = ", ".join(["(" + ", ".join("?" * len(some[0])) + ")"] * len(some))
        yield from session.rows(sql.format(keys=places), [value for key in some for value in key])
