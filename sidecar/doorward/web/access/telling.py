"""How decisions are told: as AuthZEN answers, explained where that was asked for."""

from doorward.domain.access import Decision, Explanation
from doorward.web.access.wire import ConsideredRule, DecisionContext, ErrorContext, EvaluationAnswer, RuleReference


def evaluation_answer(decision: Decision, explanation: Explanation | None) -> EvaluationAnswer:
    """A decision, with why there is none, or with what it was made from."""
    context = DecisionContext()
    if decision.error is not None:
        error = decision.error
        context.error = ErrorContext(status=error.status, message=error.message, retryable=error.retryable)
    if explanation is not None:
        _explain(context, explanation)
    return EvaluationAnswer(decision=decision.allowed, context=context)


def _explain(context: DecisionContext, explanation: Explanation) -> None:
    context.reason = explanation.reason
    context.revision = explanation.revision
    context.rule = None
    if explanation.decision.rule is not None and explanation.path is not None and explanation.line is not None:
        context.rule = RuleReference(explanation.decision.rule, explanation.path, explanation.line)
    context.roles = list(explanation.roles)
    context.read = dict(explanation.read)
    context.absent = list(explanation.absent)
    context.considered = [
        ConsideredRule(
            rule=one.rule,
            file=one.path,
            line=one.line,
            effect=one.effect,
            outcome=one.outcome,
            subject=one.subject,
            tenant=one.tenant,
            when=one.when,
        )
        for one in explanation.considered
    ]
    if explanation.notes:
        context.notes = list(explanation.notes)
