"""Policy tests against a policy: each question asked as a caller with every scope would ask it."""

from collections.abc import Iterable, Iterator
from typing import Final

from doorward.domain.access import Decision, Explanation
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.errors import BadRequest, NotPermitted, NotSupported
from doorward.policy.policy_tests.cases import (
    Answer,
    ByPosition,
    Check,
    FlagCheck,
    FlagOutcome,
    PolicyTest,
    Result,
    word,
)
from doorward.policy.policy_tests.flag_running import answer_flag
from doorward.policy.policy_tests.tenants import SupposedTenant, supposed_tenant
from doorward.policy.snapshot import Snapshot
from doorward.services.access import AccessService
from doorward.services.enforce import EnforceService
from doorward.services.facts import NOTHING_RECORDED, FactsView

_CALLER: Final = Caller("policy-test", ALL_SCOPES)


def run_tests(tests: Iterable[PolicyTest], snapshot: Snapshot) -> list[Result]:
    """What comes of each test: a pure function of the tree."""
    return [Result(test=test, answers=tuple(_answer(check, test, snapshot) for check in test.checks)) for test in tests]


def _answer(check: Check | FlagCheck, test: PolicyTest, snapshot: Snapshot) -> Answer | FlagOutcome:
    if isinstance(check, FlagCheck):
        return answer_flag(check, test, snapshot)
    try:
        decision = _decide(check, test, snapshot)
    except NotSupported:
        return Answer(check=check, decision=None, faults=(_not_askable(snapshot),))
    except (BadRequest, NotPermitted) as error:
        return Answer(check=check, decision=None, faults=(f"cannot be asked: {error}",))
    faults = tuple(_faults(check, test, decision, snapshot))
    explanation = _explain(check, test, snapshot) if faults else None
    return Answer(check=check, decision=decision, faults=faults, explanation=explanation)


def _decide(check: Check, test: PolicyTest, snapshot: Snapshot) -> Decision:
    question = check.question
    if isinstance(question, ByPosition):
        return EnforceService(lambda: test.now).decide(
            question.values, question.sections, _CALLER, snapshot, test.address
        )
    return AccessService(lambda: test.now).decide(question, _CALLER, snapshot, test.address, _facts(check, test))


def _explain(check: Check, test: PolicyTest, snapshot: Snapshot) -> Explanation | None:
    """How the decision came about; None for questions by position, which are not explained."""
    if isinstance(check.question, ByPosition):
        return None
    facts = _facts(check, test)
    return AccessService(lambda: test.now).explain(check.question, _CALLER, snapshot, test.address, facts)


def _facts(check: Check, test: PolicyTest) -> FactsView:
    """What is recorded: nothing, or the tenant that the test describes."""
    tenant = supposed_tenant(check.tenant, test.now)
    return NOTHING_RECORDED if tenant is None else SupposedTenant(tenant)


def _faults(check: Check, test: PolicyTest, decision: Decision, snapshot: Snapshot) -> Iterator[str]:
    """In which ways an answer is not what was expected. No decision is no denial; nor is a role that means nothing."""
    plan = check.tenant.get("plan")
    if plan is not None and plan not in snapshot.plans:
        yield f"there is no plan {plan}; correct its name"
    for role in test.roles:
        if not snapshot.knows_role(f"role:{role}"):
            yield f"asserted role {role!r} is named in no rule and no role row; correct it, or leave it out"
    if decision.error is not None:
        yield f"not decided: {decision.error.message}"
        return
    if decision.allowed is not check.allowed:
        yield f"expected {word(check.allowed)}, got {word(decision.allowed)}"
    if test.rule is not None and decision.rule != test.rule:
        other = "no rule did" if decision.rule is None else f"{decision.rule} did"
        yield f"expected rule {test.rule} to decide, and {other}"


def _not_askable(snapshot: Snapshot) -> str:
    tokens = ", ".join(snapshot.tokens("") or ())
    return (
        f"cannot be asked: {snapshot.enforce_only}; write `request: [{tokens}]` with a value for each token "
        "in the place of subject, action and resource"
    )
