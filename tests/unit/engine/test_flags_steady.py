"""Until when time alone changes no answer."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.flags import FlagRule
from support.flag_builders import a_flag, context, flags_of, split

TIMES = st.integers(0, 20)


def scheduled(start: int | None, end: int | None) -> FlagRule:
    return FlagRule(start=start, end=end, serve="on")


@given(st.lists(st.tuples(TIMES, TIMES), max_size=4), TIMES, st.data())
def test_no_answer_changes_before(spans: list[tuple[int, int]], now: int, data: st.DataObject) -> None:
    flags = flags_of(*(a_flag(str(at), scheduled(start, end)) for at, (start, end) in enumerate(spans)))
    until = flags.steady_until(now)
    later = data.draw(st.floats(now, min(until, 99), exclude_max=True) if until > now else st.just(float(now)))

    assert until > now
    assert [one.value for one in flags.evaluate_all(context(), later)] == [
        one.value for one in flags.evaluate_all(context(), now)
    ]


def test_what_has_no_schedule_is_steady_for_ever() -> None:
    assert flags_of(a_flag("a", FlagRule(when="r.ctx.tenant.plan == 'x'", serve="on"))).steady_until(5) == math.inf


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(FlagRule(when="r.ctx.env.time > 7", serve="on"), id="a condition"),
        pytest.param(FlagRule(segments=("late",), serve="on"), id="a segment"),
        pytest.param(FlagRule(split=split(by=("env", "address"), on=100_000)), id="a split"),
    ],
)
def test_what_reads_the_time_or_the_address_is_never_steady(rule: FlagRule) -> None:
    named = {"late": "hour(r.ctx.env.time, 'UTC') > 7"} if rule.segments else {}
    assert flags_of(a_flag("a", rule), **named).steady_until(5) == 5
