"""Tenants as the requirements name them: `tenant_manager`, and the tenant of this context."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from doorward_sdk.default_client import default_client
from doorward_sdk.enterprise.fields import refuse_unknown
from doorward_sdk.enterprise.usage import check_usage_limits
from doorward_sdk.errors import NotFound

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward
    from doorward_sdk.records import recorded
    from doorward_sdk.records.tenants import Tenants

__all__ = ["Tenant", "TenantManager", "tenant_manager"]

_CHANGEABLE = frozenset({"name", "domain", "plan", "status", "settings"})


@dataclass
class Tenant:
    """A tenant, as it was when it was read; times are aware and in UTC.

    `limits` hold numbers or `unlimited`, and of a limit that is counted in several ways one of these per each.
    """

    id: str
    name: str
    domain: str
    plan: str
    status: str
    created_at: datetime
    updated_at: datetime
    settings: Dict[str, Any]
    limits: Dict[str, Any]
    features: List[str]


_CURRENT: ContextVar[Optional[Tenant]] = ContextVar("doorward_current_tenant", default=None)


class TenantManager:
    """Tenants, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_tenant(self, name: str, domain: str, plan: str | None = None) -> Tenant:
        """Record a tenant; without a plan it has the sidecar's default, `basic` unless an operator says otherwise.

        Raises:
            Conflict: another tenant has the domain.
            RequestFailed: no answer came that says yes.
        """
        return _tenant(self._tenants.create(name, domain, plan))

    def get_tenant(self, tenant_id: str) -> Optional[Tenant]:
        """One tenant; None where it is not there."""
        try:
            return _tenant(self._tenants.get(tenant_id))
        except NotFound:
            return None

    def get_tenant_by_domain(self, domain: str) -> Optional[Tenant]:
        """The tenant whose domain it is; None where there is none."""
        try:
            return _tenant(self._tenants.get_by_domain(domain))
        except NotFound:
            return None

    def update_tenant(self, tenant_id: str, **kwargs: object) -> Optional[Tenant]:
        """Change `name`, `domain`, `plan`, `status` or `settings`; None where it is not there.

        Raises:
            TypeError: another field is named; nothing was changed.
            Conflict: another tenant has the domain.
        """
        refuse_unknown(kwargs, _CHANGEABLE)
        try:
            return _tenant(self._tenants.update(tenant_id, if_match=None, **kwargs))
        except NotFound:
            return None

    def delete_tenant(self, tenant_id: str) -> bool:
        """Let nobody find it any more; whether it was there."""
        try:
            self._tenants.delete(tenant_id)
        except NotFound:
            return False
        return True

    def list_tenants(self) -> List[Tenant]:
        """Every tenant."""
        return [_tenant(one) for one in self._tenants.list()]

    def set_current_tenant(self, tenant: Optional[Tenant]) -> None:
        """Make it the tenant of this context: of this thread, or of this task and those that it starts."""
        _CURRENT.set(tenant)

    def get_current_tenant(self) -> Optional[Tenant]:
        """The tenant of this context, as it was when it was set."""
        return _CURRENT.get()

    def is_feature_enabled(self, feature: str) -> bool:
        """Whether a flag is true for the current tenant; features of its plan are flags. Without a tenant it is not.

        An outage is a no, and so is a flag that is not there.
        """
        tenant = _CURRENT.get()
        if tenant is None:
            return False
        return (self._client or default_client()).flag(feature, default=False, tenant=tenant.id)

    def check_limit(self, limit_name: str, current_usage: int) -> bool:
        """Whether the current tenant may have one more than `current_usage`; without a tenant it may not.

        An outage is a no, and so is a limit that is not there.
        """
        tenant = _CURRENT.get()
        if tenant is None:
            return False
        return check_usage_limits(self._client or default_client(), tenant.id, limit_name, current_usage)

    @property
    def _tenants(self) -> Tenants:
        return (self._client or default_client()).tenants


def _tenant(told: recorded.Tenant) -> Tenant:
    return Tenant(
        id=told.id,
        name=told.name,
        domain=told.domain,
        plan=told.plan,
        status=told.status,
        created_at=told.created_at,
        updated_at=told.updated_at,
        settings=dict(told.settings),
        limits=dict(told.limits),
        features=list(told.features),
    )


tenant_manager = TenantManager()
