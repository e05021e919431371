"""Which endpoints record tenants, users, sessions and keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.domain.callers import Scope
from doorward.domain.record_names import ID_PATTERN
from doorward.web.api_keys import ApiKeyEndpoints
from doorward.web.encryption import EncryptionEndpoints
from doorward.web.endpoints import Answers, Endpoint, Handler, Parameter
from doorward.web.record_wire import (
    Authenticated,
    BegunSession,
    CodeBody,
    EncryptionRotation,
    EncryptionState,
    HeldRoleList,
    ImportResults,
    Introspection,
    KeyItem,
    KeyList,
    LoginBody,
    MadeKeyItem,
    NewKeyBody,
    NewTenantBody,
    NewUserBody,
    PasswordBody,
    PasswordValidity,
    PermissionList,
    RecoveryCodes,
    Revoked,
    RotatedSession,
    RotateKeyBody,
    SessionList,
    TenantChanges,
    TenantImport,
    TenantItem,
    TenantList,
    TokenBody,
    TotpEnrolment,
    UserChanges,
    UserImport,
    UserItem,
    UserList,
)
from doorward.web.sessions import SessionEndpoints
from doorward.web.tenants import TenantEndpoints
from doorward.web.user_secrets import UserSecretEndpoints
from doorward.web.users import UserEndpoints
from doorward.web.wire import ProblemDetails

_STATUS: Final = {"enum": ["active", "suspended"]}
_PAGES: Final = {
    "cursor": Parameter("`next` of the page before; left out for the first", {"pattern": ID_PATTERN}),
    "limit": Parameter("How many items at most; 100 where it is left out"),
}
_PURGE: Final = {
    "purge": Parameter(
        "`true`: take away all but the id, of what was deleted too, and free its names", {"enum": ["true", "false"]}
    )
}
_TENANT: Final = {"tenant": Parameter("The tenant; the user's own where it is left out")}
_MISSING: Final[Answers] = {404: ProblemDetails}
_CLASHES: Final[Answers] = {409: ProblemDetails, 422: ProblemDetails}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEndpoints:
    """The handlers, by what they are about."""

    tenants: TenantEndpoints
    users: UserEndpoints
    secrets: UserSecretEndpoints
    sessions: SessionEndpoints
    keys: ApiKeyEndpoints
    encryption: EncryptionEndpoints


def record_endpoints(handlers: RecordEndpoints) -> list[Endpoint]:
    """Tenants, users with what they prove themselves with, sessions, keys, encryption."""
    return [
        *_tenants(handlers.tenants),
        *_users(handlers.users, handlers.secrets, handlers.sessions),
        *_sessions(handlers.sessions),
        *_keys(handlers.keys),
        *_encryption(handlers.encryption),
    ]


def _tenants(tenants: TenantEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_TENANTS
    one = "/v1/tenants/{tenant}"
    filters = {
        "status": Parameter("Those of a status", _STATUS),
        "plan": Parameter("Those of a plan"),
        "domain": Parameter("The one that has a domain", {"examples": ["acme.com"]}),
    }
    return [
        _reading(
            scope, "/v1/tenants", "tenants_list", "The tenants, by id", tenants.list_all, TenantList, _PAGES | filters
        ),
        _reading(scope, one, "tenants_show", "One tenant", tenants.show, TenantItem, versioned=True),
        _changing(
            scope,
            ("POST", "/v1/tenants"),
            "tenants_create",
            "Record a tenant",
            tenants.create,
            {201: TenantItem},
            body=NewTenantBody,
        ),
        _changing(
            scope,
            ("POST", "/v1/tenants/import"),
            "tenants_import",
            "Record up to 500 tenants, each by itself",
            tenants.import_many,
            {200: ImportResults},
            body=TenantImport,
            patient=True,
        ),
        _changing(
            scope,
            ("PATCH", one),
            "tenants_update",
            "Change fields of a tenant",
            tenants.update,
            {200: TenantItem, **_MISSING},
            body=TenantChanges,
            versioned=True,
        ),
        _changing(
            scope,
            ("DELETE", one),
            "tenants_delete",
            "Delete a tenant, or purge it",
            tenants.delete,
            {204: None, **_MISSING},
            parameters=_PURGE,
            versioned=True,
        ),
    ]


def _users(users: UserEndpoints, secrets: UserSecretEndpoints, sessions: SessionEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_USERS
    one, role = "/v1/users/{user}", "/v1/users/{user}/roles/{role}"
    filters = {
        "tenant": Parameter("Those of a tenant"),
        "email": Parameter("The one that has an address"),
        "username": Parameter("Those of a name"),
        "status": Parameter("Those of a status", _STATUS),
    }
    return [
        _reading(scope, "/v1/users", "users_list", "The users, by id", users.list_all, UserList, _PAGES | filters),
        _reading(scope, one, "users_show", "One user", users.show, UserItem, versioned=True),
        _changing(
            scope,
            ("POST", "/v1/users"),
            "users_create",
            "Record a user",
            users.create,
            {201: UserItem},
            body=NewUserBody,
            patient=True,
        ),
        _changing(
            scope,
            ("POST", "/v1/users/import"),
            "users_import",
            "Record up to 500 users, each by itself",
            users.import_many,
            {200: ImportResults},
            body=UserImport,
            patient=True,
        ),
        _changing(
            Scope.ADMIN_SESSIONS,
            ("POST", "/v1/users/authenticate"),
            "users_authenticate",
            "Is somebody who they say? Without a session",
            sessions.authenticate,
            {200: Authenticated},
            body=LoginBody,
            patient=True,
        ),
        _changing(
            scope,
            ("PATCH", one),
            "users_update",
            "Change fields of a user",
            users.update,
            {200: UserItem, **_MISSING},
            body=UserChanges,
            versioned=True,
        ),
        _changing(
            scope,
            ("DELETE", one),
            "users_delete",
            "Delete a user, or purge one",
            users.delete,
            {204: None, **_MISSING},
            parameters=_PURGE,
            versioned=True,
        ),
        _reading(
            scope, one + "/roles", "users_roles", "The roles that a user holds directly", users.roles, HeldRoleList
        ),
        _changing(
            scope,
            ("PUT", role),
            "users_give_role",
            "Give a user a role",
            users.give_role,
            {204: None, **_MISSING},
            parameters=_TENANT,
        ),
        _changing(
            scope,
            ("DELETE", role),
            "users_take_role",
            "Take a recorded role away",
            users.take_role,
            {204: None, **_MISSING},
            parameters=_TENANT,
        ),
        _reading(
            scope,
            one + "/permissions",
            "users_permissions",
            "What a user may do on whole types, each with the rule that grants it",
            users.permissions,
            PermissionList,
            _TENANT,
            patient=True,
        ),
        *_user_secrets(secrets),
        _changing(
            scope,
            ("DELETE", one + "/sessions"),
            "users_revoke_sessions",
            "End every session of a user",
            sessions.revoke_all,
            {200: Revoked, **_MISSING},
        ),
    ]


def _user_secrets(secrets: UserSecretEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_USERS
    one = "/v1/users/{user}"
    return [
        _changing(
            scope,
            ("PUT", one + "/password"),
            "users_set_password",
            "Set a user's password, and end the user's sessions",
            secrets.set_password,
            {204: None, **_MISSING},
            body=PasswordBody,
            versioned=True,
            patient=True,
        ),
        _changing(
            scope,
            ("POST", one + "/totp"),
            "users_enrol_totp",
            "Make a shared secret for one-time codes",
            secrets.enrol,
            {201: TotpEnrolment, **_MISSING},
        ),
        _changing(
            scope,
            ("POST", one + "/totp/confirm"),
            "users_confirm_totp",
            "Confirm a shared secret by a code of it",
            secrets.confirm,
            {200: RecoveryCodes, **_MISSING},
            body=CodeBody,
        ),
        _changing(
            scope,
            ("DELETE", one + "/totp"),
            "users_remove_totp",
            "Take one-time codes and recovery codes away",
            secrets.remove,
            {204: None, **_MISSING},
        ),
        _changing(
            scope,
            ("POST", one + "/recovery-codes"),
            "users_renew_recovery",
            "Replace the recovery codes",
            secrets.renew_recovery,
            {200: RecoveryCodes, **_MISSING},
        ),
        _changing(
            scope,
            ("POST", one + "/unlock"),
            "users_unlock",
            "End a lockout",
            secrets.unlock,
            {204: None, **_MISSING},
        ),
        Endpoint(
            method="POST",
            path="/v1/security/validate-password",
            name="validate_password",
            summary="Does the security policy accept a password? All reasons at once",
            handler=secrets.validate,
            scope=Scope.ADMIN_USERS,
            body=PasswordBody,
            answers={200: PasswordValidity},
            from_policy=True,
        ),
    ]


def _sessions(sessions: SessionEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_SESSIONS
    return [
        _reading(
            scope,
            "/v1/sessions",
            "sessions_list",
            "The live sessions, by id",
            sessions.list_all,
            SessionList,
            _PAGES | {"user": Parameter("Those of a user")},
        ),
        _changing(
            scope,
            ("POST", "/v1/sessions"),
            "sessions_begin",
            "Log somebody in",
            sessions.begin,
            {201: BegunSession},
            body=LoginBody,
            patient=True,
        ),
        _changing(
            scope,
            ("POST", "/v1/sessions/introspect"),
            "sessions_introspect",
            "What a session's token stands for",
            sessions.introspect,
            {200: Introspection},
            body=TokenBody,
            once=False,
        ),
        _changing(
            scope,
            ("POST", "/v1/sessions/rotate"),
            "sessions_rotate",
            "Give a session another token; the one before ends",
            sessions.rotate,
            {200: RotatedSession, **_MISSING},
            body=TokenBody,
        ),
        _changing(
            scope,
            ("POST", "/v1/sessions/revoke"),
            "sessions_revoke_token",
            "End the session of a token",
            sessions.revoke_token,
            {200: Revoked},
            body=TokenBody,
        ),
        _changing(
            scope,
            ("DELETE", "/v1/sessions/{session}"),
            "sessions_revoke",
            "End a session",
            sessions.revoke,
            {204: None, **_MISSING},
        ),
    ]


def _keys(keys: ApiKeyEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_KEYS
    one = "/v1/keys/{key}"
    return [
        _reading(scope, "/v1/keys", "keys_list", "The API keys, by id", keys.list_all, KeyList, _PAGES),
        _reading(scope, one, "keys_show", "One API key", keys.show, KeyItem, versioned=True),
        _changing(
            scope,
            ("POST", "/v1/keys"),
            "keys_create",
            "Make an API key",
            keys.create,
            {201: MadeKeyItem},
            body=NewKeyBody,
        ),
        _changing(
            scope,
            ("POST", one + "/rotate"),
            "keys_rotate",
            "Give a key another secret; the one before counts for some time",
            keys.rotate,
            {201: MadeKeyItem, **_MISSING},
            body=RotateKeyBody,
            versioned=True,
        ),
        _changing(
            scope,
            ("DELETE", one),
            "keys_revoke",
            "End an API key",
            keys.revoke,
            {204: None, **_MISSING},
            versioned=True,
        ),
    ]


def _encryption(encryption: EncryptionEndpoints) -> list[Endpoint]:
    scope = Scope.ADMIN_KEYS
    return [
        _reading(scope, "/v1/encryption", "encryption_show", "Which key seals now", encryption.show, EncryptionState),
        _changing(
            scope,
            ("POST", "/v1/encryption/rotate"),
            "encryption_rotate",
            "Make a new key, or seal up to 500 users' values anew; call it until nothing remains",
            encryption.rotate,
            {200: EncryptionRotation},
            patient=True,
        ),
    ]


def _reading(  # noqa: PLR0913, PLR0917 - the columns of the table
    scope: Scope,
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    answer: type,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    versioned: bool = False,
    patient: bool = False,
) -> Endpoint:
    answers: Answers = {200: answer, **(_MISSING if "{" in path else {})}
    return Endpoint(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=scope,
        answers=answers,
        parameters=parameters or {},
        versioned=versioned,
        patient=patient,
        recorded=True,
    )


def _changing(  # noqa: PLR0913, PLR0917 - the columns of the table
    scope: Scope,
    route: tuple[str, str],
    name: str,
    summary: str,
    handler: Handler,
    answers: Answers,
    *,
    body: type | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    versioned: bool = False,
    patient: bool = False,
    once: bool = True,
) -> Endpoint:
    method, path = route
    stale: Answers = {412: ProblemDetails} if versioned else {}
    return Endpoint(
        method=method,
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=scope,
        answers={**answers, **_CLASHES, **stale},
        body=body,
        parameters=parameters or {},
        versioned=versioned,
        patient=patient,
        once=once,
        recorded=True,
    )
