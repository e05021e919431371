"""Limits and usage: what is sent, what the answers are, and what an outage comes to."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    AnswerError,
    CallError,
    DeadlineExceeded,
    Decision,
    Doorward,
    GuardAnswer,
    LimitAnswer,
    LimitExceeded,
    LimitsAnswer,
    MalformedQuestion,
    Reservation,
    ReturnAnswer,
    Unreachable,
    UsageAnswer,
    acting_as,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_limits import API_CALLS, MAX_AGENTS, REFUSED, TAKEN, echoed, problem

if TYPE_CHECKING:
    from collections.abc import Callable

UTC = timezone.utc  # noqa: UP017 - datetime.UTC came with 3.11
NOWHERE = Unreachable("nobody listens")
NOWHERE.sent = False
RESERVED = {"allowed": True, "id": "run-7", "expires_at": "2026-12-01T12:10:00.000Z", "limits": [MAX_AGENTS]}
GUARDED = {
    "allowed": True,
    "access": {"decision": True},
    "flags": {"beta": True},
    "limits": [MAX_AGENTS],
    "id": "g-1",
}


def over(*answers: Any) -> tuple[Doorward, RecordingTransport]:
    """A client whose requests are answered one after the other; the last answer stays."""
    left = list(answers)

    def answer(body: Any) -> Any:
        found = left.pop(0) if len(left) > 1 else left[0]
        return found(body) if callable(found) else found

    transport = RecordingTransport(answer)
    return Doorward(transport=transport, timeout=2.0), transport


def test_a_check_says_how_the_limit_stands() -> None:
    client, transport = over(json_response(API_CALLS, headers={"doorward-revision": "git:abc"}))
    answer = client.limit("api_calls", 4, tenant="acme")

    assert transport.requests[0][:2] == ("POST", "/v1/limits/check")
    assert transport.body == {"tenant": "acme", "limit": "api_calls", "amount": 1, "current": 4}
    assert answer == LimitAnswer(
        True, "api_calls", 5, 1, 0, 4, "hour", datetime(2026, 12, 1, 13, tzinfo=UTC), revision="git:abc"
    )


def test_what_was_counted_is_asked_where_nothing_is_given() -> None:
    client, transport = over(json_response(MAX_AGENTS))
    assert client.limit("max_agents")
    assert transport.body == {"limit": "max_agents", "amount": 1}


def test_the_tenant_is_that_of_whoever_acts() -> None:
    client, transport = over(echoed)
    with acting_as("user:ann", tenant="acme"):
        client.consume("max_agents")
        assert transport.body["tenant"] == "acme"
        client.consume("max_agents", tenant="globex")
        assert transport.body["tenant"] == "globex"


def test_a_refusal_says_what_would_help() -> None:
    client, _ = over(json_response(REFUSED))
    answer = client.consume("max_agents", id="a-1")
    assert not answer
    assert (answer.allowed_by, answer.error, answer.in_doubt) == ("professional", None, False)
    assert str(LimitExceeded(answer)) == (
        "the limit 'max_agents' has no room: 5 of 5 are used; the plan professional has room"
    )


def test_a_limit_without_bound_says_so() -> None:
    client, _ = over(json_response({**MAX_AGENTS, "limit": "unlimited", "remaining": "unlimited"}))
    answer = client.limit("max_agents")
    assert (answer.limit, answer.remaining) == ("unlimited", "unlimited")


def test_several_limits_are_consumed_at_once() -> None:
    client, transport = over(json_response({"allowed": False, "limits": [API_CALLS, REFUSED], "id": "b"}))
    answer = client.consume_all({"api_calls": 3, "max_agents": 1}, tenant="acme", id="b")

    items = [{"limit": "api_calls", "amount": 3}, {"limit": "max_agents", "amount": 1}]
    assert transport.body == {"tenant": "acme", "items": items, "id": "b"}
    assert (answer.allowed, answer.id, [one.allowed for one in answer.limits]) == (False, "b", [True, False])


def test_an_id_is_made_for_each_consume_and_told() -> None:
    client, transport = over(echoed)
    first, second = client.consume("max_agents"), client.consume("max_agents")
    assert first.id == json.loads(transport.requests[0][3])["id"]
    assert first.id != second.id


def test_a_lost_consume_is_sent_again_as_it_was_within_the_time_limit() -> None:
    client, transport = over(DeadlineExceeded("late"), json_response({**MAX_AGENTS, "id": "a", "repeated": True}))
    answer = client.consume("max_agents")

    assert (answer.allowed, answer.repeated, answer.in_doubt) == (True, True, False)
    assert transport.requests[0] == transport.requests[1]
    assert transport.timeouts[0] == 1.0
    assert 1.0 <= transport.timeouts[1] <= 2.0


@pytest.mark.parametrize(
    ("answers", "in_doubt"),
    [
        pytest.param([DeadlineExceeded("late")], True, id="never in time"),
        pytest.param([NOWHERE], False, id="nobody there"),
        pytest.param([Unreachable("broke"), NOWHERE], True, id="gone in between"),
        pytest.param([NOWHERE, problem(503, "busy")], False, id="refused at once"),
        pytest.param([problem(503, "store-unavailable")], True, id="the database is gone"),
        pytest.param([json_response({}, 502)], True, id="a proxy's word"),
        pytest.param([problem(404, "not-found")], False, id="no such limit"),
        pytest.param([json_response({"allowed": "yes"})], True, id="no answer of a sidecar"),
        pytest.param([json_response([])], True, id="a list"),
        pytest.param([DeadlineExceeded("late"), json_response(REFUSED)], True, id="refused after one was lost"),
    ],
)
def test_what_may_have_been_counted_is_told(answers: list[Any], in_doubt: bool) -> None:
    client, _ = over(*answers)
    answer = client.consume("max_agents", id="a-1")
    assert answer.allowed is False
    assert answer.in_doubt is in_doubt
    assert answer.id == (None if answer.error is None else "a-1")


def test_an_answer_without_a_limit_denies_everything() -> None:
    client, _ = over(NOWHERE)
    answers: list[Any] = [
        client.limit("max_agents", 1),
        client.consume("max_agents"),
        client.consume_all({"max_agents": 1}),
        client.give_back("a-1"),
        client.reserve("max_agents"),
        client.record_usage("api_calls"),
        client.guard("user:ann", "create", "agents:*", flags=["beta"], consume={"max_agents": 1}),
    ]
    for answer in answers:
        assert bool(answer) is answer.allowed is False
        assert answer.error.message == "nobody listens"
        assert answer.error.retryable


ANSWERS: list[Callable[[bool], Any]] = [
    lambda yes: LimitAnswer(yes, "a"),
    LimitsAnswer,
    lambda yes: ReturnAnswer(yes, "a"),
    lambda yes: UsageAnswer(yes, "a"),
    lambda yes: GuardAnswer(yes, Decision(yes)),
    lambda yes: Reservation(Doorward()._api, {"id": "a"}, LimitAnswer(yes, "a"), None),
]


@pytest.mark.parametrize("make", ANSWERS)
@pytest.mark.parametrize("yes", [True, False])
def test_the_truth_of_every_answer_is_allowed(make: Callable[[bool], Any], yes: bool) -> None:
    assert bool(make(yes)) is make(yes).allowed is yes


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.limit(""),
        lambda client: client.limit("a", -1),
        lambda client: client.limit("a", True),
        lambda client: client.consume("a", 0),
        lambda client: client.consume("a", 1.5),
        lambda client: client.consume("a", 1 << 63),
        lambda client: client.consume("a", id=""),
        lambda client: client.consume("a", id="x" * 257),
        lambda client: client.consume("a", id="a\n"),
        lambda client: client.consume("a", tenant=" "),
        lambda client: client.consume_all({}),
        lambda client: client.consume_all({"a": 0}),
        lambda client: client.give_back(7),
        lambda client: client.reserve("a", seconds=0),
        lambda client: client.record_usage("a", -1),
        lambda client: client.guard("user:a", "b", "c:d", flags="beta"),
        lambda client: client.guard("user:a", "b", "c:d", consume={"a": 0}),
        lambda client: client.guard("a", "b", "c:d"),
    ],
)
def test_a_wrong_call_raises_and_sends_nothing(call: Callable[[Doorward], object]) -> None:
    client, transport = over(TAKEN)
    with pytest.raises(CallError):
        call(client)
    assert transport.requests == []


def test_something_is_given_back() -> None:
    client, transport = over(json_response({"id": "a-1", "amounts": {"max_agents": 2}}))
    answer = client.give_back("a-1", "max_agents", 2, tenant="acme")
    assert transport.body == {"tenant": "acme", "id": "a-1", "limit": "max_agents", "amount": 2}
    assert (answer.allowed, answer.amounts) == (True, {"max_agents": 2})


@pytest.mark.parametrize(
    ("answers", "given"),
    [
        ([problem(409, "conflict", "what was consumed under the id 'a' was returned before")], False),
        ([DeadlineExceeded("late"), problem(409, "conflict", "what ... was returned before; nothing")], True),
        ([DeadlineExceeded("late"), problem(409, "conflict", "what is counted per period cannot be returned")], False),
        ([problem(404, "not-found")], False),
    ],
    ids=["twice", "the first one's answer was lost", "no total", "nothing consumed"],
)
def test_what_was_given_back_before_is_told_apart_from_a_lost_answer(answers: list[Any], *, given: bool) -> None:
    client, _ = over(*answers)
    assert client.give_back("a").allowed is given


def test_a_reservation_is_committed_at_the_end_of_its_block() -> None:
    committed = json_response({**RESERVED, "expires_at": None})
    client, transport = over(json_response(RESERVED), committed)
    with client.reserve("max_agents", 60, tenant="acme", seconds=600, id="run-7") as kept:
        assert transport.body == {
            "tenant": "acme", "limit": "max_agents", "amount": 60, "id": "run-7", "expires_in": 600,
        }  # fmt: skip
        assert kept.expires_at == datetime(2026, 12, 1, 12, 10, tzinfo=UTC)
        assert (kept.id, kept.allowed, kept.committed) == ("run-7", True, None)
    assert transport.requests[-1][1] == "/v1/limits/reservations/run-7/commit"
    assert transport.body == {"tenant": "acme"}
    assert kept.committed
    assert kept.committed.id == "run-7"


def test_what_was_really_used_is_committed_once() -> None:
    client, transport = over(json_response(RESERVED))
    with client.reserve("max_agents", 60) as kept:
        assert kept.commit(42)
        assert transport.body == {"amount": 42}
    assert len(transport.requests) == 2
    with pytest.raises(MalformedQuestion):
        kept.commit(-1)


def test_a_reservation_is_released_where_its_block_raises() -> None:
    client, transport = over(json_response(RESERVED), json_response({"id": "run-7", "amounts": {"max_agents": 60}}))
    with pytest.raises(ZeroDivisionError), client.reserve("max_agents", 60, id="run-7") as kept:
        _ = 1 / 0
    assert transport.requests[-1][1] == "/v1/limits/reservations/run-7/release"
    assert kept.released


def test_a_block_is_not_entered_without_room() -> None:
    client, _ = over(json_response({**RESERVED, "allowed": False, "expires_at": None, "limits": [REFUSED]}))
    kept = client.reserve("max_agents")
    assert not kept
    with pytest.raises(LimitExceeded, match="the plan professional has room"), kept:
        pytest.fail("entered")


def test_a_commit_whose_answer_was_lost_is_known_by_what_the_second_one_is_told() -> None:
    told = problem(409, "conflict", "the reservation 'run-7' was committed before; nothing was changed")
    client, _ = over(json_response(RESERVED), Unreachable("broke"), told, told)
    kept = client.reserve("max_agents")
    assert kept.commit() == LimitAnswer(True, "max_agents", id=kept.id, repeated=True)
    assert kept.commit().error is not None


def test_what_ends_something_is_sent_again_under_the_same_idempotency_key() -> None:
    given = json_response({"id": "a-1", "amounts": {"max_agents": 2}, "repeated": True})
    client, transport = over(Unreachable("broke"), given, given, json_response(RESERVED), Unreachable("broke"), given)
    assert client.give_back("a-1").amounts == {"max_agents": 2}
    client.give_back("a-1")
    client.reserve("max_agents").release()
    keys = [headers.get("Idempotency-Key") for _, _, headers, *_ in transport.requests]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is None
    assert keys[4] == keys[5]
    assert len({one for one in keys if one}) == 3


def test_usage_is_a_cloud_event() -> None:
    client, transport = over(json_response({"accepted": 1}, 202))
    answer = client.record_usage("api_calls", 10, tenant="acme", id="e-1", time=datetime(2026, 12, 1, 12))  # noqa: DTZ001
    assert transport.requests[0][:2] == ("POST", "/v1/usage/events")
    assert transport.requests[0][2]["Content-Type"] == "application/cloudevents+json"
    assert transport.body == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "doorward-sdk",
        "type": "api_calls",
        "subject": "acme",
        "data": {"value": 10},
        "time": "2026-12-01T12:00:00.000Z",
    }
    assert answer == UsageAnswer(True, "e-1")


def test_usage_is_sent_again_under_the_same_id_where_the_answer_was_lost() -> None:
    client, transport = over(DeadlineExceeded("late"), json_response({}, 204))
    assert client.record_usage("api_calls")
    assert transport.requests[0] == transport.requests[1]


def test_guard_asks_everything_at_once() -> None:
    client, transport = over(json_response(GUARDED, headers={"doorward-revision": "git:abc"}))
    with acting_as("user:ann", tenant="acme"):
        answer = client.guard(None, "create", "agents:*", flags=["beta"], consume={"max_agents": 1}, id="g-1")

    assert transport.body == {
        "access": {
            "subject": {"type": "user", "id": "ann"},
            "action": {"name": "create"},
            "resource": {"type": "agents", "id": "*"},
            "context": {"tenant": "acme"},
        },
        "flags": ["beta"],
        "consume": [{"limit": "max_agents", "amount": 1}],
        "id": "g-1",
    }
    assert answer
    assert (answer.access.allowed, answer.flags, answer.limits[0].used) == (True, {"beta": True}, 1)
    assert (answer.id, answer.revision) == ("g-1", "git:abc")


@pytest.mark.parametrize(
    "told",
    [
        {**GUARDED, "access": {"decision": False}},
        {**GUARDED, "access": None},
        {**GUARDED, "allowed": "true"},
        {**GUARDED, "flags": None},
        {**GUARDED, "flags": {"beta": 1}},
        {"decision": True},
    ],
)
def test_what_is_no_clear_yes_to_a_guard_is_a_no(told: object) -> None:
    client, _ = over(json_response(told))
    assert not client.guard("user:ann", "create", "agents:*")


def test_a_guard_without_a_subject_is_denied_and_not_asked() -> None:
    client, transport = over(json_response(GUARDED))
    answer = client.guard(None, "create", "agents:*", consume={"max_agents": 1})
    assert not answer
    assert isinstance(answer.error, AnswerError)
    assert transport.requests == []


def test_a_guard_that_consumes_nothing_is_asked_once_and_never_in_doubt() -> None:
    client, transport = over(DeadlineExceeded("late"))
    answer = client.guard("user:ann", "create", "agents:*", flags=["beta"])
    assert (answer.allowed, answer.in_doubt, answer.id) == (False, False, None)
    assert transport.timeouts == [2.0]


def test_what_counts_knows_of_the_clients_own_changes() -> None:
    client, transport = over(TAKEN)
    client._api.own_changes.remember({"doorward-facts": "7"})
    client._api.own_changes.remember_policy({"doorward-revision": "git:abc"})
    for ask in (
        lambda: client.limit("max_agents"),
        lambda: client.consume("max_agents"),
        lambda: client.reserve("max_agents"),
        lambda: client.record_usage("api_calls"),
        lambda: client.guard("user:ann", "create", "agents:*"),
    ):
        ask()
        sent = transport.requests[-1][2]
        assert (sent["Doorward-Min-Facts"], sent["Doorward-Min-Revision"]) == ("7", "git:abc")
