"""Feature flags of a sidecar, to administer: `client.flags`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from doorward_sdk.flags.values import checked_key, flag_context
from doorward_sdk.flags.wire import explanation_of, flag_of, override_of
from doorward_sdk.policy.wire import all_items, made_of
from doorward_sdk.records.keys import time_text
from doorward_sdk.wire.api import READ_SECONDS
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from doorward_sdk.entities import EntityLike
    from doorward_sdk.flags.declared import Flag, FlagExplanation, FlagOverride
    from doorward_sdk.policy.declared import PendingChange
    from doorward_sdk.wire.api import Api

_FLAGS = "/v1/flags"
_OVERRIDES = "/v1/flag-overrides"
FlagValue = Union[bool, int, float, str, "Mapping[str, object]"]


class Flags:
    """What flags there are, what tenants have instead, and why; needs `flags:read`, for overrides `flags:write`.

    Every method raises RequestFailed where no answer comes; those that name a flag NotFound where it is not there.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self) -> builtins.list[Flag]:
        """Every flag, in the order of the file; then features of plans that have no entry there."""
        seconds = max(self._api.timeout, READ_SECONDS)
        return all_items(lambda target: self._api.send("GET", target, seconds=seconds), _FLAGS, flag_of)

    def get(self, key: str) -> Flag:
        """One flag."""
        return flag_of(self._api.get(_path(key)))

    def explain(
        self,
        key: str,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        subject: EntityLike | None = None,
        at: datetime | None = None,
    ) -> FlagExplanation:
        """The flag's answer for a context, with what it was made from.

        Args:
            key: the flag's.
            tenant: as of `Doorward.flag`.
            context: as of `Doorward.flag`.
            subject: as of `Doorward.flag`.
            at: the time that rules with a schedule go by, naive times are UTC; None: now.
        """
        body: dict[str, object] = {"context": flag_context(tenant, context, subject)}
        if at is not None:
            body["at"] = time_text(at)
        return explanation_of(self._api.ask(_path(key, "explain"), body))

    def create(  # noqa: PLR0913 - the parts of a flag
        self,
        name: str,
        description: str,
        type: str,  # noqa: A002 - the member's name
        default_value: FlagValue,
        *,
        owner: str | None = None,
        reason: str = "",
    ) -> Flag | PendingChange:
        """Declare a flag, in a commit; it is served when this returns, unless changes are reviewed there.

        Args:
            name: its key.
            description: what it is for, in one line.
            type: `boolean`, `string`, `integer`, `float` or `object`.
            default_value: its value until rules or overrides say otherwise.
            owner: whose it is.
            reason: why, for the commit.

        Raises:
            Conflict: there is such a flag, or the policy cannot be written to.
            PolicyRefused: the policy would not load with it.
        """
        body: dict[str, object] = {
            "name": name,
            "description": description,
            "type": type,
            "default_value": default_value,
            "reason": reason,
        }
        if owner is not None:
            body["owner"] = owner
        return made_of(self._api.change_policy("POST", _FLAGS, body), flag_of)

    def set_override(  # noqa: PLR0913 - the parts of an override
        self,
        key: str,
        tenant: str,
        value: FlagValue,
        *,
        reason: str | None = None,
        expires_at: datetime | None = None,
        if_match: int | None = None,
    ) -> FlagOverride:
        """Let a flag be `value` for a tenant, whatever the policy says; at once, in every process within a second.

        Args:
            key: the flag's.
            tenant: the tenant's id.
            value: of the flag's type; one that is no variant has the variant `override`.
            reason: why, in one line.
            expires_at: from when on it counts for nothing, naive times are UTC; None: never.
            if_match: the `version` that it must have.

        Raises:
            ProblemResponse: the value does not fit the flag's type (400).
            PreconditionFailed: it has another version.
        """
        body: dict[str, object] = {"value": value}
        if reason is not None:
            body["reason"] = reason
        if expires_at is not None:
            body["expires_at"] = time_text(expires_at)
        answer = self._api.change("PUT", _path(key, "overrides", tenant), body, if_match=if_match)
        return override_of(answer.json())

    def remove_override(self, key: str, tenant: str, *, if_match: int | None = None) -> None:
        """Let the policy decide about the tenant again. Raises NotFound where there is no override."""
        self._api.change("DELETE", _path(key, "overrides", tenant), if_match=if_match)

    def overrides(self, key: str | None = None) -> Iterator[FlagOverride]:
        """What tenants have instead of what the policy says, of one flag or of all; read page by page as taken."""
        return self._api.items(_OVERRIDES if key is None else _path(key, "overrides"), override_of)


def _path(key: str, *below: str) -> str:
    return path_of(_FLAGS, checked_key(key), *below)
