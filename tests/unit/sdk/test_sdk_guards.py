from __future__ import annotations

import asyncio
import functools
import inspect
from contextvars import Context
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    AccessDenied,
    Doorward,
    MalformedEntity,
    MalformedQuestion,
    TemplateError,
    Unreachable,
    acting_as,
    configure,
    require_access,
)
from doorward_sdk.testing import StaticAnswers
from unit.sdk.sdk_fakes import DENIED, RecordingTransport, json_response, yes_to_all

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

ANSWERS = {("user:alice", "view", f"agents:{name}"): True for name in ("7", "own", "*")}


@pytest.fixture(autouse=True)
def answers() -> Iterator[StaticAnswers]:
    transport = StaticAnswers(ANSWERS)
    configure(Doorward(transport=transport))
    with acting_as("user:alice"):
        yield transport
    configure(None)


@require_access("view", "agents:{agent_id}")
def view(agent_id: str, mode: str = "short", *, size: int = 1) -> tuple[str, str, int]:
    """Show an agent."""
    return agent_id, mode, size


def test_a_permitted_call_runs_with_its_arguments() -> None:
    assert view("7") == ("7", "short", 1)
    assert view("7", "long", size=2) == ("7", "long", 2)
    assert view(mode="x", agent_id="7") == ("7", "x", 1)


def test_a_forbidden_call_does_not_run() -> None:
    ran = []

    @require_access("view", "agents:{agent_id}")
    def guarded(agent_id: str) -> None:
        ran.append(agent_id)

    with pytest.raises(AccessDenied, match="user:alice may not view agents:8") as denial:
        guarded("8")
    assert denial.value.decision.allowed is False
    assert ran == []


def test_the_guard_keeps_name_text_and_signature() -> None:
    assert view.__name__ == "view"
    assert view.__doc__ == "Show an agent."
    assert list(inspect.signature(view).parameters) == ["agent_id", "mode", "size"]


def test_default_arguments_count() -> None:
    @require_access("view", "agents:{agent_id}")
    def guarded(agent_id: str = "own") -> str:
        return agent_id

    assert guarded() == "own"
    with pytest.raises(AccessDenied):
        guarded("8")


def test_a_call_with_wrong_arguments_fails_as_without_a_guard(answers: StaticAnswers) -> None:
    with pytest.raises(TypeError, match="agent_id"):
        view()  # type: ignore[call-arg]
    assert answers.asked == []


class Agents:
    def __init__(self, agent_id: str) -> None:
        self.agent_id = agent_id

    @require_access("view", "agents:{self.agent_id}")
    def of_self(self) -> str:
        return self.agent_id

    @classmethod
    @require_access("view", "agents:{agent_id}")
    def of_class(cls, agent_id: str) -> tuple[str, str]:
        return cls.__name__, agent_id

    @require_access("view", "agents:{agent_id}")
    @classmethod
    def outside_of_class(cls, agent_id: str) -> tuple[str, str]:
        return cls.__name__, agent_id

    @staticmethod
    @require_access("view", "agents:{agent_id}")
    def static(agent_id: str) -> str:
        return agent_id

    @require_access("view", "agents:{agent_id}")
    @staticmethod
    def outside_of_static(agent_id: str) -> str:
        return agent_id


def test_methods_of_every_kind_are_guarded() -> None:
    assert Agents("7").of_self() == "7"
    assert Agents.of_class("7") == Agents("x").outside_of_class("7") == ("Agents", "7")
    assert Agents.static("7") == Agents("x").outside_of_static("7") == "7"
    for call in (Agents.of_class, Agents.outside_of_class, Agents.static, Agents.outside_of_static):
        with pytest.raises(AccessDenied):
            call("8")
    with pytest.raises(AccessDenied):
        Agents("8").of_self()


def test_mistakes_show_while_decorating() -> None:
    def function(agent_id: str) -> str:
        return agent_id

    with pytest.raises(TemplateError, match="no argument 'agent'"):
        require_access("view", "agents:{agent}")(function)
    with pytest.raises(TemplateError, match="no argument 'org'"):
        require_access("view", "agents:*", tenant="{org}")(function)
    with pytest.raises(MalformedEntity):
        require_access("view", "agents")(function)
    with pytest.raises(MalformedQuestion):
        require_access("", "agents:*")
    with pytest.raises(TemplateError, match="guard its methods"):
        require_access("view", "agents:*")(Agents)


def test_an_argument_that_is_no_id_stops_the_call() -> None:
    for bad in (None, "", "*"):
        with pytest.raises(MalformedEntity):
            view(bad)  # type: ignore[arg-type]


def test_without_a_subject_the_call_is_denied(answers: StaticAnswers) -> None:
    with pytest.raises(AccessDenied, match="no subject is set"):
        Context().run(view, "7")
    assert answers.asked == []


def test_the_tenant_is_a_template_or_that_of_acting_as() -> None:
    transport = RecordingTransport(yes_to_all)
    client = Doorward(transport=transport)

    @require_access("view", "agents:*", tenant="{org}", client=client)
    def in_org(org: str) -> Any:  # noqa: ARG001 - JSON; the guard reads the argument
        return transport.body["context"]["tenant"]

    @require_access("view", "agents:*", client=client)
    def anywhere() -> Any:
        return transport.body["context"]["tenant"]

    with acting_as("user:alice", tenant="acme"):
        assert in_org("emca") == "emca"
        assert anywhere() == "acme"


def test_the_message_tells_why() -> None:
    because = json_response({"decision": False, "context": {"reason": "rule no-eights denies it"}})
    for transport, said in [
        (RecordingTransport(because), "user:alice may not view agents:8 in tenant acme: rule no-eights denies it"),
        (RecordingTransport(Unreachable("refused")), "no decision could be made: refused"),
        (RecordingTransport(DENIED), "user:alice may not view agents:8 in tenant acme"),
    ]:
        guard = require_access("view", "agents:8", tenant="acme", client=Doorward(transport=transport))
        with pytest.raises(AccessDenied) as denial:
            guard(len)("x")
        assert said in str(denial.value)


def test_a_coroutine_function_stays_one_and_is_guarded() -> None:
    @require_access("view", "agents:{agent_id}")
    async def guarded(agent_id: str) -> str:
        await asyncio.sleep(0)
        return agent_id

    assert inspect.iscoroutinefunction(guarded)
    assert asyncio.run(guarded("7")) == "7"
    with pytest.raises(AccessDenied):
        asyncio.run(guarded("8"))


def test_a_generator_is_refused_where_it_is_called() -> None:
    @require_access("view", "agents:{agent_id}")
    def guarded(agent_id: str) -> Iterator[str]:
        yield agent_id

    assert list(guarded("7")) == ["7"]
    with pytest.raises(AccessDenied):
        guarded("8")


@require_access("view", "agents:{agent_id}")
async def stream(agent_id: str, log: list[object]) -> AsyncGenerator[str, str]:
    try:
        while True:
            try:
                log.append((yield agent_id))
            except KeyError as error:
                log.append(error.args[0])
                if error.args[0] == "end":
                    return
    finally:
        log.append("closed")


def test_an_asynchronous_generator_is_refused_before_its_first_step() -> None:
    async def main() -> list[object]:
        log: list[object] = []
        with pytest.raises(AccessDenied):
            await stream("8", log).__anext__()
        return log

    assert asyncio.run(main()) == []


def test_an_asynchronous_generator_asks_for_whoever_called_it() -> None:
    async def main() -> None:
        with acting_as("user:alice"):
            of_alice = stream("7", [])
        with acting_as("user:bob", tenant="acme"):
            of_bob = stream("7", [])
            assert await of_alice.__anext__() == "7"
        with pytest.raises(AccessDenied, match="user:bob may not view agents:7 in tenant acme"):
            await of_bob.__anext__()
        of_nobody = Context().run(stream, "7", [])
        with pytest.raises(AccessDenied, match="no subject"):
            await of_nobody.__anext__()
        await of_alice.aclose()

    asyncio.run(main())


def test_a_guarded_stream_passes_on_what_its_consumer_does() -> None:
    async def main() -> list[object]:
        log: list[object] = []
        guarded = stream("7", log)
        assert await guarded.__anext__() == "7"
        assert await guarded.asend("sent") == "7"
        assert await guarded.athrow(KeyError("thrown")) == "7"
        with pytest.raises(StopAsyncIteration):
            await guarded.athrow(KeyError("end"))
        closed = stream("7", log)
        assert await closed.__anext__() == "7"
        await closed.aclose()
        broken = stream("7", log)
        assert await broken.__anext__() == "7"
        with pytest.raises(ValueError, match="not caught"):
            await broken.athrow(ValueError("not caught"))
        return log

    assert asyncio.run(main()) == ["sent", "thrown", "end", "closed", "closed", "closed"]


def test_any_callable_can_be_guarded(answers: StaticAnswers) -> None:
    def add(left: int, right: int) -> int:
        return left + right

    guarded = require_access("view", "agents:{right}")(functools.partial(add, 1))
    assert guarded(7) == 8
    assert answers.asked == [("user:alice", "view", "agents:7")]


def test_the_default_client_can_be_replaced_at_any_time() -> None:
    assert view("7")
    configure(Doorward(transport=RecordingTransport(DENIED)))
    with pytest.raises(AccessDenied):
        view("7")


def test_the_default_client_is_made_of_the_environment_at_its_first_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    monkeypatch.delenv("DOORWARD_URL", raising=False)
    configure(None)
    with pytest.raises(AccessDenied, match=str(tmp_path / "lock")):
        view("7")
