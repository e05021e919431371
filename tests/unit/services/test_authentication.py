"""Which caller a credential stands for."""

from typing import Any

import pytest

from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import NotPermitted, Unauthenticated
from doorward.services.authentication import Authenticator, key_hash
from support.recorded import api_key, revoked

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


def following(clock: float = 100.0, **keys: str) -> Authenticator:
    """Knows the recorded keys `id=secret`, at a time in epoch seconds."""
    made = Authenticator({key_hash("k1"): ADMIN}, clock=lambda: clock)
    made.follow(None, [api_key(key_id, key_hash(secret)) for key_id, secret in keys.items()])
    return made


def test_recorded_key_is_known_by_each_of_its_secrets() -> None:
    known = Authenticator({})
    known.follow(None, [api_key("ci", key_hash("old"), key_hash("new"), tenant="acme")])
    for secret in ("old", "new"):
        caller = known.caller(f"Bearer {secret}", None)
        assert (caller.key_id, caller.tenant, caller.scopes) == ("ci", "acme", frozenset({Scope.DECIDE}))


def test_revoked_key_is_refused_as_soon_as_that_is_applied_though_it_was_used() -> None:
    known = following(ci="s1", other="s2")
    known.caller("Bearer s1", None)
    known.caller("Bearer s2", None)
    known.follow({"ci"}, [])
    with pytest.raises(Unauthenticated):
        known.caller("Bearer s1", None)
    with pytest.raises(Unauthenticated):
        known.caller(None, "s1")
    assert known.caller("Bearer s2", None).key_id == "other"
    assert known.caller("Bearer k1", None) is ADMIN


def test_revoked_key_that_is_told_as_revoked_is_refused_too() -> None:
    known = following()
    known.follow({"ci"}, [revoked(api_key("ci", key_hash("s1")))])
    with pytest.raises(Unauthenticated):
        known.caller("Bearer s1", None)


def test_secret_that_was_taken_away_is_refused_and_the_new_one_is_known() -> None:
    known = following(ci="s1")
    known.follow({"ci"}, [api_key("ci", key_hash("s2"))])
    assert known.caller("Bearer s2", None).key_id == "ci"
    with pytest.raises(Unauthenticated):
        known.caller("Bearer s1", None)


def test_keys_that_are_gone_when_all_are_told_again_are_refused() -> None:
    known = following(ci="s1")
    known.follow(None, [api_key("other", key_hash("s2"))])
    with pytest.raises(Unauthenticated):
        known.caller("Bearer s1", None)


def test_key_that_is_looked_up_while_it_is_revoked_is_not_remembered() -> None:
    class RevokedMeanwhile(dict[str, Caller]):
        def get(self, digest: str, default: Any = None) -> Any:
            found = super().get(digest, default)
            known.follow({"ci"}, [])
            return found

    known = following(ci="s1")
    known._recorded = RevokedMeanwhile(known._recorded)
    known.caller("Bearer s1", None)
    with pytest.raises(Unauthenticated):
        known.caller("Bearer s1", None)


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param({"expires_at": 100_000_000}, id="the key"),
        pytest.param({"secret_expires_at": 100_000_000}, id="the secret"),
        pytest.param({"expires_at": 900_000_000, "secret_expires_at": 100_000_000}, id="the secret before the key"),
        pytest.param({"expires_at": 100_000_000, "secret_expires_at": 900_000_000}, id="the key before the secret"),
    ],
)
def test_expiry_is_looked_at_at_each_use(ends: dict[str, int]) -> None:
    now = [99.9]
    known = Authenticator({}, clock=lambda: now[0])
    known.follow(None, [api_key("ci", key_hash("s1"), **ends)])  # type: ignore[arg-type]  # all of them are times
    assert known.caller("Bearer s1", None).key_id == "ci"
    now[0] = 100.0
    for authorization, key in (("Bearer s1", None), (None, "s1")):
        with pytest.raises(Unauthenticated):
            known.caller(authorization, key)


def test_last_uses_are_taken_once() -> None:
    known = following(7.5, ci="s1", other="s2")
    known.caller("Bearer s1", None)
    known.caller(None, "s1")
    known.caller("Bearer k1", None)
    assert known.take_uses() == [("ci", 7_500_000)]
    assert known.take_uses() == []
