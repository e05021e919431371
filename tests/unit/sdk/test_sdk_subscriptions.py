"""Subscriptions through the client and the billing managers: what is asked, and what comes of the answer."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from doorward_sdk import Doorward, MalformedAnswer, NotFound, Response, SubscriptionChange
from doorward_sdk.enterprise.billing import (
    BillingManager,
    BillingPeriod,
    Subscription,
    SubscriptionManager,
    SubscriptionStatus,
    billing_manager,
    subscription_manager,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_records import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT = datetime(2026, 11, 28, 3, 46, 10, 123000, tzinfo=timezone.utc)  # noqa: UP017 - datetime.UTC came with 3.11
PATH = "/v1/subscriptions"


def over(answer: Response) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answer)
    return Doorward(transport=transport), transport


def listed(*items: object) -> Response:
    return json_response({"items": items, "next": None})


def problem(status: int) -> Response:
    return json_response({"title": "No", "detail": "no"}, status)


def test_a_subscription_comes_back_as_it_was_told() -> None:
    client, _ = over(json_response(SUBSCRIPTION))
    one = client.subscriptions.get("s1")
    assert (one.id, one.tenant, one.plan, one.status, one.version) == ("s1", "acme", "professional", "active", 2)
    assert one.change == SubscriptionChange("basic", "yearly", MOMENT)
    assert (one.exceeded, one.current_period_end, one.ended_at) == (("max_agents",), MOMENT, None)


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda s: s.create("acme", "basic"), "POST", PATH, {"tenant": "acme", "plan": "basic"}),
        (
            lambda s: s.create("acme", "basic", "yearly", time_zone="Europe/Berlin", trial=False),
            "POST",
            PATH,
            {
                "tenant": "acme",
                "plan": "basic",
                "billing_period": "yearly",
                "time_zone": "Europe/Berlin",
                "trial": False,
            },
        ),
        (lambda s: s.change("s1", "basic"), "PATCH", f"{PATH}/s1", {"plan": "basic"}),
        (
            lambda s: s.change("s1", billing_period="yearly", when="period_end"),
            "PATCH",
            f"{PATH}/s1",
            {"billing_period": "yearly", "when": "period_end"},
        ),
        (lambda s: s.cancel("s1"), "POST", f"{PATH}/s1/cancel", {}),
        (lambda s: s.cancel("s1", when="now"), "POST", f"{PATH}/s1/cancel", {"when": "now"}),
        (lambda s: s.resume("a/b"), "POST", f"{PATH}/a%2Fb/resume", None),
        (lambda s: s.pause("s1"), "POST", f"{PATH}/s1/pause", None),
        (lambda s: s.note_payment("s1", "failed"), "POST", f"{PATH}/s1/status", {"status": "failed"}),
    ],
)
def test_changes_are_asked(call: Callable[[Any], Any], method: str, path: str, body: object) -> None:
    client, transport = over(json_response(SUBSCRIPTION))
    assert call(client.subscriptions).id == "s1"
    assert transport.requests[-1][:2] == (method, path)
    assert (transport.body if body is not None else None) == body


def test_a_version_is_sent_as_the_one_to_change() -> None:
    client, transport = over(json_response(SUBSCRIPTION))
    client.subscriptions.pause("s1", if_match=2)
    assert transport.requests[-1][2]["If-Match"] == '"2"'


def test_the_subscription_of_a_tenant_is_the_live_one_else_the_last() -> None:
    ended = {**SUBSCRIPTION, "status": "canceled", "created_at": "2026-01-01T00:00:00.000Z"}
    later = {**ended, "id": "s3", "created_at": "2026-02-01T00:00:00.000Z"}
    client, transport = over(listed(ended, SUBSCRIPTION, later))
    assert client.subscriptions.of_tenant("acme").id == "s1"
    assert transport.requests[-1][:2] == ("GET", f"{PATH}?tenant=acme")
    assert over(listed(later, ended))[0].subscriptions.of_tenant("acme").id == "s3"
    with pytest.raises(NotFound, match="'acme' has had no subscription"):
        over(listed())[0].subscriptions.of_tenant("acme")


@pytest.mark.parametrize(
    "wrong", [{"version": "2"}, {"change": {}}, {"exceeded": [1]}, {"current_period_end": "soon"}, {"status": None}]
)
def test_what_is_no_subscription_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        over(json_response({**SUBSCRIPTION, **wrong}))[0].subscriptions.get("s1")


def test_the_dataclass_has_the_fields_of_the_requirements() -> None:
    assert [one.name for one in fields(Subscription)] == [
        "id", "tenant_id", "plan_id", "billing_period", "status", "created_at", "updated_at",
    ]  # fmt: skip
    assert get_type_hints(Subscription)["status"] is SubscriptionStatus


def test_the_requirements_example_subscribes_and_looks() -> None:
    client, transport = over(json_response(SUBSCRIPTION))
    made = BillingManager(client).create_subscription(
        tenant_id="acme", plan_id="professional", billing_period=BillingPeriod.MONTHLY
    )
    assert transport.body == {"tenant": "acme", "plan": "professional", "billing_period": "monthly", "trial": False}
    assert (made.tenant_id, made.plan_id, made.billing_period) == ("acme", "professional", BillingPeriod.MONTHLY)

    client, _ = over(listed(SUBSCRIPTION))
    status = SubscriptionManager(client).check_subscription_status("acme")
    assert status == BillingManager(client).get_subscription_by_tenant("acme") == made
    assert status is not None
    assert status.status == SubscriptionStatus.ACTIVE


def test_what_is_not_there_is_none() -> None:
    client, _ = over(listed())
    assert BillingManager(client).get_subscription_by_tenant("acme") is None
    assert SubscriptionManager(client).check_subscription_status("acme") is None


def test_a_subscription_is_canceled_at_once() -> None:
    client, transport = over(json_response(SUBSCRIPTION))
    assert BillingManager(client).cancel_subscription("s1") is True
    assert transport.body == {"when": "now"}
    for status in (404, 409):
        assert BillingManager(over(problem(status))[0]).cancel_subscription("s1") is False


def test_the_managers_are_there_without_a_client() -> None:
    assert isinstance(billing_manager, BillingManager)
    assert isinstance(subscription_manager, SubscriptionManager)
