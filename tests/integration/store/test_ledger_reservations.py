"""Reservations and returns, the same on SQLite and PostgreSQL."""

import contextlib

import pytest

from doorward.domain.errors import BadRequest, Conflict, DoorwardError, NotFound
from doorward.domain.ledger.requests import Request
from doorward.domain.plans import Per
from doorward.store.database import Database
from support.ledger_lanes import Ledger, counts, threshold_ids
from support.ledgers import AT, SECOND, Ask, asked, commit, consume, give_back, release, reserve


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
    with contextlib.closing(database.ledger(threshold_ids(), lambda _books: None, lambda: ahead / SECOND)) as other:
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
