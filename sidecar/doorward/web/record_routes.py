"""Which endpoints record what there is: rows of the table, by what they are about."""

from dataclasses import dataclass

from doorward.web.billing.plan_routes import plan_use_rows
from doorward.web.billing.plan_use import PlanUseEndpoints
from doorward.web.billing.subscription_routes import subscriptions_rows
from doorward.web.billing.subscriptions import SubscriptionEndpoints
from doorward.web.endpoints import Endpoint
from doorward.web.flags.override_routes import overrides_rows
from doorward.web.flags.overrides import FlagOverrideEndpoints
from doorward.web.limits.override_routes import limits_rows
from doorward.web.limits.overrides import LimitOverrideEndpoints
from doorward.web.records.api_keys import ApiKeyEndpoints
from doorward.web.records.encryption import EncryptionEndpoints
from doorward.web.records.key_routes import encryption_rows, keys_rows
from doorward.web.records.session_routes import sessions_rows
from doorward.web.records.sessions import SessionEndpoints
from doorward.web.records.tenant_routes import tenants_rows
from doorward.web.records.tenants import TenantEndpoints
from doorward.web.records.user_routes import users_rows
from doorward.web.records.user_secrets import UserSecretEndpoints
from doorward.web.records.users import UserEndpoints

__all__ = ["RecordEndpoints", "record_endpoints"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEndpoints:
    """The handlers, by what they are about."""

    tenants: TenantEndpoints
    plan_use: PlanUseEndpoints
    users: UserEndpoints
    secrets: UserSecretEndpoints
    sessions: SessionEndpoints
    keys: ApiKeyEndpoints
    encryption: EncryptionEndpoints
    overrides: FlagOverrideEndpoints
    limits: LimitOverrideEndpoints
    subscriptions: SubscriptionEndpoints


def record_endpoints(handlers: RecordEndpoints) -> list[Endpoint]:
    """Every endpoint of what is recorded."""
    return [
        *tenants_rows(handlers.tenants),
        *plan_use_rows(handlers.plan_use),
        *users_rows(handlers.users, handlers.secrets, handlers.sessions),
        *sessions_rows(handlers.sessions),
        *keys_rows(handlers.keys),
        *encryption_rows(handlers.encryption),
        *overrides_rows(handlers.overrides),
        *limits_rows(handlers.limits),
        *subscriptions_rows(handlers.subscriptions),
    ]
