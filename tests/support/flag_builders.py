"""Flags and contexts for tests, short to write."""

from collections.abc import Mapping
from typing import Any

from doorward.domain.flags import DeclaredFlags, Flag, FlagRule, FlagType, Segment, Split
from doorward.engine.flags import Flags

ON_OFF: Mapping[str, Any] = {"on": True, "off": False}


def a_flag(key: str = "a", *rules: FlagRule, **parts: Any) -> Flag:
    """A boolean flag that is off by default, with some parts otherwise."""
    return Flag(
        **{"key": key, "type": FlagType.BOOLEAN, "variants": ON_OFF, "default": "off", "off": "off", "rules": rules}
        | parts
    )


def split(by: tuple[str, ...] = ("tenant", "id"), salt: str = "a", **weights: int) -> Split:
    """A split by tenant, weights in thousandths of a percent."""
    return Split(weights=weights, by=by, salt=salt)


def flags_of(*flags: Flag, features: tuple[str, ...] = (), **segments: str) -> Flags:
    """The flags, ready to answer."""
    named = {name: Segment(name=name, condition=text, line=1) for name, text in segments.items()}
    return Flags(DeclaredFlags(flags={one.key: one for one in flags}, segments=named), features)


def context(
    tenant: str | None = "acme", user: str | None = "u1", plan: str = "basic", **given: object
) -> dict[str, Any]:
    """What `r.ctx` holds for a flag."""
    return {
        "subject": {} if user is None else {"type": "user", "id": user},
        "tenant": {} if tenant is None else {"id": tenant, "plan": plan},
        "env": {"time": 0.0},
        "context": given,
    }
