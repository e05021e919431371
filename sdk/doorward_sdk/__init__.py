"""Ask a Doorward sidecar: may this subject do this, what is the value of this flag, and is there room under this limit?

The names below are the public ones, with those of `doorward_sdk.testing`.
"""

from doorward_sdk.access.answers import AnswerError, Decision, Explanation, RuleReference
from doorward_sdk.access.guards import require_access
from doorward_sdk.access.questions import Question
from doorward_sdk.acting import acting_as
from doorward_sdk.billing.declared_plans import Plan, PlanLimit
from doorward_sdk.billing.plan_use import PlanUse
from doorward_sdk.billing.recorded import Subscription, SubscriptionChange
from doorward_sdk.client import Doorward
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
from doorward_sdk.flags.answers import FlagDetails, FlagError
from doorward_sdk.flags.declared import Flag, FlagExplanation, FlagOverride, UsedOverride
from doorward_sdk.flags.features import require_feature
from doorward_sdk.limits.answers import GuardAnswer, LimitAnswer, LimitsAnswer, ReturnAnswer, UsageAnswer
from doorward_sdk.limits.limiting import limited, metered
from doorward_sdk.limits.overrides import LimitOverride, TenantLimit, TenantLimits
from doorward_sdk.limits.reservations import Reservation
from doorward_sdk.policy.declared import InheritedRole, PendingChange, PolicyChange, Role, Rule
from doorward_sdk.records.recorded import (
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
from doorward_sdk.transport.in_process import InProcessTransport
from doorward_sdk.transport.over_http import HttpTransport
from doorward_sdk.transport.seam import Response, Transport
from doorward_sdk.usage.answers import MeterUsage, UsageItem, UsagePlace

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
