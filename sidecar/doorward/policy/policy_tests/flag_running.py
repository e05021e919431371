"""Flags of policy tests against a policy: each asked as for a tenant whose plan is the one that the test names."""

from collections.abc import Iterator
from typing import Any, Final

from doorward.domain.access import NO_TENANT, role_names
from doorward.domain.flags import FlagAnswer
from doorward.policy.policy_tests.cases import FlagCheck, FlagOutcome, FlagQuestion, PolicyTest
from doorward.policy.snapshot import Snapshot

_RULES: Final = "no rule did"


def answer_flag(check: FlagCheck, test: PolicyTest, snapshot: Snapshot) -> FlagOutcome:
    """What a flag is."""
    question = check.question
    plan = snapshot.plans.get(str(question.tenant.get("plan")))
    features = () if plan is None else plan.features
    answer = snapshot.flags.evaluate(question.key, _context(question, test, snapshot), test.now, frozenset(features))
    return FlagOutcome(check=check, answer=answer, faults=tuple(_faults(check, test, answer, snapshot)))


def _context(question: FlagQuestion, test: PolicyTest, snapshot: Snapshot) -> dict[str, Any]:
    """What `r.ctx` holds: what the test gives, over what the policy declares."""
    tenant = dict(question.tenant)
    plan = snapshot.plans.get(str(tenant.get("plan")))
    if plan is not None:
        tenant["features"] = list(plan.features)
    return {
        "subject": _subject(question, test, snapshot),
        "tenant": tenant,
        "env": {"time": test.now, "address": test.address or None},
        "context": question.context,
    }


def _subject(question: FlagQuestion, test: PolicyTest, snapshot: Snapshot) -> dict[str, Any]:
    if question.subject is None:
        return {}
    kind, _, name = question.subject.partition(":")
    asserted = [f"role:{role}" for role in test.roles]
    tenant = question.tenant.get("id", NO_TENANT)
    roles = snapshot.evaluator.roles.roles(question.subject, tenant, asserted, test.now)
    return {
        **snapshot.subject_attributes(question.subject),
        **question.attributes,
        "type": kind,
        "id": name,
        "roles": role_names(roles),
    }


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
