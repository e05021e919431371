"""Users over HTTP, and their roles and permissions."""

from typing import Any

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, DoorwardError
from doorward.domain.users import SETTABLE_STATUSES, NewUser, UserStatus, checked_changes
from doorward.services.user_directory import ShownUser
from doorward.services.user_roles import UserRoleService
from doorward.services.users import UserService
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import (
    actor_of,
    change,
    flag,
    id_page,
    item_response,
    no_content,
    read_id_page,
    wanted_versions,
)
from doorward.web.records.imports import import_response
from doorward.web.records.secret_wire import HeldRoleItem, HeldRoleList, PermissionItem, PermissionList
from doorward.web.records.wire import NewUserBody, RoleGrant, UserImport, UserItem, UserList
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of, time_or_null
from doorward.web.wire import to_body


class UserEndpoints:
    """/v1/users, /v1/users/{user}, and roles and permissions below."""

    def __init__(self, users: UserService, roles: UserRoleService) -> None:
        self._users = users
        self._roles = roles

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some users."""
        after, count, given = read_id_page(request, ("tenant", "email", "username", "status"))
        found = self._users.page(
            actor_of(request, caller),
            tenant=given.get("tenant"),
            email=given.get("email"),
            username=given.get("username"),
            status=_status(given.get("status")),
            after=after,
            count=count + 1,
        )
        page, following = id_page(found, count, lambda one: one.user.id)
        return json_response(200, UserList(items=[user_item(one) for one in page], next=following))

    def show(self, request: Request, caller: Caller) -> Response:
        """One user."""
        read_query(request, ())
        return _answer(200, self._users.find(actor_of(request, caller), request.parameters["user"]))

    def create(self, request: Request, caller: Caller) -> Response:
        """Record a user."""
        read_query(request, ())
        new = _new(decode_object(request.body))
        return change(
            "users_create",
            request,
            caller,
            lambda actor: self._users.create(actor, new),
            lambda made: _answer(201, made),
        )

    def import_many(self, request: Request, caller: Caller) -> Response:
        """Record several users."""
        read_query(request, ())
        body = to_body(decode_object(request.body), UserImport)
        given = [_new_or_fault(one) for one in body.items]
        return change(
            "users_import",
            request,
            caller,
            lambda actor: self._users.add_many(actor, given, dry_run=body.dry_run),
            import_response,
        )

    def update(self, request: Request, caller: Caller) -> Response:
        """Change fields of a user."""
        read_query(request, ())
        fields = checked_changes(decode_object(request.body))
        wanted = wanted_versions(request)
        return change(
            "users_update",
            request,
            caller,
            lambda actor: self._users.update(actor, request.parameters["user"], fields, wanted),
            lambda changed: _answer(200, changed),
        )

    def delete(self, request: Request, caller: Caller) -> Response:
        """Delete a user, or purge one."""
        purge = flag(read_query(request, ("purge",)), "purge")
        wanted = wanted_versions(request)
        act = self._users.purge if purge else self._users.delete
        return change(
            "users_delete", request, caller, lambda actor: act(actor, request.parameters["user"], wanted), no_content
        )

    def roles(self, request: Request, caller: Caller) -> Response:
        """The roles that a user holds directly."""
        read_query(request, ())
        found = self._roles.roles(actor_of(request, caller), request.parameters["user"])
        items = [HeldRoleItem(role=one.role, tenant=one.tenant, source=one.source, place=one.place) for one in found]
        return json_response(200, HeldRoleList(items=items, next=None))

    def give_role(self, request: Request, caller: Caller) -> Response:
        """Give a user a role."""
        tenant = read_query(request, ("tenant",)).get("tenant")
        user, role = request.parameters["user"], request.parameters["role"]
        return change(
            "users_give_role", request, caller, lambda actor: self._roles.give(actor, user, role, tenant), no_content
        )

    def take_role(self, request: Request, caller: Caller) -> Response:
        """Take a role away."""
        tenant = read_query(request, ("tenant",)).get("tenant")
        user, role = request.parameters["user"], request.parameters["role"]
        return change(
            "users_take_role", request, caller, lambda actor: self._roles.take(actor, user, role, tenant), no_content
        )

    def permissions(self, request: Request, caller: Caller) -> Response:
        """What a user may do on whole types."""
        tenant = read_query(request, ("tenant",)).get("tenant")
        found = self._roles.permissions(actor_of(request, caller), request.parameters["user"], tenant)
        items = [PermissionItem(permission=one.permission, rule=one.rule, place=one.place) for one in found]
        return json_response(200, PermissionList(items=items, next=None))


def _new(value: dict[str, Any]) -> NewUser:
    body = to_body(value, NewUserBody)
    return NewUser.checked(
        id=body.id,
        tenant=body.tenant_id,
        email=body.email,
        username=body.username,
        first_name=body.first_name,
        last_name=body.last_name,
        roles=body.roles,
        password=body.password,
        password_hash=body.password_hash,
    )


def _new_or_fault(value: dict[str, Any]) -> NewUser | DoorwardError:
    try:
        return _new(value)
    except BadRequest as error:
        return error


def _status(given: str | None) -> UserStatus | None:
    if given is None:
        return None
    if given not in SETTABLE_STATUSES:
        raise BadRequest(f"status must be {' or '.join(SETTABLE_STATUSES)}")
    return UserStatus(given)


def _answer(status: int, shown: ShownUser) -> Response:
    return item_response(status, user_item(shown), shown.user.version)


def user_item(shown: ShownUser) -> UserItem:
    """A user as the wire shows one."""
    user, throttle = shown.user, shown.throttle
    return UserItem(
        id=user.id,
        tenant_id=user.tenant,
        email=user.email,
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        status=user.status,
        roles=[RoleGrant(role=one.role, tenant=one.tenant) for one in user.grants],
        has_password=user.has_password,
        has_totp=user.has_totp,
        failed_logins=0 if throttle is None else throttle.failures,
        locked_until=None if throttle is None else time_or_null(throttle.locked_until),
        password_changed_at=time_or_null(user.password_changed_at),
        created_at=time_of(user.created_at),
        updated_at=time_of(user.updated_at),
        version=user.version,
    )
