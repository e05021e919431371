from __future__ import annotations

from typing import Any

import pytest

from doorward_sdk import Doorward, MalformedEntity, Question, Response, Unreachable, acting_as
from unit.sdk.sdk_fakes import RecordingTransport, json_response, yes_to_all


def questions(count: int) -> list[Question]:
    return [Question("user:alice", "read", f"doc:{number}") for number in range(count)]


def even_ones(body: Any) -> Response:
    items = [{"decision": int(item["resource"]["id"]) % 2 == 0} for item in body["evaluations"]]
    return json_response({"evaluations": items}, headers={"doorward-revision": "git:abc"})


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (500, 1), (501, 2), (1000, 2), (1203, 3)])
def test_500_questions_travel_together_and_the_answers_keep_their_order(count: int, requests: int) -> None:
    transport = RecordingTransport(even_ones)
    answers = Doorward(transport=transport).check_many(questions(count))
    assert [answer.allowed for answer in answers] == [number % 2 == 0 for number in range(count)]
    assert all(answer.revision == "git:abc" for answer in answers)
    assert [(method, target) for method, target, _, _ in transport.requests] == [
        ("POST", "/access/v1/evaluations")
    ] * requests


def test_each_question_of_a_batch_is_complete() -> None:
    transport = RecordingTransport(yes_to_all)
    with acting_as("user:alice", tenant="acme"):
        Doorward(transport=transport).check_many(
            iter([Question(None, "read", "doc:1"), Question("user:b", "read", "doc:2", tenant="b", roles=["x"])])
        )
    assert transport.body == {
        "evaluations": [
            {
                "subject": {"type": "user", "id": "alice"},
                "action": {"name": "read"},
                "resource": {"type": "doc", "id": "1"},
                "context": {"tenant": "acme"},
            },
            {
                "subject": {"type": "user", "id": "b", "properties": {"roles": ["x"]}},
                "action": {"name": "read"},
                "resource": {"type": "doc", "id": "2"},
                "context": {"tenant": "b"},
            },
        ]
    }


def test_a_failed_batch_denies_its_own_questions_with_an_error() -> None:
    calls = iter([False, True, False])

    def fails_second(body: Any) -> Response | Exception:
        return Unreachable("gone") if next(calls) else yes_to_all(body)

    answers = Doorward(transport=RecordingTransport(fails_second)).check_many(questions(1200))
    assert [answer.allowed for answer in answers] == [True] * 500 + [False] * 500 + [True] * 200
    assert all((answer.error is None) is answer.allowed for answer in answers)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"evaluations": [{"decision": True}]}, id="too few"),
        pytest.param({"evaluations": [{"decision": True}] * 3}, id="too many"),
        pytest.param({"evaluations": {"decision": True}}, id="no list"),
        pytest.param({"decision": True}, id="a single decision"),
        pytest.param([{"decision": True}] * 2, id="a list without a name"),
    ],
)
def test_a_batch_answer_of_another_form_denies_every_question(answer: object) -> None:
    answers = Doorward(transport=RecordingTransport(json_response(answer))).check_many(questions(2))
    assert [(item.allowed, item.error is None) for item in answers] == [(False, False)] * 2


def test_questions_without_a_subject_are_denied_in_their_places() -> None:
    transport = RecordingTransport(yes_to_all)
    answers = Doorward(transport=transport).check_many(
        [Question(None, "read", "doc:1"), Question("user:a", "read", "doc:2"), Question(None, "read", "doc:3")]
    )
    assert [answer.allowed for answer in answers] == [False, True, False]
    assert [item["resource"]["id"] for item in transport.body["evaluations"]] == ["2"]


def test_a_malformed_question_is_found_before_anything_is_sent() -> None:
    transport = RecordingTransport(yes_to_all)
    with pytest.raises(MalformedEntity):
        Doorward(transport=transport).check_many(Question("user:a", "read", resource) for resource in ["doc:1", "doc"])
    assert transport.requests == []
