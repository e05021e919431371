"""Users of a sidecar: `client.users`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.permissions import permission_question
from doorward_sdk.errors import NotFound
from doorward_sdk.records.importing import import_items
from doorward_sdk.records.logins import login_body
from doorward_sdk.records.wire import (
    authentication_of,
    enrolment_of,
    held_permission_of,
    held_role_of,
    recovery_codes_of,
    revoked_of,
    user_of,
)
from doorward_sdk.wire.api import target_of
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from doorward_sdk.access.answers import Decision
    from doorward_sdk.access.checks import Checks
    from doorward_sdk.records.recorded import (
        Authentication,
        HeldPermission,
        HeldRole,
        ImportResult,
        TotpEnrolment,
        User,
    )
    from doorward_sdk.wire.api import Api

_USERS = "/v1/users"


class Users:
    """Who may log in and hold roles; needs the scope `admin:users`.

    Every method raises RequestFailed where no answer comes; those that name a user NotFound where it is not
    there; those that take `if_match`, the `version` that the user must have, PreconditionFailed.
    """

    def __init__(self, api: Api, checks: Checks) -> None:
        self._api = api
        self._checks = checks

    def create(  # noqa: PLR0913, PLR0917 - the members of a user
        self,
        email: str,
        username: str,
        first_name: str,
        last_name: str,
        tenant_id: str,
        password: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the member's name
        roles: Iterable[str] = (),
        password_hash: str | None = None,
    ) -> User:
        """Record a user.

        Args:
            email: an address that no other user has.
            username: a name that no other user of the tenant has.
            first_name: for people.
            last_name: for people.
            tenant_id: the tenant that the user belongs to.
            password: None: nobody can log in by one.
            id: what questions will call it, `user:ID`; None: one is made.
            roles: names of roles in that tenant.
            password_hash: an Argon2id hash in PHC form instead of a password.

        Raises:
            EmailUnavailable: the address is taken.
            Conflict: the id or the username is taken.
            PasswordRefused: the password is too weak.
        """
        given = {
            "id": id,
            "tenant_id": tenant_id,
            "email": email,
            "username": username,
            "first_name": first_name,
            "last_name": last_name,
            "roles": list(roles) or None,
            "password": password,
            "password_hash": password_hash,
        }
        body = {member: value for member, value in given.items() if value is not None}
        return user_of(self._api.change("POST", _USERS, body).json())

    def get(self, user_id: str) -> User:
        """One user."""
        return user_of(self._api.get(path_of(_USERS, user_id)))

    def get_by_email(self, email: str) -> User:
        """The user whose address it is, whatever the case it is written in."""
        for user in self.list(email=email):
            return user
        raise NotFound(404, "There is no such thing", "no user has this e-mail address")

    def list(
        self,
        *,
        tenant: str | None = None,
        email: str | None = None,
        username: str | None = None,
        status: str | None = None,
    ) -> Iterator[User]:
        """Every user, or those that fit; read page by page as they are taken."""
        wanted = {"tenant": tenant, "email": email, "username": username, "status": status}
        return self._api.items(_USERS, user_of, wanted)

    def update(self, user_id: str, *, if_match: int | None = None, **fields: object) -> User:
        """Change `email`, `username`, `first_name`, `last_name`, `status` or `roles`, and leave the rest.

        `roles` replaces the roles that are recorded in the user's own tenant.

        Raises:
            EmailUnavailable: the address is taken.
            Conflict: the username is taken, or the policy does not know a role.
        """
        return user_of(self._api.change("PATCH", path_of(_USERS, user_id), fields, if_match=if_match).json())

    def suspend(self, user_id: str, *, if_match: int | None = None) -> User:
        """Deny its questions and logins until it is activated again."""
        return self.update(user_id, if_match=if_match, status="suspended")

    def activate(self, user_id: str, *, if_match: int | None = None) -> User:
        """End a suspension."""
        return self.update(user_id, if_match=if_match, status="active")

    def delete(self, user_id: str, *, if_match: int | None = None) -> None:
        """Let nobody find it any more; its id and its address stay taken."""
        self._api.change("DELETE", path_of(_USERS, user_id), if_match=if_match)

    def purge(self, user_id: str, *, if_match: int | None = None) -> None:
        """Forget it for good, also one that is deleted; the address is free again, the id is not."""
        self._api.change("DELETE", path_of(_USERS, user_id) + "?purge=true", if_match=if_match)

    def import_many(
        self,
        items: Iterable[Mapping[str, object]],
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> tuple[ImportResult, ...]:
        """Record many; each item has what `create` takes.

        Args:
            items: what is to be recorded.
            dry_run: whether to say what would become of each, and change nothing.
            idempotency_key: one of your own: the same items with the same key are recorded once, and answered alike.

        Returns:
            One result for each item, in their order: `created`, `exists` or `invalid` with the reason.

        Raises:
            RequestFailed: a request failed; what the requests before it made stays, and is then told as `exists`.
        """
        return import_items(self._api, f"{_USERS}/import", items, dry_run=dry_run, idempotency_key=idempotency_key)

    def roles(self, user_id: str) -> tuple[HeldRole, ...]:
        """The roles that it holds directly: those recorded, and those that the policy gives it."""
        return tuple(self._api.items(path_of(_USERS, user_id, "roles"), held_role_of))

    def give_role(self, user_id: str, role: str, *, tenant: str | None = None) -> None:
        """Give it a role; None: in its own tenant. One that it has is no error."""
        self._api.change("PUT", _role_target(user_id, role, tenant))

    def take_role(self, user_id: str, role: str, *, tenant: str | None = None) -> None:
        """Take a role away again.

        Raises:
            Conflict: the policy gives it; the message names the file and line.
        """
        self._api.change("DELETE", _role_target(user_id, role, tenant))

    def permissions(self, user_id: str, *, tenant: str | None = None) -> tuple[HeldPermission, ...]:
        """Every permission VERB_TYPE that it has on the types and actions that the policy names; None: its tenant."""
        target = path_of(_USERS, user_id, "permissions")
        return tuple(self._api.items(target, held_permission_of, {"tenant": tenant}))

    def has_permission(self, user_id: str, permission: str, *, tenant: str | None = None) -> Decision:
        """May it do VERB on every TYPE? Asked as `check` asks, scope `decide`: an outage is a denied answer.

        Raises:
            CallError: the permission is no VERB_TYPE, like `create_agents`.
        """
        return self._checks.one(permission_question(user_id, permission, tenant))

    def has_any(self, user_id: str, permissions: Iterable[str], *, tenant: str | None = None) -> bool:
        """Whether it has one of them at least. Raises as `has_permission`."""
        return any(self._checks.many([permission_question(user_id, one, tenant) for one in permissions]))

    def has_all(self, user_id: str, permissions: Iterable[str], *, tenant: str | None = None) -> bool:
        """Whether it has every one of them; no permission at all is everybody's. Raises as `has_permission`."""
        return all(self._checks.many([permission_question(user_id, one, tenant) for one in permissions]))

    def set_password(self, user_id: str, password: str) -> None:
        """Replace its password.

        Raises:
            PasswordRefused: it is too weak; `.reasons` says all that it lacks.
        """
        self._api.change("PUT", path_of(_USERS, user_id, "password"), {"password": password})

    def enrol_totp(self, user_id: str) -> TotpEnrolment:
        """Begin to ask it for one-time codes; they are asked once `confirm_totp` has seen one."""
        return enrolment_of(self._api.change("POST", path_of(_USERS, user_id, "totp")).json())

    def confirm_totp(self, user_id: str, code: str) -> tuple[str, ...]:
        """Ask for one-time codes from now on; the recovery codes are shown this once."""
        answer = self._api.change("POST", path_of(_USERS, user_id, "totp", "confirm"), {"code": code})
        return recovery_codes_of(answer.json())

    def remove_totp(self, user_id: str) -> None:
        """Ask for one-time codes no more."""
        self._api.change("DELETE", path_of(_USERS, user_id, "totp"))

    def new_recovery_codes(self, user_id: str) -> tuple[str, ...]:
        """Replace the recovery codes; the new ones are shown this once."""
        return recovery_codes_of(self._api.change("POST", path_of(_USERS, user_id, "recovery-codes")).json())

    def authenticate(  # noqa: PLR0913 - the members of a login
        self,
        email: str | None = None,
        password: str = "",
        *,
        username: str | None = None,
        tenant_id: str | None = None,
        code: str | None = None,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> Authentication:
        """Whether a login is right, without a session; scope `admin:sessions`. A wrong one counts towards a lockout.

        Raises:
            MalformedRequest: not exactly one of `email` and `username` is given.
        """
        body = login_body(
            email,
            password,
            username=username,
            tenant_id=tenant_id,
            code=code,
            address=address,
            user_agent=user_agent,
        )
        return authentication_of(self._api.change("POST", f"{_USERS}/authenticate", body).json())

    def unlock(self, user_id: str) -> None:
        """End a lockout."""
        self._api.change("POST", path_of(_USERS, user_id, "unlock"))

    def revoke_sessions(self, user_id: str) -> int:
        """End all of its sessions; how many there were."""
        return revoked_of(self._api.change("DELETE", path_of(_USERS, user_id, "sessions")).json())


def _role_target(user_id: str, role: str, tenant: str | None) -> str:
    return target_of(path_of(_USERS, user_id, "roles", role), {"tenant": tenant})
