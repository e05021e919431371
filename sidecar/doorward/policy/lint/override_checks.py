"""Values that tenants have of flags: what a sidecar has recorded, held against the flags of a tree."""

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Final

from doorward.domain.flag_overrides import FlagOverride, OverrideState, state_of
from doorward.domain.flags import Flag
from doorward.policy.lint import codes
from doorward.policy.lint.codes import Code
from doorward.policy.lint.examined import Examined, LiveOverride
from doorward.policy.lint.flag_checks import written_flags
from doorward.policy.tree import FLAGS
from doorward.policy.yaml_reader import Located

_SECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 40


def check_overrides(examined: Examined) -> None:
    """Every override that a sidecar has, and that would not count with this tree."""
    if not examined.live.overrides:
        return
    written = written_flags(examined)
    now = 0 if examined.now is None else int(examined.now * _SECOND)
    for one in examined.live.overrides:
        flag = examined.find_flag(one.override.flag)
        _check(examined, one, flag, state_of(one.override, flag, now), written)


def _check(examined: Examined, one: LiveOverride, flag: Flag | None, state: OverrideState, written: Located) -> None:
    override = one.override
    of = f"the tenant {_shown(override.tenant)} has a value of its own of {_shown(override.flag)}"
    today = "; it counts today, and would not any more" if one.counts else ""
    remove = f"remove it: `{_removal(override)}`"
    if flag is None:
        message = f"{of}, and there is no such flag{today}; keep the flag, or {remove}"
        examined.note(codes.OVERRIDE_WITHOUT_FLAG, FLAGS, 0, None, message)
    elif state is OverrideState.EXPIRED:
        _note(examined, codes.EXPIRED_OVERRIDE, flag, written, "", f"{of} that ended at {_time(override)}; {remove}")
    elif state is OverrideState.DOES_NOT_FIT:
        message = (
            f"{of}, {_value(override.value)}, which is no {flag.type.value}{today}; set one that fits, or {remove}"
        )
        _note(examined, codes.OVERRIDE_DOES_NOT_FIT, flag, written, "type", message)


def _note(examined: Examined, code: Code, flag: Flag, written: Located, member: str, message: str) -> None:  # noqa: PLR0913, PLR0917 - a finding's parts
    """Note something about a flag, at one of its members if it has that; a feature of plans alone has no line."""
    entry = written.get(flag.key)
    if not isinstance(entry, Located):
        examined.note(code, FLAGS, 0, None, message)
    elif member in entry.lines:
        examined.word(code, FLAGS, entry.lines[member], member, message)
    else:
        examined.word(code, FLAGS, flag.line, flag.key, message)


def _removal(override: FlagOverride) -> str:
    """The command that takes an override away; what begins with a dash must not be taken for an option."""
    tenant, flag = (shlex.quote(_shown(text)) for text in (override.tenant, override.flag))
    return f"doorward features remove-override --tenant-id={tenant} -- {flag}"


def _shown(text: str) -> str:
    """A text that others made up, as a terminal and a log may have it."""
    return text if text.isprintable() else ascii(text)


def _value(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _time(override: FlagOverride) -> str:
    moment = _EPOCH + timedelta(microseconds=override.expires_at)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
