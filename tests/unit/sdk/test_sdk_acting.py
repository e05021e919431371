from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from doorward_sdk import Doorward, MalformedEntity, MalformedQuestion, acting_as
from unit.sdk.sdk_fakes import RecordingTransport, yes_to_all


def who_asks() -> tuple[str | None, str | None]:
    """Subject and tenant of a question asked here, as they arrive at the sidecar."""
    transport = RecordingTransport(yes_to_all)
    if not Doorward(transport=transport).check(None, "read", "doc:1"):
        return None, None
    body: Any = transport.body
    return body["subject"]["id"], body.get("context", {}).get("tenant")


def test_nobody_acts_outside_of_a_block() -> None:
    assert who_asks() == (None, None)
    with acting_as("user:alice"):
        pass
    assert who_asks() == (None, None)


def test_blocks_nest_and_the_inner_one_replaces_the_tenant_too() -> None:
    with acting_as("user:alice", tenant="acme"):
        assert who_asks() == ("alice", "acme")
        with acting_as("user:bob"):
            assert who_asks() == ("bob", None)
        assert who_asks() == ("alice", "acme")


def test_an_exception_ends_the_block() -> None:
    with pytest.raises(KeyError), acting_as("user:alice"):
        raise KeyError
    assert who_asks() == (None, None)


def test_a_new_thread_acts_as_nobody_and_one_with_a_copied_context_as_its_maker() -> None:
    with ThreadPoolExecutor(1) as threads, acting_as("user:alice", tenant="acme"):
        assert threads.submit(who_asks).result() == (None, None)
        assert threads.submit(copy_context().run, who_asks).result() == ("alice", "acme")


def test_tasks_act_for_themselves() -> None:
    async def task(name: str) -> tuple[str | None, str | None]:
        inherited = who_asks()
        with acting_as(f"user:{name}", tenant=name):
            await asyncio.sleep(0.01)
            assert inherited == ("outer", None)
            return await asyncio.to_thread(who_asks)

    async def main() -> list[tuple[str | None, str | None]]:
        with acting_as("user:outer"):
            return list(await asyncio.gather(*(task(f"u{number}") for number in range(20))))

    assert asyncio.run(main()) == [(f"u{number}", f"u{number}") for number in range(20)]


def test_a_malformed_subject_or_tenant_is_refused_at_once() -> None:
    with pytest.raises(MalformedEntity, match="subject"), acting_as("alice"):
        pass
    with pytest.raises(MalformedQuestion, match="tenant"), acting_as("user:alice", tenant=" "):
        pass
