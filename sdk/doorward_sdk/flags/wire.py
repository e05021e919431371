"""Flags, overrides and explanations from the wire. Each function raises MalformedAnswer for anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.flags.declared import Flag, FlagExplanation, FlagOverride, UsedOverride
from doorward_sdk.wire.members import (
    flag_in,
    members_of,
    number_in,
    object_or_none_in,
    text_in,
    text_or_none_in,
    texts_in,
    time_in,
    time_or_none_in,
)

if TYPE_CHECKING:
    from doorward_sdk.wire.members import Members


def flag_of(value: object) -> Flag:
    """A flag."""
    told = members_of(value)
    requires = members_of(told.get("requires"))
    return Flag(
        key=text_in(told, "key"),
        type=text_in(told, "type"),
        description=text_or_none_in(told, "description"),
        owner=text_or_none_in(told, "owner"),
        variants=dict(members_of(told.get("variants"))),
        default=text_in(told, "default"),
        off=text_in(told, "off"),
        enabled=flag_in(told, "enabled"),
        expires=text_or_none_in(told, "expires"),
        from_plan=flag_in(told, "from_plan"),
        requires={key: texts_in(requires, key) for key in requires},
        rules=number_in(told, "rules"),
        place=text_or_none_in(told, "place"),
        last_evaluated=time_or_none_in(told, "last_evaluated"),
    )


def override_of(value: object) -> FlagOverride:
    """A tenant's own value."""
    told = members_of(value)
    return FlagOverride(
        flag=text_in(told, "flag"),
        tenant=text_in(told, "tenant"),
        value=_value_in(told),
        reason=text_or_none_in(told, "reason"),
        expires_at=time_or_none_in(told, "expires_at"),
        state=text_in(told, "state"),
        created_at=time_in(told, "created_at"),
        updated_at=time_in(told, "updated_at"),
        created_by=text_in(told, "created_by"),
        version=number_in(told, "version"),
    )


def explanation_of(value: object) -> FlagExplanation:
    """How an answer came about."""
    told = members_of(value)
    return FlagExplanation(
        key=text_in(told, "key"),
        type=text_or_none_in(told, "type"),
        value=_value_in(told),
        variant=text_or_none_in(told, "variant"),
        reason=text_in(told, "reason"),
        decided_by=text_or_none_in(told, "decided_by"),
        rule=_number_or_none_in(told, "rule"),
        bucket=_number_or_none_in(told, "bucket"),
        absent=texts_in(told, "absent"),
        override=object_or_none_in(told, "override", _used_override),
        detail=text_or_none_in(told, "detail"),
        error_code=text_or_none_in(told, "error_code"),
        tenant=text_or_none_in(told, "tenant"),
        at=time_in(told, "at"),
    )


def _used_override(value: object) -> UsedOverride:
    told = members_of(value)
    return UsedOverride(_value_in(told), flag_in(told, "ignored"))


def _value_in(told: Members) -> object:
    if "value" not in told:
        raise MalformedAnswer("the answer has no 'value'")
    return told["value"]


def _number_or_none_in(told: Members, name: str) -> int | None:
    return None if told.get(name) is None else number_in(told, name)
