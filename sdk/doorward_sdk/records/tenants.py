"""Tenants of a sidecar: `client.tenants`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.billing.plan_use import plan_use_of
from doorward_sdk.errors import NotFound
from doorward_sdk.limits.overrides_wire import limit_override_of, tenant_limits_of
from doorward_sdk.records.importing import import_items
from doorward_sdk.records.keys import time_text
from doorward_sdk.records.wire import tenant_of
from doorward_sdk.wire.api import target_of
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from doorward_sdk.billing.plan_use import PlanUse
    from doorward_sdk.limits.overrides import Amount, LimitOverride, TenantLimits
    from doorward_sdk.records.recorded import ImportResult, Tenant
    from doorward_sdk.wire.api import Api

_TENANTS = "/v1/tenants"
_PLANS = "/v1/tenant-plans"


class Tenants:
    """Who is served; needs the scope `admin:tenants`.

    Every method raises RequestFailed where no answer comes; those that name a tenant NotFound where it is not
    there; those that take `if_match`, the `version` that the tenant must have, PreconditionFailed.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(
        self,
        name: str,
        domain: str,
        plan: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the member's name
        settings: Mapping[str, object] | None = None,
    ) -> Tenant:
        """Record a tenant.

        Args:
            name: what people call it.
            domain: a domain that no other tenant has.
            plan: the name of a plan; None: the sidecar's default.
            id: what questions will call it; None: one is made.
            settings: JSON values that the host keeps with it.

        Raises:
            Conflict: the id or the domain is taken.
        """
        given = {"id": id, "name": name, "domain": domain, "plan": plan, "settings": settings}
        body = {member: value for member, value in given.items() if value is not None}
        return tenant_of(self._api.change("POST", _TENANTS, body).json())

    def get(self, tenant_id: str) -> Tenant:
        """One tenant."""
        return tenant_of(self._api.get(path_of(_TENANTS, tenant_id)))

    def get_by_domain(self, domain: str) -> Tenant:
        """The tenant whose domain it is."""
        for tenant in self.list(domain=domain):
            return tenant
        raise NotFound(404, "There is no such thing", f"no tenant has the domain {domain!r}")

    def list(
        self, *, status: str | None = None, plan: str | None = None, domain: str | None = None
    ) -> Iterator[Tenant]:
        """Every tenant, or those of a status, plan or domain; read page by page as they are taken."""
        return self._api.items(_TENANTS, tenant_of, {"status": status, "plan": plan, "domain": domain})

    def update(self, tenant_id: str, *, if_match: int | None = None, **fields: object) -> Tenant:
        """Change `name`, `domain`, `plan`, `status` or `settings`, and leave the rest.

        Raises:
            Conflict: the domain is taken.
        """
        return tenant_of(self._api.change("PATCH", path_of(_TENANTS, tenant_id), fields, if_match=if_match).json())

    def suspend(self, tenant_id: str, *, if_match: int | None = None) -> Tenant:
        """Deny its questions until it is activated again."""
        return self.update(tenant_id, if_match=if_match, status="suspended")

    def activate(self, tenant_id: str, *, if_match: int | None = None) -> Tenant:
        """End a suspension."""
        return self.update(tenant_id, if_match=if_match, status="active")

    def delete(self, tenant_id: str, *, if_match: int | None = None) -> None:
        """Let nobody find it any more; its id and its domain stay taken."""
        self._api.change("DELETE", path_of(_TENANTS, tenant_id), if_match=if_match)

    def purge(self, tenant_id: str, *, if_match: int | None = None) -> None:
        """Forget it and its users for good, also one that is deleted; the domain is free again, the id is not."""
        self._api.change("DELETE", path_of(_TENANTS, tenant_id) + "?purge=true", if_match=if_match)

    def plans(self) -> Iterator[PlanUse]:
        """Every plan that some tenant has, or gets when a period ends, with how many; by name."""
        return self._api.items(_PLANS, plan_use_of)

    def limits(self, tenant_id: str) -> TenantLimits:
        """What it may have, by its plan and by overrides of its own, and where each amount comes from."""
        return tenant_limits_of(self._api.get(path_of(_TENANTS, tenant_id, "limits")))

    def set_limit(  # noqa: PLR0913 - the parts of an override
        self,
        tenant_id: str,
        limit: str,
        amount: Amount,
        *,
        per: str | None = None,
        reason: str | None = None,
        expires_at: datetime | None = None,
        if_match: int | None = None,
    ) -> LimitOverride:
        """Let it have `amount` of a limit, whatever its plan says; at once, in every process within a second.

        Args:
            tenant_id: the tenant's id.
            limit: a name of a plan's limit, or of a meter.
            amount: a whole number, or `unlimited`.
            per: what it is counted in, like `hour`; None: what the limit is counted in.
            reason: why, in one line.
            expires_at: from when on it counts for nothing, naive times are UTC; None: never.
            if_match: the `version` that the override must have.

        Raises:
            ProblemResponse: it is no amount, or the limit is counted in several ways and `per` is None (400).
        """
        given = {
            "amount": amount,
            "per": per,
            "reason": reason,
            "expires_at": None if expires_at is None else time_text(expires_at),
        }
        body = {member: value for member, value in given.items() if value is not None}
        path = path_of(_TENANTS, tenant_id, "limits", limit)
        return limit_override_of(self._api.change("PUT", path, body, if_match=if_match).json())

    def remove_limit(self, tenant_id: str, limit: str, *, per: str | None = None, if_match: int | None = None) -> None:
        """Let its plan say again how much of a limit it may have. Raises NotFound where there is no override."""
        path = target_of(path_of(_TENANTS, tenant_id, "limits", limit), {"per": per})
        self._api.change("DELETE", path, if_match=if_match)

    def import_many(
        self,
        items: Iterable[Mapping[str, object]],
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> tuple[ImportResult, ...]:
        """Record many; each item has what `create` takes. Raises as `import_many` of `client.users`."""
        return import_items(self._api, f"{_TENANTS}/import", items, dry_run=dry_run, idempotency_key=idempotency_key)
