"""Feature flags: what policies/flags.yaml declares of them, and what an evaluation answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

MAX_KEY: Final = 200
MAX_INTEGER: Final = (1 << 53) - 1
"""What every client's numbers can hold."""
OVERRIDE: Final = "override"
"""The variant of an override whose value is that of no variant."""
FlagValue = bool | int | float | str | Mapping[str, object]


class FlagType(StrEnum):
    """What a flag's values are."""

    BOOLEAN = "boolean"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    OBJECT = "object"


class Reason(StrEnum):
    """Why a flag has its value, in OpenFeature's words."""

    STATIC = "STATIC"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    DEFAULT = "DEFAULT"
    ERROR = "ERROR"


class FlagError(StrEnum):
    """Why a flag has no value, in OpenFeature's words."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    GENERAL = "GENERAL"


class DecidedBy(StrEnum):
    """What settled a value, in the order in which it is asked."""

    OVERRIDE = "override"
    DISABLED = "disabled"
    PREREQUISITE = "prerequisite"
    RULE = "rule"
    PLAN = "plan"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Who gets which variant by a bucket of 100,000: weights in thousandths of a percent, in the file's order.

    `by` is the way below `r.ctx` to what is put into a bucket; `salt` is the rule's, else the flag's, else its key.
    """

    weights: Mapping[str, int]
    by: tuple[str, ...]
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRule:
    """Serves a variant or a split where its condition holds, in any of its segments, from `start` until before `end`.

    Times are epoch seconds; exactly one of `serve` and `split` is given.
    """

    when: str | None = None
    segments: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None
    serve: str | None = None
    split: Split | None = None
    line: int = 0

    @property
    def is_unconditional(self) -> bool:
        """Whether no rule after it is ever asked."""
        return self.when is None and not self.segments and self.start is None and self.end is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One declared flag. `off` is the variant that is served while it is disabled or a prerequisite is not met.

    `requires` has the variants that other flags must have; `from_plan` says that the plan decides where no rule does.
    """

    key: str
    type: FlagType
    variants: Mapping[str, FlagValue]
    default: str
    off: str
    description: str | None = None
    owner: str | None = None
    is_enabled: bool = True
    expires: date | None = None
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    from_plan: bool = False
    rules: tuple[FlagRule, ...] = ()
    line: int = 0


def feature_flag(key: str) -> Flag:
    """The flag that a plan feature is by itself."""
    variants = MappingProxyType({"on": True, "off": False})
    return Flag(key=key, type=FlagType.BOOLEAN, variants=variants, default="off", off="off", from_plan=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A condition with a name, for rules to use again."""

    name: str
    condition: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFlags:
    """What policies/flags.yaml says, in its order."""

    flags: Mapping[str, Flag] = field(default_factory=lambda: MappingProxyType({}))
    segments: Mapping[str, Segment] = field(default_factory=lambda: MappingProxyType({}))


class FlagAnswer:
    """The value of a flag for one context, or why it has none.

    `rule` counts from 1; `bucket` is where a split put the context; `absent` are attributes below `r.ctx` that rules
    asked for in vain; `override_ignored` says that an override does not fit the type any more. Values of objects are
    shared between answers: read them only.
    """

    __slots__ = (
        "absent",
        "bucket",
        "decided_by",
        "detail",
        "error",
        "key",
        "override_ignored",
        "reason",
        "rule",
        "type",
        "value",
        "variant",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        key: str,
        type: FlagType | None,  # noqa: A002 - as OpenFeature calls it
        value: FlagValue | None,
        variant: str | None,
        reason: Reason,
        decided_by: DecidedBy | None,
        rule: int | None = None,
        bucket: int | None = None,
        error: FlagError | None = None,
        detail: str | None = None,
        absent: tuple[str, ...] = (),
        override_ignored: bool = False,  # noqa: FBT001, FBT002 - one slot a column
    ) -> None:
        self.key = key
        self.type = type
        self.value = value
        self.variant = variant
        self.reason = reason
        self.decided_by = decided_by
        self.rule = rule
        self.bucket = bucket
        self.error = error
        self.detail = detail
        self.absent = absent
        self.override_ignored = override_ignored

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlagAnswer) and self._parts() == other._parts()

    __hash__ = None  # type: ignore[assignment] # an object's value has none

    def __repr__(self) -> str:
        return f"FlagAnswer({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"

    def noting(self, absent: Sequence[str] = (), *, override_ignored: bool = False) -> "FlagAnswer":
        """The same answer with what was noted on the way to it."""
        return FlagAnswer(
            self.key, self.type, self.value, self.variant, self.reason, self.decided_by, self.rule, self.bucket,
            self.error, self.detail, tuple(absent) or self.absent, override_ignored or self.override_ignored,
        )  # fmt: skip

    def as_type(self, wanted: FlagType) -> "FlagAnswer":
        """The same answer if the flag is of the wanted type, or has no value anyway; else TYPE_MISMATCH."""
        if self.error is not None or self.type is wanted:
            return self
        has = "" if self.type is None else f"{self.type.value}, "
        return unanswered(self.key, FlagError.TYPE_MISMATCH, f"the flag is {has}not {wanted.value}", self.type)


def unanswered(
    key: str, error: FlagError, detail: str, kind: FlagType | None = None, absent: Sequence[str] = ()
) -> FlagAnswer:
    """The answer of a flag that has no value."""
    return FlagAnswer(key, kind, None, None, Reason.ERROR, None, None, None, error, detail, tuple(absent))


def not_found(key: str) -> FlagAnswer:
    """The answer where there is no such flag."""
    return unanswered(key, FlagError.FLAG_NOT_FOUND, "there is no such flag; policies/flags.yaml and plans name them")


def fitting(kind: FlagType, value: object) -> FlagValue | None:
    """A value as a flag of the type has it; None where it does not fit. A whole number fits a float."""
    match kind:
        case FlagType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case FlagType.STRING:
            return value if isinstance(value, str) else None
        case FlagType.INTEGER:
            if not isinstance(value, int) or isinstance(value, bool):
                return None
            return value if abs(value) <= MAX_INTEGER else None
        case FlagType.FLOAT:
            return _finite(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case FlagType.OBJECT:
            return value if isinstance(value, Mapping) else None


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if number - number == 0 else None


def text_of_value(value: object) -> str:
    """A text that is equal for values that a client cannot tell apart."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
