"""The types of the wire for what is recorded: tenants, users, sessions, keys."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.imports import MOST_AT_ONCE
from doorward.domain.record_names import ID_PATTERN, MAX_EMAIL, MAX_RECORD_NAME
from doorward.domain.tenants import MAX_SETTINGS_BYTES
from doorward.services.api_keys import LONGEST_OVERLAP_SECONDS
from doorward.web.http import iso_time

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
_TIME = Meta(description="RFC 3339", extra_json_schema={"format": "date-time"})
Settings = Annotated[dict[str, Any], _SETTINGS]
MAX_USER_AGENT: Final = 500


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

    `limits` are its plan's too, but for overrides of its own; of one that is counted in several ways, the smallest.
    """

    id: str
    name: str
    domain: str | None
    plan: str
    status: Annotated[str, _STATUS]
    settings: dict[str, Any]
    limits: dict[str, int | str]
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


class PasswordBody(Struct, forbid_unknown_fields=True):
    """A password."""

    password: Annotated[str, _SECRET]


class PasswordValidity(Struct):
    """Whether the security policy accepts a password, and all reasons why not."""

    valid: bool
    errors: list[str]


class HeldRoleItem(Struct):
    """A role that a user holds directly, and where it comes from; `place` is FILE:LINE of a row in git."""

    role: str
    tenant: str
    source: Annotated[str, Meta(extra_json_schema={"enum": ["recorded", "git"]})]
    place: str | None


class HeldRoleList(Struct):
    """Every role that a user holds directly."""

    items: list[HeldRoleItem]
    next: str | None


class PermissionItem(Struct):
    """A permission VERB_TYPE, and the rule that grants it."""

    permission: str
    rule: str | None
    place: str | None


class PermissionList(Struct):
    """Every permission of a user in a tenant."""

    items: list[PermissionItem]
    next: str | None


class TotpEnrolment(Struct):
    """A shared secret for one-time codes; it counts once a code of it is confirmed."""

    secret: Annotated[str, _SECRET]
    uri: Annotated[str, _SECRET]


class CodeBody(Struct, forbid_unknown_fields=True):
    """A one-time code."""

    code: str


class RecoveryCodes(Struct):
    """Codes that work once each."""

    recovery_codes: list[str]


class Revoked(Struct):
    """How many sessions were ended."""

    revoked: int


class LoginBody(Struct, forbid_unknown_fields=True):
    """What somebody gives to log in: an e-mail address, or a username and its tenant.

    `address` is the network address of the person, not of the host.
    """

    password: Annotated[str, _SECRET]
    email: str | None = None
    username: str | None = None
    tenant_id: str | None = None
    code: str | None = None
    address: Annotated[str, Meta(max_length=64)] | None = None
    user_agent: Annotated[str, Meta(max_length=MAX_USER_AGENT)] | None = None


class Authenticated(Struct):
    """Whether somebody is who they say. `code_needed`: the password is right, and a one-time code is needed too."""

    authenticated: bool
    code_needed: bool
    user: UserItem | None


class SessionItem(Struct):
    """A session; `expires_at` is when it ends if nobody uses it any more."""

    id: str
    user_id: str
    tenant_id: str
    created_at: str
    last_seen_at: str
    expires_at: str
    revoked_at: str | None
    mfa: bool
    address: str
    user_agent: str


class BegunSession(Struct):
    """A session that was begun."""

    token: Annotated[str, _SECRET]
    session: SessionItem
    user: UserItem


class RotatedSession(Struct):
    """A session with another token."""

    token: Annotated[str, _SECRET]
    session: SessionItem


class TokenBody(Struct, forbid_unknown_fields=True):
    """The token of a session."""

    token: Annotated[str, Meta(max_length=1024)]


class Introspection(Struct):
    """What a token stands for; nothing where it is not active."""

    active: bool
    session: SessionItem | None
    user: UserItem | None


class SessionList(Struct):
    """Some live sessions, by id."""

    items: list[SessionItem]
    next: str | None


class NewKeyBody(Struct, forbid_unknown_fields=True):
    """A key to be made."""

    name: Annotated[str, _NAME]
    scopes: list[str]
    tenant_id: str | None = None
    expires_at: Annotated[str, _TIME] | None = None


class KeySecretItem(Struct):
    """One secret of a key, by its beginning."""

    prefix: str
    created_at: str
    expires_at: str | None


class KeyItem(Struct):
    """A key without its secrets."""

    id: str
    name: str
    scopes: list[str]
    tenant_id: str | None
    secrets: list[KeySecretItem]
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    created_at: str
    version: int


class MadeKeyItem(KeyItem):
    """A key with its secret."""

    key: Annotated[str, _SECRET] = ""


class KeyList(Struct):
    """Some keys, by id."""

    items: list[KeyItem]
    next: str | None


class RotateKeyBody(Struct, forbid_unknown_fields=True):
    """How long the secret before goes on to count."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP_SECONDS)] = 86_400


class EncryptionState(Struct):
    """Which key seals now, since when, how many there are, and how many users hold values that older ones sealed."""

    key_id: str
    created_at: str
    keys: int
    sealed_with_others: int


class EncryptionRotation(Struct):
    """How far a rotation came; call again until nothing remains."""

    key_id: str
    resealed: int
    remaining: int


def time_of(microseconds: int) -> str:
    """A time as the wire shows it."""
    return iso_time(microseconds / 1_000_000)


def time_or_null(microseconds: int) -> str | None:
    """A time as the wire shows it, null for never."""
    return time_of(microseconds) if microseconds else None
