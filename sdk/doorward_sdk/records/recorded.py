"""What a sidecar records, as a caller gets it: tenants, users, sessions, keys. Nothing here knows the wire.

Times are aware and in UTC; None means never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Union

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Limit = Union[int, Literal["unlimited"]]
    Limits = Union[Limit, Mapping[str, Limit]]


@dataclass(frozen=True)
class Tenant:
    """A tenant.

    Attributes:
        id: what `dom` of a question names.
        name: what people call it.
        domain: the domain that is its own.
        plan: the name of its plan.
        status: `active` or `suspended`.
        settings: whatever the host keeps with it.
        limits: how much it may have, by the limit's name: a number or `unlimited`; of one that is counted in several
            ways one of these per each, like `{"hour": 1000, "day": 9000}`.
        features: the names of the features that its plan includes.
        version: grows with each change; what `if_match` names.
    """

    id: str
    name: str
    domain: str
    plan: str
    status: str
    settings: Mapping[str, object]
    limits: Mapping[str, Limits]
    features: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True)
class GivenRole:
    """A role that a user was given, and in which tenant (`*`: in all)."""

    role: str
    tenant: str


@dataclass(frozen=True)
class HeldRole:
    """A role that a user holds.

    Attributes:
        role: its name.
        tenant: in which tenant (`*`: in all).
        source: `recorded`, or `git` where the policy gives it.
        place: the file and line of the policy that gives it.
    """

    role: str
    tenant: str
    source: str
    place: str | None


@dataclass(frozen=True)
class HeldPermission:
    """A permission VERB_TYPE of a user, and the rule that it comes from with its file and line."""

    permission: str
    rule: str | None
    place: str | None


@dataclass(frozen=True)
class User:
    """A user.

    Attributes:
        id: `user:ID` is the subject of questions.
        tenant_id: the tenant that it belongs to.
        email: unique in the deployment.
        username: unique in its tenant.
        first_name: as given.
        last_name: as given.
        status: `active` or `suspended`.
        roles: the roles that are recorded; the policy may give more, see `client.users.roles`.
        has_password: whether it can log in with one.
        has_totp: whether a one-time code is asked too.
        failed_logins: since the last that succeeded.
        locked_until: when a lockout ends.
        password_changed_at: when the password was set last.
        version: grows with each change; what `if_match` names.
    """

    id: str
    tenant_id: str
    email: str
    username: str
    first_name: str
    last_name: str
    status: str
    roles: tuple[GivenRole, ...]
    has_password: bool
    has_totp: bool
    failed_logins: int
    locked_until: datetime | None
    password_changed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True)
class Authentication:
    """Whether a login is right; true exactly when it is.

    Attributes:
        authenticated: whether it is.
        code_needed: the password was right; a one-time code is wanted too.
        user: who logged in.
    """

    authenticated: bool
    code_needed: bool
    user: User | None

    def __bool__(self) -> bool:
        """Whether the login is right."""
        return self.authenticated


@dataclass(frozen=True)
class TotpEnrolment:
    """A secret for one-time codes, to be confirmed by a first code; `uri` is what a QR code shows."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class ImportResult:
    """What became of one imported item.

    Attributes:
        id: the id of what was made or is there.
        status: `created`, `exists` or `invalid`.
        detail: what is wrong with it.
    """

    id: str | None
    status: str
    detail: str | None


@dataclass(frozen=True)
class PasswordVerdict:
    """Whether a password is what the security policy asks for; true exactly when it is. `errors` say all it lacks."""

    valid: bool
    errors: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether the password may be used."""
        return self.valid


@dataclass(frozen=True)
class Session:
    """A session of a user.

    Attributes:
        id: names it to people; it is not the token.
        last_seen_at: when its token was last used.
        expires_at: when it ends unless it is used: its idle or its absolute end, the nearer.
        revoked_at: when somebody ended it.
        mfa: whether a one-time code was given.
        address: where the login came from, as the host told.
        user_agent: what it came from, as the host told.
    """

    id: str
    user_id: str
    tenant_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    mfa: bool
    address: str | None
    user_agent: str | None


@dataclass(frozen=True)
class NewSession:
    """A session that was begun; `token` is shown this once."""

    token: str = field(repr=False)
    session: Session
    user: User


@dataclass(frozen=True)
class RotatedSession:
    """A session whose token was replaced; the old one counts no more, the new one is shown this once."""

    token: str = field(repr=False)
    session: Session


@dataclass(frozen=True)
class Introspection:
    """Whether a session's token counts; true exactly when it does. Then it says whose session it is."""

    active: bool
    session: Session | None
    user: User | None

    def __bool__(self) -> bool:
        """Whether the token counts."""
        return self.active


@dataclass(frozen=True)
class KeySecret:
    """A secret of a key as people may see it: how it begins, since when and until when it counts."""

    prefix: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class ApiKey:
    """An API key without its secret.

    Attributes:
        id: names it to people.
        name: what it is for.
        scopes: what it may be used for.
        tenant_id: the tenant that it is bound to.
        secrets: those that count; two while it is rotated.
        expires_at: when it ends.
        revoked_at: when somebody ended it.
        last_used_at: about when it was last used.
        version: grows with each change; what `if_match` names.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    tenant_id: str | None
    secrets: tuple[KeySecret, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True)
class NewApiKey:
    """A key that was made or rotated; `key` is shown this once, `item` is what lists show."""

    key: str = field(repr=False)
    item: ApiKey


@dataclass(frozen=True)
class EncryptionStatus:
    """The key that seals what is recorded.

    Attributes:
        key_id: its id.
        created_at: when it was made.
        keys: how many there are, with those that only open.
        sealed_with_others: how many values an older key has sealed.
    """

    key_id: str
    created_at: datetime
    keys: int
    sealed_with_others: int


@dataclass(frozen=True)
class UnopenedValue:
    """A value that no key opens.

    Attributes:
        user_id: whose it is.
        value: `email` or `totp`.
        detail: what is wrong, and what to do.
    """

    user_id: str
    value: str
    detail: str


@dataclass(frozen=True)
class EncryptionRotation:
    """A step of a rotation.

    Attributes:
        key_id: the key that seals now.
        resealed: how many users' values were sealed again with it.
        remaining: how many users wait after these.
        unopened: values that do not open, which are left as they are.
        next: give it to the next call; None where nothing remains.
    """

    key_id: str
    resealed: int
    remaining: int
    unopened: tuple[UnopenedValue, ...] = ()
    next: str | None = None
