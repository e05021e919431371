"""Limits per billing period, at chosen times: an upgrade or downgrade at any instant counts nothing twice, nor less."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import Api, MakeApi
from support.subscriptions import DAY, at
from support.trees import CATALOG, PLANS, PLANS_CONF, PLANS_MODEL, RULES, tree

START = at("2026-01-31T12:00")
ROWS = "p, small, exports, billing_period, 10\np, large, exports, billing_period, 100\n"
SOLD = "after_end: small\nplans: {small: {grace_days: 7}, large: {trial_days: 14, grace_days: 7}}\n"


@dataclass
class Clock:
    """Says what time it is: epoch microseconds, as long as nobody moves it."""

    now: int = START

    def __call__(self) -> float:
        return self.now / 1_000_000


def policy() -> Mapping[str, bytes]:
    return tree(RULES) | {CATALOG: SOLD.encode(), PLANS: ROWS.encode(), PLANS_MODEL: PLANS_CONF.encode()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(make_api: MakeApi, database_address: DatabaseAddress, clock: Clock) -> Api:
    made = make_api(database_address, policy(), clock)
    made.tenant(plan="small")
    return made


class Exports:
    """What is consumed of the limit, each under an id of its own."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._count = 0

    def __call__(self, amount: int) -> Any:
        self._count += 1
        body = {"tenant": "acme", "limit": "exports", "amount": amount, "id": f"e{self._count}"}
        answer = self._api("POST", "/v1/limits/consume", body)
        assert answer.status == 200, answer.content
        return answer.body

    def left(self) -> tuple[int, int]:
        """What is used and what remains."""
        told = self._api("POST", "/v1/limits/check", {"tenant": "acme", "limit": "exports"}).body
        return told["used"], told["remaining"]


def subscribed(api: Api, plan: str, **more: object) -> str:
    found: str = api.made("/v1/subscriptions", {"tenant": "acme", "plan": plan, "trial": False, **more})["id"]
    return found


def change(api: Api, one: str, **body: object) -> None:
    assert api("PATCH", f"/v1/subscriptions/{one}", body).status == 200


def test_an_upgrade_keeps_what_was_used_and_a_downgrade_too(api: Api, clock: Clock) -> None:
    one, exports = subscribed(api, "small"), Exports(api)
    assert exports(8)["allowed"]
    clock.now += DAY
    change(api, one, plan="large")
    assert exports.left() == (8, 92)
    assert exports(80)["allowed"]
    clock.now += DAY
    change(api, one, plan="small")
    assert exports.left() == (88, 0)
    assert not exports(1)["allowed"]


def test_a_period_begins_with_nothing_used_at_its_microsecond(api: Api, clock: Clock) -> None:
    subscribed(api, "small")
    exports = Exports(api)
    assert exports(10)["allowed"]
    clock.now = at("2026-02-28T12:00") - 1
    refused = exports(1)
    assert (refused["allowed"], refused["resets_at"]) == (False, "2026-02-28T12:00:00.000Z")
    clock.now += 1
    assert exports.left() == (0, 10)
    assert exports(1)["resets_at"] == "2026-03-31T12:00:00.000Z"


def test_a_plan_that_changes_where_the_period_ends_begins_with_the_next(api: Api, clock: Clock) -> None:
    one, exports = subscribed(api, "small"), Exports(api)
    change(api, one, plan="large", when="period_end")
    assert exports(10)["allowed"]
    assert not exports(1)["allowed"]
    clock.now = at("2026-02-28T12:00")
    assert exports.left() == (0, 100)


def test_another_length_of_periods_begins_one_and_what_was_before_is_not_in_it(api: Api, clock: Clock) -> None:
    one, exports = subscribed(api, "small"), Exports(api)
    assert exports(7)["allowed"]
    clock.now += DAY
    change(api, one, billing_period="yearly")
    assert exports.left() == (0, 10)
    assert exports(4)["allowed"]
    change(api, one, billing_period="monthly")
    assert exports.left() == (4, 6)


def test_what_was_used_before_the_subscription_and_after_its_end_counts_in_months(api: Api, clock: Clock) -> None:
    exports = Exports(api)
    assert exports(9)["allowed"]
    clock.now += 3_600_000_000
    one = subscribed(api, "large")
    assert exports.left() == (0, 100)
    assert exports(50)["allowed"]
    clock.now += DAY
    assert api("POST", f"/v1/subscriptions/{one}/cancel", {"when": "now"}).status == 200
    assert exports.left() == (0, 10)
    assert exports(10)["allowed"]
    clock.now = at("2026-03-01") - 1
    assert exports.left() == (10, 0)
    clock.now += 1
    assert exports.left() == (0, 10)


def test_a_trial_is_a_period_of_its_own(api: Api, clock: Clock) -> None:
    api.made("/v1/subscriptions", {"tenant": "acme", "plan": "large"})
    exports = Exports(api)
    assert exports(100)["allowed"]
    clock.now = START + 14 * DAY
    assert exports.left() == (0, 100)


def test_days_of_grace_that_end_leave_the_plan_after_it(api: Api, clock: Clock) -> None:
    one, exports = subscribed(api, "large"), Exports(api)
    assert exports(60)["allowed"]
    assert api("POST", f"/v1/subscriptions/{one}/status", {"status": "failed"}).status == 200
    clock.now = START + 7 * DAY - 1
    assert exports.left() == (60, 40)
    clock.now += 1
    assert exports.left() == (0, 10)
