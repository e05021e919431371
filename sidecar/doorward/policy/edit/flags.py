"""Flags written into policies/flags.yaml: one more entry at its end, and not a letter else."""

import json

from doorward.domain.errors import Conflict
from doorward.domain.flags import FlagType
from doorward.domain.new_flags import NewFlag
from doorward.domain.policy_changes import Files
from doorward.policy.edit.changed import BY_HAND
from doorward.policy.edit.entries import add_top_entry, is_plain
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import FLAGS


def add_flag(before: Snapshot, flag: NewFlag) -> Files:
    """The files with a flag. Raises Conflict where there is one of that key, or the file cannot be edited."""
    key = flag.key
    known = before.flags.declared.flags.get(key)
    if known is not None:
        raise Conflict(f"the flag {key!r} exists already, in {FLAGS}:{known.line}; take another name, or {BY_HAND}")
    if key in before.flags.features:
        raise Conflict(f"{key!r} is a feature of plans, and so a flag already; to give it rules, {BY_HAND}")
    text = before.tree.files.get(FLAGS, b"").decode("utf-8")
    try:
        edited = add_top_entry(text, _text(key), _values(flag))
    except (ValueError, IndexError) as error:
        raise _no_room() from error
    return {**before.tree.files, FLAGS: edited.encode("utf-8")}


def check_added(before: Snapshot, after: Snapshot, flag: NewFlag) -> None:
    """Raise Conflict unless a policy declares what it declared, and the flag."""
    old, new = before.flags.declared, after.flags.declared
    made = new.flags.get(flag.key)
    wanted = {**old.flags, flag.key: flag.declared(0 if made is None else made.line)}
    if dict(new.flags) != wanted or dict(new.segments) != dict(old.segments):
        raise _no_room()


def _values(flag: NewFlag) -> dict[str, str]:
    found = {"type": flag.type.value}
    if flag.description:
        found["description"] = _text(flag.description)
    if flag.owner:
        found["owner"] = _text(flag.owner)
    if flag.type is not FlagType.BOOLEAN:
        found["variants"] = f"{{{flag.default}: {_yaml(flag.default_value)}}}"
    return found | {"default": flag.default}


def _text(text: str) -> str:
    """A text as people write it: in quotes where it needs them."""
    return text if is_plain(text) else _yaml(text)


def _yaml(value: object) -> str:
    """A value in YAML's flow style: JSON, with all that is not printed escaped as YAML has it."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else f"\\U{ord(mark):08x}" for mark in text)


def _no_room() -> Conflict:
    return Conflict(f"{FLAGS} is laid out in a way that no flag can be put into safely; {BY_HAND}")
