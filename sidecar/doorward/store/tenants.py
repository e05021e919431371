"""Tenants as rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from doorward.domain.errors import Conflict
from doorward.domain.tenants import Tenant, TenantFilter, TenantStatus
from doorward.store.rows import Rows

_CHANGED_BY_TIME: Final = """
SELECT tenant FROM subscription WHERE ended_at = 0 AND (
  past_due_since > 0 OR (cancel_at > 0 AND cancel_at <= $now) OR (change_at > 0 AND change_at <= $now)
)
"""
_FILTERS: Final[Mapping[str, str]] = {
    "status": "status = $status",
    "plan": f"(plan = $plan OR id IN ({_CHANGED_BY_TIME}))",
    "domain": "domain = $domain",
}


class TenantRows:
    """The port `Tenants`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def add(self, tenant: Tenant) -> None:
        """Record one. Raises Conflict where its id or domain is taken."""
        self._rows.add({"id": tenant.id, **_fields(tenant)}, _taken(tenant))

    def find(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        return _tenant(self._rows.find("id = $id", lock=lock, id=tenant_id))

    def hold(self, tenant_id: str) -> Tenant | None:
        """One by its id, as it stays until the transaction ends, whoever else holds it."""
        return _tenant(self._rows.hold("id = $id", id=tenant_id))

    def find_by_domain(self, domain: str) -> Tenant | None:
        """One by its domain, in canonical spelling."""
        return _tenant(self._rows.find("domain = $domain", domain=domain))

    def save(self, tenant: Tenant) -> None:
        """Write one that was found with `lock`. Raises Conflict where its domain is taken."""
        self._rows.save(tenant.id, _fields(tenant), _taken(tenant))

    def page(self, wanted: TenantFilter, now: int, after: str, count: int) -> Sequence[Tenant]:
        """At most `count` of those that are there, by id, after an id (empty: from the first).

        Whoever asks for a plan gets also those whose subscription may have gone to it, or from it, by now.
        """
        asked = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
        conditions = ["id > $after", "status IN ('active', 'suspended')", *(_FILTERS[name] for name in asked)]
        where = f"{' AND '.join(conditions)} ORDER BY id LIMIT $count"
        rows = self._rows.all(where, after=after, count=count, now=now, **asked)
        return [tenant for row in rows if (tenant := _tenant(row))]


def _fields(tenant: Tenant) -> dict[str, object]:
    purged = tenant.status is TenantStatus.PURGED
    return {
        "name": None if purged else tenant.name,
        "domain": None if purged else tenant.domain,
        "plan": None if purged else tenant.plan,
        "status": tenant.status.value,
        "settings": None if purged else json.dumps(dict(tenant.settings)),
        "created_at": tenant.created_at,
        "updated_at": tenant.updated_at,
        "version": tenant.version,
    }


def _taken(tenant: Tenant) -> Mapping[str, Conflict]:
    return {
        "tenant_id": Conflict(f"the id {tenant.id!r} is taken; choose another one"),
        "tenant_domain": Conflict(
            f"the domain {tenant.domain!r} is taken by another tenant; give another, or purge it if it is deleted"
        ),
    }


def _tenant(row: Any) -> Tenant | None:  # noqa: ANN401 - an entity's object
    if row is None:
        return None
    return Tenant(
        id=row.id,
        name=row.name or "",
        domain=row.domain,
        plan=row.plan or "",
        status=TenantStatus(row.status),
        settings=json.loads(row.settings or "{}"),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )
