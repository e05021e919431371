"""Feature flags that outlived their day, that nobody can get, or whose conditions say something else than was meant."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from doorward.domain.bucketing import BUCKETS
from doorward.domain.flags import Flag, FlagRule
from doorward.engine import Problems
from doorward.policy.lint import codes
from doorward.policy.lint.condition_checks import ESTABLISHED, GIVEN, attributes_in
from doorward.policy.lint.constants import constant_part
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.tree import FLAGS
from doorward.policy.yaml_reader import Located, read_yaml

_CONSTANT: Final = frozenset({"True"})
"""A condition that means to say nothing."""


class _Condition(NamedTuple):
    """A condition of a rule or a segment, with its line."""

    text: str
    line: int


def check_flags(examined: Examined) -> None:
    """Every flag and every segment."""
    if not examined.flags.flags and not examined.flags.segments:
        return
    written = written_flags(examined)
    for flag in examined.flags.flags.values():
        entry = written[flag.key]
        _check_expiry(examined, flag, entry)
        for rule, said in zip(flag.rules, entry.get("rules") or (), strict=True):
            _check_rule(examined, flag, rule, said)
    _check_segments(examined)
    _check_conditions(examined, list(_conditions(examined, written)))


def written_flags(examined: Examined) -> Located:
    """The file of flags as it is written, with lines; empty where there is none."""
    text = "\n".join(examined.sources.lines(FLAGS))
    return read_yaml(text, Problems(FLAGS)) or Located(0)


def _is_expired(examined: Examined, flag: Flag) -> bool:
    if flag.expires is None or examined.now is None:
        return False
    return datetime.fromtimestamp(examined.now, UTC).date() > flag.expires


def _check_expiry(examined: Examined, flag: Flag, entry: Located) -> None:
    if _is_expired(examined, flag):
        message = f"{flag.key} expired after {flag.expires}; remove it, or say until when it is needed"
        examined.word(codes.EXPIRED_FLAG, FLAGS, entry.lines["expires"], str(flag.expires), message)
    requires = entry.get("requires")
    for key in flag.requires:
        needed = examined.flags.flags.get(key)
        if needed is not None and isinstance(requires, Located) and _is_expired(examined, needed):
            message = f"{flag.key} requires {key}, which expired after {needed.expires}; stop requiring it, or keep it"
            examined.word(codes.REQUIRES_EXPIRED_FLAG, FLAGS, requires.lines[key], key, message)


def _check_rule(examined: Examined, flag: Flag, rule: FlagRule, said: Located) -> None:
    if rule.end is not None and examined.now is not None and rule.end <= examined.now:
        message = f"{flag.key}: the rule ended and never holds again; remove it, or correct until"
        examined.word(codes.FLAG_RULE_OVER, FLAGS, said.lines["until"], str(said["until"]), message)
    weights = {} if rule.split is None else rule.split.weights
    whole = next((name for name, weight in weights.items() if weight == BUCKETS), None)
    if whole is not None:
        message = f"{flag.key}: all of the weight is on {whole}, so nothing is split; write `serve: {whole}`"
        examined.word(codes.SPLIT_OF_ONE, FLAGS, said.lines["split"], "split", message)


def _check_segments(examined: Examined) -> None:
    flags = examined.flags
    used = {name for flag in flags.flags.values() for rule in flag.rules for name in rule.segments}
    for segment in flags.segments.values():
        if segment.name not in used:
            message = f"no rule names the segment {segment.name}; remove it"
            examined.word(codes.UNUSED_SEGMENT, FLAGS, segment.line, segment.name, message)


def _conditions(examined: Examined, written: Located) -> Iterator[_Condition]:
    for segment in examined.flags.segments.values():
        yield _Condition(segment.condition, segment.line)
    for flag in examined.flags.flags.values():
        for rule, said in zip(flag.rules, written[flag.key].get("rules") or (), strict=True):
            if rule.when is not None:
                yield _Condition(rule.when, said.lines["when"])


def _check_conditions(examined: Examined, conditions: list[_Condition]) -> None:
    counts = Counter(one for condition in conditions for one in attributes_in(condition.text))
    meant = _misspelt(examined, counts)
    for text, line in conditions:
        for section, name in sorted(attributes_in(text)):
            if (section, name) in meant:
                message = (
                    f"nobody provides r.ctx.{section}.{name}; did you mean r.ctx.{section}.{meant[section, name]}?"
                )
                examined.word(codes.UNKNOWN_ATTRIBUTE, FLAGS, line, f"r.ctx.{section}.{name}", message)
        found = None if text in _CONSTANT else constant_part(text)
        if found is not None:
            always = f"always {'true' if found.value else 'false'}, whatever is asked"
            examined.word(
                codes.CONSTANT_CONDITION,
                FLAGS,
                line,
                found.part,
                f"`{found.part}` is {always}; correct it, or remove it",
            )


def _misspelt(examined: Examined, counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], str]:
    """Attributes that are a slip of one that subjects have, or of one that several conditions read."""
    found = {}
    declared = {name for attributes in examined.directory.subjects.values() for name in attributes}
    for section, right in (("subject", declared | GIVEN["subject"]), ("context", set())):
        known = Spellings(right)
        often = Spellings(
            (name for (of, name), count in counts.items() if of == section and count >= ESTABLISHED), is_careful=True
        )
        for (of, name), count in counts.items():
            if of != section or name in right or count >= ESTABLISHED:
                continue
            meant = known.meant_by(name) or often.meant_by(name)
            if meant is not None:
                found[section, name] = meant
    return found
