"""The ledger, the same on SQLite and PostgreSQL: what each kind of request makes of it."""

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import BadRequest, Conflict, DoorwardError, NotFound, StoreUnavailable
from doorward.domain.ledger import accounts
from doorward.domain.ledger.answers import Taken
from doorward.domain.ledger.requests import Asked, Request
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import HOUR
from doorward.store.database import Database
from support.ledger_sums import differences, rows_of
from support.ledgers import AT, SECOND, Ask, asked, commit, consume, give_back, release, report, reserve
from support.threads import together

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
    with contextlib.closing(database.ledger(_ids(), lambda _books: None, lambda: found.time / 1_000_000)) as lane:
        found = Ledger(Ask(lane), database.address)
        yield found
        assert differences(database.address, AGGREGATIONS) == []


AGGREGATIONS = {
    "storage_used": Aggregation.LATEST,
    "peak": Aggregation.MAX,
    "people": Aggregation.UNIQUE,
}


def _ids() -> Callable[[], str]:
    numbers = iter(range(1_000_000))
    return lambda: f"threshold-{next(numbers)}"


def counts(taken: Taken) -> list[tuple[str, int, int | None]]:
    """How each limit stands after a request: its name, what is used, what remains."""
    return [(one.asked.name, one.standing.used, one.standing.remaining) for one in taken.limits]


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
    with contextlib.closing(database.ledger(_ids(), lambda _books: None)) as other:
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
    with contextlib.closing(database.ledger(_ids(), lambda _books: None)) as other:
        both = [ledger.ask, Ask(other)]
        for number in range(20):
            names = [f"name-{number}-{place}" for place in range(5)]
            some = [[asked(name) for name in names], [asked(name) for name in reversed(names)]]
            outcomes = _at_once(lambda side, some=some: both[side].many([[consume(*some[side])]]))  # type: ignore[misc]
            assert all(one[0][0].allowed for one in outcomes)


def test_a_reservation_keeps_room_until_it_is_committed(ledger: Ledger) -> None:
    held = ledger(reserve(asked(amount=60), id="r"))
    assert (held.limits[0].standing.held, held.limits[0].standing.remaining) == (60, 40)
    assert not ledger(consume(asked(amount=41))).allowed
    assert counts(ledger(commit("r"))) == [("max_agents", 60, 40)]
    assert ledger.used() == 60


def test_a_reservation_is_committed_at_its_real_amount(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=60), id="less"))
    assert counts(ledger(commit("less", {"max_agents": 10}))) == [("max_agents", 10, 90)]
    ledger(reserve(asked(amount=60), id="more"))
    assert counts(ledger(commit("more", {"max_agents": 90}))) == [("max_agents", 100, 0)]


def test_a_commit_of_nothing_counts_nothing_and_frees_the_room(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=60), id="r"))
    assert counts(ledger(commit("r", {"max_agents": 0}))) == [("max_agents", 0, 100)]
    assert ledger(consume(asked(amount=100))).allowed


def test_a_commit_of_more_than_there_is_room_for_is_a_conflict_and_the_reservation_holds_on(ledger: Ledger) -> None:
    ledger(consume(asked(amount=50)))
    ledger(reserve(asked(amount=40), id="r"))
    with ledger.unchanged(), pytest.raises(Conflict, match="holds on"):
        ledger(commit("r", {"max_agents": 51}))
    assert counts(ledger(commit("r"))) == [("max_agents", 90, 10)]


def test_what_is_released_is_free_again(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=100), id="r"))
    assert ledger(release("r")).amounts == (("max_agents", 100),)
    assert ledger(consume(asked(amount=100))).allowed


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([commit("r")], id="committed"),
        pytest.param([release("r")], id="released"),
    ],
)
def test_a_reservation_ends_once(ledger: Ledger, after: list[Request]) -> None:
    ledger(reserve(asked(amount=5), id="r"))
    for one in after:
        ledger(one)
    with ledger.unchanged():
        for again in (commit("r"), release("r"), reserve(asked(amount=5), id="r")):
            with pytest.raises(Conflict, match="before; nothing was changed"):
                ledger(again)


def test_a_reservation_of_another_tenant_is_not_there(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=5), id="r"))
    with ledger.unchanged():
        for other in (commit("r", tenant="globex"), release("r", tenant="globex")):
            with pytest.raises(NotFound, match="there is no reservation"):
                ledger(other)


def test_a_commit_of_a_limit_that_was_not_reserved_is_refused(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=5), id="r"))
    with ledger.unchanged(), pytest.raises(BadRequest, match="was not reserved"):
        ledger(commit("r", {"api_calls": 1}))


def test_a_reservation_ends_by_itself(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=100), id="r", seconds=60))
    assert not ledger(consume(asked(), at=ledger.at(AT + 59 * SECOND))).allowed
    ends = ledger.at(AT + 60 * SECOND)
    assert ledger(consume(asked(amount=100), at=ends)).allowed
    for late in (commit("r", at=ends), release("r", at=ends), reserve(asked(amount=100), id="r", at=ends)):
        with pytest.raises(Conflict, match="has expired"):
            ledger(late)
    assert ledger.used() == 100


def test_one_reservation_of_two_ends_and_the_other_holds(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=60), id="short", seconds=10))
    ledger(reserve(asked(amount=40), id="long", seconds=100))
    then = ledger.at(AT + 10 * SECOND)
    assert not ledger(consume(asked(amount=61), at=then)).allowed
    assert ledger(consume(asked(amount=60), at=then)).allowed
    assert counts(ledger(commit("long", at=then))) == [("max_agents", 100, 0)]


def test_a_commit_that_was_asked_in_time_and_carried_out_too_late_does_not_pass_the_limit(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=100), id="r", seconds=60))
    ledger.at(AT + 61 * SECOND)
    assert ledger(consume(asked(amount=100), at=AT + 61 * SECOND)).allowed
    with pytest.raises(Conflict, match="has expired"):
        ledger(commit("r", at=AT + 59 * SECOND))
    assert ledger.used() == 100


def test_a_process_whose_clock_is_behind_does_not_commit_what_another_one_gave_away(
    ledger: Ledger, database: Database
) -> None:
    ledger(reserve(asked(amount=5), asked("api_calls", 5), id="r", seconds=60))
    ahead = AT + 61 * SECOND
    with contextlib.closing(database.ledger(_ids(), lambda _books: None, lambda: ahead / SECOND)) as other:
        assert Ask(other)(consume(asked("api_calls", 100), at=ahead)).allowed
    with ledger.unchanged():
        with pytest.raises(Conflict, match="has expired"):
            ledger(commit("r"))
        with pytest.raises(Conflict, match="has expired"):
            ledger(release("r"))


def test_what_follows_a_request_of_the_same_group_finds_it(ledger: Ledger) -> None:
    ledger(consume(asked()))
    outcomes = ledger.ask.many(
        [
            [reserve(asked(amount=5), id="r")],
            [commit("r", {"max_agents": 3}, per=Per.HOUR)],
            [consume(asked(amount=2), id="c")],
            [give_back("c")],
            [consume(asked(amount=1), id="d")],
        ]
    )
    assert not [one for one in outcomes if isinstance(one, DoorwardError)]
    assert ledger.used() == 1 + 3 + 1


def test_a_return_lowers_a_total_once_and_never_more_than_was_consumed(ledger: Ledger) -> None:
    ledger(consume(asked(amount=10), id="c"))
    with ledger.unchanged(), pytest.raises(Conflict, match="more than the 10"):
        ledger(give_back("c", "max_agents", 11))
    assert ledger(give_back("c", "max_agents", 4)).amounts == (("max_agents", 4),)
    with ledger.unchanged(), pytest.raises(Conflict, match="returned before"):
        ledger(give_back("c", "max_agents", 1))
    assert ledger.used() == 6


def test_a_return_of_what_was_not_consumed_is_refused(ledger: Ledger) -> None:
    ledger(consume(asked(), asked("api_calls", 1, 5, Per.HOUR), id="c"))
    with ledger.unchanged():
        with pytest.raises(NotFound, match="nothing was consumed under the id 'x'"):
            ledger(give_back("x"))
        with pytest.raises(NotFound, match="nothing of 'other'"):
            ledger(give_back("c", "other"))
        with pytest.raises(Conflict, match="only totals"):
            ledger(give_back("c", "api_calls"))
    assert ledger(give_back("c")).amounts == (("max_agents", 1),)


def test_what_was_returned_stays_used_in_its_period(ledger: Ledger) -> None:
    both = asked("max_agents", 5, 5)._replace(rules=(*asked(limit=5).rules, *asked(limit=8, per=Per.HOUR).rules))
    ledger(consume(both, id="c"))
    ledger(give_back("c"))
    refused = ledger(consume(both))
    assert not refused.allowed
    assert (refused.limits[0].standing.rule.per, refused.limits[0].standing.used) == (Per.HOUR, 5)


def test_a_committed_reservation_is_returned_like_what_was_consumed(ledger: Ledger) -> None:
    ledger(reserve(asked(amount=5), id="r"))
    ledger(commit("r", {"max_agents": 3}))
    assert ledger(give_back("r")).amounts == (("max_agents", 3),)
    assert ledger.used() == 0


def test_reports_count_past_the_limit_and_once_each(ledger: Ledger) -> None:
    for _ in range(2):
        ledger(report(amount=1500, id="e"))
    assert ledger.used("api_calls") == 1500
    refused = ledger(consume(asked("api_calls", 1, 1000, Per.HOUR)))
    assert (refused.allowed, counts(refused)) == (False, [("api_calls", 1500, 0)])
    with ledger.unchanged(), pytest.raises(Conflict, match="another content"):
        ledger(report(amount=1501, id="e"))


def test_a_report_cannot_pretend_to_be_a_consume(ledger: Ledger) -> None:
    forged = report(id="c")
    forged.source = "limits"
    with ledger.unchanged(), pytest.raises(BadRequest, match="source"):
        ledger(forged)


def test_the_most_of_a_meter_counts_in_each_period(ledger: Ledger) -> None:
    for amount, at in ((5, AT), (3, AT + 1), (9, AT + HOUR), (4, AT + HOUR)):
        ledger(report("peak", amount, at=at, aggregation=Aggregation.MAX))
    assert ledger.used("peak") == 9
    assert ledger(report("peak", 1, aggregation=Aggregation.MAX)).amounts == (("peak", 1),)


def test_a_gauge_stands_at_its_latest_report_whenever_it_comes(ledger: Ledger) -> None:
    def told(amount: int, at: int) -> None:
        ledger(report("storage_used", amount, at=at, per=Per.TOTAL, aggregation=Aggregation.LATEST))

    told(50, AT + 10)
    told(99, AT + 5)
    assert ledger.used("storage_used") == 50
    ledger(consume(asked("storage_used", 7, aggregation=Aggregation.LATEST), at=AT + 20))
    assert ledger.used("storage_used") == 57
    told(30, AT + 15)
    assert ledger.used("storage_used") == 37
    told(10, AT + 25)
    assert ledger.used("storage_used") == 10


def test_what_is_consumed_of_a_gauge_counts_though_its_report_is_of_a_later_time(ledger: Ledger) -> None:
    gauge = asked("storage_used", 10, 100, aggregation=Aggregation.LATEST)
    ledger(report("storage_used", 85, at=AT + 300 * SECOND, per=Per.TOTAL, aggregation=Aggregation.LATEST))
    assert ledger(consume(gauge)).allowed
    assert not ledger(consume(gauge)).allowed
    assert ledger.used("storage_used") == 95


def test_what_is_given_back_of_a_gauge_lowers_it_unless_a_report_has_it_already(ledger: Ledger) -> None:
    gauge = asked("storage_used", 10, 100, aggregation=Aggregation.LATEST)
    ledger(consume(gauge, id="before"))
    ledger(report("storage_used", 10, at=AT + 1, per=Per.TOTAL, aggregation=Aggregation.LATEST))
    ledger(consume(gauge, id="after", at=AT + 2))
    ledger(give_back("before", at=AT + 3))
    ledger(give_back("after", at=AT + 3))
    assert ledger.used("storage_used") == 10


def test_reservations_of_a_gauge_hold_whatever_its_limit_is_counted_in(ledger: Ledger) -> None:
    some = asked("storage_used", 60, 100, Per.DAY, aggregation=Aggregation.LATEST)
    assert ledger(reserve(some, id="first")).allowed
    assert not ledger(reserve(some, id="second")).allowed
    assert not ledger(consume(some)).allowed
    ledger(release("first"))
    assert ledger(consume(some)).allowed


def test_a_gauge_that_is_reported_and_returned_in_one_group_is_right(ledger: Ledger) -> None:
    gauge = asked("storage_used", 10, 100, aggregation=Aggregation.LATEST)
    ledger(consume(gauge, id="c", at=AT + 20))
    ledger.ask.many(
        [
            [give_back("c", at=AT + 21)],
            [consume(gauge._replace(amount=3), at=AT + 22)],
            [report("storage_used", 5, at=AT + 10, per=Per.TOTAL, aggregation=Aggregation.LATEST)],
        ]
    )
    assert ledger.used("storage_used") == 8


def test_values_are_told_apart_in_each_period(ledger: Ledger) -> None:
    for value, at in (("ann", AT), ("ann", AT + 1), ("bob", AT), ("ann", AT + HOUR), ("", AT)):
        ledger(report("people", value=value, at=at, aggregation=Aggregation.UNIQUE))
    assert ledger.used("people") == 3


def test_an_event_is_corrected_by_a_counter_event_at_its_own_time(ledger: Ledger) -> None:
    ledger(report(amount=10, id="wrong", at=AT - HOUR))
    ledger(report(amount=-4, id="first", corrects="wrong"))
    assert ledger.used("api_calls") == 6
    for _ in range(2):
        ledger(report(amount=-6, id="rest", corrects="wrong"))
    assert ledger.used("api_calls") == 0
    assert ledger(consume(asked("api_calls", 1, 1, Per.HOUR))).allowed


@pytest.mark.parametrize(
    ("correction", "error", "message"),
    [
        pytest.param(report(amount=-11, corrects="wrong"), Conflict, "more than the 10", id="more than there was"),
        pytest.param(report(amount=-1, corrects="nothing"), NotFound, "there is no event", id="of nothing"),
        pytest.param(report("other", -1, corrects="wrong"), NotFound, "there is no event", id="of another meter"),
        pytest.param(
            report("peak", -1, corrects="wrong", aggregation=Aggregation.MAX), BadRequest, "is no sum", id="of no sum"
        ),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(
    ledger: Ledger, correction: Request, error: type[Exception], message: str
) -> None:
    ledger(report(amount=10, id="wrong"))
    with ledger.unchanged(), pytest.raises(error, match=message):
        ledger(correction)


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
