"""What a caller gets: decisions, with what made them. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward_sdk.errors import RequestFailed


@dataclass(frozen=True)
class AnswerError:
    """Why there is no decision; the answer that carries it is a denial.

    Attributes:
        status: the HTTP status that names the failure, None when no answer came.
        message: what happened and what to do.
        retryable: whether the same question may be answered later.
    """

    status: int | None
    message: str
    retryable: bool


@dataclass(frozen=True)
class RuleReference:
    """The rule that decided, and the line of policy that holds it."""

    id: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Explanation:
    """What a decision was made from; only there when `explain=True` asked for it.

    Attributes:
        roles: the roles that counted.
        read: the attributes that conditions read, by path.
        absent: the paths that conditions asked for and did not find.
        considered: the rules that were looked at, as the sidecar describes them.
    """

    roles: tuple[str, ...] = ()
    read: Mapping[str, object] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    considered: tuple[object, ...] = ()


@dataclass(frozen=True)
class Decision:
    """The answer to one question; true exactly when access is allowed.

    Attributes:
        allowed: whether the sidecar said yes.
        error: why no decision could be made; an answer with an error is never allowed.
        revision: the policy revision that decided, `git:...` or `dir:...`.
        reason: the decision in words, when explained.
        rule: the rule that decided, when explained.
        explanation: what the decision was made from, when explained.
    """

    allowed: bool
    error: AnswerError | None = None
    revision: str | None = None
    reason: str | None = None
    rule: RuleReference | None = None
    explanation: Explanation | None = None

    def __bool__(self) -> bool:
        """Whether access is allowed."""
        return self.allowed


def error_of(failure: RequestFailed) -> AnswerError:
    """Why there is no answer, where a request came to none."""
    return AnswerError(status=failure.status, message=str(failure), retryable=failure.retryable)


def denied_by_failure(failure: RequestFailed) -> Decision:
    """The denied answer that stands for a request without a usable answer."""
    return Decision(allowed=False, error=error_of(failure))
