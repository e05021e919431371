"""What a policy test is: its questions with the expected answers; and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doorward.domain.access import AccessRequest, Decision, Explanation
from doorward.domain.flags import FlagAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPosition:
    """A question with a value for each token of a model's request, as POST /v1/enforce takes it."""

    values: Sequence[Any]
    sections: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question of a test, in the words of the file, and whether it must be allowed.

    `tenant` is what is said of the question's tenant: its id, and what would be recorded of it.
    """

    asked: str
    question: AccessRequest | ByPosition
    tenant: Mapping[str, Any]
    allowed: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagQuestion:
    """Which variant a flag has: for a subject (`TYPE:ID`, None for nobody) with its attributes, in a tenant."""

    key: str
    subject: str | None
    attributes: Mapping[str, Any]
    tenant: Mapping[str, Any]
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCheck:
    """One flag of a test, and the variant it must have; `rule`, counted from 1, must decide, if it is given."""

    asked: str
    question: FlagQuestion
    variant: str
    rule: int | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One entry of a test file. `now` is epoch seconds; `rule` must decide each of its checks, if it is given."""

    name: str
    path: str
    line: int
    checks: Sequence[Check | FlagCheck]
    roles: tuple[str, ...]
    now: float
    address: str
    rule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the policy said to one check. `faults` says in which ways it is not what was expected.

    `decision` is None where the policy could not be asked; `explanation` is there where something is wrong.
    """

    check: Check
    decision: Decision | None
    faults: Sequence[str]
    explanation: Explanation | None = None

    @property
    def is_expected(self) -> bool:
        """Whether it is the expected answer, for the expected reason."""
        return not self.faults

    @property
    def expected(self) -> str:
        """What was expected, as test files spell it."""
        return word(self.check.allowed)

    @property
    def got(self) -> str:
        """What came, as test files spell it."""
        decision = self.decision
        return "error" if decision is None or decision.error is not None else word(decision.allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagOutcome:
    """What a flag was in one check. `faults` says in which ways it is not what was expected."""

    check: FlagCheck
    answer: FlagAnswer
    faults: Sequence[str]

    @property
    def is_expected(self) -> bool:
        """Whether it is the expected variant, for the expected reason."""
        return not self.faults

    @property
    def expected(self) -> str:
        """The variant that was expected."""
        return self.check.variant

    @property
    def got(self) -> str:
        """The variant that came, or the error."""
        return self.answer.variant or (self.answer.error or "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one test."""

    test: PolicyTest
    answers: Sequence[Answer | FlagOutcome]

    @property
    def passed(self) -> bool:
        """Whether every answer is the expected one."""
        return all(one.is_expected for one in self.answers)


def word(allowed: bool) -> str:  # noqa: FBT001 - the answer itself
    """The answer as test files spell it."""
    return "allow" if allowed else "deny"
