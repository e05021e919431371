"""Endpoints of users, their roles and their sessions."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.record_rows import MISSING, PAGES, PURGE, STATUS, TENANT, changing, reading
from doorward.web.records.secret_wire import HeldRoleList, PermissionList, Revoked
from doorward.web.records.session_wire import Authenticated, LoginBody
from doorward.web.records.sessions import SessionEndpoints
from doorward.web.records.user_secret_routes import user_secrets_rows
from doorward.web.records.user_secrets import UserSecretEndpoints
from doorward.web.records.users import UserEndpoints
from doorward.web.records.wire import ImportResults, NewUserBody, UserChanges, UserImport, UserItem, UserList


def users_rows(users: UserEndpoints, secrets: UserSecretEndpoints, sessions: SessionEndpoints) -> list[Endpoint]:
    """The users with their roles, permissions and sessions."""
    scope = Scope.ADMIN_USERS
    one, role = "/v1/users/{user}", "/v1/users/{user}/roles/{role}"
    filters = {
        "tenant": Parameter("Those of a tenant"),
        "email": Parameter("The one that has an address"),
        "username": Parameter("Those of a name"),
        "status": Parameter("Those of a status", STATUS),
    }
    return [
        reading(scope, "/v1/users", "users_list", "The users, by id", users.list_all, UserList, PAGES | filters),
        reading(scope, one, "users_show", "One user", users.show, UserItem, versioned=True),
        changing(
            scope,
            ("POST", "/v1/users"),
            "users_create",
            "Record a user",
            users.create,
            {201: UserItem},
            body=NewUserBody,
            patient=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/users/import"),
            "users_import",
            "Record up to 500 users, each by itself",
            users.import_many,
            {200: ImportResults},
            body=UserImport,
            patient=True,
            from_policy=True,
        ),
        changing(
            Scope.ADMIN_SESSIONS,
            ("POST", "/v1/users/authenticate"),
            "users_authenticate",
            "Is somebody who they say? Without a session",
            sessions.authenticate,
            {200: Authenticated},
            body=LoginBody,
            patient=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("PATCH", one),
            "users_update",
            "Change fields of a user",
            users.update,
            {200: UserItem, **MISSING},
            body=UserChanges,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("DELETE", one),
            "users_delete",
            "Delete a user, or purge one",
            users.delete,
            {204: None, **MISSING},
            parameters=PURGE,
            versioned=True,
        ),
        reading(
            scope,
            one + "/roles",
            "users_roles",
            "The roles that a user holds directly",
            users.roles,
            HeldRoleList,
            from_policy=True,
        ),
        changing(
            scope,
            ("PUT", role),
            "users_give_role",
            "Give a user a role",
            users.give_role,
            {204: None, **MISSING},
            parameters=TENANT,
            from_policy=True,
        ),
        changing(
            scope,
            ("DELETE", role),
            "users_take_role",
            "Take a recorded role away",
            users.take_role,
            {204: None, **MISSING},
            parameters=TENANT,
            from_policy=True,
        ),
        reading(
            scope,
            one + "/permissions",
            "users_permissions",
            "What a user may do on whole types, each with the rule that grants it",
            users.permissions,
            PermissionList,
            TENANT,
            patient=True,
            from_policy=True,
            from_facts=True,
        ),
        *user_secrets_rows(secrets),
        changing(
            scope,
            ("DELETE", one + "/sessions"),
            "users_revoke_sessions",
            "End every session of a user",
            sessions.revoke_all,
            {200: Revoked, **MISSING},
        ),
    ]
