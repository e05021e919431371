"""Tenants: who they are, and what may be said of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from doorward.domain.errors import BadRequest
from doorward.domain.record_names import check_domain, check_record_id, check_record_name

MAX_SETTINGS_BYTES: Final = 16 << 10
CHANGEABLE: Final = ("name", "domain", "plan", "status", "settings")
_READ_ONLY: Final = ("id", "created_at", "updated_at", "limits", "features", "version")


class TenantStatus(StrEnum):
    """Where a tenant is in its life. Deleted ones are found by nobody; of purged ones only the id is left."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    PURGED = "purged"


SETTABLE_STATUSES: Final = (TenantStatus.ACTIVE, TenantStatus.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A recorded tenant. Times are epoch microseconds; `version` grows with each change."""

    id: str
    name: str
    domain: str | None
    plan: str
    status: TenantStatus
    settings: Mapping[str, Any]
    created_at: int
    updated_at: int
    version: int

    @property
    def is_there(self) -> bool:
        """Whether a get finds it."""
        return self.status in SETTABLE_STATUSES

    def changed(self, now: int, **fields: Any) -> "Tenant":  # noqa: ANN401 - its own fields
        """The tenant with other values, one version on."""
        return replace(self, **fields, updated_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    """A tenant to be recorded; `id` and `plan` may be left to Doorward."""

    id: str | None
    name: str
    domain: str
    plan: str | None
    settings: Mapping[str, Any]

    @classmethod
    def checked(
        cls,
        *,
        name: str,
        domain: str,
        id: str | None = None,  # noqa: A002 - the member's name
        plan: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> "NewTenant":
        """A new tenant of what a caller sent. Raises BadRequest naming the member and the fix."""
        if id is not None:
            check_record_id("id", id)
        return cls(
            id=id,
            name=check_record_name("name", name),
            domain=check_domain("domain", domain),
            plan=plan,
            settings=check_settings(settings or {}),
        )


def checked_changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a tenant that a caller may change, checked. Raises BadRequest naming the field and the fix."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        refuse_unchangeable(name, CHANGEABLE, _READ_ONLY)
        match name:
            case "name":
                found[name] = check_record_name(name, check_str(name, value))
            case "domain":
                found[name] = check_domain(name, check_str(name, value))
            case "plan":
                found[name] = check_str(name, value)
            case "status":
                found[name] = check_status(value, SETTABLE_STATUSES)
            case _:
                found[name] = check_settings(value)
    return found


def refuse_unchangeable(name: str, changeable: tuple[str, ...], read_only: tuple[str, ...]) -> None:
    """Raise BadRequest for a field that is not there, or that nobody may set."""
    if name in read_only:
        raise BadRequest(f"{name} cannot be changed; there are {', '.join(changeable)}")
    if name not in changeable:
        raise BadRequest(f"{name[:100]!r} is no field; there are {', '.join(changeable)}")


def check_str(member: str, value: object) -> str:
    """Raise BadRequest unless it is a text."""
    if not isinstance(value, str):
        raise BadRequest(f"{member} must be a string")
    return value


def check_status(value: object, settable: tuple[StrEnum, ...]) -> StrEnum:
    """One of the statuses that a caller may set. Raises BadRequest."""
    for one in settable:
        if value == one.value:
            return one
    raise BadRequest(f"status must be {' or '.join(one.value for one in settable)}")


def check_settings(value: object) -> Mapping[str, Any]:
    """Settings of the host's choosing: a JSON object, 16 KiB at most. Raises BadRequest."""
    if not isinstance(value, Mapping):
        raise BadRequest("settings must be an object")
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_SETTINGS_BYTES:
        raise BadRequest(f"settings are larger than {MAX_SETTINGS_BYTES} bytes; keep less in them")
    return dict(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFilter:
    """Which tenants a list has; None where it does not matter."""

    status: TenantStatus | None = None
    plan: str | None = None
    domain: str | None = None
