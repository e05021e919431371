"""`doorward usage check|consume|return`: what they ask, what they show, and how they end."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.sources import make_policy_repository
from support.fake_sidecar import FakeSidecar, fake_sidecar
from unit.sdk.sdk_limits import API_CALLS, MAX_AGENTS, REFUSED

Run = Callable[..., Result]


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    return lambda *arguments: CliRunner().invoke(main, ["usage", *arguments])


def test_check_says_whether_there_is_room(run: Run, sidecar: FakeSidecar) -> None:
    sidecar.answers("POST /v1/limits/check", 200, API_CALLS)
    result = run("check", "acme", "api_calls", "--current", "4", "--amount", "2")
    assert result.exit_code == 0
    assert sidecar.last.body == {"tenant": "acme", "limit": "api_calls", "amount": 2, "current": 4}
    assert result.output.splitlines() == [
        "ALLOWED  there is room",
        "limit      used  held  of  remaining  per   resets",
        "api_calls  1     0     5   4          hour  2026-12-01 13:00Z",
    ]


def test_a_rate_that_is_full_again_within_the_minute_says_the_second(run: Run, sidecar: FakeSidecar) -> None:
    rate = API_CALLS | {"per": "rate/second", "resets_at": "2026-12-01T12:30:07.250Z"}
    sidecar.answers("POST /v1/limits/check", 200, rate)
    assert run("check", "acme", "api_calls").output.endswith("rate/second  2026-12-01 12:30:07Z\n")


def test_a_refusal_is_exit_code_1_and_names_the_plan(run: Run, sidecar: FakeSidecar) -> None:
    sidecar.answers("POST /v1/limits/check", 200, REFUSED)
    result = run("check", "acme", "max_agents")
    assert result.exit_code == 1
    assert result.output.startswith("DENIED   there is no room\n")
    assert "max_agents: the plan professional has room" in result.output
    as_json = run("check", "acme", "max_agents", "--json")
    assert (as_json.exit_code, json.loads(as_json.output)) == (1, REFUSED)


def test_a_refusal_says_when_there_may_be_room_where_no_plan_has_any(run: Run, sidecar: FakeSidecar) -> None:
    refused = REFUSED | {"allowed_by": None, "retry_at": "2026-12-01T13:00:00.000Z"}
    sidecar.answers("POST /v1/limits/check", 200, refused)
    assert run("check", "acme", "max_agents").output.splitlines()[3:] == [
        "  max_agents: no plan has room for as much",
        "  max_agents: there may be room at 2026-12-01 13:00:00Z",
    ]


def test_several_limits_are_consumed_under_an_id(run: Run, sidecar: FakeSidecar) -> None:
    told = {"allowed": True, "limits": [MAX_AGENTS, API_CALLS], "id": "a", "repeated": True}
    sidecar.answers("POST /v1/limits/consume", 200, told)
    result = run("consume", "acme", "max_agents", "api_calls=3", "--amount", "2", "--id", "a", "--audit")
    assert result.exit_code == 0, result.output
    assert sidecar.last.body == {
        "tenant": "acme",
        "items": [{"limit": "max_agents", "amount": 2}, {"limit": "api_calls", "amount": 3}],
        "id": "a",
        "audit": True,
    }
    assert result.output.startswith("ALLOWED  consumed under the id a before, and not again\n")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"over": True}, "max_agents: it is passed, and refuses nobody"),
        ({"counted": False}, "max_agents: nothing could be counted, and it lets pass then"),
        ({"allowed": False, "reason": "the tenant is suspended"}, "max_agents: the tenant is suspended"),
    ],
)
def test_what_is_special_about_a_limit_is_told(
    run: Run, sidecar: FakeSidecar, told: dict[str, object], says: str
) -> None:
    sidecar.answers("POST /v1/limits/check", 200, {**MAX_AGENTS, **told})
    assert says in run("check", "acme", "max_agents").output


def test_what_is_returned_is_told(run: Run, sidecar: FakeSidecar) -> None:
    sidecar.answers("POST /v1/limits/return", 200, {"id": "a", "amounts": {"max_agents": 1}})
    assert run("return", "acme", "a", "--limit", "max_agents").output == "returned 1 of max_agents\n"
    assert sidecar.last.body == {"tenant": "acme", "id": "a", "limit": "max_agents", "audit": False}
    assert json.loads(run("return", "acme", "a", "--json").output) == {"id": "a", "amounts": {"max_agents": 1}}


@pytest.mark.parametrize("limit", ["=3", "a=", "a=0", "a=-1", "a=x", "a=1.5", "a=\u0663"])
def test_what_is_no_amount_is_a_usage_error(run: Run, sidecar: FakeSidecar, limit: str) -> None:
    result = run("consume", "acme", limit)
    assert result.exit_code == 2
    assert "is no LIMIT or LIMIT=AMOUNT" in result.output
    assert sidecar.asked == []


def test_a_consume_that_nobody_answers_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORWARD_URL", "127.0.0.1:9")
    result = CliRunner().invoke(main, ["usage", "consume", "acme", "max_agents", "--id", "a-1"])
    assert result.exit_code == 5
    assert "do it again with --id a-1" in result.output


def test_what_is_unknown_or_not_permitted_is_told(run: Run, sidecar: FakeSidecar) -> None:
    sidecar.refuses("POST /v1/limits/check", 404, "not-found", "there is no limit and no meter 'x'")
    result = run("check", "acme", "x")
    assert (result.exit_code, "there is no limit and no meter 'x'" in result.output) == (1, True)
    sidecar.refuses("POST /v1/limits/consume", 403, "not-permitted", "lacks")
    result = run("consume", "acme", "x")
    assert (result.exit_code, "the scope limits:consume" in result.output) == (5, True)


def test_a_state_without_a_sidecar_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORWARD_URL", raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    make_policy_repository(tmp_path / "policy")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    assert run("tenants", "create", "--name", "A", "--domain", "a.com", "--id", "acme").exit_code == 0
    assert run("usage", "consume", "acme", "max_agents=5", "--id", "a").exit_code == 0
    assert run("usage", "check", "acme", "max_agents").exit_code == 1
    assert run("usage", "consume", "acme", "max_agents").exit_code == 1
    returned = run("usage", "return", "acme", "a", "--amount", "2")
    assert (returned.exit_code, returned.output) == (0, "returned 2 of max_agents\n")
    assert run("usage", "return", "acme", "a").exit_code == 1
    left = run("usage", "check", "acme", "max_agents", "--json")
    assert (left.exit_code, json.loads(left.output)["remaining"]) == (0, 2)
