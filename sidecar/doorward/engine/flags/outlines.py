"""All flags at once: what conditions see of a context is told apart first, and everything that follows is made once."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from doorward.domain.bucketing import measured
from doorward.domain.flag_outlines import FlagCase, FlagOutline, PendingSplit
from doorward.domain.flags import DecidedBy, FlagAnswer, Reason
from doorward.engine.flags.compiled import CompiledFlag
from doorward.engine.flags.rules import USER, split_key
from doorward.engine.language.calls import AbsentAttribute, Context, attribute
from doorward.engine.language.conditions import Condition, Test, compile_condition

_FALSE, _TRUE, _ABSENT, _SOMEBODY, _NOBODY, _TEXT = range(6)
_BY_ITSELF = frozenset({DecidedBy.DISABLED, DecidedBy.OVERRIDE})
"""What decides before the flags that one requires are asked."""


class _Comparisons(NamedTuple):
    """Conditions that compare one attribute with a text each: one look at it tells which of them is true, if any."""

    section: str
    name: str
    texts: frozenset[str]


class Outlines:
    """Sorts contexts by what the conditions of some flags say of them, each asked once however many flags name it.

    What answers depend on is: which conditions hold and which cannot be told, whether splits find somebody, the
    schedules that are on, the plan's features and the tenant's own values; and, where a split decides, its bucket.
    """

    def __init__(self, flags: Sequence[CompiledFlag], turns: Sequence[float]) -> None:
        """`turns` are the times, sorted, at which a rule begins or ends."""
        self._flags = flags
        self._turns = turns
        self._has_plans = any(flag.flag.from_plan for flag in flags)
        asked = [rule for flag in flags if flag.fixed is None for rule in flag.rules]
        conditions = {id(one): one for rule in asked for one in rule.conditions}
        self._comparisons, others = _sorted_out(conditions.values())
        self._tests = tuple((one.test, one.literals) for one in others)
        self._ways = tuple(dict.fromkeys(rule.by for rule in asked if rule.serve is None))
        self._user_place = self._ways.index(USER) if USER in self._ways else None
        self._places = {flag.key: place for place, flag in enumerate(flags)}
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for flag in flags:
            for key, _ in flag.requires:
                self._dependents[key].append(flag.key)

    def case(
        self, ctx: Context, now: float, plan_features: Collection[str], overrides: Mapping[str, object]
    ) -> FlagCase | None:
        """How the conditions see a context; None where one fails.

        Overrides are told apart by identity: whoever keeps something by the kind of a case has to keep them, too.
        """
        seen: list[int] = []
        texts: list[str] = []
        keys: list[bytes | None] = []
        try:
            for section, name, compared in self._comparisons:
                try:
                    value = attribute(ctx, section, name)
                except AbsentAttribute:
                    seen.append(_ABSENT)
                    continue
                if isinstance(value, str) and value in compared:
                    seen.append(_TEXT)
                    texts.append(value)
                else:
                    seen.append(_FALSE)
            for test, literals in self._tests:
                try:
                    seen.append(_TRUE if test(ctx, literals) else _FALSE)
                except AbsentAttribute:
                    seen.append(_ABSENT)
            for way in self._ways:
                try:
                    keys.append(measured(split_key(ctx, way)))
                    seen.append(_SOMEBODY)
                except AbsentAttribute:
                    keys.append(None)
                    seen.append(_NOBODY)
        except Exception:  # noqa: BLE001 - whatever fails leaves some flag without a value: asked one by one, they say it
            return None
        turn = bisect_right(self._turns, now) if self._turns else 0
        features = tuple(plan_features) if self._has_plans else ()
        return FlagCase((bytes(seen), *texts, turn, features, id(overrides) if overrides else 0), keys)

    def case_of_another(self, case: FlagCase, user: str) -> FlagCase:
        """The case of the same context but for the user's id, where no condition reads the subject."""
        keys = list(case.keys)
        if self._user_place is not None:
            keys[self._user_place] = measured(user)
        return FlagCase(case.kind, keys)

    def outline(self, answers: Sequence[FlagAnswer]) -> FlagOutline:
        """What is common to all contexts of a kind, from the answers of all flags, in order, for one of them."""
        splits = {one.key: place for place, one in enumerate(answers) if one.reason is Reason.SPLIT}
        late = self._requiring(splits, answers)
        common: list[FlagAnswer | None] = list(answers)
        for key in {*splits, *late}:
            common[self._places[key]] = None
        pending = [self._pending(place, answers[place]) for key, place in splits.items() if key not in late]
        return FlagOutline(common, pending, [(place, key) for key, place in self._places.items() if key in late])

    def _pending(self, place: int, answer: FlagAnswer) -> PendingSplit:
        rule = self._flags[place].rules[(answer.rule or 1) - 1]
        return PendingSplit(place, self._ways.index(rule.by), rule.prefix, rule.bounds, rule.outcomes())

    def _requiring(self, splits: Collection[str], answers: Sequence[FlagAnswer]) -> set[str]:
        """The flags that require one of some, directly or not."""
        found: set[str] = set()
        waiting = list(splits)
        while waiting:
            for key in self._dependents.get(waiting.pop(), ()):
                if key not in found and answers[self._places[key]].decided_by not in _BY_ITSELF:
                    found.add(key)
                    waiting.append(key)
        return found


@cache
def _comparing() -> Mapping[Test, str]:
    """What `r.ctx.SECTION.NAME == 'TEXT'` is compiled to, whatever the name and the text."""
    sections = ("subject", "tenant", "context")
    found = {section: compile_condition(f"r.ctx.{section}.id == 'text'") for section in sections}
    return {one.test: section for section, one in found.items() if one is not None}


def _sorted_out(conditions: Iterable[Condition]) -> tuple[list[_Comparisons], list[Condition]]:
    """Conditions that compare the same attribute with texts, two or more of them, and all others."""
    alike: dict[tuple[str, object], list[Condition]] = defaultdict(list)
    others: list[Condition] = []
    for one in conditions:
        section = _comparing().get(one.test)
        if section is not None and isinstance(one.literals[1], str):
            alike[section, one.literals[0]].append(one)
        else:
            others.append(one)
    comparisons = []
    for (section, name), those in alike.items():
        if len(those) > 1:
            comparisons.append(_Comparisons(section, str(name), frozenset(str(one.literals[1]) for one in those)))
        else:
            others += those
    return comparisons, others
