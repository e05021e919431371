"""Overrides of flags as rows, the same on SQLite and PostgreSQL."""

from dataclasses import replace

from doorward.domain.flag_overrides import FlagOverride
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.records import NOW
from support.threads import together

OVERRIDE = FlagOverride(
    flag="web/größe",
    tenant="acme",
    value={"a": [1, 1.0, None, "😀"]},
    reason="sale",
    expires_at=NOW + 1,
    created_at=NOW,
    updated_at=NOW,
    created_by="ci",
    version=1,
)


def put(database: Database, *overrides: FlagOverride) -> list[FlagOverride]:
    with database.change() as transaction:
        return [transaction.flag_overrides.put(one) for one in overrides]


def of(tenant: str, flag: str = OVERRIDE.flag) -> FlagOverride:
    return replace(OVERRIDE, tenant=tenant, flag=flag)


def test_an_override_comes_back_as_it_went(database: Database) -> None:
    assert put(database, OVERRIDE) == [OVERRIDE]

    with database.read() as transaction:
        found = transaction.flag_overrides.find("web/größe", "acme")
        assert found == OVERRIDE
        assert repr(found) == repr(OVERRIDE), "1 is no 1.0"
        assert transaction.flag_overrides.find("web/größe", "globex") is None


def test_one_that_is_set_again_keeps_who_made_it_and_when(database: Database) -> None:
    put(database, OVERRIDE)

    later = replace(OVERRIDE, value=False, reason=None, created_at=NOW + 5, updated_at=NOW + 5, created_by="ann")
    made = put(database, later)

    assert made == [replace(later, created_at=NOW, created_by="ci", version=2)]
    with database.read() as transaction:
        assert transaction.flag_overrides.find("web/größe", "acme") == made[0]


def test_many_who_set_one_at_the_same_time_all_count(database: Database) -> None:
    answers = together(8, lambda _: put(database, OVERRIDE)[0].version)

    with database.read() as transaction:
        found = transaction.flag_overrides.find("web/größe", "acme")
    assert sorted(map(str, answers)) == [str(number) for number in range(1, 9)]
    assert found is not None
    assert found.version == 8


def test_an_override_is_taken_away_once(database: Database) -> None:
    put(database, OVERRIDE)

    with database.change() as transaction:
        assert transaction.flag_overrides.remove("web/größe", "acme")
        assert not transaction.flag_overrides.remove("web/größe", "acme")


def test_all_of_a_tenant_are_taken_away(database: Database) -> None:
    put(database, of("acme", "a"), of("acme", "b"), of("globex", "a"))

    with database.change() as transaction:
        assert transaction.flag_overrides.remove_all("acme") == 2
        assert [one.tenant for one in transaction.flag_overrides.page(("", ""), 9)] == ["globex"]


def test_pages_go_by_the_bytes_of_names(database: Database) -> None:
    put(database, of("b", "x"), of("B", "x"), of("a", "y"), of("a", "x"))

    with database.read() as transaction:
        overrides = transaction.flag_overrides
        assert [one.tenant for one in overrides.of_flag("x", "", 9)] == ["B", "a", "b"]
        assert [one.tenant for one in overrides.of_flag("x", "B", 1)] == ["a"]
        assert [(one.tenant, one.flag) for one in overrides.page(("", ""), 9)] == [
            ("B", "x"), ("a", "x"), ("a", "y"), ("b", "x"),
        ]  # fmt: skip
        assert [(one.tenant, one.flag) for one in overrides.page(("a", "x"), 1)] == [("a", "y")]


def test_decisions_read_what_counts_at_their_time(database: Database, facts: FactsReader) -> None:
    put(database, OVERRIDE, replace(of("acme", "b"), value=7, expires_at=0))

    found = facts.overrides("acme")

    assert found.at(NOW / 1_000_000) == {"web/größe": OVERRIDE.value, "b": 7}
    assert found.at((NOW + 1) / 1_000_000) == {"b": 7}
    assert facts.overrides("globex").at(0.0) == {}
