"""Logins, one-time codes and sessions over HTTP, on a real database in this process."""

import base64
import contextlib
import hashlib
import hmac
import json
import sqlite3
import time

import pytest

from support.recorded_api import SECURE, Answer, Api

OTHER = "OtherPass456?"
LOGIN = {"email": "ann@acme.com", "password": SECURE}


@pytest.fixture
def acme(api: Api) -> Api:
    api.tenant("acme")
    api.user(password=SECURE, roles=["viewer"])
    return api


def log_in(api: Api, **more: object) -> Answer:
    return api("POST", "/v1/sessions", {**LOGIN, **more})


def is_active(api: Api, token: str) -> bool:
    active: bool = api("POST", "/v1/sessions/introspect", {"token": token}).body["active"]
    return active


def test_a_login_begins_a_session(acme: Api) -> None:
    begun = log_in(acme, address="203.0.113.7", user_agent="Firefox").body

    assert begun["user"] == acme("GET", "/v1/users/ann").body  # with no tries to log in: a success forgets them
    assert begun["session"]["address"] == "203.0.113.7"
    found = acme("POST", "/v1/sessions/introspect", {"token": begun["token"]}).body
    assert found["active"] is True
    assert found["user"]["id"] == "ann"


@pytest.mark.parametrize(
    "named",
    [
        {"email": "ann@acme.com"},
        {"email": " ANN@ACME.com "},
        {"email": "\uff41nn@acme.com"},
        {"username": "ann", "tenant_id": "acme"},
        {"username": "ANN ", "tenant_id": "acme"},
    ],
)
def test_a_name_is_known_however_it_is_written(acme: Api, named: dict[str, str]) -> None:
    answer = acme("POST", "/v1/users/authenticate", {**named, "password": SECURE})

    assert answer.body["authenticated"] is True


def test_everybody_who_is_refused_is_told_the_same(acme: Api) -> None:
    acme.user("off", password=SECURE)
    acme("PATCH", "/v1/users/off", {"status": "suspended"})
    acme.user("locked", password=SECURE)
    for _ in range(5):
        acme("POST", "/v1/sessions", {"email": "locked@acme.com", "password": OTHER})

    refused = [
        acme("POST", "/v1/sessions", {"email": "nobody@acme.com", "password": SECURE}),
        acme("POST", "/v1/sessions", {"email": "ann@acme.com", "password": OTHER}),
        acme("POST", "/v1/sessions", {"email": "locked@acme.com", "password": SECURE}),
        acme("POST", "/v1/sessions", {"email": "off@acme.com", "password": SECURE}),
    ]

    assert {one.status for one in refused} == {403}
    assert len({one.content for one in refused}) == 1
    assert refused[0].body["type"].endswith("/login-refused")


def test_tries_are_counted_and_lock_for_a_time(acme: Api) -> None:
    for _ in range(4):
        log_in(acme, password=OTHER)
    assert acme("GET", "/v1/users/ann").body["failed_logins"] == 4
    assert log_in(acme).status == 201, "a success forgets the tries"
    assert acme("GET", "/v1/users/ann").body["failed_logins"] == 0

    for _ in range(5):
        log_in(acme, password=OTHER)
    assert log_in(acme).status == 403
    user = acme("GET", "/v1/users/ann").body
    assert user["failed_logins"] == 6
    assert user["locked_until"] is not None

    assert acme("POST", "/v1/users/ann/unlock").status == 204
    assert log_in(acme).status == 201


def events(api: Api) -> list[tuple[str, dict[str, object]]]:
    """Whom the audit events of logins are about, and their details."""
    with contextlib.closing(sqlite3.connect(api.state / "doorward.db")) as database:
        rows = database.execute(
            "SELECT resource, details FROM audit_event WHERE action = 'sessions.login' ORDER BY seq"
        ).fetchall()
    return [(resource, json.loads(details)) for resource, details in rows]


def test_events_tell_how_many_tries_failed_before(acme: Api) -> None:
    log_in(acme, password=OTHER)
    log_in(acme, password=OTHER)
    log_in(acme)

    told = [(details.get("reason"), details["failures"]) for _, details in events(acme)]
    assert told == [("wrong password", 1), ("wrong password", 2), (None, 2)]


def test_whoever_guesses_without_end_makes_no_end_of_events(acme: Api) -> None:
    for _ in range(9):
        log_in(acme, password=OTHER)

    told = [(details["reason"], details["failures"]) for _, details in events(acme)]
    assert told == [*(("wrong password", number) for number in range(1, 6)), ("locked", 8)]


def test_names_that_nobody_has_make_no_end_of_events_either(acme: Api) -> None:
    log_in(acme, email="nobody@acme.com")
    with acme.application.recorded.records.change() as transaction:
        for _ in range(99):
            transaction.throttles.try_once("login:unknown", time.time_ns() // 1000, 100, 60_000_000)
    for number in range(3):
        log_in(acme, email=f"nobody-{number}@acme.com")
    log_in(acme, password=OTHER)

    assert [(resource, details["reason"]) for resource, details in events(acme)] == [
        ("user:-", "unknown"),
        ("user:ann", "wrong password"),
    ]


def test_sessions_are_rotated_and_revoked(acme: Api) -> None:
    token = log_in(acme).body["token"]

    rotated = acme("POST", "/v1/sessions/rotate", {"token": token}).body
    assert not is_active(acme, token)
    assert is_active(acme, rotated["token"])
    assert acme("POST", "/v1/sessions/rotate", {"token": token}).status == 404

    assert acme("POST", "/v1/sessions/revoke", {"token": rotated["token"]}).body == {"revoked": 1}
    assert not is_active(acme, rotated["token"])
    assert acme("POST", "/v1/sessions/revoke", {"token": rotated["token"]}).body == {"revoked": 0}


def test_the_oldest_sessions_end_where_there_are_too_many(acme: Api) -> None:
    tokens = [log_in(acme).body["token"] for _ in range(7)]

    assert [is_active(acme, token) for token in tokens] == [False, False, True, True, True, True, True]
    assert len(acme("GET", "/v1/sessions?user=ann").body["items"]) == 5


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/users/ann", {"status": "suspended"}),
        ("DELETE", "/v1/users/ann", None),
        ("DELETE", "/v1/users/ann?purge=true", None),
        ("PUT", "/v1/users/ann/password", {"password": OTHER}),
        ("DELETE", "/v1/users/ann/sessions", None),
        ("DELETE", "/v1/tenants/acme", None),
    ],
)
def test_sessions_end_with_what_they_stand_on(acme: Api, method: str, path: str, body: object) -> None:
    token = log_in(acme).body["token"]

    assert acme(method, path, body).status < 300

    assert not is_active(acme, token)


def test_a_password_is_set_and_the_one_before_is_gone(acme: Api) -> None:
    refused = acme("PUT", "/v1/users/ann/password", {"password": "weak"})
    assert (refused.status, len(refused.body["reasons"]) > 1) == (422, True)
    assert log_in(acme).status == 201

    assert acme("PUT", "/v1/users/ann/password", {"password": OTHER}).status == 204

    assert log_in(acme).status == 403
    assert log_in(acme, password=OTHER).status == 201


def enrolled(api: Api) -> tuple[bytes, list[str]]:
    """A user with one-time codes: the shared secret, and the recovery codes."""
    made = api("POST", "/v1/users/ann/totp").body
    secret = base64.b32decode(made["secret"] + "=" * (-len(made["secret"]) % 8))
    assert made["uri"].startswith("otpauth://totp/")
    wrong = api("POST", "/v1/users/ann/totp/confirm", {"code": "000000"})
    assert wrong.status == 400
    answer = api("POST", "/v1/users/ann/totp/confirm", {"code": code_now(secret, -1)})
    assert answer.status == 200, answer.content
    return secret, answer.body["recovery_codes"]


def code_now(secret: bytes, shift: int = 0) -> str:
    """The six digits of RFC 6238."""
    step = int(time.time()) // 30 + shift
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_with_one_time_codes_a_password_is_not_enough(acme: Api) -> None:
    secret, _ = enrolled(acme)

    needed = log_in(acme)
    assert (needed.status, needed.body["code_needed"]) == (403, True)
    assert log_in(acme, code="000000").body["code_needed"] is False
    code = code_now(secret)
    begun = log_in(acme, code=code)
    assert begun.status == 201
    assert begun.body["session"]["mfa"] is True
    assert log_in(acme, code=code).status == 403, "a code works once"


def test_a_recovery_code_works_once(acme: Api) -> None:
    _, codes = enrolled(acme)

    assert log_in(acme, code=codes[0].upper()).status == 201
    assert log_in(acme, code=codes[0]).status == 403
    renewed = acme("POST", "/v1/users/ann/recovery-codes").body["recovery_codes"]
    assert log_in(acme, code=codes[1]).status == 403
    assert log_in(acme, code=renewed[0]).status == 201


def test_one_time_codes_are_taken_away(acme: Api) -> None:
    enrolled(acme)
    assert acme("POST", "/v1/users/ann/totp").status == 409

    assert acme("DELETE", "/v1/users/ann/totp").status == 204

    assert log_in(acme).status == 201


def test_a_login_that_names_nobody_is_malformed(acme: Api) -> None:
    for body in ({"password": "x"}, {"password": "x", "username": "ann"}, {"password": "x", "email": " "}):
        assert acme("POST", "/v1/sessions", body).status == 400


def test_a_bound_key_logs_in_its_own_tenants_users_alone(acme: Api) -> None:
    acme.tenant("globex")
    bound = acme.bound("globex", "admin:sessions")
    token = log_in(acme).body["token"]

    assert log_in(bound).status == 403
    assert not is_active(bound, token)
    assert bound("GET", "/v1/sessions").body["items"] == []
    assert acme("GET", "/v1/users/ann").body["failed_logins"] == 0


def test_a_login_that_is_repeated_after_a_lost_answer_is_one_login(acme: Api) -> None:
    secret, _ = enrolled(acme)
    body = {**LOGIN, "code": code_now(secret)}

    first = acme("POST", "/v1/sessions", body, Idempotency_Key="a")
    again = acme("POST", "/v1/sessions", body, Idempotency_Key="a")

    assert first.status == 201, first.content
    assert again.content == first.content
    assert len(acme("GET", "/v1/sessions?user=ann").body["items"]) == 1
    assert acme("POST", "/v1/sessions", body).status == 403, "the code is used up"


def test_a_session_is_told_of_while_nothing_can_be_written(acme: Api) -> None:
    token = log_in(acme).body["token"]
    place = acme.state / "doorward.db"
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("UPDATE session SET last_seen_at = last_seen_at - 600000000")  # so that its use is to be noted
        other.execute("BEGIN IMMEDIATE")

        assert is_active(acme, token)


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/users/authenticate"])
def test_an_old_login_is_not_given_again(acme: Api, path: str) -> None:
    assert acme("POST", path, LOGIN, Idempotency_Key="a").status in {200, 201}
    assert acme("PATCH", "/v1/users/ann", {"status": "suspended"}).status == 200
    with contextlib.closing(sqlite3.connect(acme.state / "doorward.db", isolation_level=None)) as later:
        later.execute("UPDATE kept_answer SET kept_at = kept_at - 61000000")

    assert acme("POST", path, LOGIN, Idempotency_Key="a").status == 422
