"""`client.flags`: what is sent, and what comes of the answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from doorward_sdk import (
    Doorward,
    Flag,
    MalformedAnswer,
    MalformedQuestion,
    NotFound,
    PendingChange,
    ProblemResponse,
    Response,
    Unreachable,
    UsedOverride,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_flags import EXPLANATION, FLAG, OVERRIDE
from unit.sdk.sdk_records import AT

AT_TIME = datetime(2026, 11, 28, 3, 46, 10, 123_000, timezone.utc)  # noqa: UP017 - datetime.UTC came with 3.11


def over(answered: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answered)
    return Doorward(transport=transport), transport


def asked(transport: RecordingTransport) -> str:
    method, target, _, _ = transport.requests[-1]
    return f"{method} {target}"


def test_flags_are_listed_and_read() -> None:
    client, transport = over(json_response({"items": [FLAG], "next": None}))
    (flag,) = client.flags.list()
    assert asked(transport) == "GET /v1/flags"
    assert (flag.key, flag.type, flag.variants, flag.default) == (
        "beta_features",
        "boolean",
        {"on": True, "off": False},
        "off",
    )
    assert (flag.off, flag.enabled, flag.from_plan, flag.expires) == ("off", True, False, "2027-06-30")
    assert (flag.requires, flag.rules, flag.place) == ({"new_pages": ("on",)}, 2, "policies/flags.yaml:7")
    assert flag.last_evaluated == AT_TIME
    client, transport = over(json_response(FLAG))
    assert client.flags.get("web/search engine") == flag
    assert asked(transport) == "GET /v1/flags/web%2Fsearch%20engine"


def test_what_the_policy_does_not_say_is_none() -> None:
    unsaid = dict.fromkeys(("description", "owner", "expires", "place", "last_evaluated"))
    client, _ = over(json_response({**FLAG, **unsaid}))
    flag = client.flags.get("beta_features")
    assert (flag.description, flag.owner, flag.expires, flag.place, flag.last_evaluated) == (None,) * 5


def test_an_explanation_says_what_decided() -> None:
    client, transport = over(json_response(EXPLANATION))
    naive = datetime(2026, 11, 28, 3, 46, 10, 123_000)  # noqa: DTZ001 - naive times are UTC
    found = client.flags.explain("beta_features", tenant="acme", subject="user:ann", context={"x": 1}, at=naive)
    assert asked(transport) == "POST /v1/flags/beta_features/explain"
    assert transport.body == {"context": {"x": 1, "tenant": "acme", "targetingKey": "ann"}, "at": AT}
    assert (found.value, found.variant, found.reason, found.decided_by) == (True, "on", "SPLIT", "rule")
    assert (found.rule, found.bucket, found.absent, found.at) == (2, 12345, ("context.country",), AT_TIME)
    assert found.override == UsedOverride("on", ignored=True)
    client.flags.explain("beta_features")
    assert transport.body == {"context": {}}


def test_a_flag_is_declared() -> None:
    client, transport = over(json_response(FLAG, 201, {"doorward-revision": "git:1"}))
    made = client.flags.create("beta_features", "Enable beta features", "boolean", False, owner="platform", reason="R")
    assert isinstance(made, Flag)
    assert asked(transport) == "POST /v1/flags"
    assert transport.body == {
        "name": "beta_features",
        "description": "Enable beta features",
        "type": "boolean",
        "default_value": False,
        "owner": "platform",
        "reason": "R",
    }
    assert client.changed_revision == "git:1"


def test_a_flag_that_waits_for_review_is_told() -> None:
    client, _ = over(json_response({"commit": "c", "branch": "doorward/x"}, 202))
    assert client.flags.create("a", "", "string", "x") == PendingChange("c", "doorward/x")


def test_an_override_is_set_listed_and_removed() -> None:
    client, transport = over(json_response(OVERRIDE, headers={"doorward-facts": "7"}))
    ends = AT_TIME.astimezone(timezone(timedelta(hours=1)))
    made = client.flags.set_override("a/b", "acme", value=True, reason="pilot", expires_at=ends, if_match=2)
    assert asked(transport) == "PUT /v1/flags/a%2Fb/overrides/acme"
    assert transport.body == {"value": True, "reason": "pilot", "expires_at": AT}
    assert transport.requests[-1][2]["If-Match"] == '"2"'
    assert transport.requests[-1][2]["Idempotency-Key"]
    assert (made.flag, made.tenant, made.value, made.state) == ("beta_features", "acme", True, "active")
    assert (made.expires_at, made.created_by, made.version) == (AT_TIME, "key:ci", 2)
    client.flags.set_override("a", "acme", value={"size": 1})
    assert transport.body == {"value": {"size": 1}}
    client, transport = over(json_response({"items": [OVERRIDE], "next": None}))
    assert list(client.flags.overrides("a/b")) == [made]
    assert asked(transport) == "GET /v1/flags/a%2Fb/overrides"
    assert list(client.flags.overrides()) == [made]
    assert asked(transport) == "GET /v1/flag-overrides"
    client, transport = over(Response(204, {}, b""))
    client.flags.remove_override("a/b", "acme")
    assert asked(transport) == "DELETE /v1/flags/a%2Fb/overrides/acme"


def test_a_value_is_asked_with_what_was_overridden() -> None:
    client, transport = over(json_response(OVERRIDE, headers={"doorward-facts": "7"}))
    client.flags.set_override("beta_features", "acme", value=True)
    client.flag("beta_features", default=False)
    assert transport.requests[-1][2]["Doorward-Min-Facts"] == "7"


@pytest.mark.parametrize(
    ("answered", "raised"),
    [
        (json_response({"detail": "no flag"}, 404), NotFound),
        (json_response({"detail": "does not fit"}, 400), ProblemResponse),
        (Unreachable("gone"), Unreachable),
        (json_response({"flag": "a"}), MalformedAnswer),
        (json_response({name: value for name, value in OVERRIDE.items() if name != "value"}), MalformedAnswer),
    ],
)
def test_an_override_that_is_not_set_is_raised(answered: Any, raised: type[Exception]) -> None:
    client, _ = over(answered)
    with pytest.raises(raised):
        client.flags.set_override("a", "acme", value=True)


def test_what_is_no_key_is_a_wrong_call() -> None:
    client, transport = over(json_response(FLAG))
    with pytest.raises(MalformedQuestion):
        client.flags.get("")
    with pytest.raises(MalformedQuestion):
        client.flags.set_override("a\n", "acme", value=True)
    assert transport.requests == []
