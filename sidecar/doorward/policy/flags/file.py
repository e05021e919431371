"""policies/flags.yaml as a whole: its version, its segments, its flags."""

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from doorward.domain.bucketing import VERSION
from doorward.domain.flags import DeclaredFlags, Flag, Segment
from doorward.engine import Problems
from doorward.policy.fields import Fields, listed
from doorward.policy.flags.entries import FlagReader
from doorward.policy.flags.pieces import condition_of, is_printable_name, name_fault
from doorward.policy.flags.requirements import check_requirements
from doorward.policy.yaml_reader import Located, read_yaml

TOP_KEYS: Final = ("$bucketing", "$segments")
MAX_FLAGS: Final = 10_000


def read_flags(text: str, features: Collection[str] | None, problems: Problems) -> DeclaredFlags:
    """Read the file; faults go to `problems` and what they spoil is left out.

    Args:
        text: the file.
        features: every feature that some plan has; None where plans cannot be read.
        problems: takes the faults.
    """
    top = read_yaml(text, problems)
    if top is None:
        return DeclaredFlags()
    fields = Fields(top, problems)
    _check_version(fields)
    segments = _segments(fields)
    if len(top) > MAX_FLAGS:
        problems.add(0, f"more than {MAX_FLAGS:,} flags; take out those that nobody asks for")
        return DeclaredFlags()
    found: dict[str, Flag] = {}
    for key in top:
        if key in TOP_KEYS:
            continue
        if (flag := _entry(key, fields, segments, features)) is not None:
            found[key] = flag
    check_requirements(top, found, features, problems)
    return DeclaredFlags(flags=MappingProxyType(found), segments=MappingProxyType(segments))


def _check_version(fields: Fields) -> None:
    version = fields.entry.get("$bucketing", VERSION)
    if version != VERSION or isinstance(version, bool):
        fields.fault("$bucketing", f"$bucketing is the version of the hash, and {VERSION} is the only one yet")


def _segments(top: Fields) -> dict[str, Segment]:
    found: dict[str, Segment] = {}
    section = top.entry.get("$segments")
    if section is None:
        return found
    if not isinstance(section, Located):
        top.fault("$segments", "$segments must be a mapping, `NAME: CONDITION`")
        return found
    fields = Fields(section, top.problems)
    for name in section:
        if not is_printable_name(name):
            fields.fault(name, name_fault("a segment", name))
        if (condition := condition_of(fields, name)) is None:
            fields.fault(name, f"the segment {name!r} has no condition; write one, or remove it")
        found[name] = Segment(name=name, condition=condition or "False", line=section.lines[name])
    return found


def _entry(key: str, top: Fields, segments: Collection[str], features: Collection[str] | None) -> Flag | None:
    if key.startswith("$"):
        top.fault(key, f"{key!r} means nothing; there are {listed(TOP_KEYS)}, and flags do not begin with `$`")
        return None
    if not is_printable_name(key):
        top.fault(key, name_fault("a flag", key))
    entry = top.entry[key]
    if not isinstance(entry, Located):
        top.fault(key, f"the flag {key!r} must be a mapping, `{{type: boolean, default: off}}`")
        return None
    return FlagReader(key, Fields(entry, top.problems, top.line(key)), segments).read(
        None if features is None else key in features
    )
