"""Flags as a policy declares them, tenants' own values, and how an answer came about. Nothing here knows the wire.

Times are aware and in UTC; None means never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
        variants: its values by name.
        default: the variant where nothing else decides.
        enabled: whether rules, plan and default are asked.
        from_plan: whether a tenant's plan decides where no rule does.
        description: what it is for, if the policy says.
        owner: whose it is, if the policy says.
        expires: the last day it is meant to be there, `YYYY-MM-DD`.
        last_evaluated_at: when the sidecar that answered was asked for it last, since its start.
    """

    key: str
    type: str
    variants: Mapping[str, object]
    default: str
    enabled: bool
    from_plan: bool
    description: str | None = None
    owner: str | None = None
    expires: str | None = None
    last_evaluated_at: datetime | None = None


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
class FlagExplanation:
    """The answer of a flag, with what it was made from.

    Attributes:
        value: the flag's; None with an error.
        variant: the name of the value.
        reason: in OpenFeature's words.
        decided_by: `override`, `disabled`, `prerequisite`, `rule`, `plan` or `default`; None with an error.
        rule: which rule decided, counted from 1.
        bucket: where a split put the context, 0 to 99,999.
        absent: attributes that rules asked for and did not find.
        told: all that the sidecar answered.
    """

    value: object
    variant: str | None
    reason: str
    decided_by: str | None = None
    rule: int | None = None
    bucket: int | None = None
    absent: tuple[str, ...] = ()
    told: Mapping[str, object] = field(default_factory=dict, repr=False)
