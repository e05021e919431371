"""Facts: what decisions read of recorded tenants and users, and the changes that make them stale.

UserFacts and TenantFacts are read for every question, so they are plain slotted classes. Nobody writes to
them after construction, but for `used`, which the memory of facts keeps for itself.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus


class UserFacts:
    """What decisions read of a user. `grants` are (role's bare name, tenant or `*`)."""

    __slots__ = ("first_name", "grants", "id", "last_name", "status", "tenant", "used", "username")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        id: str,  # noqa: A002 - the column's name
        tenant: str,
        status: UserStatus,
        grants: tuple[tuple[str, str], ...],
        username: str,
        first_name: str,
        last_name: str,
    ) -> None:
        self.id = id
        self.tenant = tenant
        self.status = status
        self.grants = grants
        self.username = username
        self.first_name = first_name
        self.last_name = last_name
        self.used = False


class TenantFacts:
    """What decisions read of a tenant."""

    __slots__ = ("domain", "id", "name", "plan", "settings", "status", "used")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        id: str,  # noqa: A002 - the column's name
        name: str,
        domain: str | None,
        plan: str,
        status: TenantStatus,
        settings: Mapping[str, Any],
    ) -> None:
        self.id = id
        self.name = name
        self.domain = domain
        self.plan = plan
        self.status = status
        self.settings = settings
        self.used = False


class FactKind(StrEnum):
    """What a change is about."""

    TENANT = "tenant"
    USER = "user"
    KEY = "key"


class FactChange(NamedTuple):
    """Something that changed: whoever remembers it forgets it, and reads it again when it is asked for."""

    version: int
    kind: FactKind
    id: str


class FactsMissing(Exception):  # noqa: N818 - reads as what happened; not an error of the product: nobody is told
    """What a question needs is not in memory: ask again where the store may be read."""


def id_hash(user_id: str) -> int:
    """The signed 64-bit hash by which it is known whether a user's id was ever recorded: BLAKE2b-64 of its UTF-8."""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=8).digest(), "big", signed=True)
