"""What a policy test is: its questions with the expected answers; and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from doorward.domain.access import AccessRequest, Decision, Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPosition:
    """A question with a value for each token of a model's request, as POST /v1/enforce takes it."""

    values: Sequence[Any]
    sections: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question of a test, in the words of the file, and whether it must be allowed."""

    asked: str
    question: AccessRequest | ByPosition
    allowed: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One entry of a test file. `now` is epoch seconds; `rule` must decide each of its checks, if it is given."""

    name: str
    path: str
    line: int
    checks: Sequence[Check]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one test."""

    test: PolicyTest
    answers: Sequence[Answer]

    @property
    def passed(self) -> bool:
        """Whether every answer is the expected one."""
        return all(one.is_expected for one in self.answers)
