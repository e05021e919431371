"""Why a decision is what it is: the rules that were looked at, and what their conditions read."""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from doorward.domain.access import Considered, Decision, DecisionError, Effect, Explanation, Outcome, Question
from doorward.engine.asked import Asked
from doorward.engine.evaluator import Evaluator
from doorward.engine.index.rules import Rule
from doorward.engine.near import differs_in, rules_near

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
        if isinstance(value, Mapping):  # looked up one by one
            return _TracedLooks(value, self._read, f"{path}.")
        if value is not None:
            self._read[path] = _shown(value)
        return value


class _TracedLooks(Mapping[str, Any]):
    """The same of attributes that are looked up when one is read."""

    def __init__(self, values: Mapping[str, Any], read: dict[str, Any], prefix: str) -> None:
        self._values = values
        self._read = read
        self._prefix = prefix

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - an attribute value
        value = self._values[name]
        self._read[f"{self._prefix}{name}"] = _shown(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


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
    read: dict[str, Any] = {}
    try:
        plain = evaluator.asked(question)
        held = evaluator.held_roles(question)
    except Exception:  # noqa: BLE001 - the decision says what failed; there is nothing more to tell
        return _undecided(decision, revision, notes)
    asked = Asked(plain.values, plain.held, plain.now, lambda: _Traced(question.context(held), read))
    if evaluator.opened(asked):
        denies = [rule for rule in evaluator.rules if evaluator.name(rule) == decision.rule][:1]
        allows: list[Rule] = []
    else:
        denies, allows = evaluator.matching(asked)
    considered: list[Considered] = []
    decided: Rule | None = None
    matching = [*denies, *allows]
    if evaluator.model.effect.is_ordered:
        matching.sort(key=lambda rule: rule.rank)
    for rule in matching:
        outcome = Outcome.MATCHED if evaluator.opened(asked) else _outcome(evaluator, rule, asked)
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
        absent=tuple(asked.absent),
        considered=_shortened(considered),
        notes=notes,
    )


def _undecided(decision: Decision, revision: str, notes: tuple[str, ...]) -> Explanation:
    """The explanation of a question that could not even be asked."""
    return Explanation(
        decision=decision,
        reason=f"not decided: {decision.error.message}" if decision.error else "not decided",
        revision=revision,
        path=None,
        line=None,
        roles=(),
        read={},
        absent=(),
        considered=(),
        notes=notes,
    )


def _outcome(evaluator: Evaluator, rule: Rule, asked: Asked) -> Outcome:
    holds = evaluator.holds(rule, asked)
    if isinstance(holds, DecisionError):
        return Outcome.FAILED
    if holds is None:
        return Outcome.UNDECIDED
    return Outcome.MATCHED if holds else Outcome.CONDITION_FALSE


def _shortened(considered: list[Considered]) -> tuple[Considered, ...]:
    """At most `MAX_CONSIDERED`, the one that decided among them."""
    kept, rest = considered[:MAX_CONSIDERED], considered[MAX_CONSIDERED:]
    decided = [one for one in rest if one.outcome is Outcome.DECIDED]
    return (*kept[: MAX_CONSIDERED - len(decided)], *decided)


def _near(evaluator: Evaluator, question: Question, limit: int) -> list[Considered]:
    """Rules that missed by their subject or tenant alone."""
    found: list[Considered] = []
    for rule in rules_near(evaluator, question, 10 * max(limit, 0)):
        differs = differs_in(evaluator, rule, question)
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
        subject=evaluator.cell(rule, "sub"),
        tenant=evaluator.cell(rule, "dom"),
        when=evaluator.condition_text(rule),
    )


def _way(evaluator: Evaluator, question: Question, rule: Rule | None) -> tuple[str, ...]:
    """From the subject through its roles to the rule's subject."""
    if rule is None:
        return ()
    target = evaluator.cell(rule, "sub")
    if target in {"*", question.sub}:
        return (question.sub,)
    return evaluator.roles.way(question.sub, target, question.dom, question.asserted, question.now)


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
