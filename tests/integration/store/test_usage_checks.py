"""What is kept of usage is what its events say; where it is not, that is found, told and mended."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.requests import Request
from doorward.domain.plans import Per
from doorward.domain.usage import Checked, Difference
from doorward.domain.windows import HOUR, hour_of
from doorward.store.database import Database
from support.ledger_sums import differences, rows_of
from support.ledgers import AT, SECOND, Ask, asked, commit, consume, give_back, new_id, report, reserve
from support.threads import together

DAY = 24 * HOUR
METERS = {
    "api_calls": Aggregation.SUM,
    "max_agents": Aggregation.SUM,
    "logins": Aggregation.COUNT,
    "peak": Aggregation.MAX,
    "stored": Aggregation.LATEST,
    "seen": Aggregation.UNIQUE,
}


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    lane = database.ledger(new_id, lambda _books: None)
    yield Ask(lane)
    lane.close()


def check(database: Database, *, repair: bool = False, tenant: str | None = None) -> list[Difference]:
    """All that is wrong."""
    found: list[Difference] = []
    after = ("", "")
    while True:
        with database.change() as transaction:
            key = transaction.usage_checks.next_key(after, tenant)
            if key is None:
                return found
            aggregation = METERS.get(key[1], Aggregation.SUM)
            found += transaction.usage_checks.check(*key, aggregation, repair=repair).differences
        after = key


def change(database: Database, sql: str, **values: Any) -> int:
    with database.change():
        return database._repositories.statements.count(sql, **values)


def some_requests(chance: random.Random, count: int) -> list[Request]:
    """Reports of every kind, corrections, and what is consumed, given back and reserved, over some days."""
    made: list[Request] = []
    ids: list[str] = []
    for number in range(count):
        at = AT - chance.randrange(3 * DAY)
        tenant = chance.choice(("acme", "zeta"))
        kind = chance.randrange(10)
        if kind == 0:
            made.append(
                consume(
                    asked("max_agents", 2, None),
                    asked("stored", 3, None, aggregation=Aggregation.LATEST),
                    id=f"c{number}",
                    at=at,
                )
            )
            ids.append(f"c{number}")
        elif kind == 1 and ids:
            made.append(give_back(ids.pop(), "max_agents", at=at + DAY))
        elif kind == 2:
            made += [
                reserve(asked("max_agents", 2, None), id=f"r{number}", at=AT),
                commit(f"r{number}", {"max_agents": 1}, limit=None),
            ]
        elif kind == 3:
            made += [
                report(amount=5, id=f"w{number}", at=at, per=Per.DAY),
                report(amount=-2, id=f"x{number}", at=at, corrects=f"w{number}", per=Per.DAY),
            ]
        else:
            name = chance.choice(["api_calls", "logins", "peak", "stored", "seen"])
            value = chance.choice("abcdefg") if name == "seen" else None
            amount = 1 if name in {"logins", "seen"} else chance.randrange(1, 9)
            made.append(
                report(
                    name,
                    amount,
                    at=at,
                    aggregation=METERS[name],
                    value=value,
                    tenant=tenant,
                    per=chance.choice((Per.HOUR, Per.MONTH)),
                )
            )
    return made


def test_nothing_is_wrong_after_whatever_was_counted(database: Database, ask: Ask) -> None:
    ask.many([[one] for one in some_requests(random.Random(3), 250)])  # noqa: S311 - the same each time

    assert check(database) == []
    assert differences(database.address, METERS) == []
    assert len(rows_of(database.address, "SELECT 1 FROM usage_window")) > 5


def test_nothing_is_wrong_while_others_count_and_forget(database: Database, ask: Ask) -> None:
    """Ledgers are checked under their locks: whatever is under way is there altogether, or not at all."""
    chance, done = random.Random(11), threading.Event()  # noqa: S311 - the same each time

    def count() -> None:
        while not done.is_set():
            ask.many([[one] for one in some_requests(chance, 20)])

    counting = threading.Thread(target=count)
    counting.start()
    try:
        for _ in range(8):
            assert check(database) == []
            with database.change() as transaction:
                transaction.usage.forget(AT - 2 * DAY, ("max_agents", "stored"), 10)
    finally:
        done.set()
        counting.join()
    assert check(database) == []


DAMAGE = {
    "a ledger": ("UPDATE ledger SET used = used + 3 WHERE name = 'api_calls' AND tenant = 'acme'", ("used", None)),
    "a gauge": ("UPDATE ledger SET reported_at = 5 WHERE name = 'stored' AND tenant = 'acme'", ("reported_at", None)),
    "a ledger that is gone": ("DELETE FROM ledger WHERE name = 'peak' AND tenant = 'acme'", ("used", None)),
    "an hour": ("UPDATE usage_hour SET amount = amount + 1 WHERE name = 'api_calls'", ("amount", "hour")),
    "hours that are gone": ("DELETE FROM usage_hour WHERE name = 'seen'", ("amount", "hour")),
    "a period": ("UPDATE usage_window SET used = used - 1 WHERE name = 'logins'", ("used", "hour")),
    "events": ("DELETE FROM usage_event WHERE name = 'logins' AND tenant = 'zeta'", ("used", None)),
}


@pytest.mark.parametrize("kind", sorted(DAMAGE))
def test_what_is_wrong_is_found_and_mended(database: Database, ask: Ask, kind: str) -> None:
    ask.many([[one] for one in some_requests(random.Random(5), 120)])  # noqa: S311
    sql, expected = DAMAGE[kind]
    assert change(database, sql)

    found = check(database)
    assert expected in {(one.what, one.per) for one in found}
    assert check(database, repair=True)[: len(found)] == found
    assert check(database) == []
    assert differences(database.address, METERS) == []


def test_one_tenant_is_checked_by_itself(database: Database, ask: Ask) -> None:
    ask.many([[report(tenant="acme")], [report(tenant="zeta")]])
    change(database, "UPDATE ledger SET used = 9")

    assert [one.tenant for one in check(database, tenant="zeta")] == ["zeta"]
    assert [one.tenant for one in check(database)] == ["acme", "zeta"]


def forget(database: Database, before: int, *totals: str) -> int:
    with database.change() as transaction:
        return transaction.usage.forget(before, totals, 1_000)


def test_what_is_forgotten_still_counts(database: Database, ask: Ask) -> None:
    ask.many([[one] for one in some_requests(random.Random(8), 200)])  # noqa: S311
    ledgers = rows_of(database.address, "SELECT tenant, name, used FROM ledger ORDER BY tenant, name")
    events = "SELECT COUNT(*) FROM usage_event"
    before = rows_of(database.address, events)

    assert forget(database, AT - DAY, "max_agents", "stored") > 20
    assert forget(database, AT - DAY, "max_agents", "stored") == 0

    assert rows_of(database.address, events) < before
    assert check(database) == []
    assert rows_of(database.address, "SELECT tenant, name, used FROM ledger ORDER BY tenant, name") == ledgers
    ask.many([[one] for one in some_requests(random.Random(9), 100)])  # noqa: S311
    assert check(database) == []


def test_a_period_that_begins_within_a_forgotten_hour_counts_it_as_a_whole(database: Database, ask: Ask) -> None:
    begins = hour_of(AT) + HOUR // 2
    early = report(amount=5, at=begins - HOUR // 4, per=Per.TOTAL)
    ask.many([[early], [report(amount=7, at=begins + HOUR // 4, per=Per.TOTAL)]])
    forget(database, AT + DAY)

    asked_of = asked("api_calls", 1, 1_000, Per.BILLING_PERIOD)
    rule = asked_of.rules[0]._replace(starts_at=begins, ends_at=begins + DAY)
    taken = ask(consume(asked_of._replace(rules=(rule,)), at=begins + 2 * HOUR))

    assert taken.limits[0].standing.used == 5 + 7 + 1
    assert check(database) == []


def test_what_may_be_given_back_and_the_first_of_each_value_are_kept(database: Database, ask: Ask) -> None:
    seen = [
        report("seen", aggregation=Aggregation.UNIQUE, value=value, at=AT + number)
        for number, value in enumerate("aab")
    ]
    ask.many(
        [[consume(id="kept")], [consume(id="back")], [consume(asked("api_calls"), id="gone")], *([one] for one in seen)]
    )
    ask(give_back("back"))

    forget(database, AT + DAY, "max_agents")

    assert rows_of(database.address, "SELECT name, id FROM usage_event WHERE source = 'limits'") == [
        ("max_agents", "kept")
    ]
    assert ask(give_back("kept")).amounts == (("max_agents", 1),)
    ask(report("seen", aggregation=Aggregation.UNIQUE, value="a", at=AT + 2 * DAY))
    assert rows_of(database.address, "SELECT used FROM ledger WHERE name = 'seen'") == [(2,)]
    assert check(database) == []


def test_periods_of_long_ago_are_forgotten(database: Database, ask: Ask) -> None:
    ask.many([[report(at=AT)], [report(at=AT + 50 * DAY)]])
    with database.change() as transaction:
        assert transaction.usage.drop_windows(AT + 10 * DAY, 100) == 1
    assert check(database) == []


def test_reservations_that_are_long_over_are_forgotten_and_others_hold(database: Database, ask: Ask) -> None:
    ends = AT + 60 * SECOND
    ask.many([[reserve(id="old"), reserve(id="done")], [reserve(id="new", at=AT + DAY)]])
    ask(commit("done"))
    with database.change() as transaction:
        assert transaction.usage.drop_reservations(ends, 100) == 0
        assert transaction.usage.drop_reservations(ends + 1, 1) == 1
        assert transaction.usage.drop_reservations(ends + 1, 100) == 1
    assert rows_of(database.address, "SELECT id FROM reservation") == [("new",)]
    assert rows_of(database.address, "SELECT id FROM usage_event") == [("done",)]
    assert check(database) == []


def test_a_tenant_takes_all_that_it_used_with_it(database: Database, ask: Ask) -> None:
    ask.many([[one] for one in some_requests(random.Random(4), 100)])  # noqa: S311
    ask(reserve(id="held"))
    with database.change() as transaction:
        transaction.usage.remove_all("acme", 10)
        transaction.usage.remove_all("acme", 1_000)

    for table in ("ledger", "usage_event", "usage_hour", "usage_window", "usage_threshold", "reservation"):
        assert {one for (one,) in rows_of(database.address, f"SELECT DISTINCT tenant FROM {table}")} <= {"zeta"}  # noqa: S608
    assert check(database) == []


def test_who_looks_waits_for_nobody_and_holds_nobody_up(database: Database, ask: Ask) -> None:
    mine = ("acme", "api_calls", Aggregation.SUM)
    ask(report())

    def look() -> Checked:
        with database.read() as transaction:
            return transaction.usage_checks.look(*mine)

    with database.change() as holding:
        holding.usage_checks.check(*mine, repair=False)
        assert together(1, lambda _number: look()) == [Checked("acme", "api_calls", [])]
    with database.read() as looking:
        assert looking.usage_checks.look(*mine).differences == []
        ask(report())
    assert check(database) == []
