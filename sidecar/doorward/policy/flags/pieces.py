"""Pieces of policies/flags.yaml: names, texts that count letter by letter, conditions, times."""

import re
from collections.abc import Collection
from datetime import datetime
from itertools import islice
from typing import Final

from doorward.domain.flags import MAX_KEY
from doorward.engine.flags import READABLE
from doorward.engine.language.conditions import compile_condition
from doorward.engine.language.expressions import ExpressionError
from doorward.policy.fields import Fields, listed

_SHOWN: Final = 10
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)


def is_printable_name(name: str) -> bool:
    """Whether a key, a variant or a segment may be called so: any text that can be seen."""
    return 0 < len(name) <= MAX_KEY and name.isprintable() and name == name.strip()


def exact_text(fields: Fields, key: str) -> str | None:
    """A text that is taken as it is, because it is hashed; None where it is left out or wrong."""
    value = fields.entry.get(key)
    if value is None:
        return None
    if isinstance(value, str) and is_printable_name(value):
        return value
    fix = "" if isinstance(value, str) else f"; quote it: '{value}'"
    fields.fault(key, f"{key} must be a text of 1 to {MAX_KEY} printable characters with no blanks around them{fix}")
    return None


def condition_of(fields: Fields, key: str) -> str | None:
    """A condition that compiles, None where it is left out. One that does not is noted, and False stands for it.

    Unquoted, `true` and `True` are no text in YAML; they may stand for the condition.
    """
    value = fields.entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        fields.fault(key, f"{key!r} must be a condition, like `r.ctx.tenant.plan == 'enterprise'`, not {value!r}")
        return str(False)
    try:
        compile_condition(value, READABLE)
    except ExpressionError as error:
        fields.fault(key, f"condition: {error}")
        return str(False)
    return value


def time_of(fields: Fields, key: str) -> float | None:
    """A time with its zone (RFC 3339) as epoch seconds; None where it is left out or wrong."""
    value = fields.entry.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str) and _TIME.match(value):
            return datetime.fromisoformat(value.upper()).timestamp()
    except (ValueError, OverflowError):
        pass
    fields.fault(key, f"{key} {value!r} is no time with its zone; write it like 2026-12-01T09:00:00Z")
    return None


def name_fault(what: str, name: str) -> str:
    """What is wrong with a name that is not printable."""
    return f"{what} is called by 1 to 200 printable characters with no blanks around them, not {name!r}"


def shown(names: Collection[str]) -> str:
    """Some names in a sentence, not more than a reader looks at."""
    quoted = [repr(name) for name in islice(names, _SHOWN)]
    if len(names) > _SHOWN:
        return f"{', '.join(quoted)} and {len(names) - _SHOWN} more"
    return listed(quoted) if quoted else "(none)"
