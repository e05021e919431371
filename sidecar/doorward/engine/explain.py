"""Why a decision is what it is: the rules that were looked at, and what their conditions read."""

import reprlib
from collections.abc import Mapping
from typing import Any, Final

from doorward.domain.access import Considered, Decision, Effect, Explanation, Outcome, Question
from doorward.engine.conditions import AbsentAttribute
from doorward.engine.evaluator import Evaluator
from doorward.engine.index import Rule

MAX_CONSIDERED: Final = 20
_LONGEST_SHOWN: Final = 200


def _bounded_repr() -> reprlib.Repr:
    """A repr that never makes more text than is shown."""
    made = reprlib.Repr()
    for limit in ("maxlist", "maxdict", "maxtuple", "maxstring", "maxother"):
        setattr(made, limit, _LONGEST_SHOWN)
    setattr(made, "maxlevel", 1_000_000)  # noqa: B010 - as the others
    return made


_REPR: Final = _bounded_repr()


class _Traced(dict[str, Any]):
    """A section of `r.ctx` that notes which attributes are read."""

    def __init__(self, values: Mapping[str, Any], read: dict[str, Any], prefix: str = "") -> None:
        super().__init__(values)
        self._read = read
        self._prefix = prefix

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - an attribute value
        value = super().__getitem__(name)
        path = f"{self._prefix}{name}"
        if isinstance(value, dict):
            return _Traced(value, self._read, f"{path}.")
        if value is not None:
            self._read[path] = _shown(value)
        return value


def _shown(value: object) -> object:
    """An attribute as an explanation shows it: plain values whole, long ones cut."""
    if isinstance(value, bool | int | float):
        return value
    try:
        text = value if isinstance(value, str) else _REPR.repr(value)
    except RecursionError:
        return f"a deeply nested {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def explain(evaluator: Evaluator, question: Question, revision: str, notes: tuple[str, ...] = ()) -> Explanation:
    """Decide a question again, slowly, and say how it came about."""
    decision = evaluator.decide(question)
    held = evaluator.held_roles(question)
    read: dict[str, Any] = {}
    absent: list[str] = []
    context = _Traced(question.context(held), read)
    denies, allows = evaluator.matching(question)
    considered: list[Considered] = []
    decided: Rule | None = None
    for rule in [*denies, *allows]:
        outcome = _outcome(rule, context, absent)
        if decided is None and decision.rule is not None and evaluator.name(rule) == decision.rule:
            decided, outcome = rule, Outcome.DECIDED
        considered.append(_considered(evaluator, rule, outcome))
    if not decision.allowed and decision.rule is None:
        considered += _near(evaluator, question, MAX_CONSIDERED - len(considered))
    return Explanation(
        decision=decision,
        reason=_reason(decision, decided, evaluator),
        revision=revision,
        path=None if decided is None else evaluator.path,
        line=None if decided is None else evaluator.line(decided),
        roles=_way(evaluator, question, decided),
        read=read,
        absent=tuple(absent),
        considered=_shortened(considered),
        notes=notes,
    )


def _outcome(rule: Rule, context: Mapping[str, Any], absent: list[str]) -> Outcome:
    if rule.condition is None:
        return Outcome.MATCHED
    try:
        return Outcome.MATCHED if rule.condition.holds(context) else Outcome.CONDITION_FALSE
    except AbsentAttribute as missing:
        if missing.args[0] not in absent:
            absent.append(missing.args[0])
        return Outcome.UNDECIDED
    except Exception:  # noqa: BLE001 - the decision carries the error; here it is one line of the story
        return Outcome.FAILED


def _shortened(considered: list[Considered]) -> tuple[Considered, ...]:
    """At most `MAX_CONSIDERED`, the one that decided among them."""
    kept, rest = considered[:MAX_CONSIDERED], considered[MAX_CONSIDERED:]
    decided = [one for one in rest if one.outcome is Outcome.DECIDED]
    return (*kept[: MAX_CONSIDERED - len(decided)], *decided)


def _near(evaluator: Evaluator, question: Question, limit: int) -> list[Considered]:
    """Rules that missed by their subject or tenant alone."""
    found: list[Considered] = []
    for rule in evaluator.rules_near(question, 10 * max(limit, 0)):
        differs = evaluator.differs_in(rule, question)
        if differs and len(found) < limit:
            outcome = Outcome.OTHER_SUBJECT if "sub" in differs else Outcome.OTHER_TENANT
            found.append(_considered(evaluator, rule, outcome))
    return found


def _considered(evaluator: Evaluator, rule: Rule, outcome: Outcome) -> Considered:
    return Considered(
        rule=evaluator.name(rule),
        path=evaluator.path,
        line=evaluator.line(rule),
        effect=evaluator.effect(rule),
        outcome=outcome,
        subject=evaluator.field(rule, "sub", "*"),
        tenant=evaluator.field(rule, "dom", "*"),
        when="True" if rule.condition is None else rule.condition.text,
    )


def _way(evaluator: Evaluator, question: Question, rule: Rule | None) -> tuple[str, ...]:
    """From the subject through its roles to the rule's subject."""
    if rule is None:
        return ()
    target = evaluator.field(rule, "sub", "*")
    if target in {"*", question.sub}:
        return (question.sub,)
    return evaluator.roles.way(question.sub, target, question.dom, question.asserted)


def _reason(decision: Decision, rule: Rule | None, evaluator: Evaluator) -> str:
    if decision.error is not None:
        return f"not decided: {decision.error.message}"
    if rule is None:
        return "no rule denies, and this policy allows by default" if decision.allowed else "no rule allows this"
    name = evaluator.name(rule)
    if evaluator.effect(rule) is Effect.ALLOW:
        return f"rule {name} allows this"
    if decision.absent:
        return f"rule {name} denies this; absent, so not ruled out: {', '.join(decision.absent)}"
    return f"rule {name} denies this"
