"""The ledger, the same on SQLite and PostgreSQL: what is consumed, of limits of each kind."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from doorward.domain.errors import Conflict, DoorwardError
from doorward.domain.ledger.answers import Taken
from doorward.domain.plans import Per
from doorward.domain.windows import HOUR
from doorward.store.database import Database
from support.ledger_lanes import Ledger, counts, threshold_ids
from support.ledger_sums import rows_of
from support.ledgers import AT, SECOND, Ask, asked, commit, consume, give_back, report, reserve
from support.threads import together


def test_what_is_consumed_counts_until_the_limit_and_not_past_it(ledger: Ledger) -> None:
    assert counts(ledger(consume(asked(amount=99)))) == [("max_agents", 99, 1)]
    refused = ledger(consume(asked(amount=2)))
    assert (refused.allowed, counts(refused)) == (False, [("max_agents", 99, 1)])
    assert ledger(consume(asked(amount=1))).allowed
    assert ledger.used() == 100


def test_a_refusal_changes_nothing_and_its_id_may_be_tried_again(ledger: Ledger) -> None:
    ledger(consume(asked(amount=100), id="all"))
    with ledger.unchanged():
        assert not ledger(consume(asked(), id="one")).allowed
    ledger(give_back("all", "max_agents", 1))
    assert ledger(consume(asked(), id="one")).allowed


def test_several_limits_are_consumed_all_or_none(ledger: Ledger) -> None:
    some = (asked("max_agents", 5, 10), asked("api_calls", 5, 5, Per.HOUR))
    assert counts(ledger(consume(*some))) == [("max_agents", 5, 5), ("api_calls", 5, 0)]
    with ledger.unchanged():
        refused = ledger(consume(*some))
    assert [one.standing.has_room for one in refused.limits] == [True, False]


def test_the_same_id_is_done_once_and_answered_as_repeated(ledger: Ledger) -> None:
    ledger(consume(asked(amount=7), id="one"))
    with ledger.unchanged():
        again = ledger(consume(asked(amount=7), id="one"))
    assert (again.allowed, again.again, counts(again)) == (True, True, [("max_agents", 7, 93)])


def test_the_same_id_twice_in_one_group_is_done_once(ledger: Ledger) -> None:
    outcomes = ledger.ask.many([[consume(asked(), id="one")] for _ in range(20)])
    assert [one[0].again for one in outcomes if not isinstance(one, DoorwardError)].count(False) == 1
    assert ledger.used() == 1


def test_the_same_id_with_another_content_is_a_conflict(ledger: Ledger) -> None:
    ledger(consume(asked(amount=7), id="one"))
    with ledger.unchanged(), pytest.raises(Conflict, match="another content"):
        ledger(consume(asked(amount=8), id="one"))


def test_the_same_id_of_another_tenant_is_another_one(ledger: Ledger) -> None:
    ledger(consume(asked(), id="one"))
    assert not ledger(consume(asked(), id="one", tenant="globex")).again


def test_one_id_under_other_names_from_two_lanes_at_once_is_done_once(ledger: Ledger, database: Database) -> None:
    with contextlib.closing(database.ledger(threshold_ids(), lambda _books: None)) as other:
        both = [ledger.ask, Ask(other)]
        for number in range(10):
            units = [
                [[consume(asked(name, limit=None), id=f"{number}-{one}")] for one in range(20)]
                for name in ("left", "right")
            ]
            units[1].reverse()
            outcomes = _at_once(lambda side, units=units: both[side].many(units[side]))  # type: ignore[misc]
            done = [one for side in outcomes for one in side if not isinstance(one, DoorwardError)]
            refused = [one for side in outcomes for one in side if isinstance(one, DoorwardError)]
            assert len(done) == len(refused) == 20
            assert {type(one) for one in refused} == {Conflict}
    assert len(rows_of(ledger.address, "SELECT 1 FROM usage_event")) == 200


def _at_once(action: Callable[[int], Any]) -> list[Any]:
    found = together(2, action)
    assert not [one for one in found if isinstance(one, Exception)], found
    return found


def test_lanes_that_want_the_same_new_names_in_any_order_all_get_them(ledger: Ledger, database: Database) -> None:
    with contextlib.closing(database.ledger(threshold_ids(), lambda _books: None)) as other:
        both = [ledger.ask, Ask(other)]
        for number in range(20):
            names = [f"name-{number}-{place}" for place in range(5)]
            some = [[asked(name) for name in names], [asked(name) for name in reversed(names)]]
            outcomes = _at_once(lambda side, some=some: both[side].many([[consume(*some[side])]]))  # type: ignore[misc]
            assert all(one[0][0].allowed for one in outcomes)


def test_a_plan_with_other_periods_counts_what_was_used_before_it_and_nothing_twice(ledger: Ledger) -> None:
    for per in (Per.HOUR, Per.DAY, Per.HOUR, Per.MONTH, Per.TOTAL, Per.DAY, Per.HOUR):
        before = ledger.used("api_calls")
        assert counts(ledger(consume(asked("api_calls", 1, 100, per)))) == [("api_calls", before + 1, 99 - before)]
    assert not ledger(consume(asked("api_calls", 1, 7, Per.HOUR))).allowed
    assert ledger(consume(asked("api_calls", 1, 8, Per.HOUR))).allowed


def test_a_late_event_counts_in_its_own_period_and_in_none_that_it_does_not_lie_in(ledger: Ledger) -> None:
    now, then = AT + 3 * HOUR, AT
    hour = asked("api_calls", 1, 10, Per.HOUR, at=now)
    ledger(consume(hour, at=now))
    ledger(report(amount=9, at=then))
    assert counts(ledger(consume(hour, at=now))) == [("api_calls", 2, 8)]
    day = asked("api_calls", 1, 100, Per.DAY, at=now)
    assert ledger(consume(day, at=now)).limits[0].standing.used in {3, 12}
    assert not ledger(consume(asked("api_calls", 2, 10, Per.HOUR, at=then), at=then)).allowed


def test_a_period_ends_and_the_next_begins_empty(ledger: Ledger) -> None:
    for number in range(3):
        at = AT + number * HOUR
        assert ledger(consume(asked("api_calls", 5, 5, Per.HOUR, at=at), at=at)).allowed
        refused = ledger(consume(asked("api_calls", 1, 5, Per.HOUR, at=at), at=at))
        standing = refused.limits[0].standing
        assert (refused.allowed, standing.resets_at, standing.retry_at) == (False, *[standing.rule.ends_at] * 2)


def test_a_rate_lets_a_second_s_worth_pass_then_one_at_a_time(ledger: Ledger) -> None:
    def take(amount: int, at: int) -> Taken:
        taken: Taken = ledger(consume(asked("rate", amount, 10, Per.RATE_PER_SECOND, at=at), at=at))
        return taken

    assert take(10, AT).allowed
    refused = take(1, AT)
    assert (refused.allowed, refused.limits[0].standing.retry_at) == (False, AT + SECOND // 10)
    assert not take(1, AT + SECOND // 10 - 1).allowed
    assert take(1, AT + SECOND // 10).allowed
    assert not take(11, AT + 100 * SECOND).allowed
    assert take(10, AT + 100 * SECOND).allowed


def test_a_rate_is_taken_by_what_a_commit_takes_beyond_its_reservation(ledger: Ledger) -> None:
    some = {"limit": 10, "per": Per.RATE_PER_SECOND}
    ledger(reserve(asked("rate", 1, 10, Per.RATE_PER_SECOND), id="first"))
    ledger(reserve(asked("rate", 1, 10, Per.RATE_PER_SECOND), id="second"))
    ledger(commit("first", {"rate": 9}, **some))
    with pytest.raises(Conflict, match="no room for the rest"):
        ledger(commit("second", {"rate": 2}, **some))
    ledger(commit("second", **some))
    assert not ledger(consume(asked("rate", 1, 10, Per.RATE_PER_SECOND))).allowed


def test_a_soft_limit_lets_pass_and_says_that_it_is_over(ledger: Ledger) -> None:
    assert not ledger(consume(asked(amount=100, soft=True))).limits[0].is_over
    over = ledger(consume(asked(amount=5, soft=True)))
    assert (over.allowed, over.limits[0].is_over, counts(over)) == (True, True, [("max_agents", 105, 0)])
    assert ledger(reserve(asked(amount=5, soft=True), id="r")).limits[0].is_over
    assert ledger(commit("r", {"max_agents": 50}, soft=True)).allowed


def test_each_share_of_a_limit_is_told_once(ledger: Ledger) -> None:
    for amount in (79, 1, 19, 1):
        ledger(consume(asked(amount=amount), id=f"{amount}"))
    ledger(consume(asked(amount=20), id="refused"))
    ledger(give_back("19"))
    ledger(consume(asked(amount=19)))
    ledger(report("max_agents", 1, per=Per.TOTAL, limit=100))
    told = rows_of(ledger.address, "SELECT name, percent, used, amount FROM usage_threshold ORDER BY percent")
    assert told == [("max_agents", 80, 80, 100), ("max_agents", 100, 100, 100)]


def test_the_shares_of_each_period_are_told(ledger: Ledger) -> None:
    for hour in range(2):
        at = AT + hour * HOUR
        ledger(consume(asked("api_calls", 10, 10, Per.HOUR, at=at), at=at))
    assert len(rows_of(ledger.address, "SELECT 1 FROM usage_threshold")) == 4
