"""Checked by mypy, not run: each line that must be an error says so, and mypy complains when it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from doorward_sdk import (
    Decision,
    Doorward,
    Entity,
    Flag,
    FlagDetails,
    GuardAnswer,
    InProcessTransport,
    LimitAnswer,
    LimitsAnswer,
    Question,
    Reservation,
    ReturnAnswer,
    Tenant,
    UsageAnswer,
    User,
    acting_as,
    limited,
    metered,
    require_access,
    require_feature,
)
from doorward_sdk.enterprise import multi_tenancy as enterprise_tenancy
from doorward_sdk.enterprise.multi_tenancy import tenant_manager
from doorward_sdk.testing import StaticAnswers, in_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from doorward_sdk import Response, Transport


@require_access("view", "agents:{agent_id}")
def view(agent_id: str, *, size: int = 1) -> bytes:
    return agent_id.encode() * size


@require_access("view", "agents:{agent_id}")
async def view_later(agent_id: str) -> bytes:
    return agent_id.encode()


@require_access("view", "agents:*", tenant="acme", client=Doorward())
def view_all() -> Iterator[bytes]:
    yield b""


@require_access("view", "agents:*")
async def stream_all() -> AsyncIterator[bytes]:
    yield b""


@require_feature("beta", tenant="{org}")
def try_out(org: str) -> bytes:
    return org.encode()


@limited("max_agents", tenant="{org}")
def start(org: str) -> bytes:
    return org.encode()


@limited("max_agents", current=len)
@metered("api_calls", value=2)
async def start_later(agents: list[str]) -> int:
    return len(agents)


class Agents:
    @require_access("view", "agents:{agent_id}")
    def of_self(self, agent_id: str) -> bytes:
        return agent_id.encode()

    @classmethod
    @require_access("view", "agents:{agent_id}")
    def of_class(cls, agent_id: str) -> bytes:
        return agent_id.encode()

    @require_access("view", "agents:{agent_id}")
    @staticmethod
    def static(agent_id: str) -> bytes:
        return agent_id.encode()


async def signatures_stay() -> None:
    assert_type(view("7", size=2), bytes)
    assert_type(await view_later("7"), bytes)
    assert_type(view_all(), "Iterator[bytes]")
    assert_type(stream_all(), "AsyncIterator[bytes]")
    assert_type(Agents().of_self("7"), bytes)
    assert_type(Agents.of_class("7"), bytes)
    assert_type(Agents.static("7"), bytes)
    assert_type(try_out("acme"), bytes)
    assert_type(start("acme"), bytes)
    assert_type(await start_later(["a"]), int)
    start(7)  # type: ignore[arg-type]
    limited("max_agents", current="5")  # type: ignore[arg-type]
    view(7)  # type: ignore[arg-type]
    view()  # type: ignore[call-arg]
    view("7", length=2)  # type: ignore[call-arg]
    Agents().of_self(7)  # type: ignore[arg-type]
    require_access("view", "agents:*")(7)  # type: ignore[type-var]


def answers_are_booleans(client: Doorward) -> None:
    answer = client.check(Entity("user", "a", level=3), "read", "doc:1", roles=["viewer"], explain=True)
    assert_type(answer, Decision)
    assert_type(answer.allowed, bool)
    assert_type(answer.__bool__(), bool)
    assert_type(client.check_many([Question("user:a", "read", "doc:1")]), list[Decision])
    if answer and not client.check(None, "read", "doc:1"):
        assert_type(answer.error.status if answer.error else None, "int | None")
    answer.allowed = True  # type: ignore[misc]
    client.check("user:a", "read")  # type: ignore[call-arg]
    client.check("user:a", "read", "doc:1", "acme")  # type: ignore[call-arg]


def records_have_types(client: Doorward) -> None:
    assert_type(client.tenants.create("Acme", "acme.com"), Tenant)
    for user in client.users.list(tenant="acme"):
        assert_type(user, User)
    assert_type(client.users.has_permission("u", "view_agents"), Decision)
    assert_type(client.sessions.introspect("t").__bool__(), bool)
    assert_type(tenant_manager.get_tenant("acme"), enterprise_tenancy.Tenant | None)
    client.tenants.update("acme", if_match="3")  # type: ignore[arg-type]
    client.users.create("a@acme.com")  # type: ignore[call-arg]


def flags_have_the_type_of_their_default(client: Doorward) -> None:
    assert_type(client.flag("beta", default=False), bool)
    assert_type(client.flag("page_size", 20), int)
    assert_type(client.flag("factor", 1.0), float)
    assert_type(client.flag("engine", "v1", tenant="acme", context={"a": 1}, subject="user:a"), str)
    assert_type(client.flag("banner", {"text": ""}), "dict[str, str]")
    assert_type(client.flag("anything", None), object)
    details = client.flag_details("beta", default=False)
    assert_type(details, FlagDetails[bool])
    assert_type(details.value, bool)
    assert_type(client.flags.list(), list[Flag])
    client.flag("beta")  # type: ignore[call-overload]
    client.flag("beta", False, "acme")  # type: ignore[call-overload]
    client.flags.set_override("beta", "acme", object())  # type: ignore[arg-type]


def limits_have_types(client: Doorward) -> None:
    assert_type(client.limit("max_agents", 4), LimitAnswer)
    assert_type(client.consume("max_agents", 2, tenant="acme", id="a"), LimitAnswer)
    assert_type(client.consume_all({"max_agents": 1}), LimitsAnswer)
    assert_type(client.give_back("a"), ReturnAnswer)
    assert_type(client.record_usage("api_calls", 3), UsageAnswer)
    guarded = client.guard("user:a", "create", "agents:*", flags=["beta"], consume={"max_agents": 1})
    assert_type(guarded, GuardAnswer)
    assert_type(guarded.access, Decision)
    with client.reserve("max_agents", 60, seconds=600) as kept:
        assert_type(kept, Reservation)
        assert_type(kept.commit(42), LimitAnswer)
    for answer in (client.limit("a"), client.consume_all({}), client.give_back("a"), client.record_usage("a"), guarded):
        assert_type(answer.__bool__(), bool)
        assert_type(answer.allowed, bool)
    assert_type(kept.__bool__(), bool)
    assert_type(kept.allowed, bool)
    client.consume("max_agents", "2")  # type: ignore[arg-type]
    client.consume("max_agents", 2, "acme")  # type: ignore[call-arg]
    guarded.allowed = True  # type: ignore[misc]


def the_seam_is_a_protocol(response: Response) -> None:
    def handle(
        method: str, target: str, headers: list[tuple[str, str]], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        return len(method + target), headers, body

    transports: list[Transport] = [InProcessTransport(handle), StaticAnswers({("user:a", "read", "doc:1"): True})]
    assert_type(response.json(), object)
    with acting_as("user:a", tenant="acme"), in_process("policy") as client, Doorward(transport=transports[0]) as own:
        assert_type(client, Doorward)
        assert_type(own, Doorward)
