"""A declared flag, compiled: its overrides, its rules in order, its plan, its default."""

from collections.abc import Container

from doorward.domain.facts import FactsMissing
from doorward.domain.flags import (
    OVERRIDE,
    DecidedBy,
    Flag,
    FlagAnswer,
    FlagError,
    Reason,
    fitting,
    text_of_value,
    unanswered,
)
from doorward.engine.flags.rules import Compile, CompiledRule, NoTargetingKey, Segments, note
from doorward.engine.language.calls import AbsentAttribute, Context


class CompiledFlag:
    """A flag ready to answer. Answers that are always the same are made once."""

    __slots__ = ("_default", "_has_plan", "_plan", "_variants", "fixed", "flag", "key", "requires", "rules", "type")

    def __init__(self, flag: Flag, segments: Segments, compiled: Compile) -> None:
        self.flag = flag
        self.key = flag.key
        self.type = flag.type
        self.requires = tuple((key, frozenset(variants)) for key, variants in flag.requires.items())
        rules = enumerate(flag.rules, start=1)
        self.rules = tuple(CompiledRule(flag, rule, at, segments, compiled) for at, rule in rules)
        self._variants = {text_of_value(value): name for name, value in reversed([*flag.variants.items()])}
        self._has_plan = flag.from_plan
        self._plan = self._answer(self._variants.get("true", flag.default), Reason.TARGETING_MATCH, DecidedBy.PLAN)
        self._default = self._answer(flag.default, Reason.DEFAULT, DecidedBy.DEFAULT)
        self.fixed: FlagAnswer | None = None
        if not flag.is_enabled:
            self.fixed = self._answer(flag.off, Reason.DISABLED, DecidedBy.DISABLED)
        elif not flag.rules and not flag.requires and not flag.from_plan:
            self.fixed = self._answer(flag.default, Reason.STATIC, DecidedBy.DEFAULT)

    def _answer(self, variant: str, reason: Reason, decided_by: DecidedBy, detail: str | None = None) -> FlagAnswer:
        value = self.flag.variants[variant]
        return FlagAnswer(self.key, self.type, value, variant, reason, decided_by, detail=detail)

    def overridden(self, value: object) -> FlagAnswer | None:
        """The answer of a tenant's own value; None where it does not fit."""
        fitted = fitting(self.type, value)
        if fitted is None:
            return None
        try:
            variant = self._variants.get(text_of_value(fitted), OVERRIDE)
        except (TypeError, ValueError, RecursionError):  # an object that is no JSON
            return None
        return FlagAnswer(self.key, self.type, fitted, variant, Reason.TARGETING_MATCH, DecidedBy.OVERRIDE)

    def unmet(self, key: str) -> FlagAnswer:
        """The answer where a flag that it requires has another variant."""
        detail = f"it requires {key}, which has another variant"
        return self._answer(self.flag.off, Reason.DEFAULT, DecidedBy.PREREQUISITE, detail)

    def decide(self, ctx: Context, now: float, plan_features: Container[str]) -> FlagAnswer:
        """Ask the rules in order, then the plan."""
        absent: list[str] = []
        needs_key = False
        for rule in self.rules:
            try:
                if rule.is_unconditional or rule.holds(ctx, now, absent):
                    answer = rule.serve or rule.split(ctx)
                    return answer.noting(absent) if absent else answer
            except AbsentAttribute as missing:
                note(absent, missing)
                needs_key = needs_key or isinstance(missing, NoTargetingKey)
            except FactsMissing:  # asked again where it may be read
                raise
            except Exception as failure:  # noqa: BLE001 - whatever fails in a rule leaves this one flag without a value
                detail = f"rule {rule.number} cannot be told: {_reason(failure)}"
                return unanswered(self.key, FlagError.GENERAL, detail, self.type, absent)
        if self._has_plan and self.key in plan_features:
            answer = self._plan
        elif needs_key:
            detail = "it is split by user, and the context names none; send a targetingKey"
            return unanswered(self.key, FlagError.TARGETING_KEY_MISSING, detail, self.type, absent)
        else:
            answer = self._default
        return answer.noting(absent) if absent else answer


def _reason(failure: Exception) -> str:
    """What failed, without the attribute values that a message may quote."""
    kind = type(failure).__name__
    return f"{kind}: {failure}" if isinstance(failure, TypeError) else kind
