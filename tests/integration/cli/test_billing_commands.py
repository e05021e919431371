"""`doorward billing`: what it asks of subscriptions, and what it shows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import FakeSidecar, fake_sidecar
from unit.sdk.sdk_records import SUBSCRIPTION

Run = Callable[..., Result]
PATH = "/v1/subscriptions"
NEW = {"tenant": "acme", "plan": "professional", "billing_period": "monthly"}
OF_ACME = f"GET {PATH}?tenant=acme"


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    return lambda *arguments, typed=None: CliRunner().invoke(main, ["billing", *arguments], input=typed)


SUBSCRIBE = ("subscribe", "--tenant-id", "acme", "--plan-id", "professional")
CHANGES: list[Any] = [
    ((*SUBSCRIBE, "--period", "monthly"), f"POST {PATH}", NEW),
    ((*SUBSCRIBE, "--period", "yearly", "--no-trial", "--time-zone", "Europe/Berlin"), f"POST {PATH}", {**NEW, "billing_period": "yearly", "trial": False, "time_zone": "Europe/Berlin"}),
    ((*SUBSCRIBE, "--trial"), f"POST {PATH}", {**NEW, "trial": True}),
    (("change", "s1", "--plan-id", "basic"), f"PATCH {PATH}/s1", {"plan": "basic", "when": "now"}),
    (("change", "s1", "--period", "yearly", "--when", "period-end"), f"PATCH {PATH}/s1", {"billing_period": "yearly", "when": "period_end"}),
    (("cancel", "s1"), f"POST {PATH}/s1/cancel", {"when": "period_end"}),
    (("cancel", "s1", "--when", "now", "--yes"), f"POST {PATH}/s1/cancel", {"when": "now"}),
    (("resume", "s1"), f"POST {PATH}/s1/resume", None),
    (("pause", "s1"), f"POST {PATH}/s1/pause", None),
    (("record-payment", "s1", "--status", "failed"), f"POST {PATH}/s1/status", {"status": "failed"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: " ".join(case[0]))
def test_a_command_asks_for_what_it_says_and_prints_the_answer(case: Any, sidecar: FakeSidecar, run: Run) -> None:
    arguments, request_line, body = case
    sidecar.answers(request_line, 200, SUBSCRIPTION)
    ended = run(*arguments, "--json")
    assert (ended.exit_code, sidecar.last.body) == (0, body), ended.output
    assert json.loads(ended.stdout) == SUBSCRIPTION
    assert "status               active\n" in run(*arguments).stdout


@pytest.mark.parametrize("verb", ["resume", "pause", "cancel"])
def test_a_subscription_is_named_by_its_tenant_too(verb: str, sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(OF_ACME, 200, {"items": [SUBSCRIPTION], "next": None})
    sidecar.answers(f"POST {PATH}/s1/{verb}", 200, SUBSCRIPTION)
    assert run(verb, "--tenant-id", "acme").exit_code == 0
    assert sidecar.last.target == f"{PATH}/s1/{verb}"


def test_a_subscription_is_shown_for_people(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(OF_ACME, 200, {"items": [SUBSCRIPTION], "next": None})
    sidecar.answers(f"GET {PATH}/s1", 200, SUBSCRIPTION)
    shown = run("show", "--tenant-id", "acme").stdout
    assert "change               basic (yearly, 2026-11-28 03:46:10Z)\n" in shown
    assert "trial_ends_at" not in shown
    assert json.loads(run("show", "s1", "--json").stdout) == SUBSCRIPTION


def test_subscriptions_are_listed(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(f"GET {PATH}?status=active", 200, {"items": [SUBSCRIPTION], "next": None})
    assert run("subscriptions", "--status", "active").stdout.splitlines()[1].split()[:5] == [
        "s1",
        "acme",
        "professional",
        "monthly",
        "active",
    ]
    assert json.loads(run("subscriptions", "--status", "active", "--json").stdout)["items"] == [SUBSCRIPTION]


def test_limits_that_are_exceeded_are_told_beside_the_answer(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(f"PATCH {PATH}/s1", 200, SUBSCRIPTION)
    ended = run("change", "s1", "--plan-id", "professional")
    assert "uses more than the plan professional gives of: max_agents" in ended.stderr
    sidecar.answers(f"PATCH {PATH}/s1", 200, {**SUBSCRIPTION, "exceeded": []})
    assert run("change", "s1", "--plan-id", "professional").stderr == ""


def test_ending_one_now_is_asked_for(sidecar: FakeSidecar, run: Run) -> None:
    ended = run("cancel", "s1", "--when", "now", typed="n\n")
    assert (ended.exit_code, sidecar.asked) == (1, [])
    sidecar.answers(f"POST {PATH}/s1/cancel", 200, SUBSCRIPTION)
    assert run("cancel", "s1", "--when", "now", typed="y\n").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show",), "give the id of a subscription, or --tenant-id"),
        (("pause", "s1", "--tenant-id", "acme"), "give the id of a subscription, or --tenant-id"),
        (("change", "s1"), "nothing to change; give --plan-id, --period, or both"),
        (("subscribe", "--tenant-id", "acme"), "--plan-id"),
        ((*SUBSCRIBE, "--period", "weekly"), "monthly"),
    ],
)
def test_what_is_missing_is_told(arguments: tuple[str, ...], message: str, run: Run) -> None:
    ended = run(*arguments)
    assert (ended.exit_code, message in ended.output) == (2, True), ended.output


def test_a_tenant_without_one_is_a_no(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(OF_ACME, 200, {"items": [], "next": None})
    ended = run("show", "--tenant-id", "acme")
    assert (ended.exit_code, "'acme' has had no subscription" in ended.stderr) == (1, True)
