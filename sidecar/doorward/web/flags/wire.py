"""The types of the wire for flags: OFREP's own, and those of /v1/flags."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.flags import MAX_KEY, FlagType
from doorward.domain.names import MAX_TEXT

_KEY: Final = Meta(description="the flag's")
_REASON: Final = Meta(
    description="OpenFeature's word for why",
    extra_json_schema={"enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "DEFAULT"]},
)
_CODE: Final = Meta(description="OpenFeature's word for what is wrong")
_CONTEXT: Final = Meta(
    description="`targetingKey` is the id of a user, `tenant` or `domain` the tenant; rules read the rest",
    extra_json_schema={
        "properties": {name: {"type": ["string", "null"]} for name in ("targetingKey", "tenant", "domain")}
    },
)
_VALUE: Final = Meta(description="of the flag's type", extra_json_schema={"examples": [True]})
_TIME: Final = Meta(description="RFC 3339", extra_json_schema={"format": "date-time"})
_TEXT: Final = Meta(extra_json_schema={"maxLength": MAX_TEXT})
_NAME: Final = Meta(description="any printable text", extra_json_schema={"minLength": 1, "maxLength": MAX_KEY})
_TYPE: Final = Meta(extra_json_schema={"enum": [*FlagType]})
Value = Annotated[Any, _VALUE]


class FlagRequest(Struct):
    """What flags are asked for."""

    context: Annotated[dict[str, Any], _CONTEXT] | None = None


class FlagSuccess(Struct):
    """The value of a flag."""

    key: Annotated[str, _KEY]
    value: Value
    variant: str
    reason: Annotated[str, _REASON]


class FlagFailure(Struct, rename="camel"):
    """Why a flag has no value."""

    key: Annotated[str, _KEY]
    error_code: Annotated[str, _CODE]
    error_details: str


class FlagsFailure(Struct, rename="camel"):
    """Why there is no answer."""

    error_code: Annotated[str, _CODE]
    error_details: str


class FlagItem(Struct, rename="camel"):
    """What one flag answers among all: its value, or why it has none."""

    key: Annotated[str, _KEY]
    value: Value | UnsetType = UNSET
    variant: str | UnsetType = UNSET
    reason: Annotated[str, _REASON] | UnsetType = UNSET
    error_code: Annotated[str, _CODE] | UnsetType = UNSET
    error_details: str | UnsetType = UNSET


class FlagAnswers(Struct):
    """All flags, in the order of the file."""

    flags: list[FlagItem]


class OverrideBody(Struct, forbid_unknown_fields=True):
    """A value that a flag has for one tenant, until a time if one is given."""

    value: Value
    reason: Annotated[str, _TEXT] | None = None
    expires_at: Annotated[str, _TIME] | None = None


class OverrideItem(Struct):
    """A tenant's own value of a flag; it counts while its `state` is `active`."""

    flag: str
    tenant: str
    value: Value
    reason: str | None
    expires_at: str | None
    state: Annotated[str, Meta(extra_json_schema={"enum": ["active", "expired", "no_flag", "does_not_fit"]})]
    created_at: str
    updated_at: str
    created_by: str
    version: int


class OverrideList(Struct):
    """Some overrides."""

    items: list[OverrideItem]
    next: str | None


class NewFlagBody(Struct, forbid_unknown_fields=True):
    """A flag to be declared, without rules; a boolean one has the variants on and off, any other one `default`."""

    name: Annotated[str, _NAME]
    type: Annotated[str, _TYPE]
    default_value: Value
    description: Annotated[str, _TEXT] = ""
    owner: Annotated[str, _TEXT] = ""
    reason: Annotated[str, _TEXT] = ""


class FlagDeclaration(Struct):
    """A flag as policies/flags.yaml or a plan declares it.

    `rules` says how many it has, `last_evaluated` when this process was asked for it by its key last.
    """

    key: str
    type: Annotated[str, _TYPE]
    description: str | None
    owner: str | None
    variants: dict[str, Value]
    default: str
    off: str
    enabled: bool
    expires: str | None
    from_plan: bool
    requires: dict[str, list[str]]
    rules: int
    place: str | None
    last_evaluated: str | None


class FlagList(Struct):
    """Some flags, in the order of the file; then features of plans without an entry, by name."""

    items: list[FlagDeclaration]
    next: str | None


class ExplainFlagBody(Struct, forbid_unknown_fields=True):
    """What a flag is asked for, now or at another time."""

    context: Annotated[dict[str, Any], _CONTEXT] | None = None
    at: Annotated[str, _TIME] | None = None


class UsedOverride(Struct):
    """The tenant's own value, and whether it was ignored because it does not fit the flag."""

    value: Value
    ignored: bool


class ExplainedFlag(Struct):
    """What a flag is, and how that came. `rule` counts from 1, `bucket` from 0 to 99999."""

    key: str
    type: str | None
    value: Value
    variant: str | None
    reason: str
    decided_by: str | None
    rule: int | None
    bucket: int | None
    absent: list[str]
    override: UsedOverride | None
    detail: str | None
    error_code: str | None
    tenant: str | None
    at: str
