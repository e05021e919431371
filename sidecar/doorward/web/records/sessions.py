"""Logins and sessions over HTTP."""

from collections.abc import Callable
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest
from doorward.domain.sessions import Login, LoginRefusal, Session
from doorward.services.recording import Recorder
from doorward.services.sessions import Begun, SessionService
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import actor_of, change, change_beside, id_page, no_content, read_id_page
from doorward.web.records.secret_wire import Revoked
from doorward.web.records.session_wire import (
    Authenticated,
    BegunSession,
    Introspection,
    LoginBody,
    RotatedSession,
    SessionItem,
    SessionList,
    TokenBody,
)
from doorward.web.records.users import user_item
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of, time_or_null
from doorward.web.wire import to_body

LOGIN_REPEATED_SECONDS: Final = 60
"""A login is given the same answer again for so long: whoever could log in then may be suspended by now."""


class SessionEndpoints:
    """/v1/sessions and below, POST /v1/users/authenticate, and the sessions of a user."""

    def __init__(self, sessions: SessionService, recorder: Recorder) -> None:
        self._sessions = sessions
        self._recorder = recorder

    def authenticate(self, request: Request, caller: Caller) -> Response:
        """Who somebody is, without a session; a refusal is an answer too."""
        read_query(request, ())
        return self._once("users_authenticate", request, caller, lambda: self._authenticate(request, caller))

    def _once(self, name: str, request: Request, caller: Caller, log_in: Callable[[], Response]) -> Response:
        """Log somebody in, or give the answer that the same login got just now."""
        return change_beside(name, request, caller, self._recorder, log_in, seconds=LOGIN_REPEATED_SECONDS)

    def _authenticate(self, request: Request, caller: Caller) -> Response:
        found = self._sessions.authenticate(actor_of(request, caller), _login(request))
        if isinstance(found, LoginRefusal):
            needed = found is LoginRefusal.CODE_NEEDED
            return json_response(200, Authenticated(authenticated=False, code_needed=needed, user=None))
        return json_response(200, Authenticated(authenticated=True, code_needed=False, user=user_item(found)))

    def begin(self, request: Request, caller: Caller) -> Response:
        """Log somebody in."""
        read_query(request, ())
        return self._once("sessions_begin", request, caller, lambda: self._begin(request, caller))

    def _begin(self, request: Request, caller: Caller) -> Response:
        begun = self._sessions.begin(actor_of(request, caller), _login(request))
        if begun.user is None:
            raise BadRequest("nobody was logged in")
        answer = BegunSession(token=begun.token, session=_item(begun.session), user=user_item(begun.user))
        return json_response(201, answer)

    def introspect(self, request: Request, caller: Caller) -> Response:
        """What a token stands for."""
        read_query(request, ())
        found = self._sessions.introspect(actor_of(request, caller), _token(request))
        if found is None:
            return json_response(200, Introspection(active=False, session=None, user=None))
        answer = Introspection(active=True, session=_item(found.session), user=user_item(found.user))
        return json_response(200, answer)

    def rotate(self, request: Request, caller: Caller) -> Response:
        """Give a session another token."""
        read_query(request, ())
        token = _token(request)
        return change("sessions_rotate", request, caller, lambda actor: self._sessions.rotate(actor, token), _rotated)

    def revoke_token(self, request: Request, caller: Caller) -> Response:
        """End the session of a token."""
        read_query(request, ())
        token = _token(request)
        return change(
            "sessions_revoke_token", request, caller, lambda actor: self._sessions.revoke_token(actor, token), _revoked
        )

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some live sessions."""
        after, count, given = read_id_page(request, ("user",))
        found = self._sessions.page(actor_of(request, caller), given.get("user"), after, count + 1)
        page, following = id_page(found, count, lambda one: one.id)
        return json_response(200, SessionList(items=[_item(one) for one in page], next=following))

    def revoke(self, request: Request, caller: Caller) -> Response:
        """End a session."""
        read_query(request, ())
        session = request.parameters["session"]
        return change(
            "sessions_revoke", request, caller, lambda actor: self._sessions.revoke(actor, session), no_content
        )

    def revoke_all(self, request: Request, caller: Caller) -> Response:
        """End every session of a user."""
        read_query(request, ())
        user = request.parameters["user"]
        return change(
            "users_revoke_sessions", request, caller, lambda actor: self._sessions.revoke_all(actor, user), _revoked
        )


def _login(request: Request) -> Login:
    body = to_body(decode_object(request.body), LoginBody)
    return Login(
        email=body.email,
        username=body.username,
        tenant=body.tenant_id,
        password=body.password,
        code=body.code,
        address=body.address or "",
        user_agent=body.user_agent or "",
    )


def _token(request: Request) -> str:
    return to_body(decode_object(request.body), TokenBody).token


def _rotated(begun: Begun) -> Response:
    return json_response(200, RotatedSession(token=begun.token, session=_item(begun.session)))


def _revoked(count: int) -> Response:
    return json_response(200, Revoked(revoked=count))


def _item(session: Session) -> SessionItem:
    return SessionItem(
        id=session.id,
        user_id=session.user,
        tenant_id=session.tenant,
        created_at=time_of(session.created_at),
        last_seen_at=time_of(session.last_seen_at),
        expires_at=time_of(session.ends_at),
        revoked_at=time_or_null(session.revoked_at),
        mfa=session.mfa,
        address=session.address,
        user_agent=session.user_agent,
    )
