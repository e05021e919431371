"""Feature flags and access rules as the requirements name them: `feature_flag_manager`, `access_control_manager`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from enum import Enum
from typing import TYPE_CHECKING, Any, Dict, Optional

from doorward_sdk.default_client import default_client
from doorward_sdk.entities import Entity
from doorward_sdk.errors import NotFound, PolicyChangePending
from doorward_sdk.policy.declared import PendingChange

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward

__all__ = [
    "AccessControlManager",
    "AccessRule",
    "FeatureFlag",
    "FeatureFlagManager",
    "FeatureFlagType",
    "access_control_manager",
    "feature_flag_manager",
]


class FeatureFlagType(str, Enum):  # noqa: UP042 - StrEnum came with 3.11
    """What a flag's values are."""

    BOOLEAN = "boolean"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    OBJECT = "object"


@dataclass
class FeatureFlag:
    """A flag of the policy; its id is its name. The policy's history knows its times, so they are None here."""

    id: str
    name: str
    description: str
    flag_type: FeatureFlagType
    default_value: Any
    status: str = "active"
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None


@dataclass
class AccessRule:
    """An access rule of the policy; its id is its name. The policy's history knows its times, so they are None here."""

    id: str
    name: str
    description: str
    resource: str
    action: str
    conditions: Dict[str, Any]
    status: str = "active"
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None


class FeatureFlagManager:
    """Feature flags, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_feature_flag(
        self,
        name: str,
        description: str,
        flag_type: FeatureFlagType,
        default_value: Any,  # noqa: ANN401 - as the requirements have it
    ) -> FeatureFlag:
        """Declare a flag in the policy, by a commit; it is served when this returns.

        Raises:
            Conflict: there is one of that name, or the policy cannot be written to.
            PolicyChangePending: changes are reviewed there; the flag is served once somebody merges it.
            ProblemResponse: the value does not fit the type.
        """
        kind = FeatureFlagType(flag_type)
        made = self._asked.flags.create(name, description, kind.value, default_value)
        if isinstance(made, PendingChange):
            raise PolicyChangePending(made)
        return FeatureFlag(
            id=made.key,
            name=made.key,
            description=made.description or "",
            flag_type=FeatureFlagType(made.type),
            default_value=made.variants.get(made.default),
        )

    def get_flag_value(self, flag_name: str, tenant_id: Optional[str] = None) -> Any:  # noqa: ANN401 - any type's value
        """The flag's value for a tenant; None where there is no such flag, and where no answer comes."""
        return self._asked.flag(flag_name, None, tenant=tenant_id)

    def set_tenant_override(
        self,
        flag_name: str,
        tenant_id: str,
        value: Any,  # noqa: ANN401 - as the requirements have it
    ) -> bool:
        """Let the flag be `value` for a tenant; whether there are such a flag and such a tenant.

        Raises:
            ProblemResponse: the value does not fit the flag's type.
        """
        try:
            self._asked.flags.set_override(flag_name, tenant_id, value)
        except NotFound:
            return False
        return True

    def remove_tenant_override(self, flag_name: str, tenant_id: str) -> bool:
        """Let the policy decide about the tenant again; whether it had an override."""
        try:
            self._asked.flags.remove_override(flag_name, tenant_id)
        except NotFound:
            return False
        return True

    @property
    def _asked(self) -> Doorward:
        return self._client or default_client()


class AccessControlManager:
    """Access rules, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_access_rule(
        self, name: str, description: str, resource: str, action: str, conditions: Dict[str, Any]
    ) -> AccessRule:
        """Declare an access rule in the policy, by a commit; it is served when this returns.

        `conditions` are `min_role`, the least role (needed), and `subscription_required`.

        Raises:
            Conflict: there is one of that name, or the policy cannot be written to.
            PolicyChangePending: changes are reviewed there; the rule is served once somebody merges it.
            ProblemResponse: a condition is unknown.
        """
        made = self._asked.create_access_rule(name, description, resource, action, conditions)
        if isinstance(made, PendingChange):
            raise PolicyChangePending(made)
        return AccessRule(
            id=made.name,
            name=made.name,
            description=made.description or "",
            resource=resource,
            action=action,
            conditions=dict(conditions),
        )

    def check_access(
        self,
        user_id: str,
        resource: str,
        action: str,
        user_role: Optional[str] = None,
        tenant_id: Optional[str] = None,
    ) -> bool:
        """Whether a user may do `action` on a type of resources, or on `type:id`; an outage is a no.

        `user_role` counts for users that Doorward does not record, and needs the scope `assert:roles`.
        """
        kind, colon, name = resource.partition(":")
        roles = () if user_role is None else (user_role,)
        thing = Entity(kind, name if colon else "*")
        return bool(self._asked.check(Entity("user", user_id), action, thing, tenant=tenant_id, roles=roles))

    @property
    def _asked(self) -> Doorward:
        return self._client or default_client()


feature_flag_manager = FeatureFlagManager()
access_control_manager = AccessControlManager()
