"""The types of the wire for logins and sessions."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from doorward.web.records.wire import UserItem

# The domain checks ids and names; here they are only described.
_SECRET = Meta(description="never shown again, and kept nowhere in clear")
MAX_USER_AGENT: Final = 500


class LoginBody(Struct, forbid_unknown_fields=True):
    """What somebody gives to log in: an e-mail address, or a username and its tenant.

    `address` is the network address of the person, not of the host.
    """

    password: Annotated[str, _SECRET]
    email: str | None = None
    username: str | None = None
    tenant_id: str | None = None
    code: str | None = None
    address: Annotated[str, Meta(max_length=64)] | None = None
    user_agent: Annotated[str, Meta(max_length=MAX_USER_AGENT)] | None = None


class Authenticated(Struct):
    """Whether somebody is who they say. `code_needed`: the password is right, and a one-time code is needed too."""

    authenticated: bool
    code_needed: bool
    user: UserItem | None


class SessionItem(Struct):
    """A session; `expires_at` is when it ends if nobody uses it any more."""

    id: str
    user_id: str
    tenant_id: str
    created_at: str
    last_seen_at: str
    expires_at: str
    revoked_at: str | None
    mfa: bool
    address: str
    user_agent: str


class BegunSession(Struct):
    """A session that was begun."""

    token: Annotated[str, _SECRET]
    session: SessionItem
    user: UserItem


class RotatedSession(Struct):
    """A session with another token."""

    token: Annotated[str, _SECRET]
    session: SessionItem


class TokenBody(Struct, forbid_unknown_fields=True):
    """The token of a session."""

    token: Annotated[str, Meta(max_length=1024)]


class Introspection(Struct):
    """What a token stands for; nothing where it is not active."""

    active: bool
    session: SessionItem | None
    user: UserItem | None


class SessionList(Struct):
    """Some live sessions, by id."""

    items: list[SessionItem]
    next: str | None
