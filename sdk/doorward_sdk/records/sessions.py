"""Sessions of users: `client.sessions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.records.logins import login_body
from doorward_sdk.records.wire import introspection_of, new_session_of, revoked_of, rotated_session_of, session_of
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward_sdk.records.recorded import Introspection, NewSession, RotatedSession, Session
    from doorward_sdk.wire.api import Api

_SESSIONS = "/v1/sessions"


class Sessions:
    """Who is logged in; needs the scope `admin:sessions`. Every method raises RequestFailed where no answer comes."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(  # noqa: PLR0913 - the members of a login
        self,
        email: str | None = None,
        password: str = "",
        *,
        username: str | None = None,
        tenant_id: str | None = None,
        code: str | None = None,
        address: str | None = None,
        user_agent: str | None = None,
    ) -> NewSession:
        """Log a user in, named by `email`, or by `username` and `tenant_id`.

        Args:
            email: whose address it is.
            password: as typed.
            username: instead of the address.
            tenant_id: the tenant of that username.
            code: a one-time or recovery code.
            address: where the login comes from, to be shown in lists.
            user_agent: what it comes from, to be shown in lists.

        Raises:
            LoginRefused: it is not right; `.code_needed` where only a code is missing.
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
        return new_session_of(self._api.change("POST", _SESSIONS, body).json())

    def introspect(self, token: str) -> Introspection:
        """Whether a token counts, and whose session it is; asked within the client's time limit."""
        return introspection_of(self._api.ask(f"{_SESSIONS}/introspect", {"token": token}))

    def rotate(self, token: str) -> RotatedSession:
        """Replace the token, as after a change of rights.

        Raises:
            NotFound: the token counts no more.
        """
        return rotated_session_of(self._api.change("POST", f"{_SESSIONS}/rotate", {"token": token}).json())

    def revoke(self, token: str) -> bool:
        """End the session of a token; whether there was one."""
        return revoked_of(self._api.change("POST", f"{_SESSIONS}/revoke", {"token": token}).json()) > 0

    def list(self, *, user: str | None = None) -> Iterator[Session]:
        """The live sessions, of all users or of the one with this id; read page by page as they are taken."""
        return self._api.items(_SESSIONS, session_of, {"user": user})

    def revoke_id(self, session_id: str) -> None:
        """End the session with this id.

        Raises:
            NotFound: there is none.
        """
        self._api.change("DELETE", path_of(_SESSIONS, session_id))
