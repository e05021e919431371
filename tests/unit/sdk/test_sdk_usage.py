"""Usage that is read, and the tracker of the enterprise requirements."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from doorward_sdk import (
    Doorward,
    MalformedAnswer,
    MalformedQuestion,
    MeterUsage,
    NotFound,
    ProblemResponse,
    Unreachable,
    UsageItem,
    UsagePlace,
    acting_as,
    configure,
)
from doorward_sdk.enterprise.billing import SubscriptionManager, usage_tracker
from doorward_sdk.enterprise.usage import UsageTracker
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_limits import MAX_AGENTS, REFUSED, problem

UTC = timezone.utc  # noqa: UP017 - datetime.UTC came with 3.11
MONTH = {"start": "2026-11-01T00:00:00.000Z", "end": "2026-12-01T00:00:00.000Z", "value": 15}
USED = {
    "tenant": "acme",
    "name": "api_calls",
    "aggregation": "sum",
    "unit": "call",
    "start": None,
    "end": None,
    "total": 40,
    "by": "month",
    "time_zone": "UTC",
    "series": [{**MONTH, "value": 25}, MONTH],
}
ITEM = {
    "name": "api_calls",
    "aggregation": "sum",
    "unit": None,
    "used": 10,
    "held": 0,
    "limit": "unlimited",
    "remaining": "unlimited",
    "per": "hour",
    "resets_at": "2026-12-01T13:00:00.000Z",
    "percent": None,
}


def over(answer: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answer)
    return Doorward(transport=transport), transport


def test_usage_of_a_meter_is_read() -> None:
    client, transport = over(json_response(USED))
    used = client.usage.get(
        "api_calls",
        tenant="acme",
        start=datetime(2026, 11, 1),  # noqa: DTZ001 - naive times are UTC
        end=datetime(2026, 12, 1, tzinfo=UTC),
        by="month",
    )
    assert transport.requests[0][:2] == (
        "GET",
        "/v1/usage/api_calls?tenant=acme&start=2026-11-01T00%3A00%3A00.000Z&end=2026-12-01T00%3A00%3A00.000Z&by=month",
    )
    places = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert used == MeterUsage(
        "acme", "api_calls", "sum", "call", None, None, 40, "month", "UTC",
        (UsagePlace(*places, 25), UsagePlace(*places, 15)),
    )  # fmt: skip


def test_all_that_a_tenant_uses_is_listed() -> None:
    client, transport = over(json_response({"tenant": "acme", "plan": "basic", "items": [ITEM], "next": None}))
    with acting_as("user:ann", tenant="acme"):
        (item,) = client.usage.list()
    assert transport.requests[0][1] == "/v1/usage?tenant=acme"
    resets = datetime(2026, 12, 1, 13, tzinfo=UTC)
    assert item == UsageItem("api_calls", "sum", None, 10, 0, "unlimited", "unlimited", "hour", resets, None)


@pytest.mark.parametrize("told", [{}, {**USED, "total": "40"}, {**USED, "series": [{}]}, {**USED, "total": True}])
def test_what_is_no_usage_is_refused(told: object) -> None:
    client, _ = over(json_response(told))
    with pytest.raises(MalformedAnswer):
        client.usage.get("api_calls")


def test_a_meter_without_a_name_is_not_asked() -> None:
    client, transport = over(json_response(USED))
    with pytest.raises(MalformedQuestion):
        client.usage.get("")
    assert transport.requests == []


def test_the_tracker_records_and_reads() -> None:
    client, transport = over(json_response(USED))
    tracker = UsageTracker(client)
    assert tracker.get_usage("acme", "api_calls", datetime(2026, 11, 1), datetime(2026, 12, 1)) == 40  # noqa: DTZ001
    assert tracker.get_current_month_usage("acme", "api_calls") == 15
    assert transport.requests[-1][1] == "/v1/usage/api_calls?tenant=acme&by=month"
    assert UsageTracker(over(json_response({**USED, "series": []}))[0]).get_current_month_usage("acme", "x") == 0

    client, transport = over(json_response({"accepted": 1, "repeated": 0}, 202))
    configure(client)
    try:
        usage_tracker.record_usage("acme", "api_calls", 10)
    finally:
        configure(None)
    assert (transport.body["subject"], transport.body["type"], transport.body["data"]) == (
        "acme", "api_calls", {"value": 10},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (problem(404, "not-found", "no meter"), NotFound, "the sidecar answered 404 not-found: no meter"),
        (problem(503, "busy", "others"), ProblemResponse, "the sidecar answered 503 busy: others"),
        (Unreachable("nobody listens"), Unreachable, "nobody listens"),
    ],
)
def test_what_the_tracker_cannot_record_raises(answer: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as raised:
        UsageTracker(over(answer)[0]).record_usage("acme", "api_calls")
    assert str(raised.value) == says


def test_usage_limits_are_asked_as_one_more() -> None:
    client, transport = over(json_response(MAX_AGENTS))
    assert SubscriptionManager(client).check_usage_limits("acme", "max_agents", 4) is True
    assert transport.body == {"tenant": "acme", "limit": "max_agents", "amount": 1, "current": 4}
    assert SubscriptionManager(over(json_response(REFUSED))[0]).check_usage_limits("acme", "max_agents", 5) is False
    assert SubscriptionManager(over(Unreachable("gone"))[0]).check_usage_limits("acme", "max_agents", 0) is False


@pytest.mark.parametrize("current", [None, -1, True, 1.0, "4"])
def test_a_count_that_is_none_is_refused_before_it_is_asked(current: Any) -> None:
    client, _ = over(json_response(REFUSED))
    with pytest.raises(MalformedQuestion, match="current must be a whole number"):
        SubscriptionManager(client).check_usage_limits("acme", "max_agents", current)
