"""What decisions read of the database: by plain statements over connections of their own, behind nobody's lock."""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol

from doorward.domain.api_keys import ApiKey, KeySecret
from doorward.domain.facts import FactChange, FactKind, TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.plans import Per, PlanLimit
from doorward.domain.subscriptions import RecordedSubscription
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus
from doorward.store.api_keys import known_scopes_of
from doorward.store.subscriptions import COLUMNS as SUBSCRIPTION
from doorward.store.subscriptions import NEWEST_FIRST, subscription_of

_IDS_AT_ONCE: Final = 500
_USER: Final = """
SELECT a.tenant, a.status, a.username, a.first_name, a.last_name, r.role, r.tenant
FROM account AS a LEFT JOIN role_assignment AS r ON r.account = a.id WHERE a.id = ? ORDER BY r.role, r.tenant
"""
_TENANT: Final = f"""
SELECT t.name, t.domain, t.plan, t.status, t.settings, o.name, o.per, o.amount, o.expires_at,
  {", ".join(f"s.{column}" for column in SUBSCRIPTION)}
FROM tenant AS t LEFT JOIN limit_override AS o ON o.tenant = t.id
LEFT JOIN subscription AS s ON s.id = (
  SELECT id FROM subscription WHERE tenant = t.id ORDER BY {NEWEST_FIRST} LIMIT 1
)
WHERE t.id = ? ORDER BY o.name, o.per
"""  # noqa: S608 - our own names
_TENANT_OF_DOMAIN: Final = "SELECT id FROM tenant WHERE domain = ? AND status IN ('active', 'suspended')"
_OVERRIDES: Final = "SELECT flag, value, expires_at FROM flag_override WHERE tenant = ?"
_VERSION: Final = "SELECT version FROM facts"
_CHANGES: Final = """
SELECT f.version, c.version, c.kind, c.record
FROM facts AS f LEFT JOIN facts_change AS c ON c.version > ? ORDER BY c.version, c.kind, c.record
"""
_KEYS: Final = """
SELECT k.id, k.name, k.scopes, k.tenant, k.expires_at, k.revoked_at, k.last_used_at, k.created_at, k.updated_at,
  k.version, s.digest, s.prefix, s.created_at, s.expires_at
FROM api_key AS k LEFT JOIN api_key_secret AS s ON s.api_key = k.id
WHERE k.revoked_at = 0 {some} ORDER BY k.id, s.created_at, s.digest
"""


class FactsQueries(Protocol):
    """What reading facts needs of a database. Every method raises StoreUnavailable."""

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        """What one statement selects, by itself; `?` stands for a value."""
        ...

    def id_hashes(self) -> Iterator["array[int]"]:
        """The `id_hash` of every user, in order, piece by piece."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after some seconds."""
        ...

    def close(self) -> None:
        """Close the connections, and end a wait."""
        ...


class FactsReader:
    """The port `FactsSource`."""

    def __init__(self, queries: FactsQueries) -> None:
        self.queries = self._queries = queries
        self.wait = queries.wait
        self.close = queries.close

    def user(self, user_id: str) -> UserFacts | None:
        """A user with its roles; deleted and purged ones too: their ids are managed for ever."""
        rows = self._queries.rows(_USER, (user_id,))
        if not rows:
            return None
        tenant, status, username, first_name, last_name, _, _ = rows[0]
        return UserFacts(
            id=user_id,
            tenant=tenant or "",
            status=UserStatus(status),
            grants=tuple((row[5], row[6]) for row in rows if row[5] is not None),
            username=username or "",
            first_name=first_name or "",
            last_name=last_name or "",
        )

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """A tenant, deleted and purged ones too."""
        rows = self._queries.rows(_TENANT, (tenant_id,))
        if not rows:
            return None
        name, domain, plan, status, settings = rows[0][:5]
        subscription = rows[0][9:]
        return TenantFacts(
            id=tenant_id,
            name=name or "",
            domain=domain,
            plan=plan or "",
            status=TenantStatus(status),
            settings=json.loads(settings or "{}"),
            limit_overrides=tuple(_own_limit(*row[5:9]) for row in rows if row[5] is not None),
            subscription=None if subscription[0] is None else RecordedSubscription(subscription_of(subscription)),
        )

    def tenant_of_domain(self, domain: str) -> str | None:
        """The id of the tenant that has a domain, in canonical spelling, and is there."""
        return next((str(tenant_id) for (tenant_id,) in self._queries.rows(_TENANT_OF_DOMAIN, (domain,))), None)

    def overrides(self, tenant_id: str) -> TenantOverrides:
        """The values that a tenant has of flags."""
        rows = self._queries.rows(_OVERRIDES, (tenant_id,))
        return TenantOverrides((flag, json.loads(value), end) for flag, value, end in rows)

    def user_id_hashes(self) -> "array[int]":
        """The `id_hash` of every user that was ever recorded, sorted."""
        found = array("q")
        for piece in self._queries.id_hashes():
            found.extend(piece)
        return found

    def api_keys(self, ids: Iterable[str] | None = None) -> Sequence[ApiKey]:
        """All keys that are not revoked, or some of them."""
        if ids is None:
            return _keys(self._queries.rows(_KEYS.format(some="")))
        wanted = sorted(set(ids))
        found: list[ApiKey] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[start : start + _IDS_AT_ONCE]
            places = ", ".join("?" for _ in some)
            found += _keys(self._queries.rows(_KEYS.format(some=f"AND k.id IN ({places})"), some))
        return found

    def version(self) -> int:
        """The version of the facts that is committed."""
        return int(self._queries.rows(_VERSION)[0][0])

    def changes(self, after: int) -> Sequence[FactChange] | None:
        """What changed after a version, in order; None where that is no longer known: forget everything.

        It is not known where it is older than what is kept, or newer than what is there (a restored database).
        """
        rows = self._queries.rows(_CHANGES, (after,))
        newest, first = rows[0][0], rows[0][1]
        if after == newest:
            return []
        if first != after + 1:
            return None
        return [FactChange(version, FactKind(kind), record) for _, version, kind, record in rows]


def _own_limit(name: str, per: str, amount: int | None, expires_at: int) -> OwnLimit:
    return OwnLimit(PlanLimit(limit=name, per=Per(per), amount=amount), expires_at)


def _keys(rows: Sequence[Any]) -> list[ApiKey]:
    return [_key(list(group)) for _, group in groupby(rows, itemgetter(0))]


def _key(rows: Sequence[Any]) -> ApiKey:
    key_id, name, scopes, tenant, expires_at, revoked_at, last_used_at, created_at, updated_at, version = rows[0][:10]
    return ApiKey(
        id=key_id,
        name=name,
        scopes=known_scopes_of(scopes),
        tenant=tenant,
        secrets=tuple(
            KeySecret(digest=digest, prefix=prefix, created_at=created, expires_at=expires)
            for digest, prefix, created, expires in (row[10:] for row in rows)
            if digest is not None
        ),
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used_at=last_used_at,
        created_at=created_at,
        updated_at=updated_at,
        version=version,
    )
