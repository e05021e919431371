"""Users: who they are, which roles they were given, and what may be said of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from doorward.domain.errors import BadRequest
from doorward.domain.names import check_name
from doorward.domain.record_names import canonical, check_email, check_record_id, check_record_name
from doorward.domain.tenants import check_status, check_str, refuse_unchangeable

CHANGEABLE: Final = ("email", "username", "first_name", "last_name", "status", "roles")
_READ_ONLY: Final = ("id", "tenant_id", "created_at", "updated_at", "version", "password")
MAX_ROLES: Final = 256


class UserStatus(StrEnum):
    """Where a user is in its life. Deleted ones are found by nobody; of purged ones only the id is left."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    PURGED = "purged"


SETTABLE_STATUSES: Final = (UserStatus.ACTIVE, UserStatus.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Grant:
    """A role (its bare name) that a user was given in a tenant, or in every one (`*`)."""

    role: str
    tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user as it is kept: secrets sealed or hashed. Times are epoch microseconds, 0 for never.

    `email_index` is the keyed hash by which an address is found; `password` an Argon2id string in PHC form;
    `totp_step` the time step of the last one-time code that was used.
    """

    id: str
    tenant: str
    username: str
    first_name: str
    last_name: str
    status: UserStatus
    email_sealed: str | None
    email_index: str | None
    password: str | None = field(default=None, repr=False)
    password_changed_at: int = 0
    password_history: tuple[str, ...] = field(default=(), repr=False)
    totp_sealed: str | None = field(default=None, repr=False)
    totp_confirmed: bool = False
    totp_step: int = 0
    created_at: int
    updated_at: int
    version: int

    @property
    def username_key(self) -> str:
        """The spelling by which usernames of a tenant are told apart."""
        return canonical(self.username)

    @property
    def is_there(self) -> bool:
        """Whether a get finds it."""
        return self.status in SETTABLE_STATUSES

    def changed(self, now: int, **fields: Any) -> "Account":  # noqa: ANN401 - its own fields
        """The user with other values, one version on."""
        return replace(self, **fields, updated_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user as callers see one: the address in clear, no secrets. `grants` are the recorded roles."""

    id: str
    tenant: str
    email: str
    username: str
    first_name: str
    last_name: str
    status: UserStatus
    grants: tuple[Grant, ...]
    has_password: bool
    has_totp: bool
    password_changed_at: int
    created_at: int
    updated_at: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be recorded. `roles` are bare names, given in the user's own tenant."""

    id: str | None
    tenant: str
    email: str
    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)

    @classmethod
    def checked(  # noqa: PLR0913 - the members of a user
        cls,
        *,
        tenant: str,
        email: str,
        username: str,
        first_name: str,
        last_name: str,
        id: str | None = None,  # noqa: A002 - the member's name
        roles: Iterable[str] = (),
        password: str | None = None,
        password_hash: str | None = None,
    ) -> "NewUser":
        """A new user of what a caller sent. Raises BadRequest naming the member and the fix."""
        if id is not None:
            check_record_id("id", id)
        if password is not None and password_hash is not None:
            raise BadRequest("give password or password_hash, not both")
        return cls(
            id=id,
            tenant=tenant,
            email=check_email("email", email),
            username=check_username(username),
            first_name=check_record_name("first_name", first_name),
            last_name=check_record_name("last_name", last_name),
            roles=check_roles(roles),
            password=password,
            password_hash=password_hash,
        )


def checked_changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a user that a caller may change, checked. Raises BadRequest naming the field and the fix."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        refuse_unchangeable(name, CHANGEABLE, _READ_ONLY)
        match name:
            case "email":
                found[name] = check_email(name, check_str(name, value))
            case "username":
                found[name] = check_username(check_str(name, value))
            case "status":
                found[name] = check_status(value, SETTABLE_STATUSES)
            case "roles":
                if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                    raise BadRequest("roles must be a list of role names, like ['viewer']")
                found[name] = check_roles(value)
            case _:
                found[name] = check_record_name(name, check_str(name, value))
    return found


def check_username(value: str) -> str:
    """A username: printable, without blanks and without `@`, which would make it look like an address."""
    name = check_record_name("username", value)
    if "@" in canonical(name) or any(mark.isspace() for mark in name):
        raise BadRequest("username holds an @ or a blank; an e-mail address goes into email")
    return name


def check_roles(names: Iterable[str]) -> tuple[str, ...]:
    """Bare role names, each once. Raises BadRequest."""
    found = tuple(dict.fromkeys(names))
    if len(found) > MAX_ROLES:
        raise BadRequest(f"more than {MAX_ROLES} roles; give roles that hold others")
    for name in found:
        if name.startswith("role:"):
            raise BadRequest(f"the role {name[:100]!r}: give the bare name of one, like viewer")
        check_name("a role's name", name)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which users a list has; None where it does not matter. `email_index` is the address's keyed hash."""

    tenant: str | None = None
    status: UserStatus | None = None
    username_key: str | None = None
    email_index: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role that a user holds directly: recorded, or by a row of policies/access.csv (`place` is FILE:LINE)."""

    role: str
    tenant: str
    source: str  # recorded, git
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPermission:
    """A permission VERB_TYPE of a user, and the rule that grants it."""

    permission: str
    rule: str | None
    place: str | None
