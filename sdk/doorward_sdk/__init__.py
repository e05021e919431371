"""Ask a Doorward sidecar: may this subject do this, what is the value of this flag, and is there room under this limit?

The names below are the public ones, with those of `doorward_sdk.testing`.
"""

from doorward_sdk.acting import acting_as
from doorward_sdk.answers import AnswerError, Decision, Explanation, RuleReference
from doorward_sdk.client import Doorward
from doorward_sdk.declared import InheritedRole, PendingChange, PolicyChange, Role, Rule
from doorward_sdk.declared_flags import Flag, FlagExplanation, FlagOverride, UsedOverride
from doorward_sdk.declared_plans import Plan, PlanLimit
from doorward_sdk.default_client import configure
from doorward_sdk.denials import AccessDenied, FeatureDisabled, LimitExceeded
from doorward_sdk.entities import Entity
from doorward_sdk.errors import (
    CallError,
    ClientClosed,
    ConfigurationError,
    Conflict,
    DeadlineExceeded,
    DoorwardError,
    EmailUnavailable,
    LoginRefused,
    MalformedAnswer,
    MalformedEntity,
    MalformedQuestion,
    MalformedRequest,
    NotFound,
    NotPermitted,
    PasswordRefused,
    PolicyChangePending,
    PolicyRefused,
    PreconditionFailed,
    ProblemResponse,
    RequestFailed,
    StoreUnavailable,
    TemplateError,
    Unreachable,
)
from doorward_sdk.features import require_feature
from doorward_sdk.flag_answers import FlagDetails, FlagError
from doorward_sdk.guards import require_access
from doorward_sdk.limit_answers import GuardAnswer, LimitAnswer, LimitsAnswer, ReturnAnswer, UsageAnswer
from doorward_sdk.limiting import limited, metered
from doorward_sdk.plan_use import PlanUse
from doorward_sdk.questions import Question
from doorward_sdk.recorded import (
    ApiKey,
    Authentication,
    EncryptionRotation,
    EncryptionStatus,
    GivenRole,
    HeldPermission,
    HeldRole,
    ImportResult,
    Introspection,
    KeySecret,
    NewApiKey,
    NewSession,
    PasswordVerdict,
    RotatedSession,
    Session,
    Tenant,
    TotpEnrolment,
    UnopenedValue,
    User,
)
from doorward_sdk.recorded_subscriptions import Subscription, SubscriptionChange
from doorward_sdk.reservations import Reservation
from doorward_sdk.tenant_limits import LimitOverride, TenantLimit, TenantLimits
from doorward_sdk.transport.in_process import InProcessTransport
from doorward_sdk.transport.over_http import HttpTransport
from doorward_sdk.transport.seam import Response, Transport
from doorward_sdk.usage_answers import MeterUsage, UsageItem, UsagePlace

__all__ = [
    "AccessDenied",
    "AnswerError",
    "ApiKey",
    "Authentication",
    "CallError",
    "ClientClosed",
    "ConfigurationError",
    "Conflict",
    "DeadlineExceeded",
    "Decision",
    "Doorward",
    "DoorwardError",
    "EmailUnavailable",
    "EncryptionRotation",
    "EncryptionStatus",
    "Entity",
    "Explanation",
    "FeatureDisabled",
    "Flag",
    "FlagDetails",
    "FlagError",
    "FlagExplanation",
    "FlagOverride",
    "GivenRole",
    "GuardAnswer",
    "HeldPermission",
    "HeldRole",
    "HttpTransport",
    "ImportResult",
    "InProcessTransport",
    "InheritedRole",
    "Introspection",
    "KeySecret",
    "LimitAnswer",
    "LimitExceeded",
    "LimitOverride",
    "LimitsAnswer",
    "LoginRefused",
    "MalformedAnswer",
    "MalformedEntity",
    "MalformedQuestion",
    "MalformedRequest",
    "MeterUsage",
    "NewApiKey",
    "NewSession",
    "NotFound",
    "NotPermitted",
    "PasswordRefused",
    "PasswordVerdict",
    "PendingChange",
    "Plan",
    "PlanLimit",
    "PlanUse",
    "PolicyChange",
    "PolicyChangePending",
    "PolicyRefused",
    "PreconditionFailed",
    "ProblemResponse",
    "Question",
    "RequestFailed",
    "Reservation",
    "Response",
    "ReturnAnswer",
    "Role",
    "RotatedSession",
    "Rule",
    "RuleReference",
    "Session",
    "StoreUnavailable",
    "Subscription",
    "SubscriptionChange",
    "TemplateError",
    "Tenant",
    "TenantLimit",
    "TenantLimits",
    "TotpEnrolment",
    "Transport",
    "UnopenedValue",
    "Unreachable",
    "UsageAnswer",
    "UsageItem",
    "UsagePlace",
    "UsedOverride",
    "User",
    "acting_as",
    "configure",
    "limited",
    "metered",
    "require_access",
    "require_feature",
]
