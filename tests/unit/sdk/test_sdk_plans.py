"""`client.plans`, prices, and `billing_manager.create_plan`: what is sent, and what comes of the answers."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    CallError,
    Conflict,
    Doorward,
    MalformedAnswer,
    PendingChange,
    Plan,
    PlanLimit,
    PolicyChangePending,
    Response,
)
from doorward_sdk.billing.money import major_text, minor_units
from doorward_sdk.enterprise.billing import BillingManager
from doorward_sdk.enterprise.billing import Plan as EnterprisePlan
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_records import PLAN

if TYPE_CHECKING:
    from collections.abc import Sequence

PENDING = {"commit": "c0ffee", "branch": "doorward/x"}


class Answers(RecordingTransport):
    """Gives answers in turn."""

    def __init__(self, answers: Sequence[Response]) -> None:
        super().__init__(answers[-1])
        self._answers = list(answers)

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        super().send(method, target, headers, body, timeout)
        return self._answers.pop(0)


def page(*plans: object, currency: str = "USD") -> Response:
    return json_response({"currency": currency, "items": plans, "next": None})


def test_plans_are_listed_and_read() -> None:
    transport = Answers([page(PLAN), json_response(PLAN), page(currency="EUR")])
    client = Doorward(transport=transport)
    (plan,) = client.plans.list()
    assert (plan.name, plan.title, plan.currency, plan.price_monthly, plan.place) == (
        "startup",
        "Start-up",
        "USD",
        2450,
        "policies/catalog.yaml:10",
    )
    assert plan.limits == (PlanLimit("api_calls", "hour", 2500), PlanLimit("seats", "total", "unlimited"))
    assert client.plans.get("start/up") == plan
    assert client.plans.currency() == "EUR"
    assert [" ".join(one[:2]) for one in transport.requests] == [
        "GET /v1/plans",
        "GET /v1/plans/start%2Fup",
        "GET /v1/plans?limit=1",
    ]


@pytest.mark.parametrize("member", sorted(set(PLAN) - {"description"}))
def test_a_plan_without_a_member_is_no_answer(member: str) -> None:
    told = {name: value for name, value in PLAN.items() if name != member}
    with pytest.raises(MalformedAnswer):
        Doorward(transport=RecordingTransport(json_response(told))).plans.get("startup")


def test_a_plan_is_declared_or_waits() -> None:
    transport = Answers([json_response(PLAN, 201), json_response(PENDING, 202)])
    client = Doorward(transport=transport)
    made = client.plans.create("startup", "D", 2450, 24500, ("a",), {"x": 1}, title="T", trial_days=3, reason="R")
    assert isinstance(made, Plan)
    assert transport.body == {
        "name": "startup",
        "description": "D",
        "price_monthly": 2450,
        "price_yearly": 24500,
        "features": ["a"],
        "limits": {"x": 1},
        "title": "T",
        "trial_days": 3,
        "grace_days": 0,
        "reason": "R",
    }
    assert client.plans.create("startup", "", 0, 0) == PendingChange("c0ffee", "doorward/x")


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        (0, "USD", 0),
        (49, "USD", 4900),
        (49.0, "USD", 4900),
        (49.99, "EUR", 4999),
        (0.29, "EUR", 29),
        (1.1, "EUR", 110),
        ("24.50", "USD", 2450),
        (500, "JPY", 500),
        (1.234, "KWD", 1234),
        (10**15, "USD", 10**17),
    ],
)
def test_a_price_is_minor_units_of_its_currency(price: Any, currency: str, minor: int) -> None:
    assert minor_units(price, currency) == minor
    assert minor_units(major_text(minor, currency), currency) == minor


def test_a_price_is_written_with_the_digits_of_its_currency() -> None:
    assert [major_text(2450, one) for one in ("USD", "JPY", "KWD", "CLF")] == ["24.50", "2450", "2.450", "0.2450"]


@pytest.mark.parametrize(
    ("price", "currency"),
    [
        *((price, "USD") for price in (-1, -0.01, 49.999, 0.001, True, None, "x", "", [49], 1e30, 10**15 + 1)),
        *((price, "USD") for price in (float("nan"), float("inf"), "NaN", "Infinity")),
        (1.5, "JPY"),
    ],
)
def test_what_is_no_price_is_refused(price: Any, currency: str) -> None:
    with pytest.raises(CallError, match="the price"):
        minor_units(price, currency)


def test_the_dataclass_has_the_fields_of_the_requirements() -> None:
    parameters = [*inspect.signature(BillingManager.create_plan).parameters][1:]
    assert parameters == ["name", "description", "price_monthly", "price_yearly", "features", "limits"]
    assert [one.name for one in fields(EnterprisePlan)] == ["id", *parameters, "status", "created_at", "updated_at"]


def test_the_manager_declares_a_plan_with_prices_in_the_policys_currency() -> None:
    transport = Answers([page(currency="USD"), json_response({**PLAN, "description": None}, 201)])
    manager = BillingManager(Doorward(transport=transport))
    made = manager.create_plan("startup", "", 24.5, 245, ["analytics"], {"api_calls": 2500})
    assert (transport.body["price_monthly"], transport.body["price_yearly"]) == (2450, 24500)
    assert made == EnterprisePlan(
        id="startup",
        name="startup",
        description="",
        price_monthly=24.5,
        price_yearly=245.0,
        features=["analytics"],
        limits={"api_calls": 2500},
    )


@pytest.mark.parametrize(
    ("name", "plan_id", "title"),
    [
        pytest.param("Startup 2", "startup-2", "Startup 2", id="a blank"),
        pytest.param("  Über Plan (EU)!", "uber-plan-eu", "Über Plan (EU)!", id="marks and signs"),
        pytest.param("Gold", "Gold", "", id="an id as it is"),
    ],
)
def test_the_manager_makes_an_id_of_a_name_that_can_be_none(name: str, plan_id: str, title: str) -> None:
    made_of_it = {**PLAN, "name": plan_id, "title": title or plan_id}
    transport = Answers([page(currency="USD"), json_response(made_of_it, 201)])
    made = BillingManager(Doorward(transport=transport)).create_plan(name, "", 1, 1, [], {})
    assert (transport.body["name"], transport.body.get("title", "")) == (plan_id, title)
    assert (made.id, made.name) == (plan_id, title or plan_id)


@pytest.mark.parametrize("name", ["", "東京", "2 stars", "!", "x " * 200])
def test_the_manager_says_where_no_id_can_be_made_of_a_name(name: str) -> None:
    transport = Answers([page()])
    with pytest.raises(CallError, match="no id can be made"):
        BillingManager(Doorward(transport=transport)).create_plan(name, "", 1, 1, [], {})
    assert transport.requests == []


def test_the_manager_raises_where_the_plan_waits_or_exists_or_has_no_price() -> None:
    taken = json_response({"type": "https://doorward.dev/problems/conflict", "title": "T", "status": 409}, 409)
    for answer, error in ((json_response(PENDING, 202), PolicyChangePending), (taken, Conflict)):
        manager = BillingManager(Doorward(transport=Answers([page(), answer])))
        with pytest.raises(error):
            manager.create_plan("startup", "", 1, 1, [], {})
    transport = Answers([page(), taken])
    with pytest.raises(CallError):
        BillingManager(Doorward(transport=transport)).create_plan("startup", "", 1.999, 1, [], {})
    assert len(transport.requests) == 1
