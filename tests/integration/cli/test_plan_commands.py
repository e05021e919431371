"""`doorward billing plans` and `create-plan`: what the commands ask and what they show."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import FakeSidecar, fake_sidecar
from unit.sdk.sdk_records import PLAN

Run = Callable[..., Result]
CREATE = ("create-plan", "--name", "startup", "--price-monthly", "24.50", "--price-yearly", "245")
BODY: dict[str, Any] = {
    "name": "startup",
    "title": "",
    "description": "",
    "price_monthly": 2450,
    "price_yearly": 24500,
    "features": [],
    "limits": {},
    "trial_days": 0,
    "grace_days": 0,
    "reason": "",
}


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        fake.answers("GET /v1/plans?limit=1", 200, page())
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    return lambda *arguments: CliRunner().invoke(main, ["billing", *arguments])


def page(*plans: object) -> dict[str, object]:
    return {"currency": "USD", "items": [*plans], "next": None}


def test_plans_are_a_table_with_prices_and_limits(sidecar: FakeSidecar, run: Run) -> None:
    rate = {"limit": "calls", "per": "rate/second", "amount": 5}
    sidecar.answers("GET /v1/plans", 200, page({**PLAN, "title": "A\x1b[2J", "limits": [*PLAN["limits"], rate]}))
    heading, row = run("plans").output.splitlines()
    assert " ".join(heading.split()) == "plan title monthly USD yearly USD trial days limits features"
    assert [cell for cell in row.split("  ") if cell] == [
        *("startup", "A<U+001B>[2J", "24.50", "245.00", "14"),
        *("api_calls 2500/hour, seats unlimited, calls 5/second", "analytics"),
    ]


def test_json_is_the_apis_answer(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("GET /v1/plans", 200, page(PLAN))
    assert json.loads(run("plans", "--json").stdout) == page(PLAN)
    sidecar.answers("GET /v1/plans", 200, page())
    assert json.loads(run("plans", "--json").stdout) == page()
    assert run("plans").exit_code == 0


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ((), {}),
        (("--limit", "max_agents=5"), {"limits": {"max_agents": 5}}),
        (("--limit", "seats=unlimited"), {"limits": {"seats": "unlimited"}}),
        (("--limit", "calls=1000/hour"), {"limits": {"calls": {"per": "hour", "amount": 1000}}}),
        (("--limit", "calls=5/second"), {"limits": {"calls": {"per": "rate/second", "amount": 5}}}),
        (
            ("--limit", "calls=5/day", "--limit", "calls=1"),
            {"limits": {"calls": [{"per": "day", "amount": 5}, 1]}},
        ),
        (("--feature", "a", "--feature", "b"), {"features": ["a", "b"]}),
        (
            ("--title", "T", "--description", "D", "--trial-days", "3", "--grace-days", "4", "--reason", "R"),
            {"title": "T", "description": "D", "trial_days": 3, "grace_days": 4, "reason": "R"},
        ),
    ],
)
def test_a_plan_is_declared(more: tuple[str, ...], body: dict[str, Any], sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/plans", 201, PLAN)
    ended = run(*CREATE, *more)
    assert ended.exit_code == 0, ended.output
    assert sidecar.last.body == {**BODY, **body}
    assert "price        24.50 USD a month, 245.00 a year\n" in ended.stdout
    assert "place        policies/catalog.yaml:10\n" in ended.stdout
    assert json.loads(run(*CREATE, *more, "--json").stdout) == PLAN


def test_a_plan_that_waits_for_review_says_so(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/plans", 202, {"commit": "c0ffee", "branch": "doorward/x"})
    ended = run(*CREATE)
    assert (ended.exit_code, "waits for review on the branch doorward/x" in ended.stdout) == (0, True)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        *((("--limit", one), "is no limit; write") for one in ("x", "x=", "=5", "x=-1", "x=1.5", "x=ten", "x=" + "9" * 20)),
        (("--price-monthly", "24.505"), "is finer than USD is"),
        (("--price-monthly", "free"), "the price 'free' is none"),
        (("--trial-days", "x"), "is not a valid integer"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_a_usage_error(more: tuple[str, ...], says: str, sidecar: FakeSidecar, run: Run) -> None:
    ended = run(*CREATE, *more)
    assert (ended.exit_code, says in " ".join(ended.output.split())) == (2, True), ended.output
    assert all(one.method == "GET" for one in sidecar.asked)
