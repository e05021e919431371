"""What cannot be counted changes nothing and keeps nobody from theirs, the same on SQLite and PostgreSQL."""

import contextlib
import random
from dataclasses import replace

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import Conflict, DoorwardError, NotFound, StoreUnavailable
from doorward.domain.ledger import accounts
from doorward.domain.ledger.answers import Taken
from doorward.domain.ledger.requests import Asked, Request
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import HOUR
from doorward.store.database import Database
from support.ledger_lanes import AGGREGATIONS, Ledger
from support.ledger_sums import rows_of
from support.ledgers import AT, asked, commit, consume, give_back, release, report, reserve


def test_a_sum_that_cannot_be_kept_is_a_conflict(ledger: Ledger) -> None:
    ledger(consume(asked(amount=MAX_AMOUNT, limit=None), id="all"))
    with ledger.unchanged():
        for one in (
            consume(asked(amount=1, limit=None)),
            report("max_agents", 1, per=Per.TOTAL),
            reserve(asked(amount=1), id="r"),
        ):
            with contextlib.suppress(Conflict):
                assert not ledger(one).allowed


def test_what_is_held_cannot_be_more_than_can_be_counted(ledger: Ledger) -> None:
    most = asked(amount=MAX_AMOUNT, limit=None)
    ledger(reserve(most, id="first"))
    with ledger.unchanged(), pytest.raises(Conflict):
        ledger(reserve(asked(limit=None), id="second"))
    ledger(release("first"))
    assert ledger(consume()).allowed


def test_so_many_reservations_of_a_name_are_held_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MOST_HELD", 3)
    for number in range(2):
        ledger(reserve(id=f"r{number}"))
    outcomes = ledger.ask.many([[reserve(id="r2")], [reserve(id="r3")], [reserve(asked("other"), id="o")], [consume()]])
    assert [isinstance(one, Conflict) for one in outcomes] == [False, True, False, False]
    ledger(release("r0"))
    ledger(commit("r1"))
    for number in range(4, 6):
        ledger(reserve(id=f"r{number}"))
    with pytest.raises(Conflict, match="3 reservations of 'max_agents' are held"):
        ledger(reserve(id="r6"))


def test_what_overflows_for_one_tenant_is_told_to_it_alone(ledger: Ledger) -> None:
    """Returned amounts stay in the hour's sum, which can so grow without the total."""
    most = asked(amount=MAX_AMOUNT, limit=None, per=Per.TOTAL)
    ledger(consume(most, id="first"))
    ledger(give_back("first"))
    outcomes = ledger.ask.many(
        [[consume(asked(), tenant="globex")], [consume(most)], [consume(asked(), tenant="wide")]]
    )
    assert isinstance(outcomes[1], Conflict)
    for one in (outcomes[0], outcomes[2]):
        assert not isinstance(one, DoorwardError)
        assert isinstance(one[0], Taken)
        assert one[0].allowed


@pytest.mark.parametrize("aggregation", [Aggregation.MAX, Aggregation.LATEST])
def test_the_largest_reports_keep_nobody_from_the_next(ledger: Ledger, aggregation: Aggregation) -> None:
    name = "peak" if aggregation is Aggregation.MAX else "storage_used"
    for hours in (0, 0, 2, 60):
        at = AT - hours * HOUR
        ledger(report(name, MAX_AMOUNT, per=Per.MONTH, aggregation=aggregation, at=at))
    ledger(report(name, 5, per=Per.DAY, aggregation=aggregation, at=AT + 1))
    assert ledger.used(name) == (MAX_AMOUNT if aggregation is Aggregation.MAX else 5)


def test_the_largest_rate_does_not_overflow(ledger: Ledger) -> None:
    most = asked("rate", MAX_AMOUNT, MAX_AMOUNT, Per.RATE_PER_SECOND)
    assert ledger(consume(most)).allowed
    assert ledger(consume(asked("other"))).allowed


def test_a_unit_that_fails_half_way_leaves_nothing_and_keeps_nobody_from_theirs(ledger: Ledger) -> None:
    ledger(report(amount=10, id="before"))
    spoiled = [[report(amount=5), report(amount=-11, corrects="before")] for _ in range(6)]
    good = [[report(amount=1), report(amount=2)] for _ in range(3)]
    outcomes = ledger.ask.many([*spoiled[:3], *good, *spoiled[3:]])
    assert [isinstance(one, Conflict) for one in outcomes] == [*[True] * 3, *[False] * 3, *[True] * 3]
    assert ledger.used("api_calls") == 10 + 3 * 3


def test_a_commit_of_a_limit_that_is_gone_from_the_policy_is_told_to_it_alone(ledger: Ledger) -> None:
    def gone(name: str, _amount: int, _at: int) -> Asked:
        raise NotFound(f"there is no limit {name!r}")

    ledger(reserve(asked("api_calls", 1, 10), id="r"))
    outcomes = ledger.ask.many(
        [[consume()], [replace(commit("r"), asked=gone)], [consume(tenant="globex")], [release("r")]]
    )
    assert isinstance(outcomes[1], NotFound)
    assert not [one for place, one in enumerate(outcomes) if place != 1 and isinstance(one, DoorwardError)]


def test_units_that_fail_half_way_leave_the_books_of_their_group_as_they_were(ledger: Ledger) -> None:
    chance = random.Random(4)  # noqa: S311 - the same each time
    meters = {"api_calls": Aggregation.SUM, **AGGREGATIONS}

    def some(number: int) -> Request:
        name = chance.choice(list(meters))
        value = chance.choice("abc") if name == "people" else None
        amount = 1 if value else chance.randrange(1, 9)
        per, at = chance.choice((Per.HOUR, Per.MONTH)), AT - chance.randrange(30) * HOUR
        return report(name, amount, id=f"{number}", at=at, per=per, aggregation=meters[name], value=value)

    ledger(report(amount=100, id="before"))
    units: list[list[Request]] = []
    for number in range(80):
        unit = [some(number * 10 + place) for place in range(6)]
        unit.insert(chance.randrange(6), report(amount=-1, id=f"less-{number}", corrects="before"))
        if number % 2:
            unit.insert(chance.randrange(7), report(amount=-1, corrects="nothing"))
        units.append(unit)
    outcomes = ledger.ask.many(units)

    assert [isinstance(one, NotFound) for one in outcomes] == [False, True] * 40
    right = {"before"} | {one.id for unit in units[::2] for one in unit}
    assert {row[0] for row in rows_of(ledger.address, "SELECT id FROM usage_event")} == right
    assert rows_of(ledger.address, "SELECT corrected FROM usage_event WHERE id = 'before'") == [(40,)]


def test_a_unit_of_any_requests_is_undone_as_a_whole(ledger: Ledger) -> None:
    ledger(consume(id="there"))
    unit = [reserve(id="r"), report(amount=3), consume(id="new"), give_back("there"), give_back("gone")]
    good = [[consume(id="after")], [reserve(id="r"), consume()]]
    with_fault, *others = ledger.ask.many([unit, *good])
    assert isinstance(with_fault, NotFound)
    assert not [one for one in others if isinstance(one, DoorwardError)]
    assert ledger.used() == 3


def test_more_requests_than_one_transaction_takes_are_all_carried_out(ledger: Ledger) -> None:
    units = [[report(amount=1) for _ in range(450)] for _ in range(6)] + [[report(amount=1)] for _ in range(300)]
    outcomes = ledger.ask.many(units)
    assert not [one for one in outcomes if isinstance(one, DoorwardError)]
    assert ledger.used("api_calls") == 6 * 450 + 300


@pytest.mark.parametrize("database_address", ["postgresql"], indirect=True)
def test_a_ledger_that_somebody_holds_keeps_no_other_tenant_from_counting(ledger: Ledger, database: Database) -> None:
    ledger(consume())
    with database.change() as holding:
        holding.usage_checks.check("acme", "max_agents", Aggregation.SUM, repair=False)
        outcomes = ledger.ask.many([[consume(tenant="globex")], [consume()], [consume(tenant="wide")]])
    assert [isinstance(one, StoreUnavailable) for one in outcomes] == [False, True, False]
