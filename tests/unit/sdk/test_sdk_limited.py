"""`@limited` and `@metered`: what runs, what is counted, and what is given back."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    DeadlineExceeded,
    Doorward,
    LimitExceeded,
    MalformedQuestion,
    TemplateError,
    Unreachable,
    acting_as,
    configure,
    limited,
    metered,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_limits import MAX_AGENTS, REFUSED, echoed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CONSUMED, RETURNED, RECORDED = "/v1/limits/consume", "/v1/limits/return", "/v1/usage/events"


class Failed(Exception):  # noqa: N818 - reads as what happened
    """What a function raises."""


@pytest.fixture
def sidecar() -> Iterator[RecordingTransport]:
    """One that takes everything, behind the default client."""
    transport = RecordingTransport(lambda body: echoed(body) if "specversion" not in body else json_response({}, 202))
    configure(Doorward(transport=transport))
    yield transport
    configure(None)


def asked(transport: RecordingTransport) -> list[str]:
    return [target for _, target, _, _ in transport.requests]


def bodies(transport: RecordingTransport) -> list[Any]:
    return [json.loads(body) for *_, body in transport.requests]


def test_a_limit_is_consumed_before_and_kept_where_the_function_returns(sidecar: RecordingTransport) -> None:
    @limited("max_agents", 2)
    def create(name: str) -> str:
        """Make one."""
        assert asked(sidecar) == [CONSUMED]
        return name

    with acting_as("user:ann", tenant="acme"):
        assert create("a") == "a"
    assert bodies(sidecar)[0].items() >= {"tenant": "acme", "limit": "max_agents", "amount": 2}.items()
    assert (asked(sidecar), create.__doc__) == ([CONSUMED], "Make one.")


def test_it_is_given_back_where_the_function_raises(sidecar: RecordingTransport) -> None:
    @limited("max_agents", tenant="{org}")
    def create(org: str) -> None:
        raise Failed(org)

    with pytest.raises(Failed):
        create("acme")
    first, second = bodies(sidecar)
    assert asked(sidecar) == [CONSUMED, RETURNED]
    assert second == {"tenant": "acme", "id": first["id"]}


def test_a_function_does_not_run_without_room() -> None:
    transport = RecordingTransport(json_response(REFUSED))

    @limited("max_agents", client=Doorward(transport=transport))
    def create() -> None:
        pytest.fail("ran")

    with pytest.raises(LimitExceeded, match="the plan professional has room") as exceeded:
        create()
    assert exceeded.value.answer.allowed_by == "professional"
    assert asked(transport) == [CONSUMED]


@pytest.mark.parametrize(
    ("failure", "after"),
    [(DeadlineExceeded("late"), [RETURNED, RETURNED]), (Unreachable("nobody"), [RETURNED, RETURNED])],
)
def test_what_may_have_been_counted_for_a_call_that_does_not_run_is_given_back(
    failure: Exception, after: list[str]
) -> None:
    transport = RecordingTransport(failure)

    @limited("max_agents", client=Doorward(transport=transport))
    def create() -> None:
        pytest.fail("ran")

    with pytest.raises(LimitExceeded, match="is taken for used up") as exceeded:
        create()
    assert exceeded.value.answer.in_doubt
    assert asked(transport) == [CONSUMED, CONSUMED, *after]


def test_an_outage_where_it_is_to_be_given_back_does_not_hide_what_went_wrong() -> None:
    def answer(body: Any) -> Any:
        return echoed(body) if "amount" in body else Unreachable("gone")

    @limited("max_agents", client=Doorward(transport=RecordingTransport(answer)))
    def create() -> None:
        raise Failed

    with pytest.raises(Failed):
        create()


def test_a_limit_that_the_caller_counts_is_only_checked() -> None:
    transport = RecordingTransport(json_response(MAX_AGENTS))
    client = Doorward(transport=transport)

    @limited("max_agents", current=len, client=client)
    def create(agents: list[str]) -> int:
        agents.append("x")
        return len(agents)

    assert create(["a", "b"]) == 3
    assert asked(transport) == ["/v1/limits/check"]
    assert transport.body == {"limit": "max_agents", "amount": 1, "current": 2}
    refusing = RecordingTransport(json_response(REFUSED))
    client_of_none = limited("max_agents", current=lambda: 5, client=Doorward(transport=refusing))
    with pytest.raises(LimitExceeded):
        client_of_none(lambda: None)()


def test_coroutines_count_in_a_thread(sidecar: RecordingTransport) -> None:
    @limited("max_agents")
    async def create(*, fails: bool) -> int:
        if fails:
            raise Failed
        return threading.get_ident()

    with acting_as("user:ann", tenant="acme"):
        assert asyncio.run(create(fails=False)) == threading.get_ident()
        with pytest.raises(Failed):
            asyncio.run(create(fails=True))
    assert asked(sidecar) == [CONSUMED, CONSUMED, RETURNED]
    assert {one["tenant"] for one in bodies(sidecar)} == {"acme"}


def test_a_cancelled_coroutine_has_failed(sidecar: RecordingTransport) -> None:
    @limited("max_agents")
    async def create(began: asyncio.Event) -> None:
        began.set()
        await asyncio.sleep(60)

    async def cancel() -> None:
        began = asyncio.Event()
        task = asyncio.ensure_future(create(began))
        await asyncio.wait_for(began.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert asked(sidecar) == [CONSUMED, RETURNED]


def test_a_coroutine_that_is_cancelled_while_it_asks_gives_back_what_it_got() -> None:
    answered, asking, returned = threading.Event(), threading.Event(), threading.Event()

    def answer(body: Any) -> Any:
        asking.set()
        assert answered.wait(10)
        if "amount" not in body:
            returned.set()
        return echoed(body)

    transport = RecordingTransport(answer)

    @limited("max_agents", client=Doorward(transport=transport))
    async def create() -> None:
        pytest.fail("ran")

    async def cancel() -> None:
        task = asyncio.ensure_future(create())
        await asyncio.to_thread(asking.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        answered.set()
        assert await asyncio.to_thread(returned.wait, 10)

    asyncio.run(cancel())
    assert asked(transport) == [CONSUMED, RETURNED]


def test_a_generator_consumes_where_it_is_called_and_gives_back_where_a_step_raises(
    sidecar: RecordingTransport,
) -> None:
    @limited("max_agents")
    def create(count: int) -> Iterator[int]:
        yield from range(count)
        if count > 2:
            raise Failed

    steps = create(2)
    assert asked(sidecar) == [CONSUMED]
    assert list(steps) == [0, 1]
    next(create(2))  # left early
    assert asked(sidecar) == [CONSUMED, CONSUMED]
    with pytest.raises(Failed):
        list(create(3))
    assert asked(sidecar) == [CONSUMED, CONSUMED, CONSUMED, RETURNED]


def test_an_asynchronous_generator_consumes_before_its_first_step(sidecar: RecordingTransport) -> None:
    @limited("max_agents")
    @metered("api_calls")
    async def create(*, fails: bool) -> AsyncIterator[int]:
        yield 1
        if fails:
            raise Failed

    async def collect(*, fails: bool) -> list[int]:
        return [one async for one in create(fails=fails)]

    assert asyncio.run(collect(fails=False)) == [1]
    assert asked(sidecar) == [CONSUMED, RECORDED]
    with pytest.raises(Failed):
        asyncio.run(collect(fails=True))
    assert asked(sidecar) == [CONSUMED, RECORDED, CONSUMED, RETURNED]


class Agents:
    @limited("max_agents")
    @classmethod
    def of_class(cls, name: str) -> tuple[str, str]:
        return cls.__name__, name

    @staticmethod
    @limited("max_agents")
    def static(name: str) -> str:
        return name


def test_methods_are_limited(sidecar: RecordingTransport) -> None:
    assert (Agents.of_class("a"), Agents.static("b")) == (("Agents", "a"), "b")
    assert asked(sidecar) == [CONSUMED, CONSUMED]


def test_usage_is_recorded_after_success_alone(sidecar: RecordingTransport) -> None:
    @metered("api_calls", value=3, tenant="{org}")
    def call(org: str, *, fails: bool = False) -> str:
        assert sidecar.requests == []
        if fails:
            raise Failed
        return org

    with pytest.raises(Failed):
        call("acme", fails=True)
    assert call("acme") == "acme"
    (event,) = bodies(sidecar)
    assert (event["type"], event["subject"], event["data"]) == ("api_calls", "acme", {"value": 3})


def test_usage_of_coroutines_and_generators_is_recorded_at_their_end(sidecar: RecordingTransport) -> None:
    @metered("api_calls")
    async def call() -> int:
        assert sidecar.requests == []
        return 1

    @metered("api_calls")
    def steps() -> Iterator[int]:
        yield 1
        assert len(sidecar.requests) == 1

    assert asyncio.run(call()) == 1
    assert list(steps()) == [1]
    next(steps())
    assert len(sidecar.requests) == 2


def test_a_result_is_not_lost_for_usage_that_cannot_be_recorded(caplog: pytest.LogCaptureFixture) -> None:
    client = Doorward(transport=RecordingTransport(Unreachable("nobody listens")))

    @metered("api_calls", client=client)
    def call() -> int:
        return 7

    assert call() == 7
    assert "usage of api_calls was not recorded" in caplog.text
    assert "nobody listens" in caplog.text


def test_a_closed_client_loses_no_result_either(caplog: pytest.LogCaptureFixture) -> None:
    client = Doorward("http://127.0.0.1:9", key="k")
    client.close()
    assert metered("api_calls", client=client)(lambda: 7)() == 7
    assert "was closed" in caplog.text


@pytest.mark.parametrize(
    ("decorate", "error"),
    [
        (lambda: limited(""), MalformedQuestion),
        (lambda: limited("a", 0), MalformedQuestion),
        (lambda: metered("a", -1), MalformedQuestion),
        (lambda: limited("a", tenant="{org}")(lambda name: name), TemplateError),
        (lambda: limited("a")(Agents), TemplateError),  # type: ignore[type-var]
    ],
)
def test_what_cannot_be_decorated_is_told_at_once(decorate: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        decorate()
