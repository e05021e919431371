"""Audit events: who did what to which thing, and whether it was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class AuditEventType(StrEnum):
    """What kind of thing happened."""

    LOGIN = "login"
    LOGOUT = "logout"
    LOGIN_FAILED = "login_failed"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ACCESS_DENIED = "access_denied"
    POLICY_CHANGE = "policy_change"
    CONFIG_CHANGE = "config_change"
    EXPORT = "export"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One event. `at` is epoch microseconds; `actor` the name of the key that did it; `resource` TYPE:ID.

    `details` never hold a secret: no password, token, key, code or e-mail address.
    """

    at: int
    actor: str
    tenant: str | None
    type: AuditEventType
    resource: str
    action: str
    details: Mapping[str, Any]
    success: bool
    request_id: str | None
    address: str
