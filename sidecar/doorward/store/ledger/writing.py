"""Writing what a group of requests left in its books."""

import json
from collections.abc import Callable
from typing import Final

from doorward.domain.audit import AuditEvent
from doorward.domain.ledger.books import Books, Passed
from doorward.store.ledger.session import Session

_EVENT: Final = """
INSERT INTO usage_event (tenant, source, id, item, name, kind, amount, value, at, recorded_at, corrects, corrected,
  returned, returned_at, digest) VALUES {values}
"""
_EVENT_CHANGED: Final = """
UPDATE usage_event SET corrected = ?, returned = ?, returned_at = ?, digest = ?
WHERE tenant = ? AND source = ? AND id = ? AND item = ?
"""
_LEDGER: Final = """
INSERT INTO ledger (tenant, name, seq, used, reported_at, reported_by, arrival, held_until) VALUES {values}
ON CONFLICT (tenant, name) DO UPDATE SET seq = excluded.seq, used = excluded.used, reported_at = excluded.reported_at,
  reported_by = excluded.reported_by, arrival = excluded.arrival, held_until = excluded.held_until
"""
_WINDOW: Final = """
INSERT INTO usage_window (tenant, name, per, starts_at, ends_at, used, as_of) VALUES {values}
ON CONFLICT (tenant, name, per, starts_at) DO UPDATE SET ends_at = excluded.ends_at, used = excluded.used,
  as_of = excluded.as_of
"""
_HOUR: Final = """
INSERT INTO usage_hour AS h (tenant, name, hour, amount, returned, events, largest, last, last_at, last_by)
VALUES {values}
ON CONFLICT (tenant, name, hour) DO UPDATE SET amount = h.amount + excluded.amount,
  returned = h.returned + excluded.returned, events = h.events + excluded.events,
  largest = CASE WHEN excluded.largest > h.largest THEN excluded.largest ELSE h.largest END,
  last = CASE WHEN (excluded.last_at, excluded.last_by) > (h.last_at, h.last_by) THEN excluded.last ELSE h.last END,
  last_by = CASE WHEN (excluded.last_at, excluded.last_by) > (h.last_at, h.last_by)
    THEN excluded.last_by ELSE h.last_by END,
  last_at = CASE WHEN excluded.last_at > h.last_at THEN excluded.last_at ELSE h.last_at END
"""
_RESERVATION: Final = """
INSERT INTO reservation (tenant, id, item, name, amount, state, committed, reserved_at, expires_at, digest)
VALUES {values}
"""
_RESERVATION_CHANGED: Final = """
UPDATE reservation SET state = ?, committed = ?, digest = ? WHERE tenant = ? AND id = ? AND item = ?
"""
_PASSED: Final = """
INSERT INTO usage_threshold AS t (id, tenant, name, per, starts_at, percent, used, amount, passed_at, delivered_at,
  tries, next_try_at) VALUES {values}
ON CONFLICT (tenant, name, per, starts_at, percent) DO UPDATE SET id = excluded.id, used = excluded.used,
  amount = excluded.amount, passed_at = excluded.passed_at, delivered_at = 0, tries = 0,
  next_try_at = excluded.next_try_at
WHERE t.amount <> excluded.amount
"""
_AUDIT: Final = """
INSERT INTO audit_event (at, actor, tenant, type, resource, action, details, success, request_id, address)
VALUES {values}
"""


def write_books(session: Session, books: Books, new_id: Callable[[], str]) -> None:
    """Write all that requests left to be written."""
    _write_events(session, books)
    _write_reservations(session, books)
    _write_accounts(session, books)
    if books.passed:
        each = {(one.tenant, one.name, one.window, one.percent): one for one in books.passed}
        session.insert(_PASSED, [_passed(one, new_id()) for one in each.values()])
    if books.audit:
        session.insert(_AUDIT, [_audited(one) for one in books.audit])


def _passed(one: Passed, threshold_id: str) -> tuple[object, ...]:
    per, starts_at = one.window
    told = (one.percent, one.used, one.amount, one.at)
    return (threshold_id, one.tenant, one.name, per.value, starts_at, *told, 0, 0, one.at)


def _audited(one: AuditEvent) -> tuple[object, ...]:
    what = (one.type.value, one.resource, one.action, json.dumps(dict(one.details)), int(one.success))
    return (one.at, one.actor, one.tenant, *what, one.request_id, one.address)


def _write_events(session: Session, books: Books) -> None:
    new = set(books.new_events)
    rows = [
        (*key, item, one.name, one.kind, one.amount, one.value, one.at, one.recorded_at, one.corrects, one.corrected,
         one.returned, one.returned_at, one.digest)
        for key in sorted(books.new_events)  # as everybody does, so that nobody waits for each other
        for item, one in enumerate(books.events[key])
    ]  # fmt: skip
    if rows:
        session.insert(_EVENT, rows)
    changed = [
        (one.corrected, one.returned, one.returned_at, one.digest, *key, item)
        for key, events in books.events.items()
        if key not in new
        for item, one in enumerate(events)
        if one.changed
    ]
    if changed:
        session.each(_EVENT_CHANGED, changed)


def _write_reservations(session: Session, books: Books) -> None:
    new = set(books.new_reservations)
    rows = [
        (*key, item, one.name, one.amount, one.state, one.committed, one.reserved_at, one.expires_at, one.digest)
        for key in sorted(books.new_reservations)
        for item, one in enumerate(books.reservations[key])
    ]
    if rows:
        session.insert(_RESERVATION, rows)
    changed = [
        (one.state, one.committed, one.digest, *key, item)
        for key, held in books.reservations.items()
        if key not in new
        for item, one in enumerate(held)
        if one.changed
    ]
    if changed:
        session.each(_RESERVATION_CHANGED, changed)


def _write_accounts(session: Session, books: Books) -> None:
    ledgers, windows, hours = [], [], []
    for (tenant, name), one in sorted(books.accounts.items()):
        if one.changed:
            ledgers.append(
                (tenant, name, one.seq, one.used, one.reported_at, one.reported_by, one.arrival, one.held_until)
            )
        windows += [
            (tenant, name, per.value, starts_at, period.ends_at, period.used, one.seq)
            for (per, starts_at), period in one.periods.items()
            if period.changed or period.as_of != one.seq
        ]
        hours += [
            (tenant, name, begins, hour.amount, hour.returned, hour.events, hour.largest, hour.last, hour.last_at,
             hour.last_by)
            for begins, hour in one.hours.items()
        ]  # fmt: skip
    if ledgers:
        session.insert(_LEDGER, ledgers)
    if windows:
        session.insert(_WINDOW, windows)
    if hours:
        session.insert(_HOUR, hours)
