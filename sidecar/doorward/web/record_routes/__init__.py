"""Which endpoints record what there is: rows of the table, by what they are about."""

from dataclasses import dataclass

from doorward.web.api_keys import ApiKeyEndpoints
from doorward.web.encryption import EncryptionEndpoints
from doorward.web.endpoints import Endpoint
from doorward.web.flag_overrides import FlagOverrideEndpoints
from doorward.web.limit_overrides import LimitOverrideEndpoints
from doorward.web.plan_use import PlanUseEndpoints
from doorward.web.record_routes.flags import overrides_rows
from doorward.web.record_routes.keys import encryption_rows, keys_rows
from doorward.web.record_routes.limits import limits_rows
from doorward.web.record_routes.sessions import sessions_rows
from doorward.web.record_routes.subscriptions import subscriptions_rows
from doorward.web.record_routes.tenants import tenants_rows
from doorward.web.record_routes.users import users_rows
from doorward.web.sessions import SessionEndpoints
from doorward.web.subscriptions import SubscriptionEndpoints
from doorward.web.tenants import TenantEndpoints
from doorward.web.user_secrets import UserSecretEndpoints
from doorward.web.users import UserEndpoints

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
        *tenants_rows(handlers.tenants, handlers.plan_use),
        *users_rows(handlers.users, handlers.secrets, handlers.sessions),
        *sessions_rows(handlers.sessions),
        *keys_rows(handlers.keys),
        *encryption_rows(handlers.encryption),
        *overrides_rows(handlers.overrides),
        *limits_rows(handlers.limits),
        *subscriptions_rows(handlers.subscriptions),
    ]
