"""Usage is checked and mended over HTTP, some ledgers a step, and goes with its tenant."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward.services.usage import checking
from support.recorded_api import Api
from support.usage import event, send, used


def reconcile(api: Api, **body: Any) -> tuple[int, list[Any], int]:
    """How many ledgers, what was wrong, in how many steps."""
    checked, found, steps = 0, [], 0
    while True:
        answer = api("POST", "/v1/usage/reconcile", body)
        assert answer.status == 200, answer.content
        checked, steps = checked + answer.body["checked"], steps + 1
        found += answer.body["differences"]
        if answer.body["next"] is None:
            return checked, found, steps
        body["cursor"] = answer.body["next"]


def rows(api: Api, sql: str) -> list[Any]:
    place = DatabaseAddress.in_folder(api.state).place
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def test_nothing_is_wrong_and_what_is_made_wrong_is_told_and_mended(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LEDGERS_A_STEP", 2)
    for tenant in ("acme", "zeta"):
        api.tenant(tenant)
        send(api, event(value=7, subject=tenant), event("storage_used", 5, subject=tenant))
        api("POST", "/v1/limits/consume", {"tenant": tenant, "limit": "max_agents", "amount": 2, "id": "a"})
    assert reconcile(api) == (6, [], 4)

    rows(api, "UPDATE ledger SET used = 99 WHERE name = 'api_calls' AND tenant = 'zeta'")
    (wrong,) = reconcile(api)[1]
    assert wrong == {
        "tenant": "zeta",
        "name": "api_calls",
        "what": "used",
        "per": None,
        "starts_at": None,
        "kept": 99,
        "right": 7,
        "repaired": False,
    }
    assert reconcile(api, tenant="acme") == (3, [], 2)
    assert reconcile(api, repair=True)[1] == [wrong | {"repaired": True}]
    assert reconcile(api)[1] == []
    assert rows(api, "SELECT action, tenant FROM audit_event WHERE action LIKE 'usage.%'") == [("usage.repair", "zeta")]


def test_a_bound_key_checks_nothing_and_a_bad_cursor_is_refused(api: Api) -> None:
    api.tenant("acme")
    assert api.bound("acme", "usage:write")("POST", "/v1/usage/reconcile", {}).status == 403
    for cursor in ("x", "YWNtZQ", "/w", ""):
        assert api("POST", "/v1/usage/reconcile", {"cursor": cursor}).status == 400


def test_a_purged_tenant_leaves_no_usage(api: Api) -> None:
    for tenant in ("acme", "zeta"):
        api.tenant(tenant)
        send(api, event(value=900, subject=tenant))
        api("POST", "/v1/limits/reservations", {"tenant": tenant, "limit": "max_agents", "id": "r"})
    tables = ("ledger", "usage_event", "usage_hour", "usage_window", "usage_threshold", "reservation")

    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 204

    for table in tables:
        assert rows(api, f"SELECT DISTINCT tenant FROM {table}") == [("zeta",)], table  # noqa: S608 - ours
    assert used(api, tenant="zeta") == 900
    assert reconcile(api)[1] == []
