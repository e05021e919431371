"""Housekeeping in a database: what is old goes by and by, however much of it there is."""

from doorward.domain.catalog import Aggregation
from doorward.domain.limit_overrides import LimitOverride
from doorward.domain.plans import Per, PlanLimit
from doorward.domain.tenants import TenantStatus
from doorward.services.housekeeping import FORGOTTEN_AT_ONCE, Housekeeping
from doorward.store.database import Database
from support.ledger_sums import rows_of
from support.ledgers import AT, Ask, consume, new_id, report
from support.records import NOW, SECOND, a_session, a_tenant, an_account, an_api_key

DAY = 86_400
MANY = FORGOTTEN_AT_ONCE + 11


def fill(database: Database) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
        transaction.accounts.add(an_account())
        transaction.api_keys.add(an_api_key())
        transaction.sessions.add(a_session())
    for start in range(0, MANY, 100):
        with database.change() as transaction:
            for number in range(start, min(start + 100, MANY)):
                transaction.throttles.try_once(str(number), NOW, 5, SECOND)
    with database.change() as transaction:
        transaction.answers.begin("scope", "key", "f", NOW, stale=NOW)


def left(database: Database) -> list[int]:
    with database.change() as transaction:
        return [transaction.throttles.prune(NOW * 2, MANY), transaction.answers.prune(NOW * 2, MANY)]


def test_what_is_old_is_forgotten_in_more_than_one_turn(database: Database) -> None:
    fill(database)
    with database.change() as transaction:
        assert transaction.throttles.prune(NOW * 2, 10) == 10
        assert transaction.answers.prune(NOW * 2, 0) == 0
        assert transaction.sessions.prune(NOW * 2, 0) == 0

    Housekeeping(database, lambda: NOW / SECOND + 32 * DAY).run()

    assert left(database) == [0, 0]
    with database.read() as transaction:
        assert transaction.sessions.find("session-1") is None


def test_what_is_not_old_stays(database: Database) -> None:
    fill(database)

    Housekeeping(database, lambda: NOW / SECOND + 1).run()

    assert left(database) == [MANY, 1]


def test_the_last_use_of_keys_is_noted(database: Database) -> None:
    fill(database)
    keeper = Housekeeping(database, lambda: NOW / SECOND + 1)
    keeper.takes(lambda: [("key-1", NOW + 7)])

    keeper.run()

    with database.read() as transaction:
        key = transaction.api_keys.find("key-1")
        assert key is not None
        assert key.last_used_at == NOW + 7


def test_usage_is_forgotten_by_age_with_periods_thresholds_and_what_purged_tenants_left(database: Database) -> None:
    ask = Ask(database.ledger(new_id, lambda _books: None))
    ask.many(
        [
            [report(amount=90, limit=100)],
            [consume(id="kept")],
            [report(tenant="gone")],
            [report(at=AT + 60 * DAY * SECOND)],
        ]
    )
    ask.lane.close()
    with database.change() as transaction:
        transaction.tenants.add(a_tenant("gone", status=TenantStatus.PURGED, domain=None))

    def count(table: str) -> int:
        return int(rows_of(database.address, f"SELECT COUNT(*) FROM {table}")[0][0])  # noqa: S608 - ours

    keeper = Housekeeping(database, lambda: AT / SECOND + 50 * DAY, retention_days=32)
    keeper.run()
    assert (count("usage_event"), count("usage_window")) == (3, 0)  # nobody has said yet what has to be kept
    keeper.keeps(lambda: {"max_agents"})
    keeper.run()

    assert sorted(rows_of(database.address, "SELECT tenant, name, at FROM usage_event")) == [
        ("acme", "api_calls", AT + 60 * DAY * SECOND),
        ("acme", "max_agents", AT),
    ]
    assert count("usage_threshold") == 1
    Housekeeping(database, lambda: AT / SECOND + 500 * DAY).run()
    assert count("usage_threshold") == 0
    assert differences_told(database) == []


def test_what_billing_periods_may_need_is_kept_longer_than_is_asked(database: Database) -> None:
    ask = Ask(database.ledger(new_id, lambda _books: None))
    ask.many([[report(amount=90, limit=100)]])
    ask.lane.close()
    is_billed = True
    keeper = Housekeeping(database, lambda: AT / SECOND + 50 * DAY, retention_days=40)
    keeper.keeps(set, lambda: is_billed)

    def left() -> int:
        keeper.run()
        return len(rows_of(database.address, "SELECT 1 FROM usage_event"))

    assert left() == 1, "a plan counts by billing periods"
    is_billed = False
    own = LimitOverride(
        tenant="acme",
        limit=PlanLimit(limit="seats", per=Per.BILLING_PERIOD, amount=5),
        reason=None,
        expires_at=0,
        created_at=NOW,
        updated_at=NOW,
        created_by="ci",
        version=1,
    )
    with database.change() as transaction:
        transaction.tenants.add(a_tenant(own.tenant))
        transaction.limit_overrides.put(own)
    assert left() == 1, "a tenant's own amount does"
    with database.change() as transaction:
        transaction.limit_overrides.remove_all(own.tenant)
    assert left() == 0


def differences_told(database: Database) -> list[object]:
    with database.change() as transaction:
        names = ("api_calls", "max_agents")
        return [
            one
            for name in names
            for one in transaction.usage_checks.check("acme", name, Aggregation.SUM, repair=False).differences
        ]
