"""What the SDK offers to the tests of applications."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from doorward_sdk import Doorward, InProcessTransport, ProblemResponse, Question
from doorward_sdk.testing import StaticAnswers, in_process

if TYPE_CHECKING:
    from collections.abc import Callable


def handle(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Stands for the application: allows what a key asks."""
    assert (method, target) == ("POST", "/access/v1/evaluation")
    assert body.startswith(b'{"subject"')
    allowed = b"true" if ("Authorization", "Bearer k") in headers else b"false"
    answer_headers = [
        ("Content-Type", "application/json"),
        ("Doorward-Revision", "git:abc"),
        ("Vary", "a"),
        ("Vary", "b"),
    ]
    return 200, answer_headers, b'{"decision":' + allowed + b"}"


def test_a_client_can_ask_an_application_in_its_own_process() -> None:
    answer = Doorward(key="k", transport=InProcessTransport(handle)).check("user:a", "read", "doc:1")
    assert answer.allowed
    assert answer.revision == "git:abc"
    assert not Doorward(transport=InProcessTransport(handle)).check("user:a", "read", "doc:1")


def test_repeated_headers_are_joined() -> None:
    response = InProcessTransport(handle).send("POST", "/access/v1/evaluation", [], b'{"subject"', 1)
    assert response.headers["vary"] == "a, b"


def test_in_process_asks_the_sidecar_for_its_application(monkeypatch: pytest.MonkeyPatch) -> None:
    policies: list[Path] = []

    def make(policy: Path) -> Callable[..., object]:
        policies.append(policy)
        return handle

    package, bootstrap = ModuleType("doorward"), ModuleType("doorward.bootstrap")
    bootstrap.in_process = make  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, "doorward", package)
    monkeypatch.setitem(sys.modules, "doorward.bootstrap", bootstrap)
    with in_process("policies/x") as client:
        assert client.check("user:a", "read", "doc:1").error is None
    assert policies == [Path("policies/x")]


def test_static_answers_know_what_they_were_told_and_deny_the_rest() -> None:
    transport = StaticAnswers({("user:alice", "read", "doc:1"): True, ("user:alice", "read", "doc:2"): False})
    client = Doorward(transport=transport)
    assert client.check("user:alice", "read", "doc:1", tenant="acme")
    assert not client.check("user:alice", "write", "doc:1")
    questions = [Question("user:alice", "read", f"doc:{number}") for number in (2, 1, 3)]
    assert [answer.allowed for answer in client.check_many(questions)] == [False, True, False]
    assert transport.asked == [
        ("user:alice", "read", "doc:1"),
        ("user:alice", "write", "doc:1"),
        ("user:alice", "read", "doc:2"),
        ("user:alice", "read", "doc:1"),
        ("user:alice", "read", "doc:3"),
    ]


def test_static_answers_know_nothing_but_questions() -> None:
    with pytest.raises(ProblemResponse, match="GET /v1/tenants"):
        Doorward(transport=StaticAnswers({})).request("GET", "/v1/tenants")


def test_the_sdk_does_not_load_the_sidecar() -> None:
    code = "import sys, doorward_sdk.testing; print([m for m in sys.modules if m.split('.')[0] == 'doorward'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_static_limits_count() -> None:
    answers = StaticAnswers(
        {("user:ann", "create", "agents:*"): True}, flags={"beta": True, "text": "x"}, limits={"max_agents": 3}
    )
    client = Doorward(transport=answers)

    assert client.limit("max_agents", 2)
    assert not client.limit("max_agents", 3)
    taken = client.consume("max_agents", 2, id="a")
    assert (taken.allowed, taken.used, taken.remaining) == (True, 2, 1)
    assert client.consume("max_agents", 2, id="a")
    assert not client.consume_all({"max_agents": 2})
    assert answers.used == {"max_agents": 2}
    with client.reserve("max_agents") as kept:
        assert not client.consume("max_agents")
        assert kept.commit(0)
    assert client.reserve("max_agents").release()
    assert client.give_back("a")
    assert not client.give_back("a")
    assert client.guard("user:ann", "create", "agents:*", flags=["beta"], consume={"max_agents": 3})
    assert not client.guard("user:ann", "create", "agents:*", consume={"max_agents": 1})
    assert not client.guard("user:ann", "create", "agents:*", flags=["text"])
    assert not client.guard("user:bob", "create", "agents:*", flags=["beta"])
    unknown = client.consume("nothing")
    assert unknown.error is not None
    assert unknown.error.status == 404
    assert client.record_usage("api_calls", 5)
    assert answers.recorded == {"api_calls": 5}
