"""Flags as a policy declares them, tenants' own values, and how an answer came about. Nothing here knows the wire.

Times are aware and in UTC; None means never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Flag:
    """A feature flag.

    Attributes:
        key: its key.
        type: `boolean`, `string`, `integer`, `float` or `object`.
        description: what it is for, if the policy says.
        owner: whose it is, if the policy says.
        variants: its values by name.
        default: the variant where nothing else decides.
        off: the variant while it is disabled, or a flag that it requires has another variant.
        enabled: whether rules, plan and default are asked.
        expires: the last day it is meant to be there, `YYYY-MM-DD`.
        from_plan: whether a tenant's plan decides where no rule does.
        requires: the variants that other flags must have, by their keys.
        rules: how many rules it has.
        place: the file and line that hold it; None of a feature of plans that no file declares.
        last_evaluated: when the process that answered was asked for it by its key last.
    """

    key: str
    type: str
    description: str | None
    owner: str | None
    variants: Mapping[str, object]
    default: str
    off: str
    enabled: bool
    expires: str | None
    from_plan: bool
    requires: Mapping[str, tuple[str, ...]]
    rules: int
    place: str | None
    last_evaluated: datetime | None


@dataclass(frozen=True)
class FlagOverride:
    """A tenant's own value of a flag.

    Attributes:
        flag: the flag's key.
        tenant: the tenant's id.
        value: what the flag is for the tenant.
        reason: why, if somebody said.
        expires_at: from when on it counts for nothing.
        state: `active`; or why it counts for nothing: `expired`, `no_flag`, `does_not_fit`.
        created_by: who set it.
        version: grows with each change; what `if_match` names.
    """

    flag: str
    tenant: str
    value: object
    reason: str | None
    expires_at: datetime | None
    state: str
    created_at: datetime
    updated_at: datetime
    created_by: str
    version: int


@dataclass(frozen=True)
class UsedOverride:
    """A tenant's own value in an explanation, and whether it was ignored because it does not fit the flag."""

    value: object
    ignored: bool


@dataclass(frozen=True)
class FlagExplanation:
    """The answer of a flag, with what it was made from.

    Attributes:
        key: the flag's.
        type: that of its values.
        value: what it is; None with an error.
        variant: the name of the value; None with an error.
        reason: in OpenFeature's words; `ERROR` with an error.
        decided_by: `override`, `disabled`, `prerequisite`, `rule`, `plan` or `default`; None with an error.
        rule: which rule decided, counted from 1.
        bucket: where a split put the context, 0 to 99,999.
        absent: attributes below `r.ctx` that rules asked for and did not find.
        override: the tenant's own value, if it has one.
        detail: more about why, in words.
        error_code: why there is no value, in OpenFeature's words.
        tenant: whose answer it is.
        at: the time that rules with a schedule went by.
    """

    key: str
    type: str | None
    value: object
    variant: str | None
    reason: str
    decided_by: str | None
    rule: int | None
    bucket: int | None
    absent: tuple[str, ...]
    override: UsedOverride | None
    detail: str | None
    error_code: str | None
    tenant: str | None
    at: datetime
