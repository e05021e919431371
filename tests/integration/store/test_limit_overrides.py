"""Overrides of limits as rows, the same on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from doorward.domain.limit_overrides import LimitOverride, OwnLimit
from doorward.domain.plans import MAX_AMOUNT, Per, PlanLimit
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.records import NOW, a_tenant
from support.threads import together

OVERRIDE = LimitOverride(
    tenant="acme",
    limit=PlanLimit(limit="api_calls", per=Per.HOUR, amount=MAX_AMOUNT),
    reason="größer 😀",
    expires_at=NOW + 1,
    created_at=NOW,
    updated_at=NOW,
    created_by="ci",
    version=1,
)


def put(database: Database, *overrides: LimitOverride) -> list[LimitOverride]:
    with database.change() as transaction:
        return [transaction.limit_overrides.put(one) for one in overrides]


def of(tenant: str, limit: str = "api_calls", per: Per = Per.HOUR, amount: int | None = 5) -> LimitOverride:
    return replace(OVERRIDE, tenant=tenant, limit=PlanLimit(limit=limit, per=per, amount=amount))


@pytest.mark.parametrize("amount", [0, 1, MAX_AMOUNT, None])
def test_an_override_comes_back_as_it_went(database: Database, amount: int | None) -> None:
    override = of("acme", amount=amount)
    assert put(database, override) == [override]

    with database.read() as transaction:
        assert transaction.limit_overrides.find("acme", "api_calls", Per.HOUR) == override
        assert transaction.limit_overrides.find("acme", "api_calls", Per.DAY) is None
        assert transaction.limit_overrides.find("globex", "api_calls", Per.HOUR) is None


def test_one_that_is_set_again_keeps_who_made_it_and_when(database: Database) -> None:
    put(database, OVERRIDE)

    later = replace(of("acme", amount=None), reason=None, created_at=NOW + 5, updated_at=NOW + 5, created_by="ann")
    made = put(database, later)

    assert made == [replace(later, created_at=NOW, created_by="ci", version=2)]
    with database.read() as transaction:
        assert transaction.limit_overrides.find("acme", "api_calls", Per.HOUR) == made[0]


def test_many_who_set_one_at_the_same_time_all_count(database: Database) -> None:
    answers = together(8, lambda _: put(database, OVERRIDE)[0].version)

    assert sorted(map(str, answers)) == [str(number) for number in range(1, 9)]


def test_an_override_is_taken_away_once_and_no_other_with_it(database: Database) -> None:
    day = of("acme", per=Per.DAY)
    put(database, OVERRIDE, day)

    with database.change() as transaction:
        assert transaction.limit_overrides.remove("acme", "api_calls", Per.HOUR)
        assert not transaction.limit_overrides.remove("acme", "api_calls", Per.HOUR)
        assert transaction.limit_overrides.of_tenants(["acme"]) == {"acme": (day,)}


def test_all_of_a_tenant_are_taken_away(database: Database) -> None:
    put(database, OVERRIDE, of("acme", "max_agents", Per.TOTAL), of("globex"))

    with database.change() as transaction:
        assert transaction.limit_overrides.remove_all("acme") == 2
        assert transaction.limit_overrides.of_tenants(["acme", "globex"]) == {"acme": (), "globex": (of("globex"),)}


def test_those_of_many_tenants_come_by_name_and_per(database: Database) -> None:
    two = of("acme", "calls", Per.HOUR), of("acme", "calls", Per.DAY)
    put(database, of("zeta"), *two, of("acme", "agents"))

    with database.read() as transaction:
        found = transaction.limit_overrides.of_tenants([*(f"no-{number}" for number in range(1_200)), "zeta", "acme"])
        assert transaction.limit_overrides.of_tenants([]) == {}
    assert len(found) == 1_202
    assert found["acme"] == (of("acme", "agents"), two[1], two[0])
    assert found["zeta"] == (of("zeta"),)


def test_decisions_read_those_of_a_tenant_with_it(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
    unlimited = replace(of("acme", "max_agents", Per.TOTAL, None), expires_at=0)
    put(database, OVERRIDE, unlimited, of("globex"))

    tenant = facts.tenant("acme")

    assert tenant is not None
    assert tenant.limit_overrides == (OwnLimit(OVERRIDE.limit, NOW + 1), OwnLimit(unlimited.limit, 0))
    assert facts.tenant("globex") is None, "one that is not recorded has none"
