"""Ask a Doorward sidecar: may this subject do this action on this resource?

The names below are the public ones, with those of `doorward_sdk.testing`.
"""

from doorward_sdk.acting import acting_as
from doorward_sdk.answers import AnswerError, Decision, Explanation, RuleReference
from doorward_sdk.client import Doorward
from doorward_sdk.declared import InheritedRole, PendingChange, PolicyChange, Role, Rule
from doorward_sdk.default_client import configure
from doorward_sdk.entities import Entity
from doorward_sdk.errors import (
    AccessDenied,
    CallError,
    ClientClosed,
    ConfigurationError,
    Conflict,
    DeadlineExceeded,
    DoorwardError,
    MalformedAnswer,
    MalformedEntity,
    MalformedQuestion,
    MalformedRequest,
    NotFound,
    NotPermitted,
    PolicyRefused,
    ProblemResponse,
    RequestFailed,
    TemplateError,
    Unreachable,
)
from doorward_sdk.guards import require_access
from doorward_sdk.questions import Question
from doorward_sdk.transport.in_process import InProcessTransport
from doorward_sdk.transport.over_http import HttpTransport
from doorward_sdk.transport.seam import Response, Transport

__all__ = [
    "AccessDenied",
    "AnswerError",
    "CallError",
    "ClientClosed",
    "ConfigurationError",
    "Conflict",
    "DeadlineExceeded",
    "Decision",
    "Doorward",
    "DoorwardError",
    "Entity",
    "Explanation",
    "HttpTransport",
    "InProcessTransport",
    "InheritedRole",
    "MalformedAnswer",
    "MalformedEntity",
    "MalformedQuestion",
    "MalformedRequest",
    "NotFound",
    "NotPermitted",
    "PendingChange",
    "PolicyChange",
    "PolicyRefused",
    "ProblemResponse",
    "Question",
    "RequestFailed",
    "Response",
    "Role",
    "Rule",
    "RuleReference",
    "TemplateError",
    "Transport",
    "Unreachable",
    "acting_as",
    "configure",
    "require_access",
]
