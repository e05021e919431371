"""Laws of the ledger, by `domain/ledger` alone: limits hold, nothing is counted twice, rates let no more pass than they say."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.accounts import Account, Rule
from doorward.domain.ledger.requests import Report
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import window
from support.ledger_model import PLANS, Model, Step, told_of
from support.ledger_pure import PureLedger
from support.ledger_steps import STEPS, STEPS_AND_PLANS
from support.ledgers import AT, SECOND, report

NAMES = sorted(PLANS[0])


def take(steps: Sequence[Step], after_each: Callable[[Model], None] = lambda _model: None) -> tuple[Model, PureLedger]:
    """Take limits through steps; each answer is the model's, and so is what was used."""
    model, ledger = Model(AT), PureLedger(NAMES)
    for step in steps:
        if step.kind == "time":
            model.now += step.seconds * SECOND
        elif step.kind == "plan":
            model.plan = PLANS[step.plan]
        else:
            outcome = ledger.ask(model.request(step))
            assert told_of(outcome) == model.told(step), step
        assert {name: ledger.accounts[name].used for name in NAMES} == {name: model.total(name) for name in NAMES}
        after_each(model)
    return model, ledger


def no_limit_is_passed(model: Model) -> None:
    """Neither now nor in any period that something was counted in."""
    for name in NAMES:
        for at in {model.now, *(one.at for one in model.counted if one.name == name)}:
            assert model.remains(name, at) >= 0, (name, at)


@given(steps=STEPS_AND_PLANS)
def test_every_answer_is_the_one_that_plain_sums_give_whatever_plans_do_meanwhile(steps: list[Step]) -> None:
    take(steps)


@given(steps=STEPS)
def test_what_was_accepted_and_is_held_is_never_more_than_the_limit(steps: list[Step]) -> None:
    take(steps, no_limit_is_passed)


@given(steps=STEPS)
def test_what_was_done_is_answered_as_repeated_and_changes_nothing(steps: list[Step]) -> None:
    model, ledger = take(steps)
    used = {name: account.used for name, account in ledger.accounts.items()}
    for step in steps:
        if step.kind == "consume" and model.consumed.get(step.id) == step.items:
            word, _ = told_of(ledger.ask(model.request(step)))
            assert word == "again"
    assert {name: account.used for name, account in ledger.accounts.items()} == used


@given(
    rate=st.integers(1, 40) | st.sampled_from([999, 10**6 + 1, 10**9, 10**9 + 7, 10**12, MAX_AMOUNT]),
    asked=st.lists(st.tuples(st.integers(0, 400_000), st.integers(1, 50)), max_size=60),
)
def test_a_rate_lets_no_more_pass_in_any_time_than_a_second_s_worth_and_what_that_time_brings(
    rate: int, asked: list[tuple[int, int]]
) -> None:
    rule, account, now = Rule(Per.RATE_PER_SECOND, rate, 0, 0), Account("acme", "calls"), AT
    passed: list[tuple[int, int]] = []
    for waited, amount in asked:
        now += waited
        standing = account.standing(rule, amount, now, Aggregation.SUM)
        assert standing.remaining is not None
        assert standing.has_room == (amount <= standing.remaining)
        if standing.has_room:
            account.take_rate(rule, amount, now)
            passed.append((now, amount))
        elif standing.retry_at:
            later = account.standing(rule, amount, standing.retry_at, Aggregation.SUM)
            assert later.has_room, "what may be tried again at a time fits then"
    for first, (begins, _) in enumerate(passed):
        total = 0
        for ends, amount in passed[first:]:
            total += amount
            assert total <= rate + Fraction(rate * (ends - begins), SECOND)


@pytest.mark.parametrize("rate", [3, 7, 999])
def test_a_rate_that_is_used_up_all_the_time_lets_no_more_pass_than_it_says(rate: int) -> None:
    """What a second's parts are rounded to adds up."""
    rule, account, now = Rule(Per.RATE_PER_SECOND, rate, 0, 0), Account("acme", "calls"), AT
    for passed in range(1, 8 * rate + 5000):
        standing = account.standing(rule, 1, now, Aggregation.SUM)
        now = now if standing.has_room else standing.retry_at
        account.take_rate(rule, 1, now)
        assert passed <= rate + Fraction(rate * (now - AT), SECOND)


@given(rate=st.integers(1, 1000), used=st.lists(st.integers(1, 1000), max_size=30))
def test_a_rate_is_whole_again_after_little_more_than_a_second(rate: int, used: list[int]) -> None:
    rule, account = Rule(Per.RATE_PER_SECOND, rate, 0, 0), Account("acme", "calls")
    for amount in used:
        if account.standing(rule, amount, AT, Aggregation.SUM).has_room:
            account.take_rate(rule, amount, AT)
    assert account.standing(rule, rate, AT + SECOND + 2, Aggregation.SUM).has_room


_TIMES = st.integers(AT - 3, AT + 3)


@st.composite
def gauge_reports(draw: st.DrawFn) -> tuple[list[Report], list[Report]]:
    amounts = draw(st.lists(st.tuples(st.integers(0, 9), _TIMES), min_size=1, max_size=8))
    reports = [
        report("disk", amount, id=f"e{number}", at=at, per=Per.TOTAL, aggregation=Aggregation.LATEST)
        for number, (amount, at) in enumerate(amounts)
    ]
    again = draw(st.permutations(reports + draw(st.lists(st.sampled_from(reports), max_size=4))))
    return reports, again


@given(both=gauge_reports())
def test_a_gauge_stands_alike_whatever_the_order_and_repetition_of_its_reports(
    both: tuple[list[Report], list[Report]],
) -> None:
    stands = []
    for reports in both:
        ledger = PureLedger(["disk"])
        for one in reports:
            ledger.ask(one)
        stands.append(ledger.accounts["disk"].used)
    last = max(both[0], key=lambda one: (one.at, f"{one.source}\n{one.id}"))
    assert stands == [last.asked.amount] * 2


@given(at=st.integers(0, 4_000_000_000 * SECOND), per=st.sampled_from([Per.MINUTE, Per.HOUR, Per.DAY, Per.MONTH]))
def test_periods_tile_time(at: int, per: Per) -> None:
    begins, ends = window(per, at)
    assert begins <= at < ends
    assert window(per, begins) == window(per, ends - 1) == (begins, ends)
    assert window(per, ends)[0] == ends
