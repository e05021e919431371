"""A rule of a flag, compiled: its schedule, its condition, and the variant or the split that it serves."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from doorward.domain.bucketing import bounds_of, bucket_after, salt_prefix
from doorward.domain.flags import DecidedBy, Flag, FlagAnswer, FlagRule, Reason, Split
from doorward.engine.language.calls import AbsentAttribute, Context, nested
from doorward.engine.language.conditions import Condition, Readable

READABLE: Final = Readable(sections=frozenset({"subject", "tenant", "env", "context"}))
"""What conditions of flags may read: nobody does anything to a resource."""
USER: Final = ("subject", "id")
Segments = Mapping[str, Condition | None]
Compile = Callable[[str], Condition | None]


class NoTargetingKey(AbsentAttribute):
    """A split by user was asked for nobody."""


class CompiledRule:
    """A rule ready to be asked."""

    __slots__ = ("_condition", "_end", "_flag", "_segments", "_start", "_upper", "_values",
                 "by", "is_unconditional", "number", "prefix", "serve")  # fmt: skip

    def __init__(self, flag: Flag, rule: FlagRule, number: int, segments: Segments, compiled: Compile) -> None:
        self.number = number
        self.is_unconditional = rule.is_unconditional
        self.serve: FlagAnswer | None = None
        self._flag = flag
        self._start = rule.start
        self._end = rule.end
        self._condition = None if rule.when is None else compiled(rule.when)
        self._segments = tuple(segments[name] for name in rule.segments)
        if rule.serve is not None:
            value = flag.variants[rule.serve]
            reason = Reason.TARGETING_MATCH
            self.serve = FlagAnswer(flag.key, flag.type, value, rule.serve, reason, DecidedBy.RULE, number)
        split = rule.split or Split(weights={}, by=(), salt="")
        self.by = split.by
        self.prefix = salt_prefix(split.salt)
        self._upper = list(accumulate(split.weights.values()))
        self._values = [(name, flag.variants[name]) for name in split.weights]

    @property
    def conditions(self) -> list[Condition]:
        """All that it may ask of a context."""
        return [one for one in (self._condition, *self._segments) if one is not None]

    @property
    def bounds(self) -> list[bytes]:
        """The bounds of its split, for `places_of`."""
        return bounds_of(self._upper)

    def outcomes(self) -> list[FlagAnswer]:
        """The answers of its split, without a bucket, in the order of the bounds."""
        flag, reason, decided_by = self._flag, Reason.SPLIT, DecidedBy.RULE
        return [
            FlagAnswer(flag.key, flag.type, value, variant, reason, decided_by, self.number)
            for variant, value in self._values
        ]

    def holds(self, ctx: Context, now: float, absent: list[str]) -> bool:
        """Whether it is time, and the condition is true. Raises AbsentAttribute where that cannot be told."""
        if (self._start is not None and now < self._start) or (self._end is not None and now >= self._end):
            return False
        condition = self._condition
        if condition is not None and not condition.test(ctx, condition.literals):
            return False
        return not self._segments or _is_in_any(self._segments, ctx, absent)

    def split(self, ctx: Context) -> FlagAnswer:
        """The answer for the bucket of whom it is split by. Raises AbsentAttribute where there is nobody."""
        found = bucket_after(self.prefix, split_key(ctx, self.by))
        variant, value = self._values[bisect_right(self._upper, found)]
        flag = self._flag
        return FlagAnswer(flag.key, flag.type, value, variant, Reason.SPLIT, DecidedBy.RULE, self.number, found)


def _is_in_any(segments: Sequence[Condition | None], ctx: Context, absent: list[str]) -> bool:
    """Whether one of the conditions is true; one that cannot be told is not, and is noted."""
    for condition in segments:
        try:
            if condition is None or condition.test(ctx, condition.literals):
                return True
        except AbsentAttribute as missing:
            note(absent, missing)
    return False


def split_key(ctx: Context, by: tuple[str, ...]) -> str:
    """The text of what a split is by; a whole number is its digits, an empty text is nobody."""
    try:
        value: Any = nested(ctx, by)
    except AbsentAttribute:
        value = ""
    if isinstance(value, str):
        if value:
            return value
        raise (NoTargetingKey if by == USER else AbsentAttribute)(".".join(by))
    if (isinstance(value, float) and value.is_integer()) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(int(value))
    raise TypeError(f"a split is by a text or a whole number, not by {type(value).__name__}")


def note(absent: list[str], missing: AbsentAttribute) -> None:
    """Keep the path of an absent attribute, once."""
    path = str(missing.args[0])
    if path not in absent:
        absent.append(path)
