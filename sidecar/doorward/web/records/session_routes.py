"""Endpoints of logins and sessions."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.record_rows import MISSING, PAGES, changing, reading
from doorward.web.records.secret_wire import Revoked
from doorward.web.records.session_wire import (
    BegunSession,
    Introspection,
    LoginBody,
    RotatedSession,
    SessionList,
    TokenBody,
)
from doorward.web.records.sessions import SessionEndpoints


def sessions_rows(sessions: SessionEndpoints) -> list[Endpoint]:
    """Logins and sessions."""
    scope = Scope.ADMIN_SESSIONS
    return [
        reading(
            scope,
            "/v1/sessions",
            "sessions_list",
            "The live sessions, by id",
            sessions.list_all,
            SessionList,
            PAGES | {"user": Parameter("Those of a user")},
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/sessions"),
            "sessions_begin",
            "Log somebody in",
            sessions.begin,
            {201: BegunSession},
            body=LoginBody,
            patient=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/sessions/introspect"),
            "sessions_introspect",
            "What a session's token stands for",
            sessions.introspect,
            {200: Introspection},
            body=TokenBody,
            once=False,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/sessions/rotate"),
            "sessions_rotate",
            "Give a session another token; the one before ends",
            sessions.rotate,
            {200: RotatedSession, **MISSING},
            body=TokenBody,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/sessions/revoke"),
            "sessions_revoke_token",
            "End the session of a token",
            sessions.revoke_token,
            {200: Revoked},
            body=TokenBody,
        ),
        changing(
            scope,
            ("DELETE", "/v1/sessions/{session}"),
            "sessions_revoke",
            "End a session",
            sessions.revoke,
            {204: None, **MISSING},
        ),
    ]
