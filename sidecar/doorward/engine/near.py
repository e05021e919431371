"""Rules that almost answered a question: for explanations, never for decisions."""

from collections.abc import Iterator
from itertools import islice

from doorward.domain.access import Question
from doorward.engine.asked import Asked
from doorward.engine.evaluator import Evaluator
from doorward.engine.index.rules import Rule
from doorward.engine.index.tree import compares, rules_below
from doorward.engine.model import Constraint
from doorward.engine.roles.graph import NO_ROLES


def rules_near(evaluator: Evaluator, question: Question, limit: int) -> Iterator[Rule]:
    """At most `limit` rules for the question's resource and action, whoever and whichever tenant they are for.

    They come in order; where there are more, which of them is not said.
    """
    asked = evaluator.asked(question)
    free = frozenset(at for at, token in enumerate(evaluator.model.tokens) if token in {"sub", "dom"})
    calls = evaluator.model.role_calls
    held = [NO_ROLES if call.token in free else roles for call, roles in zip(calls, asked.held, strict=True)]
    found = rules_below(evaluator.index, asked.values, held, free)
    fitting = (rule for rule in found if _fits(evaluator, rule, asked, free))
    return iter(sorted(islice(fitting, limit), key=lambda rule: rule.rank))


def differs_in(evaluator: Evaluator, rule: Rule, question: Question) -> frozenset[str]:
    """The tokens in which a rule does not match the question."""
    asked = evaluator.asked(question)
    model = evaluator.model
    return frozenset(model.tokens[one.token] for one in model.constraints if not _compares(one, rule, asked))


def _fits(evaluator: Evaluator, rule: Rule, asked: Asked, free: frozenset[int]) -> bool:
    """Whether the rule matches in every indexed column but those of the `free` tokens."""
    return all(_compares(one, rule, asked) for one in evaluator.model.constraints if one.token not in free)


def _compares(one: Constraint, rule: Rule, asked: Asked) -> bool:
    """Whether a column matches; one that cannot be compared does not."""
    try:
        return compares(one, rule.fields[one.column], asked.values, asked.held)
    except (TypeError, ValueError):
        return False
