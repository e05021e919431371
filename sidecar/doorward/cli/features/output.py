"""How feature flags, their answers and overrides are told to a person."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import click

from doorward.cli.terminal import table, visible
from doorward_sdk import Flag, FlagExplanation, FlagOverride

_WIDTH: Final = 12
_LONGEST: Final = 40


def value_text(value: object) -> str:
    """A flag's value: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def show_flags(flags: Iterable[Flag]) -> None:
    """Flags as rows."""
    rows = [
        [
            one.key,
            one.type,
            _short(one.variants.get(one.default)),
            _state(one),
            one.owner or "",
            _time(one.last_evaluated),
            one.description or "",
        ]
        for one in flags
    ]
    _table(["flag", "type", "default", "state", "owner", "last evaluated", "description"], rows)


def show_flag(flag: Flag) -> None:
    """One flag, a member a line."""
    _lines(
        ("flag", flag.key),
        ("type", flag.type),
        ("default", value_text(flag.variants.get(flag.default))),
        ("description", flag.description),
        ("owner", flag.owner),
        ("place", flag.place),
    )


def show_override(override: FlagOverride) -> None:
    """A tenant's own value, a member a line."""
    _lines(
        ("flag", override.flag),
        ("tenant", override.tenant),
        ("value", value_text(override.value)),
        ("state", override.state),
        ("reason", override.reason),
        ("expires", _time(override.expires_at)),
        ("version", str(override.version)),
    )


def show_overrides(overrides: Iterable[FlagOverride]) -> None:
    """Tenants' own values as rows."""
    rows = [
        [
            one.flag,
            one.tenant,
            _short(one.value),
            one.state,
            _time(one.expires_at),
            one.created_by,
            one.reason or "",
        ]
        for one in overrides
    ]
    _table(["flag", "tenant", "value", "state", "expires", "by", "reason"], rows)


def show_explanation(found: FlagExplanation) -> None:
    """What a flag is, and how that came about."""
    if found.error_code is None:
        _lines(("value", value_text(found.value)), ("variant", found.variant))
    else:
        _lines(("error", found.error_code))
    own = found.override
    _lines(
        ("reason", found.reason),
        ("decided by", _decided(found)),
        ("bucket", None if found.bucket is None else f"{found.bucket} of 100000"),
        ("detail", found.detail),
        *(("missing", f"r.ctx.{path} was not given") for path in found.absent),
        ("ignored", f"the override {value_text(own.value)}: it does not fit" if own and own.ignored else None),
        ("tenant", found.tenant),
        ("at", _time(found.at)),
    )


def _decided(found: FlagExplanation) -> str | None:
    return found.decided_by if found.rule is None else f"rule {found.rule}"


def _state(flag: Flag) -> str:
    if not flag.enabled:
        return "disabled"
    parts = [f"{flag.rules} rule{'' if flag.rules == 1 else 's'}"] if flag.rules else []
    parts += ["plan"] if flag.from_plan else []
    parts += [f"requires {key}" for key in flag.requires]
    parts += [f"until {flag.expires}"] if flag.expires else []
    return ", ".join(parts)


def _short(value: object) -> str:
    text = value_text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%SZ")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table(headings, [[visible(cell) for cell in row] for row in rows])


def _lines(*members: tuple[str, str | None]) -> None:
    for name, text in members:
        if text:
            click.echo(f"{name:<{_WIDTH}} {visible(text)}")
