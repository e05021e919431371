"""Flags: which answer one is given, or all of them; nothing but the arguments takes part."""

import math
from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Final

from doorward.domain.flag_outlines import FlagCase, FlagOutline
from doorward.domain.flags import DeclaredFlags, Flag, FlagAnswer, feature_flag, not_found, unanswered
from doorward.engine.flags.compiled import CompiledFlag
from doorward.engine.flags.outlines import Outlines
from doorward.engine.flags.rules import READABLE
from doorward.engine.language.calls import Context
from doorward.engine.language.conditions import compile_condition

_NO_OVERRIDES: Final[Mapping[str, object]] = {}


class Flags:
    """The flags of one policy. Plan features without an entry are flags too: true where the tenant's plan has them."""

    def __init__(self, declared: DeclaredFlags, features: Iterable[str] = ()) -> None:
        self.declared = declared
        self.features = frozenset(features)
        compiled = cache(partial(compile_condition, readable=READABLE))  # equal texts are one condition
        segments = {name: compiled(one.condition) for name, one in declared.segments.items()}
        self._flags = {key: CompiledFlag(flag, segments, compiled) for key, flag in declared.flags.items()}
        for key in sorted(self.features - declared.flags.keys()):
            self._flags[key] = CompiledFlag(feature_flag(key), {}, compiled)
        self.keys = tuple(self._flags)
        self._reads_time = any("env" in text for text in _texts(declared))
        self.reads_usage = any("usage" in text for text in _texts(declared))
        self.reads_roles = any("roles" in text for text in _texts(declared))
        self.reads_subject = any("subject" in text for text in _conditions(declared))
        self._turns = sorted({at for flag in declared.flags.values() for at in _turns(flag)})
        self._outlines = Outlines([*self._flags.values()], self._turns)

    def evaluate(
        self,
        key: str,
        ctx: Context,
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = _NO_OVERRIDES,
    ) -> FlagAnswer:
        """Answer one flag. Never raises: what cannot be told is an answer with an error.

        Args:
            key: the flag's.
            ctx: what `r.ctx` holds: the sections subject, tenant, env and context.
            now: epoch seconds, for rules with a schedule.
            plan_features: the features of the tenant's plan.
            overrides: the tenant's own values, by flag. One that does not fit is ignored, and noted.
        """
        flag = self._flags.get(key)
        if flag is None:
            return not_found(key)
        if not overrides and not flag.requires:
            return flag.fixed or flag.decide(ctx, now, plan_features)
        return _Evaluation(self, ctx, now, plan_features, overrides).answer(flag)

    def evaluate_all(
        self,
        ctx: Context,
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = _NO_OVERRIDES,
    ) -> list[FlagAnswer]:
        """Answer every flag, in the order of the file; then plan features without an entry, by name."""
        evaluation = _Evaluation(self, ctx, now, plan_features, overrides)
        return [
            evaluation.answer(flag)
            if flag.requires or flag.key in overrides
            else flag.fixed or flag.decide(ctx, now, plan_features)
            for flag in self._flags.values()
        ]

    def evaluate_some(
        self,
        keys: Sequence[str],
        ctx: Context,
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = _NO_OVERRIDES,
    ) -> list[FlagAnswer]:
        """Answer some flags that are there; what they require is asked once for all of them."""
        evaluation = _Evaluation(self, ctx, now, plan_features, overrides)
        return [evaluation.answer(self._flags[key]) for key in keys]

    def case(
        self,
        ctx: Context,
        now: float,
        plan_features: Collection[str] = (),
        overrides: Mapping[str, object] = _NO_OVERRIDES,
    ) -> FlagCase | None:
        """How conditions see a context; None where all flags have to be asked, since a condition fails.

        Overrides are told apart by identity: whoever keeps something by the kind of a case has to keep them, too.
        """
        return self._outlines.case(ctx, now, plan_features, overrides)

    def case_of_another(self, case: FlagCase, user: str) -> FlagCase:
        """The case of the same context but for the user's id, where no condition reads the subject."""
        return self._outlines.case_of_another(case, user)

    def outline(self, answers: Sequence[FlagAnswer]) -> FlagOutline:
        """What is common to all contexts of a kind, from what `evaluate_all` answers for one of them."""
        return self._outlines.outline(answers)

    def steady_until(self, now: float) -> float:
        """Until when (epoch seconds) time alone changes no answer; `now` where conditions read `r.ctx.env`."""
        if self._reads_time:
            return now
        at = bisect_right(self._turns, now)
        return self._turns[at] if at < len(self._turns) else math.inf

    def find(self, key: str) -> Flag | None:
        """What is declared of a flag, also by a plan alone."""
        flag = self._flags.get(key)
        return None if flag is None else flag.flag

    def compiled(self, key: str) -> "CompiledFlag":
        """A flag that is there."""
        return self._flags[key]


def _texts(declared: DeclaredFlags) -> Iterator[str]:
    """All that names attributes."""
    yield from _conditions(declared)
    for flag in declared.flags.values():
        yield from (".".join(rule.split.by) for rule in flag.rules if rule.split is not None)


def _conditions(declared: DeclaredFlags) -> Iterator[str]:
    yield from (segment.condition for segment in declared.segments.values())
    for flag in declared.flags.values():
        yield from (rule.when for rule in flag.rules if rule.when is not None)


def _turns(flag: Flag) -> Iterator[float]:
    """The times at which a rule begins or ends."""
    for rule in flag.rules:
        yield from (at for at in (rule.start, rule.end) if at is not None)


class _Evaluation:
    """One context under way, with what was answered for it: flags that others require are asked once."""

    def __init__(
        self, flags: Flags, ctx: Context, now: float, plan_features: Container[str], overrides: Mapping[str, object]
    ) -> None:
        self._flags = flags
        self._ctx = ctx
        self._now = now
        self._plan_features = plan_features
        self._overrides = overrides
        self._answers: dict[str, FlagAnswer] = {}

    def answer(self, flag: "CompiledFlag") -> FlagAnswer:
        """The answer of a flag, after those that it requires: on a list, since there may be any number in a row."""
        waiting = [flag]
        while waiting:
            one = waiting[-1]
            if one.key in self._answers:
                waiting.pop()
            elif needed := self._needed(one):
                waiting += needed
            else:
                self._answers[one.key] = self._alone(one)
        return self._answers[flag.key]

    def _needed(self, flag: CompiledFlag) -> list[CompiledFlag]:
        """The flags that have to be asked before."""
        if not flag.requires or flag.fixed is not None or self._override(flag) is not None:
            return []
        return [self._flags.compiled(key) for key, _ in flag.requires if key not in self._answers]

    def _override(self, flag: "CompiledFlag") -> FlagAnswer | None:
        return flag.overridden(self._overrides[flag.key]) if flag.key in self._overrides else None

    def _alone(self, flag: "CompiledFlag") -> FlagAnswer:
        """The answer of a flag whose prerequisites are answered, as far as it needs them."""
        override = self._override(flag)
        if override is not None:
            return override
        answer = flag.fixed or self._unmet(flag) or flag.decide(self._ctx, self._now, self._plan_features)
        return answer.noting(override_ignored=True) if flag.key in self._overrides else answer

    def _unmet(self, flag: "CompiledFlag") -> FlagAnswer | None:
        for key, variants in flag.requires:
            found = self._answers[key]
            if found.error is not None:
                detail = f"it requires {key}, which has no value: {found.detail}"
                return unanswered(flag.key, found.error, detail, flag.type, found.absent)
            if found.variant not in variants:
                return flag.unmet(key)
        return None
