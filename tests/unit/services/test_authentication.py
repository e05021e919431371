"""Which caller a credential stands for."""

import pytest

from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import NotPermitted, Unauthenticated
from doorward.services.authentication import Authenticator, key_hash

ADMIN, OTHER, NOBODY = (Caller(name, ALL_SCOPES) for name in ("admin", "other", "nobody"))
KNOWN = Authenticator({key_hash("k1"): ADMIN, key_hash("k2"): OTHER})


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        pytest.param("Bearer k1", None, id="a bearer token"),
        pytest.param("bearer k1", None, id="the scheme in lower case"),
        pytest.param(None, "k1", id="X-API-Key"),
        pytest.param("Bearer k1", "k1", id="the same key in both"),
    ],
)
def test_known_key(authorization: str | None, api_key: str | None) -> None:
    for _ in range(2):  # the second time from memory
        assert KNOWN.caller(authorization, api_key) is ADMIN


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("Bearer wrong", None, id="a wrong one"),
        pytest.param("Bearer ", None, id="an empty one"),
        pytest.param("Basic k1", None, id="another scheme"),
        pytest.param("k1", None, id="no scheme"),
        pytest.param("Bearer k1", "wrong", id="a wrong one beside a right one"),
        pytest.param("Bearer k1", "k2", id="two that differ"),
        pytest.param("Bearer wrong", "k1", id="a right one beside a wrong one"),
        pytest.param("Bearer \udcff", None, id="bytes that are no text"),
    ],
)
def test_anything_else_is_refused(authorization: str | None, api_key: str | None) -> None:
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            KNOWN.caller(authorization, api_key)


def test_without_authentication_a_wrong_key_is_still_wrong() -> None:
    open_to_all = Authenticator({key_hash("k1"): ADMIN}, anonymous=NOBODY)
    assert open_to_all.caller(None, None) is NOBODY
    assert open_to_all.caller("Bearer k1", None) is ADMIN
    with pytest.raises(Unauthenticated):
        open_to_all.caller("Bearer wrong", None)


def test_scope_that_is_missing_is_named() -> None:
    with pytest.raises(NotPermitted, match="policy:read"):
        Caller("x", frozenset({Scope.DECIDE})).require(Scope.POLICY_READ)
