"""Conditions read what a tenant uses: looked up where one asks, never older than a second, absent where unreadable."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from doorward.domain.errors import StoreUnavailable
from support.recorded_api import Api, MakeApi
from support.usage import event, metered_tree, send

RULES = b"""p, few-calls, *, *, reports:*, read, r.ctx.tenant.usage.api_calls < 10, allow
p, room-left, *, *, agents:*, create, r.ctx.tenant.usage.max_agents < r.ctx.tenant.limits.max_agents, allow
p, unknown, *, *, others:*, read, r.ctx.tenant.usage.nothing == 0, allow
p, asked-for, *, *, asked:*, read, has(r.ctx.tenant.usage.api_calls) and not has(r.ctx.tenant.usage.nothing), allow
p, too-many, *, *, gated:*, read, r.ctx.tenant.usage.api_calls >= 10, deny
p, plain, *, *, plain:*, read, r.ctx.tenant.plan == 'basic', allow
p, gated, *, *, gated:*, read, True, allow
"""
FLAGS = b"""
busy: {type: boolean, variants: {on: true, off: false}, default: off, rules: [{when: r.ctx.tenant.usage.api_calls >= 10, serve: on}]}
"""


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    tree = metered_tree()
    tree["policies/access.csv"] += RULES
    tree["policies/flags.yaml"] = FLAGS
    made = make_api(tree=tree)
    made.tenant("acme")
    return made


def busy(api: Api) -> bool:
    answer = api("POST", "/ofrep/v1/evaluate/flags", {"context": {"tenant": "acme"}})
    assert answer.status == 200, answer.content
    found: bool = {one["key"]: one["value"] for one in answer.body["flags"]}["busy"]
    return found


def within_a_second(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 2
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_rule_holds_until_as_much_is_used(api: Api) -> None:
    assert api.allowed("user:x", "read", "reports:1", "acme")
    send(api, event(value=9))
    assert within_a_second(lambda: api.allowed("user:x", "read", "reports:1", "acme"))
    send(api, event(value=1))
    assert within_a_second(lambda: not api.allowed("user:x", "read", "reports:1", "acme"))
    assert not api.allowed("user:x", "read", "gated:1", "acme")


def test_usage_is_compared_with_limits(api: Api) -> None:
    assert api.allowed("user:x", "create", "agents:1", "acme")
    api("POST", "/v1/limits/consume", {"tenant": "acme", "limit": "max_agents", "amount": 5})
    assert within_a_second(lambda: not api.allowed("user:x", "create", "agents:1", "acme"))


def test_what_is_not_counted_is_absent(api: Api) -> None:
    assert not api.allowed("user:x", "read", "others:1", "acme")
    assert api.allowed("user:x", "read", "asked:1", "acme")


def test_a_flag_follows_usage_also_where_answers_are_kept(api: Api) -> None:
    assert [busy(api) for _ in range(4)] == [False] * 4
    send(api, event(value=10))
    assert within_a_second(lambda: busy(api))


def test_what_cannot_be_read_opens_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(api.application.recorded.usage_source, "accounts", fails)
    assert not api.allowed("user:x", "read", "reports:1", "acme")
    assert not api.allowed("user:x", "read", "gated:1", "acme")  # a denial that cannot be told is one
    assert not busy(api)


def test_an_explanation_says_what_was_read(api: Api) -> None:
    send(api, event(value=4))
    question = {
        "subject": {"type": "user", "id": "x"},
        "action": {"name": "read"},
        "resource": {"type": "reports", "id": "1"},
        "context": {"tenant": "acme", "explain": True},
    }
    answer = api("POST", "/access/v1/evaluation", question).body
    assert answer["decision"]
    assert answer["context"]["read"]["tenant.usage.api_calls"] == 4


def test_questions_that_do_not_read_usage_look_nothing_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.application.recorded.usage, "account", None)
    assert api.allowed("user:x", "read", "plain:1", "acme")
