"""Who wants to log in, and by what, as the sidecar is asked."""

from __future__ import annotations

from doorward_sdk.errors import MalformedRequest


def login_body(  # noqa: PLR0913 - the members of a login
    email: str | None,
    password: str,
    *,
    username: str | None,
    tenant_id: str | None,
    code: str | None,
    address: str | None,
    user_agent: str | None,
) -> dict[str, object]:
    """The body of a login.

    Raises:
        MalformedRequest: not exactly one of e-mail and username names the user.
    """
    if (email is None) == (username is None):
        raise MalformedRequest("give email, or username and tenant_id")
    given = {
        "email": email,
        "username": username,
        "tenant_id": tenant_id,
        "password": password,
        "code": code,
        "address": address,
        "user_agent": user_agent,
    }
    return {name: value for name, value in given.items() if value is not None}
