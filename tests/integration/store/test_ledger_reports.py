"""Reports and corrections, the same on SQLite and PostgreSQL."""

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import BadRequest, Conflict, NotFound
from doorward.domain.ledger.requests import Request
from doorward.domain.plans import Per
from doorward.domain.windows import HOUR
from support.ledger_lanes import Ledger, counts
from support.ledgers import AT, SECOND, asked, consume, give_back, release, report, reserve


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
