"""Laws of the ledger through its lane, in groups, on both databases: answers and sums are those of plain arithmetic."""

import contextlib
import itertools
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import DoorwardError, NotFound
from doorward.domain.ledger.requests import Report
from doorward.domain.plans import Per
from doorward.domain.windows import HOUR
from doorward.store.database import Database
from support.ledger_model import PLANS, Model, Step, told_of
from support.ledger_steps import STEPS_AND_PLANS
from support.ledger_sums import differences, rows_of
from support.ledgers import AT, SECOND, Ask, asked, consume, report
from support.threads import together

_tenants = (f"tenant-{number}" for number in itertools.count())
METERS: Final = {
    "calls": Aggregation.SUM,
    "runs": Aggregation.COUNT,
    "peak": Aggregation.MAX,
    "disk": Aggregation.LATEST,
    "people": Aggregation.UNIQUE,
}
few = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Clock:
    """The lane's time, in microseconds."""

    now = AT

    def __call__(self) -> float:
        return self.now / SECOND


def tenant_of(steps: Sequence[Step], database: Database, clock: Clock) -> str:
    """Take a new tenant through steps, each run of requests as one group."""
    tenant, model = next(_tenants), Model(AT)
    clock.now = AT
    with contextlib.closing(database.ledger(lambda: next(_tenants), lambda _books: None, clock)) as lane:
        ask = Ask(lane)
        for is_asked, some in itertools.groupby(steps, lambda step: step.kind not in {"time", "plan"}):
            if not is_asked:
                for step in some:
                    model.now += step.seconds * SECOND
                    model.plan = PLANS[step.plan] if step.kind == "plan" else model.plan
                clock.now = model.now
                continue
            run = list(some)
            requests = [model.request(step) for step in run]
            for request in requests:
                request.tenant = tenant
            outcomes = ask.many([[request] for request in requests])
            for step, outcome in zip(run, outcomes, strict=True):
                assert told_of(outcome) == model.told(step), step
    return tenant


@few
@given(steps=STEPS_AND_PLANS)
def test_every_answer_is_the_one_that_plain_sums_give(database: Database, steps: list[Step]) -> None:
    tenant_of(steps, database, Clock())
    assert differences(database.address) == []


_EVENTS = st.lists(
    st.builds(
        lambda name, amount, at, value: (name, 1 if name in {"runs", "people"} else amount, at, value),
        st.sampled_from(sorted(METERS)),
        st.integers(1, 9),
        st.sampled_from([AT - HOUR - 1, AT - HOUR, AT - 1, AT, AT + 1]),
        st.sampled_from(["ann", "bob"]),
    ),
    min_size=1,
    max_size=12,
)


@st.composite
def events_in_two_orders(draw: st.DrawFn) -> tuple[list[Report], list[Report]]:
    """Reports and corrections, and the same ones shuffled and repeated."""
    reports = [
        report(
            name, amount, id=f"e{number}", at=at, aggregation=METERS[name], value=value if name == "people" else None
        )
        for number, (name, amount, at, value) in enumerate(draw(_EVENTS))
    ]
    wrong = [one for one in reports if one.asked.name == "calls"]
    reports += [
        report("calls", -draw(st.integers(1, one.asked.amount)), id=f"c{one.id}", corrects=one.id) for one in wrong
    ]
    return reports, draw(st.permutations(reports + draw(st.lists(st.sampled_from(reports), max_size=6))))


@few
@given(orders=events_in_two_orders(), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_any_order_grouping_and_repetition_of_reports_gives_the_same_sums(
    database: Database, orders: tuple[list[Report], list[Report]], sizes: list[int]
) -> None:
    found = []
    for reports in orders:
        tenant, waiting = next(_tenants), list(reports)
        with contextlib.closing(database.ledger(lambda: next(_tenants), lambda _books: None)) as lane:
            ask = Ask(lane)
            for size in itertools.cycle(sizes):
                group, waiting = waiting[:size], waiting[size:]
                for one in group:
                    one.tenant = tenant
                outcomes = ask.many([[one] for one in group])
                early = [one for one, outcome in zip(group, outcomes, strict=True) if isinstance(outcome, NotFound)]
                assert len(early) == sum(isinstance(outcome, DoorwardError) for outcome in outcomes)
                waiting += early
                if not waiting:
                    break
            for name, aggregation in METERS.items():  # whoever looks sees the same period
                ask(consume(asked(name, 1, 0, Per.HOUR, aggregation=aggregation), tenant=tenant))
        found.append(
            [
                rows_of(database.address, f"SELECT {columns} FROM {table} WHERE tenant = '{tenant}' ORDER BY {columns}")  # noqa: S608
                for table, columns in (
                    ("ledger", "name, used, reported_at, reported_by"),
                    ("usage_window", "name, per, starts_at, used"),
                    ("usage_hour", "name, hour, amount, events, largest, last, last_at, last_by"),
                )
            ]
        )
    assert found[0] == found[1]
    assert differences(database.address, METERS) == []


@pytest.mark.parametrize("per", [Per.TOTAL, Per.HOUR, Per.RATE_PER_SECOND])
def test_lanes_that_consume_at_the_same_time_never_pass_a_limit_together(database: Database, per: Per) -> None:
    lanes = [database.ledger(lambda: next(_tenants), lambda _books: None) for _ in range(4)]
    some = asked("calls", 1, 100, per)
    outcomes = together(4, lambda number: Ask(lanes[number]).many([[consume(some)] for _ in range(50)]))
    for lane in lanes:
        lane.close()
    allowed = 0
    for lane_outcomes in outcomes:
        assert not isinstance(lane_outcomes, Exception), lane_outcomes
        for outcome in lane_outcomes:
            word, _ = told_of(outcome)
            allowed += word == "allowed"
    assert allowed == 100
    assert differences(database.address) == []
