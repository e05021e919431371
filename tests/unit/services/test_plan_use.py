"""Plans that tenants have and the served policy lacks are looked for, and told of once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from doorward.domain.errors import StoreUnavailable
from doorward.domain.plans import Plan, plans_of
from doorward.domain.subscriptions import Subscription
from doorward.services.plan_use import AGAIN_SECONDS, SELDOM_SECONDS, PlanUseService, UndeclaredPlans
from support.fake_policy import FakePolicy


def declared(*names: str) -> Mapping[str, Plan]:
    return plans_of({}, dict.fromkeys(names, cast("Any", SimpleNamespace(**_ENTRY))))


_ENTRY = {"title": "", "description": None, "price_monthly": 0, "price_yearly": 0, "trial_days": 0, "grace_days": 0}


@dataclass
class Watched:
    """A watch over a policy that changes, tenants as they are told, and a clock."""

    plans: Mapping[str, Plan] | None = None
    tenants: dict[str, int] = field(default_factory=dict)
    coming: dict[str, int] = field(default_factory=dict)
    is_down: bool = False
    looks: int = 0
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        use = PlanUseService(self, lambda: self.current, lambda: 1.0)
        self.watch = UndeclaredPlans(use, cast("Any", self), lambda: self.seconds, self)

    @property
    def served_revision(self) -> str | None:
        return None if self.plans is None else "dir:1"

    @property
    def current(self) -> FakePolicy:
        return FakePolicy({}, plans=self.plans or {}, revision="dir:1")

    def settled(self, now: int) -> Mapping[str, int]:
        assert now == 1_000_000
        self.looks += 1
        if self.is_down:
            raise StoreUnavailable("the database is gone")
        return self.tenants

    def changed(self, _now: int) -> list[tuple[str, Subscription]]:
        return []

    def pending(self, _now: int) -> Mapping[str, int]:
        return self.coming

    def info(self, message: str, *values: object) -> None:
        self.said.append(message % values)

    warning = info

    def found(self, after: float = 0.0) -> dict[str, int]:
        """What it has found by some seconds later."""
        self.seconds += after
        self.watch.look()
        return {one.plan: one.tenants for one in self.watch.found}


def test_a_plan_that_a_new_policy_lacks_is_told_once_and_when_it_is_back() -> None:
    seen = Watched(declared("basic", "pro"), {"basic": 3, "pro": 2})
    assert (seen.found(), seen.said) == ({}, [])

    seen.plans = declared("basic")
    assert seen.found() == seen.found(AGAIN_SECONDS) == {"pro": 2}
    assert [one.partition(" tenants")[0] for one in seen.said] == ["policy dir:1 has no plan pro, and 2"]

    seen.plans = declared("basic", "pro")
    assert seen.found() == {}
    assert seen.said[1:] == ["policy dir:1 has the plans of all tenants again"]


def test_a_plan_that_comes_when_a_period_ends_is_one_of_them() -> None:
    seen = Watched(declared("basic"), {"basic": 1}, {"gold": 4})
    assert seen.found() == {"gold": 0}
    assert "0 tenants have it, 4 get it" in seen.said[0]


@pytest.mark.parametrize(
    ("tenants", "seconds"),
    [
        pytest.param({"basic": 1}, SELDOM_SECONDS, id="seldom where all is well"),
        pytest.param({"pro": 1}, AGAIN_SECONDS, id="again where it is not"),
    ],
)
def test_the_database_is_asked_when_it_is_time(tenants: dict[str, int], seconds: float) -> None:
    seen = Watched(declared("basic"), tenants)
    seen.found()
    seen.found(seconds - 1)
    assert seen.looks == 1
    seen.found(1)
    assert seen.looks == 2


def test_nobody_is_asked_before_a_policy_is_there_and_an_outage_changes_nothing() -> None:
    seen = Watched(None, {"pro": 1})
    assert (seen.found(), seen.looks) == ({}, 0)
    seen.plans = declared("basic")
    assert seen.found() == {"pro": 1}
    seen.is_down = True
    assert seen.found(AGAIN_SECONDS) == {"pro": 1}
    assert "the database is gone" in seen.said[-1]
