"""The rules of a flag in policies/flags.yaml: conditions, schedules, and what they serve."""

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from doorward.domain.bucketing import BUCKETS
from doorward.domain.flags import FlagRule, Split
from doorward.engine.flags import READABLE, USER
from doorward.engine.language.expressions import ExpressionError, dotted, parse
from doorward.policy.fields import Fields
from doorward.policy.flags.pieces import condition_of, exact_text, shown, time_of
from doorward.policy.yaml_reader import Located

RULE_KEYS: Final = ("when", "segment", "serve", "split", "by", "salt", "from", "until")
PERCENT: Final = 100
_BY: Final = {"tenant": ("tenant", "id"), "user": USER}
_TRUE: Final = "True"
_CONDITIONAL: Final = ("when", "segment", "from", "until")


class RuleReader:
    """Reads the rules of one flag, whose variants and salt are known."""

    def __init__(self, flag: Fields, variants: Collection[str], segments: Collection[str], salt: str) -> None:
        self._flag = flag
        self._variants = variants
        self._segments = segments
        self._salt = salt

    def read(self) -> tuple[FlagRule, ...]:
        """The rules in their order; none may stand behind one that always holds."""
        given = self._flag.entry.get("rules")
        if given is None:
            return ()
        if not isinstance(given, list):
            self._flag.fault("rules", "rules must be a list, `- {when: CONDITION, serve: VARIANT}`")
            return ()
        found: list[FlagRule] = []
        always: Located | None = None
        for entry in given:
            if not isinstance(entry, Located):
                self._flag.fault("rules", f"rules holds {entry!r}; write `{{when: CONDITION, serve: VARIANT}}`")
                continue
            if always is not None:
                decides = f"the rule in line {always.line} has no condition and always decides"
                fix = "move this one up, or give that one a condition"
                self._flag.problems.add(entry.line, f"never reached: {decides}; {fix}")
            found.append(self._rule(Fields(entry, self._flag.problems)))
            if always is None and found[-1].is_unconditional and not _may_have_been_meant(entry):
                always = entry
        return tuple(found)

    def _rule(self, fields: Fields) -> FlagRule:
        fields.only(RULE_KEYS)
        for key in _CONDITIONAL:
            if key in fields.entry and fields.entry[key] is None:
                fields.fault(key, f"{key} is empty, and the rule would hold for all; fill it in, or remove it")
        when = condition_of(fields, "when")
        start, end = time_of(fields, "from"), time_of(fields, "until")
        if start is not None and end is not None and start >= end:
            fields.fault("until", "until is not after from, so the rule never holds; correct one of them")
        serves = [key for key in ("serve", "split") if fields.entry.get(key) is not None]
        if len(serves) != 1:
            fix = "keep one of them" if serves else "write `serve: VARIANT` or `split: {VARIANT: WEIGHT}`"
            fields.fault("split" if serves else "serve", f"a rule has `serve` or `split`; {fix}")
        split = self._split(fields)
        return FlagRule(
            when=None if when == _TRUE else when,
            segments=self._named_segments(fields),
            start=start,
            end=end,
            serve=None if split is not None else self._served(fields),
            split=split,
            line=fields.entry.line,
        )

    def _served(self, fields: Fields) -> str | None:
        name = fields.entry.get("serve")
        if name is not None and not self._is_variant(name):
            fields.fault("serve", f"serve is {name!r}, which is none of its variants {shown(self._variants)}")
        return name if isinstance(name, str) else None

    def _is_variant(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._variants or not self._variants)

    def _named_segments(self, fields: Fields) -> tuple[str, ...]:
        given = fields.entry.get("segment")
        if given is None:
            return ()
        names = given if isinstance(given, list) else [given]
        if not names:
            fields.fault("segment", "segment is an empty list; name one, or leave it out")
        for name in names:
            if not isinstance(name, str) or name not in self._segments:
                known = f"there are {shown(self._segments)}" if self._segments else "none are declared"
                fields.fault("segment", f"there is no segment {name!r} in $segments; {known}")
        return tuple(name for name in names if isinstance(name, str) and name in self._segments)

    def _split(self, fields: Fields) -> Split | None:
        given = fields.entry.get("split")
        by, salt = _by(fields), exact_text(fields, "salt")
        if given is None:
            for key in ("by", "salt"):
                if fields.entry.get(key) is not None:
                    fields.fault(key, f"`{key}` goes with a split alone; remove it")
            return None
        if not isinstance(given, Located) or not given:
            fields.fault("split", "split must be a mapping, `{VARIANT: WEIGHT}`")
            return None
        weights = self._weights(Fields(given, fields.problems))
        return None if weights is None else Split(weights=MappingProxyType(weights), by=by, salt=salt or self._salt)

    def _weights(self, fields: Fields) -> dict[str, int] | None:
        """Weights in thousandths of a percent; None where they are wrong."""
        before = len(fields.problems.found)
        for name, weight in fields.entry.items():
            if not self._is_variant(name):
                fields.fault(name, f"split has {name!r}, which is none of its variants {shown(self._variants)}")
            if not isinstance(weight, int) or isinstance(weight, bool) or not 0 <= weight <= BUCKETS:
                fields.fault(name, f"the weight of {name!r} must be a whole number from 0 to {BUCKETS}, not {weight!r}")
        if len(fields.problems.found) > before or not self._variants:
            return None
        total = sum(fields.entry.values())
        if total not in {PERCENT, BUCKETS}:
            units = f"{PERCENT} (percent) or {BUCKETS} (thousandths of a percent)"
            fields.problems.add(fields.at, f"the weights add up to {total}; they must add up to {units}")
            return None
        return {name: weight * (BUCKETS // total) for name, weight in fields.entry.items()}


def _by(fields: Fields) -> tuple[str, ...]:
    """The way below `r.ctx` to what a split is by; the tenant where it is left out or wrong."""
    given = fields.entry.get("by")
    if given is None:
        return _BY["tenant"]
    if not isinstance(given, str):
        fields.fault("by", f"by must be tenant, user or a path like r.ctx.context.device, not {given!r}")
        return _BY["tenant"]
    if given in _BY:
        return _BY[given]
    try:
        if (parts := dotted(parse(given))) is not None and parts[0] == READABLE.root:
            return READABLE.below(parts)
        fields.fault("by", f"by {given!r} is no path; write tenant, user or a path like r.ctx.context.device")
    except ExpressionError as error:
        fields.fault("by", f"by: {error}")
    return _BY["tenant"]


def _may_have_been_meant(entry: Located) -> bool:
    """Whether a rule that always holds has a condition that is wrong, which is told already."""
    return any(key in entry for key in _CONDITIONAL if key != "when") or (
        "when" in entry and str(entry["when"]) != _TRUE
    )
