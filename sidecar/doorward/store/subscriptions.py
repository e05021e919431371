"""Subscriptions as rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.errors import Conflict
from doorward.domain.periods import BillingPeriod
from doorward.domain.subscriptions import Subscription, SubscriptionFilter
from doorward.store.faults import conflicts_told
from doorward.store.rows import Statements

COLUMNS: Final = (
    *("id", "tenant", "plan", "billing_period", "time_zone", "status", "anchor", "trial_ends_at", "past_due_since"),
    *("paused_at", "cancel_at", "change_at", "next_plan", "next_billing_period", "ended_at"),
    *("created_at", "updated_at", "version"),
)
NEWEST_FIRST: Final = "ended_at > 0, created_at DESC, id DESC"
"""The order of one tenant's: the live one, then the one that began last."""
_IDS_AT_ONCE: Final = 500
_LISTED: Final = ", ".join(COLUMNS)
_SELECT: Final = f"SELECT {_LISTED} FROM subscription WHERE "  # noqa: S608 - our own names
_ADD: Final = f"INSERT INTO subscription ({_LISTED}) VALUES ({', '.join(f'${one}' for one in COLUMNS)})"  # noqa: S608
_SAVE: Final = f"UPDATE subscription SET {', '.join(f'{one} = ${one}' for one in COLUMNS[1:])} WHERE id = $id"  # noqa: S608
_BEGUN: Final = "(status = 'active' OR (status = 'trialing' AND trial_ends_at <= $now))"
_ENDS: Final = "(ended_at = 0 AND cancel_at > 0 AND cancel_at <= $now)"
_MAY_HAVE: Final[Mapping[SubscriptionStatus, str]] = {
    SubscriptionStatus.TRIALING: f"status = 'trialing' AND trial_ends_at > $now AND NOT {_ENDS}",
    SubscriptionStatus.ACTIVE: f"{_BEGUN} AND NOT {_ENDS}",
    SubscriptionStatus.PAST_DUE: "status = 'past_due'",
    SubscriptionStatus.PAUSED: f"status = 'paused' AND NOT {_ENDS}",
    SubscriptionStatus.CANCELED: f"(status = 'canceled' OR {_ENDS})",
    SubscriptionStatus.EXPIRED: "status IN ('expired', 'past_due')",
}
"""Those that may have a status by now, by what is stored."""


class SubscriptionRows:
    """The port `Subscriptions`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._row_lock = row_lock

    def add(self, subscription: Subscription) -> None:
        """Record one. Raises Conflict where its tenant has a live one."""
        taken = Conflict(f"the tenant {subscription.tenant!r} has a subscription already; change that, or cancel it")
        with conflicts_told({"subscription_tenant": taken}):
            self._statements.count(_ADD, **_values(subscription))

    def find(self, subscription_id: str, *, lock: bool = False) -> Subscription | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        where = "id = $id" + (self._row_lock if lock else "")
        return next(self._found(where, id=subscription_id), None)

    def newest(self, tenant: str, *, lock: bool = False) -> Subscription | None:
        """The live one of a tenant as it is stored, else the one that began last."""
        where = f"tenant = $tenant ORDER BY {NEWEST_FIRST} LIMIT 1" + (self._row_lock if lock else "")
        return next(self._found(where, tenant=tenant), None)

    def newest_of(self, tenants: Iterable[str]) -> Mapping[str, Subscription]:
        """The same of several tenants, of those that have had one."""
        wanted = sorted(set(tenants))
        found: dict[str, Subscription] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = {f"t{number}": tenant for number, tenant in enumerate(wanted[start : start + _IDS_AT_ONCE])}
            where = f"tenant IN ({', '.join(f'${name}' for name in some)}) ORDER BY tenant, {NEWEST_FIRST}"
            for one in self._found(where, **some):
                found.setdefault(one.tenant, one)
        return found

    def had_trial(self, tenant: str) -> bool:
        """Whether any subscription of a tenant began with a trial."""
        sql = "SELECT count(*) FROM subscription WHERE tenant = $tenant AND trial_ends_at > 0"
        return bool(self._statements.first(sql, tenant=tenant))

    def save(self, subscription: Subscription) -> None:
        """Write one that was found with `lock`."""
        self._statements.count(_SAVE, **_values(subscription))

    def page(self, wanted: SubscriptionFilter, now: int, after: str, count: int) -> Sequence[Subscription]:
        """At most `count` by id, after an id (empty: from the first), of those that may be what is wanted by now."""
        conditions = ["id > $after"]
        if wanted.tenant is not None:
            conditions.append("tenant = $tenant")
        if wanted.status is not None:
            conditions.append(_MAY_HAVE[wanted.status])
        where = f"{' AND '.join(conditions)} ORDER BY id LIMIT $count"
        return list(self._found(where, after=after, count=count, tenant=wanted.tenant, now=now))

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        return self._statements.count("DELETE FROM subscription WHERE tenant = $tenant", tenant=tenant)

    def _found(self, where: str, **values: object) -> Iterator[Subscription]:
        return map(subscription_of, self._statements.rows(_SELECT + where, **values))


def _values(subscription: Subscription) -> dict[str, object]:
    return {name: getattr(subscription, name) for name in COLUMNS}


def subscription_of(row: Sequence[Any]) -> Subscription:
    """What a row with these columns holds."""
    fields = dict(zip(COLUMNS, row, strict=True))
    fields["status"] = SubscriptionStatus(fields["status"])
    fields["billing_period"] = BillingPeriod(fields["billing_period"])
    following = fields["next_billing_period"]
    fields["next_billing_period"] = None if following is None else BillingPeriod(following)
    return Subscription(**fields)
