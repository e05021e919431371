"""Flags of policy tests against a policy: each asked as for a tenant whose plan is the one that the test names."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from doorward.domain.access import NO_TENANT
from doorward.domain.flags import FlagAnswer
from doorward.policy.policy_tests.cases import FlagCheck, FlagOutcome, FlagQuestion, PolicyTest
from doorward.policy.policy_tests.tenants import supposed_tenant
from doorward.policy.snapshot import Snapshot
from doorward.services.flag_questions import flag_sections, subject_section
from doorward.services.membership import recorded_of

_RULES: Final = "no rule did"


def answer_flag(check: FlagCheck, test: PolicyTest, snapshot: Snapshot) -> FlagOutcome:
    """What a flag is."""
    question = check.question
    supposed = supposed_tenant(question.tenant, test.now)
    recorded = recorded_of(None, supposed, snapshot, test.now)
    tenant = _tenant(recorded.tenant_attributes(test.now), question.tenant)
    ctx = flag_sections(_subject(question, test, snapshot), tenant, question.context, test.now, test.address)
    features = () if recorded.plan is None else recorded.plan.features
    answer = snapshot.flags.evaluate(question.key, ctx, test.now, features)
    return FlagOutcome(check=check, answer=answer, faults=tuple(_faults(check, test, answer, snapshot)))


def _tenant(recorded: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tenant as if it were recorded, below what the test says of it, but for what its subscription decides."""
    decided = {name: recorded[name] for name in ("plan", "subscription") if name in recorded}
    return {**recorded, **given, **decided}


def _subject(question: FlagQuestion, test: PolicyTest, snapshot: Snapshot) -> Mapping[str, Any]:
    """The subject as the policy declares it, below what the test says of it."""
    if question.subject is None:
        return {}
    kind, _, name = question.subject.partition(":")
    asserted = [f"role:{role}" for role in test.roles]
    roles = snapshot.role_names(question.subject, question.tenant.get("id", NO_TENANT), asserted, test.now)
    return subject_section(kind, name, {**snapshot.subject_attributes(question.subject), **question.attributes}, roles)


def _faults(check: FlagCheck, test: PolicyTest, answer: FlagAnswer, snapshot: Snapshot) -> Iterator[str]:
    """In which ways an answer is not what was expected. No value is no variant, whatever was expected."""
    plan = check.question.tenant.get("plan")
    if plan is not None and plan not in snapshot.plans:
        yield f"there is no plan {plan}; correct its name"
    for role in test.roles:
        if not snapshot.knows_role(f"role:{role}"):
            yield f"asserted role {role!r} is named in no rule and no role row; correct it, or leave it out"
    if answer.error is not None:
        yield f"it has no value, {answer.error.value}: {answer.detail}"
        return
    if answer.variant != check.variant:
        yield f"expected {check.variant}, got {answer.variant}"
    if check.rule is not None and answer.rule != check.rule:
        yield f"expected rule {check.rule} to decide, and {_RULES if answer.rule is None else f'{answer.rule} did'}"
