"""The managers of the enterprise requirements, over the default client: one module a chapter, all of them here too.

A host that used `bmad.core.enterprise` imports `doorward_sdk.enterprise` instead. Where something is not there,
a manager answers None or False; where no answer comes, it raises as the client does.
"""

from doorward_sdk.enterprise.access_control import (
    AccessControlManager,
    AccessRule,
    FeatureFlag,
    FeatureFlagManager,
    FeatureFlagType,
    access_control_manager,
    feature_flag_manager,
)
from doorward_sdk.enterprise.billing import (
    BillingManager,
    BillingPeriod,
    Plan,
    Subscription,
    SubscriptionManager,
    SubscriptionStatus,
    UsageTracker,
    billing_manager,
    subscription_manager,
    usage_tracker,
)
from doorward_sdk.enterprise.multi_tenancy import Tenant, TenantManager, tenant_manager
from doorward_sdk.enterprise.user_management import (
    PermissionManager,
    Role,
    RoleManager,
    User,
    UserManager,
    permission_manager,
    role_manager,
    user_manager,
)
from doorward_sdk.errors import PolicyChangePending

__all__ = [
    "AccessControlManager",
    "AccessRule",
    "BillingManager",
    "BillingPeriod",
    "FeatureFlag",
    "FeatureFlagManager",
    "FeatureFlagType",
    "PermissionManager",
    "Plan",
    "PolicyChangePending",
    "Role",
    "RoleManager",
    "Subscription",
    "SubscriptionManager",
    "SubscriptionStatus",
    "Tenant",
    "TenantManager",
    "UsageTracker",
    "User",
    "UserManager",
    "access_control_manager",
    "billing_manager",
    "feature_flag_manager",
    "permission_manager",
    "role_manager",
    "subscription_manager",
    "tenant_manager",
    "usage_tracker",
    "user_manager",
]
