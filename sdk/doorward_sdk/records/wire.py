"""Tenants, users, sessions and keys from the wire. Each function raises MalformedAnswer for anything else."""

from __future__ import annotations

from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.records.recorded import (
    ApiKey,
    Authentication,
    EncryptionRotation,
    EncryptionStatus,
    GivenRole,
    HeldPermission,
    HeldRole,
    ImportResult,
    Introspection,
    KeySecret,
    NewApiKey,
    NewSession,
    PasswordVerdict,
    RotatedSession,
    Session,
    Tenant,
    TotpEnrolment,
    UnopenedValue,
    User,
)
from doorward_sdk.wire.members import (
    flag_in,
    limits_in,
    list_in,
    members_of,
    number_in,
    object_or_none_in,
    text_in,
    text_or_none_in,
    texts_in,
    time_in,
    time_or_none_in,
)


def tenant_of(value: object) -> Tenant:
    """A tenant."""
    told = members_of(value)
    limits = members_of(told.get("limits"))
    return Tenant(
        id=text_in(told, "id"),
        name=text_in(told, "name"),
        domain=text_in(told, "domain"),
        plan=text_in(told, "plan"),
        status=text_in(told, "status"),
        settings=dict(members_of(told.get("settings"))),
        limits={name: limits_in(limits, name) for name in limits},
        features=texts_in(told, "features"),
        created_at=time_in(told, "created_at"),
        updated_at=time_in(told, "updated_at"),
        version=number_in(told, "version"),
    )


def user_of(value: object) -> User:
    """A user."""
    told = members_of(value)
    return User(
        id=text_in(told, "id"),
        tenant_id=text_in(told, "tenant_id"),
        email=text_in(told, "email"),
        username=text_in(told, "username"),
        first_name=text_in(told, "first_name"),
        last_name=text_in(told, "last_name"),
        status=text_in(told, "status"),
        roles=tuple(map(_given_role, list_in(told, "roles"))),
        has_password=flag_in(told, "has_password"),
        has_totp=flag_in(told, "has_totp"),
        failed_logins=number_in(told, "failed_logins"),
        locked_until=time_or_none_in(told, "locked_until"),
        password_changed_at=time_or_none_in(told, "password_changed_at"),
        created_at=time_in(told, "created_at"),
        updated_at=time_in(told, "updated_at"),
        version=number_in(told, "version"),
    )


def held_role_of(value: object) -> HeldRole:
    """A role that a user holds."""
    told = members_of(value)
    return HeldRole(
        text_in(told, "role"), text_in(told, "tenant"), text_in(told, "source"), text_or_none_in(told, "place")
    )


def held_permission_of(value: object) -> HeldPermission:
    """A permission of a user."""
    told = members_of(value)
    return HeldPermission(text_in(told, "permission"), text_or_none_in(told, "rule"), text_or_none_in(told, "place"))


def authentication_of(value: object) -> Authentication:
    """What a login came to. Without a user it is no success."""
    told = members_of(value)
    authenticated, user = flag_in(told, "authenticated"), object_or_none_in(told, "user", user_of)
    if authenticated and user is None:
        raise MalformedAnswer("the answer authenticates nobody")
    return Authentication(authenticated, flag_in(told, "code_needed"), user)


def enrolment_of(value: object) -> TotpEnrolment:
    """A secret for one-time codes."""
    told = members_of(value)
    return TotpEnrolment(secret=text_in(told, "secret"), uri=text_in(told, "uri"))


def recovery_codes_of(value: object) -> tuple[str, ...]:
    """Recovery codes."""
    return texts_in(members_of(value), "recovery_codes")


def import_results_of(value: object, count: int) -> tuple[ImportResult, ...]:
    """What became of `count` items, in their order."""
    results = list_in(members_of(value), "results")
    if len(results) != count:
        raise MalformedAnswer(f"the answer does not hold {count} results")
    return tuple(map(_import_result, results))


def verdict_of(value: object) -> PasswordVerdict:
    """Whether a password may be used."""
    told = members_of(value)
    return PasswordVerdict(flag_in(told, "valid"), texts_in(told, "errors"))


def session_of(value: object) -> Session:
    """A session."""
    told = members_of(value)
    return Session(
        id=text_in(told, "id"),
        user_id=text_in(told, "user_id"),
        tenant_id=text_in(told, "tenant_id"),
        created_at=time_in(told, "created_at"),
        last_seen_at=time_in(told, "last_seen_at"),
        expires_at=time_in(told, "expires_at"),
        revoked_at=time_or_none_in(told, "revoked_at"),
        mfa=flag_in(told, "mfa"),
        address=text_or_none_in(told, "address"),
        user_agent=text_or_none_in(told, "user_agent"),
    )


def new_session_of(value: object) -> NewSession:
    """A session that was begun."""
    told = members_of(value)
    return NewSession(text_in(told, "token"), session_of(told.get("session")), user_of(told.get("user")))


def rotated_session_of(value: object) -> RotatedSession:
    """A session with a new token."""
    told = members_of(value)
    return RotatedSession(text_in(told, "token"), session_of(told.get("session")))


def introspection_of(value: object) -> Introspection:
    """Whether a token counts. Without a session and a user it does not."""
    told = members_of(value)
    active = flag_in(told, "active")
    session, user = object_or_none_in(told, "session", session_of), object_or_none_in(told, "user", user_of)
    if active and (session is None or user is None):
        raise MalformedAnswer("the answer says active, and not whose session it is")
    return Introspection(active, session, user)


def revoked_of(value: object) -> int:
    """How many sessions were ended."""
    return number_in(members_of(value), "revoked")


def key_of(value: object) -> ApiKey:
    """An API key."""
    told = members_of(value)
    return ApiKey(
        id=text_in(told, "id"),
        name=text_in(told, "name"),
        scopes=texts_in(told, "scopes"),
        tenant_id=text_or_none_in(told, "tenant_id"),
        secrets=tuple(map(_key_secret, list_in(told, "secrets"))),
        expires_at=time_or_none_in(told, "expires_at"),
        revoked_at=time_or_none_in(told, "revoked_at"),
        last_used_at=time_or_none_in(told, "last_used_at"),
        created_at=time_in(told, "created_at"),
        version=number_in(told, "version"),
    )


def new_key_of(value: object) -> NewApiKey:
    """A key with its secret."""
    return NewApiKey(key=text_in(members_of(value), "key"), item=key_of(value))


def encryption_status_of(value: object) -> EncryptionStatus:
    """The key that seals."""
    told = members_of(value)
    return EncryptionStatus(
        key_id=text_in(told, "key_id"),
        created_at=time_in(told, "created_at"),
        keys=number_in(told, "keys"),
        sealed_with_others=number_in(told, "sealed_with_others"),
    )


def encryption_rotation_of(value: object) -> EncryptionRotation:
    """A step of a rotation."""
    told = members_of(value)
    return EncryptionRotation(
        key_id=text_in(told, "key_id"),
        resealed=number_in(told, "resealed"),
        remaining=number_in(told, "remaining"),
        unopened=tuple(_unopened(one) for one in list_in(told, "unopened")),
        next=text_or_none_in(told, "next"),
    )


def _unopened(value: object) -> UnopenedValue:
    told = members_of(value)
    return UnopenedValue(text_in(told, "user_id"), text_in(told, "value"), text_in(told, "detail"))


def _given_role(value: object) -> GivenRole:
    told = members_of(value)
    return GivenRole(text_in(told, "role"), text_in(told, "tenant"))


def _key_secret(value: object) -> KeySecret:
    told = members_of(value)
    return KeySecret(text_in(told, "prefix"), time_in(told, "created_at"), time_or_none_in(told, "expires_at"))


def _import_result(value: object) -> ImportResult:
    told = members_of(value)
    return ImportResult(text_or_none_in(told, "id"), text_in(told, "status"), text_or_none_in(told, "detail"))
