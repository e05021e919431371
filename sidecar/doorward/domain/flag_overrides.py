"""Overrides: the values that a tenant has of flags, whatever policies/flags.yaml says of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from doorward.domain.errors import BadRequest
from doorward.domain.flags import Flag, FlagValue, fitting
from doorward.domain.names import check_text

MAX_VALUE_BYTES: Final = 64 << 10
MAX_DEPTH: Final = 32
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagOverride:
    """A tenant's own value of a flag. Times are epoch microseconds; `expires_at` is 0 where it never ends."""

    flag: str
    tenant: str
    value: object
    reason: str | None
    expires_at: int
    created_at: int
    updated_at: int
    created_by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """What somebody wants a flag to be for a tenant."""

    value: object
    reason: str | None
    expires_at: int

    @classmethod
    def checked(cls, *, value: object, reason: str | None, expires_at: int, now: int) -> "NewOverride":
        """Of what a caller sent, whatever the flag's type. Raises BadRequest naming the member and the fix."""
        if reason is not None:
            check_text("reason", reason)
        if expires_at and expires_at <= now:
            raise BadRequest("expires_at is over; give a time that is to come, or leave it out")
        if _depth(value) > MAX_DEPTH:
            raise BadRequest(f"value is nested deeper than {MAX_DEPTH} levels; give a flatter one")
        if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
            raise BadRequest(f"value is larger than {MAX_VALUE_BYTES} bytes; give a smaller one")
        return cls(value=value, reason=reason or None, expires_at=expires_at)

    def fitted(self, flag: Flag, member: str = "value") -> FlagValue:
        """The value as the flag has it. Raises BadRequest where it does not fit the flag's type."""
        found = fitting(flag.type, self.value)
        if found is None:
            kind = flag.type.value
            article = "an" if kind[0] in "io" else "a"
            raise BadRequest(f"{member} does not fit: {flag.key[:200]!r} is {article} {kind} flag; give {_LIKE[kind]}")
        return found


_LIKE: Final[Mapping[str, str]] = {
    "boolean": "true or false",
    "string": 'a string, like "v2"',
    "integer": "a whole number within ±9007199254740991",
    "float": "a number",
    "object": 'an object, like {"size": 20}',
}


def _depth(value: object) -> int:
    """How deep a value is nested; more than MAX_DEPTH is not told apart."""
    level: list[object] = [value]
    for depth in range(MAX_DEPTH + 1):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return depth
    return MAX_DEPTH + 1


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


class OverrideState(StrEnum):
    """Whether an override counts, and why it does not."""

    ACTIVE = "active"
    EXPIRED = "expired"
    NO_FLAG = "no_flag"
    DOES_NOT_FIT = "does_not_fit"


def state_of(override: FlagOverride, flag: Flag | None, now: int) -> OverrideState:
    """Whether an override counts for a flag as it is declared now (epoch microseconds)."""
    if flag is None:
        return OverrideState.NO_FLAG
    if override.expires_at and override.expires_at <= now:
        return OverrideState.EXPIRED
    if fitting(flag.type, override.value) is None:
        return OverrideState.DOES_NOT_FIT
    return OverrideState.ACTIVE


class TenantOverrides:
    """The overrides of one tenant, as evaluations read them. Nobody changes what they are; `used` is for facts."""

    __slots__ = ("_ends", "_first_end", "_left", "_values", "used")

    def __init__(self, found: Iterable[tuple[str, object, int]] = ()) -> None:
        """Of (flag, value, end in epoch microseconds or 0)."""
        rows = list(found)
        self._values: dict[str, object] = {flag: value for flag, value, _ in rows}
        self._ends = {flag: end / _MICROSECONDS for flag, _, end in rows if end}
        self._first_end = min(self._ends.values(), default=float("inf"))
        self._left: tuple[Mapping[str, object], float, float] = ({}, 0.0, 0.0)
        self.used = False

    def at(self, now: float) -> Mapping[str, object]:
        """The values that count at a time (epoch seconds), by flag: the same object until one of them ends."""
        if now < self._first_end:
            return self._values
        left, since, until = self._left
        if not since <= now < until:
            ends = self._ends
            left = {flag: value for flag, value in self._values.items() if flag not in ends or now < ends[flag]}
            self._left = left, max(end for end in ends.values() if end <= now), self.until(now)
        return left

    def until(self, now: float) -> float:
        """When (epoch seconds) the first of those that count ends."""
        return min((end for end in self._ends.values() if end > now), default=float("inf"))
