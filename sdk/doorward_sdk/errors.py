# ruff: noqa: N818 - the names say what happened, and the contract gives some of them
"""What can go wrong, as one tree; each leaf is another thing for the caller to do.

DoorwardError
├── AccessDenied             the answer was no: tell the user, or grant a role
├── FeatureDisabled          the feature is off: hide what wants it, or turn it on
├── LimitExceeded            there is no room: wait, give something back, or take the plan that `.answer` names
├── ClientClosed             make a new client
├── PolicyChangePending      merge the branch of `.change`, or let somebody; then ask again
├── CallError (ValueError)   the call is wrong, whatever the sidecar would say:
│   ├── ConfigurationError       correct an address, a key or a time limit
│   ├── MalformedEntity          correct a subject or resource: "type:id"
│   ├── MalformedQuestion        correct an action, a tenant, roles, attributes or context
│   ├── MalformedRequest         correct a method, a path or a header
│   └── TemplateError            correct the resource template of a decorator
└── RequestFailed            no usable answer came; checks turn it into a denied answer with `.error`:
    ├── Unreachable              start the sidecar, or correct its address
    │   └── DeadlineExceeded         allow more time
    ├── MalformedAnswer          correct the address: something else answers there
    └── ProblemResponse          read `.status` and `.detail`
        ├── NotPermitted             use another key
        ├── NotFound                 name something that is there
        ├── Conflict                 do first what `.detail` says, or take another name
        │   └── EmailUnavailable         take another e-mail address
        ├── PreconditionFailed       read the thing again: somebody changed it meanwhile
        ├── LoginRefused             ask for the password again, or for a code where `.code_needed`
        ├── PasswordRefused          choose another password: `.reasons` says what it lacks
        ├── PolicyRefused            correct the change: the policy would not load, `.faults` says why
        └── StoreUnavailable         try again in a moment: the sidecar's database does not answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorward_sdk.policy.declared import PendingChange

RETRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""


class DoorwardError(Exception):
    """Everything that this package raises."""


class ClientClosed(DoorwardError):
    """The client was used after `close()`."""


class PolicyChangePending(DoorwardError):
    """A change of policy is committed to a branch and not served; only `doorward_sdk.enterprise` raises it.

    Attributes:
        change: the commit and the branch that waits.
    """

    def __init__(self, change: PendingChange) -> None:
        super().__init__(change)
        self.change = change

    def __str__(self) -> str:
        """Which branch waits."""
        return f"the change waits for review on the branch {self.change.branch}; it is served once that is merged"


class CallError(DoorwardError, ValueError):
    """The call is wrong and has to be corrected in the program that makes it."""


class ConfigurationError(CallError):
    """An address, a key or a time limit cannot be used."""


class MalformedEntity(CallError):
    """A subject or a resource is not of the form `type:id`."""


class MalformedQuestion(CallError):
    """An action, a tenant, roles, attributes or a context cannot be asked about."""


class MalformedRequest(CallError):
    """A method, a path or a header cannot be sent over HTTP."""


class TemplateError(CallError):
    """A resource template does not fit the function that it guards."""


class RequestFailed(DoorwardError):
    """No usable answer came from the sidecar.

    Attributes:
        status: the HTTP status of the answer, None when none came.
        retryable: whether the same request may succeed later.
    """

    status: int | None = None
    retryable: bool = True


class Unreachable(RequestFailed):
    """No sidecar answers, or the connection to it broke.

    Attributes:
        sent: whether a sidecar may have got the request, and carried it out; False where none could be reached.
    """

    sent: bool = True


class DeadlineExceeded(Unreachable):
    """The whole answer did not arrive in time."""


class MalformedAnswer(RequestFailed):
    """What answered does not speak as a Doorward sidecar does, or says too much."""

    retryable = False


class ProblemResponse(RequestFailed):
    """The sidecar refused the request, with an RFC 9457 problem.

    Attributes:
        status: the HTTP status.
        type: the stable name of the problem, `https://doorward.dev/problems/NAME`.
        title: the problem in a few words.
        detail: what is wrong with this request.
    """

    status: int

    def __init__(
        self,
        status: int,
        title: str | None = None,
        detail: str | None = None,
        type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457
    ) -> None:
        super().__init__(status, title, detail, type)
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type
        self.retryable = status in RETRY_LATER

    def __str__(self) -> str:
        """The status, then title and detail as far as they are known."""
        told = ": ".join(part for part in (self.title, self.detail) if part)
        return f"the sidecar answered {self.status}" + (f" {told}" if told else "")


class NotPermitted(ProblemResponse):
    """The key is missing, unknown (401) or lacks a scope (403)."""


class NotFound(ProblemResponse):
    """There is nothing of that name (404)."""


class Conflict(ProblemResponse):
    """What is there stands in the way (409); nothing was changed."""


class EmailUnavailable(Conflict):
    """The e-mail address belongs to somebody already (409)."""


class PreconditionFailed(ProblemResponse):
    """What was to be changed is not the version that `if_match` named (412); nothing was changed."""


class LoginRefused(ProblemResponse):
    """Nobody was logged in (403): unknown, wrong, locked and disabled are told alike.

    Attributes:
        code_needed: the password was right; send a one-time or recovery code with it.
    """

    code_needed: bool = False


class PasswordRefused(ProblemResponse):
    """The password is not what the security policy asks for (422); nothing was changed.

    Attributes:
        reasons: all that it lacks.
    """

    reasons: tuple[str, ...] = ()


class PolicyRefused(ProblemResponse):
    """The policy would not load with the change (422); nothing was changed.

    Attributes:
        faults: what is wrong with it, as `FILE:LINE: message`.
    """

    faults: tuple[str, ...] = ()


class StoreUnavailable(ProblemResponse):
    """The sidecar's database is gone, locked, full or too slow (503); checks go on meanwhile."""
