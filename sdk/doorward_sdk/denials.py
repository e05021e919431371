# ruff: noqa: N818 - the names say what happened, as the contract gives them
"""What guarded functions raise where the answer is no, and which carries it: leaves of the tree in errors.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import DoorwardError

if TYPE_CHECKING:
    from doorward_sdk.access.answers import Decision
    from doorward_sdk.flags.answers import FlagDetails
    from doorward_sdk.limits.answers import LimitAnswer


class AccessDenied(DoorwardError):
    """A guarded function was called by a subject that may not.

    Attributes:
        decision: the denied answer; its `.error` tells an outage from a refusal.
        question: who wanted what, as text: `user:alice may not view agents:7`.
    """

    def __init__(self, decision: Decision, question: str = "access is denied") -> None:
        super().__init__(decision, question)
        self.decision = decision
        self.question = question

    def __str__(self) -> str:
        """Who may not do what, and why."""
        decision = self.decision
        if decision.error is not None:
            return f"{self.question}: no decision could be made: {decision.error.message}"
        if decision.reason is None:
            return self.question
        return f"{self.question}: {decision.reason}"


class FeatureDisabled(DoorwardError):
    """A guarded function was called where its feature is off.

    Attributes:
        feature: the flag's key.
        details: the flag's answer; its `.error` tells an outage from a feature that is off.
    """

    def __init__(self, feature: str, details: FlagDetails[bool]) -> None:
        super().__init__(feature, details)
        self.feature = feature
        self.details = details

    def __str__(self) -> str:
        """Which feature is off, and why."""
        error = self.details.error
        if error is None:
            return f"the feature {self.feature!r} is off"
        return f"the feature {self.feature!r} is taken for off: {error.message}"


class LimitExceeded(DoorwardError):
    """A limited function was called, or a reservation entered, where there is no room.

    Attributes:
        answer: the limit's; its `.error` tells an outage from a limit that is used up, its `.in_doubt` that it may
            have been counted.
    """

    def __init__(self, answer: LimitAnswer) -> None:
        super().__init__(answer)
        self.answer = answer

    def __str__(self) -> str:
        """Which limit it is, how it stands, and what helps."""
        answer = self.answer
        if answer.error is not None:
            return f"the limit {answer.name!r} is taken for used up: {answer.error.message}"
        if answer.reason is not None:
            return f"nothing of the limit {answer.name!r} may be used: {answer.reason}"
        told = f"the limit {answer.name!r} has no room: {answer.used} of {answer.limit} are used"
        if answer.held:
            told += f" and {answer.held} reserved"
        if answer.resets_at is not None:
            told += f", it begins anew at {answer.resets_at:%Y-%m-%d %H:%M:%SZ}"
        return told if answer.allowed_by is None else f"{told}; the plan {answer.allowed_by} has room"
