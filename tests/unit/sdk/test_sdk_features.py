"""`@require_feature`: what runs, what is asked, and what is raised."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    Doorward,
    FeatureDisabled,
    MalformedQuestion,
    TemplateError,
    Unreachable,
    acting_as,
    configure,
    require_feature,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

ON = json_response({"key": "beta", "value": True, "variant": "on", "reason": "STATIC"})
OFF = json_response({"key": "beta", "value": False, "variant": "off", "reason": "STATIC"})


def over(answered: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answered)
    return Doorward(transport=transport), transport


def test_a_function_runs_where_its_feature_is_on() -> None:
    client, transport = over(ON)

    @require_feature("beta", client=client)
    def greet(name: str) -> str:
        """Say hello."""
        return f"hello {name}"

    with acting_as("user:alice", tenant="acme"):
        assert greet("ann") == "hello ann"
    assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}
    assert greet("bob") == "hello bob"
    assert transport.body == {"context": {}}
    assert greet.__doc__ == "Say hello."


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (OFF, "the feature 'beta' is off"),
        (json_response({"key": "beta", "value": "yes", "variant": "v", "reason": "STATIC"}), "the default a bool"),
        (json_response({"key": "beta", "value": 1, "variant": "v", "reason": "STATIC"}), "the default a bool"),
        (json_response({"key": "beta", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "no such flag"}, 404), "no such flag"),
        (Unreachable("no sidecar"), "taken for off: no sidecar"),
    ],
    ids=["off", "a text", "a number", "no flag", "no sidecar"],
)  # fmt: skip
def test_a_function_does_not_run_where_its_feature_is_anything_else(answered: Any, says: str) -> None:
    client, _ = over(answered)
    ran = []

    @require_feature("beta", client=client)
    def guarded() -> None:
        ran.append(1)

    with pytest.raises(FeatureDisabled, match=says) as disabled:
        guarded()
    assert ran == []
    assert disabled.value.feature == "beta"
    assert disabled.value.details.value is False


def test_the_tenant_may_come_from_the_arguments() -> None:
    client, transport = over(ON)

    @require_feature("beta", tenant="{org}", client=client)
    def guarded(org: str = "acme") -> str:
        return org

    with acting_as("user:alice", tenant="other"):
        assert guarded() == "acme"
        assert transport.body["context"]["tenant"] == "acme"
        assert guarded("globex") == "globex"
        assert transport.body["context"]["tenant"] == "globex"
    with pytest.raises(TemplateError, match="no argument 'who'"):
        require_feature("beta", tenant="{who}")(guarded)


def test_a_coroutine_asks_for_whoever_awaits_it() -> None:
    client, transport = over(ON)

    @require_feature("beta", client=client)
    async def guarded() -> int:
        return 7

    async def as_alice() -> int:
        with acting_as("user:alice", tenant="acme"):
            return await guarded()

    assert asyncio.run(as_alice()) == 7
    assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}


def test_an_asynchronous_generator_asks_for_whoever_called_it_before_its_first_step() -> None:
    client, transport = over(OFF)

    @require_feature("beta", client=client)
    async def guarded() -> AsyncGenerator[int, None]:
        yield 1

    async def take() -> None:
        with acting_as("user:alice", tenant="acme"):
            stream = guarded()
        async for _ in stream:
            raise AssertionError("it ran")

    with pytest.raises(FeatureDisabled):
        asyncio.run(take())
    assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}


def test_methods_of_every_kind_are_guarded() -> None:
    client, transport = over(ON)

    class Shop:
        @require_feature("beta", client=client)
        def own(self) -> str:
            return "own"

        @require_feature("beta", client=client)
        @classmethod
        def of_class(cls) -> str:
            return cls.__name__

        @staticmethod
        @require_feature("beta", client=client)
        def of_nobody() -> str:
            return "static"

    assert (Shop().own(), Shop.of_class(), Shop.of_nobody()) == ("own", "Shop", "static")
    assert len(transport.requests) == 3
    with pytest.raises(TemplateError, match="guard its methods"):
        require_feature("beta")(Shop)  # type: ignore[type-var] # what a caller without a type checker may do


def test_what_is_no_key_is_refused_while_decorating() -> None:
    with pytest.raises(MalformedQuestion):
        require_feature(" ")


@pytest.fixture
def configured() -> Iterator[RecordingTransport]:
    client, transport = over(ON)
    configure(client)
    yield transport
    configure(None)


def test_without_a_client_the_configured_one_is_asked(configured: RecordingTransport) -> None:
    @require_feature("web/new cart")
    def guarded() -> int:
        return 1

    assert guarded() == 1
    assert configured.requests[0][1] == "/ofrep/v1/evaluate/flags/web%2Fnew%20cart"
