"""Users, roles and permissions as the requirements name them: `user_manager`, `role_manager`, `permission_manager`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from typing import TYPE_CHECKING, List, Optional, Set

from doorward_sdk.default_client import default_client
from doorward_sdk.enterprise.fields import refuse_unknown
from doorward_sdk.errors import NotFound, PolicyChangePending
from doorward_sdk.policy import declared

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward
    from doorward_sdk.records import recorded
    from doorward_sdk.records.users import Users

__all__ = [
    "PermissionManager",
    "Role",
    "RoleManager",
    "User",
    "UserManager",
    "permission_manager",
    "role_manager",
    "user_manager",
]

_CHANGEABLE = frozenset({"email", "username", "first_name", "last_name", "status", "role_ids"})


@dataclass
class User:
    """A user, as it was when it was read; times are aware and in UTC. `role_ids` are those of its own tenant."""

    id: str
    email: str
    username: str
    first_name: str
    last_name: str
    tenant_id: str
    role_ids: List[str]
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Role:
    """A role of the policy; its id is its name. The policy's history knows its times, so they are None here."""

    id: str
    name: str
    description: str
    permissions: List[str]
    status: str = "active"
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None


class UserManager:
    """Users, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_user(  # noqa: PLR0913, PLR0917 - as the requirements have it
        self,
        email: str,
        username: str,
        first_name: str,
        last_name: str,
        tenant_id: str,
        password: str,
        role_ids: Optional[List[str]] = None,
    ) -> User:
        """Record a user with a password.

        Raises:
            EmailUnavailable: another user has the address.
            Conflict: another user of the tenant has the username.
            PasswordRefused: the password is too weak.
            RequestFailed: no answer came that says yes.
        """
        return _user(
            self._users.create(email, username, first_name, last_name, tenant_id, password, roles=role_ids or ())
        )

    def get_user(self, user_id: str) -> Optional[User]:
        """One user; None where it is not there."""
        try:
            return _user(self._users.get(user_id))
        except NotFound:
            return None

    def get_user_by_email(self, email: str) -> Optional[User]:
        """The user whose address it is; None where there is none."""
        try:
            return _user(self._users.get_by_email(email))
        except NotFound:
            return None

    def authenticate_user(self, email: str, password: str) -> Optional[User]:
        """The user whom address and password name; None for all others, and where a one-time code is asked too."""
        answer = self._users.authenticate(email, password)
        return _user(answer.user) if answer and answer.user is not None else None

    def update_user(self, user_id: str, **kwargs: object) -> Optional[User]:
        """Change `email`, `username`, `first_name`, `last_name`, `status` or `role_ids`; None where it is not there.

        `role_ids` replaces the roles that are recorded in the user's own tenant.

        Raises:
            TypeError: another field is named; nothing was changed.
            Conflict: the address or the username is taken.
        """
        refuse_unknown(kwargs, _CHANGEABLE)
        fields = {"roles" if name == "role_ids" else name: value for name, value in kwargs.items()}
        try:
            return _user(self._users.update(user_id, if_match=None, **fields))
        except NotFound:
            return None

    def delete_user(self, user_id: str) -> bool:
        """Let nobody find it any more; whether it was there."""
        try:
            self._users.delete(user_id)
        except NotFound:
            return False
        return True

    def list_users_by_tenant(self, tenant_id: str) -> List[User]:
        """Every user of a tenant."""
        return [_user(one) for one in self._users.list(tenant=tenant_id)]

    @property
    def _users(self) -> Users:
        return (self._client or default_client()).users


class RoleManager:
    """Roles of the policy, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_role(self, name: str, description: str, permissions: List[str]) -> Role:
        """Declare a role in the policy, by a commit; it can be given when this returns.

        Raises:
            Conflict: there is one of that name, or the policy cannot be written to.
            PolicyChangePending: changes are reviewed there; the role is served once somebody merges it.
            PolicyRefused: the policy would not load with it.
        """
        made = (self._client or default_client()).create_role(name, description, permissions)
        if isinstance(made, declared.PendingChange):
            raise PolicyChangePending(made)
        return _role(made)

    def get_role(self, role_id: str) -> Optional[Role]:
        """One role; None where the policy has none of that name."""
        try:
            return _role((self._client or default_client()).role(role_id))
        except NotFound:
            return None

    def list_roles(self) -> List[Role]:
        """Every role of the policy."""
        return [_role(one) for one in (self._client or default_client()).roles()]


class PermissionManager:
    """Permissions of users, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def get_user_permissions(self, user_id: str) -> Set[str]:
        """Every permission of a user on what the policy names; none where the user is not there."""
        try:
            return {one.permission for one in self._users.permissions(user_id)}
        except NotFound:
            return set()

    def has_permission(self, user_id: str, permission: str) -> bool:
        """Whether a user has a permission like `create_agents`; an outage is a no."""
        return bool(self._users.has_permission(user_id, permission))

    def has_any_permission(self, user_id: str, permissions: List[str]) -> bool:
        """Whether a user has one of them at least; an outage is a no."""
        return self._users.has_any(user_id, permissions)

    def has_all_permissions(self, user_id: str, permissions: List[str]) -> bool:
        """Whether a user has every one of them; an outage is a no."""
        return self._users.has_all(user_id, permissions)

    @property
    def _users(self) -> Users:
        return (self._client or default_client()).users


def _user(told: recorded.User) -> User:
    return User(
        id=told.id,
        email=told.email,
        username=told.username,
        first_name=told.first_name,
        last_name=told.last_name,
        tenant_id=told.tenant_id,
        role_ids=[one.role for one in told.roles if one.tenant == told.tenant_id],
        status=told.status,
        created_at=told.created_at,
        updated_at=told.updated_at,
    )


def _role(told: declared.Role) -> Role:
    return Role(id=told.name, name=told.name, description=told.description or "", permissions=list(told.permissions))


user_manager = UserManager()
role_manager = RoleManager()
permission_manager = PermissionManager()
