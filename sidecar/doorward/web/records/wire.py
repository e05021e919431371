"""The types of the wire for what is recorded: tenants, users, sessions, keys."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.imports import MOST_AT_ONCE
from doorward.domain.record_names import ID_PATTERN, MAX_EMAIL, MAX_RECORD_NAME
from doorward.domain.tenants import MAX_SETTINGS_BYTES

# The domain checks ids and names; here they are only described.
_ID = Meta(
    description="of the host's choosing; a UUIDv7 where it is left out", extra_json_schema={"pattern": ID_PATTERN}
)
_NAME = Meta(description="printable text", extra_json_schema={"minLength": 1, "maxLength": MAX_RECORD_NAME})
_DOMAIN = Meta(description="a domain name", extra_json_schema={"examples": ["acme.com"], "maxLength": 253})
_EMAIL = Meta(description="an e-mail address", extra_json_schema={"maxLength": MAX_EMAIL, "examples": ["ann@acme.com"]})
_SETTINGS = Meta(description=f"of the host's choosing; {MAX_SETTINGS_BYTES} bytes at most")
_ROLES = Meta(description="bare names of roles that the policy declares, in the user's own tenant")
_SECRET = Meta(description="never shown again, and kept nowhere in clear")
_STATUS = Meta(extra_json_schema={"enum": ["active", "suspended"]})
Settings = Annotated[dict[str, Any], _SETTINGS]


class NewTenantBody(Struct, forbid_unknown_fields=True):
    """A tenant to be recorded."""

    name: Annotated[str, _NAME]
    domain: Annotated[str, _DOMAIN]
    id: Annotated[str, _ID] | None = None
    plan: str | None = None
    settings: Settings | None = None


class TenantChanges(Struct, forbid_unknown_fields=True):
    """Fields of a tenant that may be changed; those left out stay as they are."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    domain: Annotated[str, _DOMAIN] | UnsetType = UNSET
    plan: str | UnsetType = UNSET
    status: Annotated[str, _STATUS] | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET


class TenantItem(Struct):
    """A tenant; `features` are its plan's, none where the policy declares no such plan.

    `limits` are its plan's too, but for overrides of its own; of one counted in several ways an amount per each.
    """

    id: str
    name: str
    domain: str | None
    plan: str
    status: Annotated[str, _STATUS]
    settings: dict[str, Any]
    limits: dict[str, int | str | dict[str, int | str]]
    features: list[str]
    created_at: str
    updated_at: str
    version: int


class TenantList(Struct):
    """Some tenants, by id."""

    items: list[TenantItem]
    next: str | None


class NewUserBody(Struct, forbid_unknown_fields=True):
    """A user to be recorded; `password_hash` is an Argon2id hash in PHC form, to bring one from elsewhere."""

    tenant_id: str
    email: Annotated[str, _EMAIL]
    username: Annotated[str, _NAME]
    first_name: Annotated[str, _NAME]
    last_name: Annotated[str, _NAME]
    id: Annotated[str, _ID] | None = None
    roles: Annotated[list[str], _ROLES] = []
    password: Annotated[str, _SECRET] | None = None
    password_hash: Annotated[str, _SECRET] | None = None


class UserChanges(Struct, forbid_unknown_fields=True):
    """Fields of a user that may be changed; those left out stay as they are."""

    email: Annotated[str, _EMAIL] | UnsetType = UNSET
    username: Annotated[str, _NAME] | UnsetType = UNSET
    first_name: Annotated[str, _NAME] | UnsetType = UNSET
    last_name: Annotated[str, _NAME] | UnsetType = UNSET
    status: Annotated[str, _STATUS] | UnsetType = UNSET
    roles: Annotated[list[str], _ROLES] | UnsetType = UNSET


class RoleGrant(Struct):
    """A recorded role, by its bare name, and the tenant that it is given in (`*`: every one)."""

    role: str
    tenant: str


class UserItem(Struct):
    """A user. `roles` are the recorded ones; `failed_logins` the tries since the last success."""

    id: str
    tenant_id: str
    email: str
    username: str
    first_name: str
    last_name: str
    status: Annotated[str, _STATUS]
    roles: list[RoleGrant]
    has_password: bool
    has_totp: bool
    failed_logins: int
    locked_until: str | None
    password_changed_at: str | None
    created_at: str
    updated_at: str
    version: int


class UserList(Struct):
    """Some users, by id."""

    items: list[UserItem]
    next: str | None


class TenantImport(Struct, forbid_unknown_fields=True):
    """Tenants to be recorded, each by itself."""

    items: Annotated[list[dict[str, Any]], Meta(max_length=MOST_AT_ONCE)]
    dry_run: bool = False


class UserImport(Struct, forbid_unknown_fields=True):
    """Users to be recorded, each by itself."""

    items: Annotated[list[dict[str, Any]], Meta(max_length=MOST_AT_ONCE)]
    dry_run: bool = False


class ImportResult(Struct):
    """What became of one: created, exists (its id does, nothing was changed), or invalid and why."""

    id: str | None
    status: Annotated[str, Meta(extra_json_schema={"enum": ["created", "exists", "invalid"]})]
    detail: str | None


class ImportResults(Struct):
    """What became of each, in order."""

    results: list[ImportResult]
