"""Flags of policy tests against a policy: each asked as for a tenant whose plan is the one that the test names."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from doorward.domain.access import NO_TENANT
from doorward.domain.facts import TenantFacts
from doorward.domain.flags import FlagAnswer
from doorward.domain.tenants import TenantStatus
from doorward.policy.policy_tests.cases import FlagCheck, FlagOutcome, FlagQuestion, PolicyTest
from doorward.policy.snapshot import Snapshot
from doorward.services.flags import flag_sections, subject_section
from doorward.services.membership import recorded_of

_RULES: Final = "no rule did"


def answer_flag(check: FlagCheck, test: PolicyTest, snapshot: Snapshot) -> FlagOutcome:
    """What a flag is."""
    question = check.question
    subject, tenant = _subject(question, test, snapshot), _tenant(question, test, snapshot)
    ctx = flag_sections(subject, tenant, question.context, test.now, test.address)
    plan = snapshot.plans.get(str(question.tenant.get("plan")))
    features = () if plan is None else plan.features
    answer = snapshot.flags.evaluate(question.key, ctx, test.now, features)
    return FlagOutcome(check=check, answer=answer, faults=tuple(_faults(check, test, answer, snapshot)))


def _tenant(question: FlagQuestion, test: PolicyTest, snapshot: Snapshot) -> Mapping[str, Any]:
    """The tenant as if it were recorded with the plan, if the test names one; below what the test says of it."""
    given = question.tenant
    plan = given.get("plan")
    if plan is None:
        return given
    supposed = TenantFacts(given["id"], given["id"], None, plan, TenantStatus.ACTIVE, {})
    return {**recorded_of(None, supposed, snapshot, test.now).tenant_attributes(test.now), **given}


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
