"""Tries to log in: one counter for all spellings of a name, and lockouts that end, on a real database."""

import contextlib
import sqlite3

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.record_servers import cheap_hash
from support.recorded_api import SECURE, Answer, Api
from support.threads import together
from support.totp import code_of

WRONG = "WrongPass456?"
BY_ADDRESS = ("ann@acme.com", " ANN@ACME.com\t", "\uff41\uff4e\uff4e@acme.com", "Ann@ACME.COM", "ann@\uff21cme.com")
BY_NAME = ("ann", "ANN", " Ann ", "\uff21\uff2e\uff2e")


@pytest.fixture
def acme(api: Api) -> Api:
    api.tenant("acme")
    api.user(password=SECURE)
    return api


def spellings() -> list[dict[str, str]]:
    by_name = [{"username": name, "tenant_id": "acme"} for name in BY_NAME]
    return [*({"email": address} for address in BY_ADDRESS), *by_name]


def log_in(api: Api, named: dict[str, str], password: str, **more: object) -> Answer:
    return api("POST", "/v1/sessions", {**named, "password": password, **more})


def pass_time(api: Api, seconds: int) -> None:
    """Move what is noted of tries back in time, as if so many seconds had gone by."""
    place = DatabaseAddress.in_folder(api.state).place
    with contextlib.closing(sqlite3.connect(place)) as database, database:
        database.execute(
            "UPDATE login_throttle SET locked_until = locked_until - ?, last_failed_at = last_failed_at - ?",
            (seconds * 1_000_000, seconds * 1_000_000),
        )


def test_all_spellings_of_a_name_share_one_counter(acme: Api) -> None:
    for count, named in enumerate(spellings(), start=1):
        assert log_in(acme, named, WRONG).status == 403
        assert acme("GET", "/v1/users/ann").body["failed_logins"] == count
    for named in spellings():
        assert log_in(acme, named, SECURE).status == 403, "locked, however it is written"


def test_all_spellings_of_a_name_that_nobody_has_share_one_counter_too(acme: Api) -> None:
    for named in ({"email": "bob@acme.com"}, {"email": " BOB@acme.com"}, {"email": "\uff42ob@acme.com"}):
        log_in(acme, named, WRONG)

    place = DatabaseAddress.in_folder(acme.state).place
    with contextlib.closing(sqlite3.connect(place)) as database:
        assert database.execute("SELECT failures FROM login_throttle").fetchall() == [(3,)] * 2, (
            "one of the name, and one of all names that nobody has"
        )


def test_a_lockout_ends_by_itself_and_the_next_one_is_longer(acme: Api) -> None:
    named = {"email": "ann@acme.com"}
    for minutes in (15, 30):
        for _ in range(5):
            assert log_in(acme, named, WRONG).status == 403
        pass_time(acme, minutes * 60 - 5)
        assert log_in(acme, named, SECURE).status == 403, "five seconds before it ends"
        pass_time(acme, 6)

    assert log_in(acme, named, SECURE).status == 201
    assert acme("GET", "/v1/users/ann").body["locked_until"] is None


def test_the_four_refusals_are_the_same_to_the_byte(acme: Api) -> None:
    for name in ("off", "locked"):
        acme.user(name, password=SECURE)
    acme("PATCH", "/v1/users/off", {"status": "suspended"})
    for _ in range(5):
        log_in(acme, {"email": "locked@acme.com"}, WRONG)
    tried = [("nobody", SECURE), ("ann", WRONG), ("locked", SECURE), ("off", SECURE), ("ann", "x" * 5000)]

    for path in ("/v1/sessions", "/v1/users/authenticate"):
        answers = [acme("POST", path, {"email": f"{name}@acme.com", "password": given}) for name, given in tried]
        assert len({(one.status, tuple(sorted(one.headers.items())), one.content) for one in answers}) == 1


def test_logins_at_the_same_time_succeed_though_each_hashes_the_password_anew(api: Api) -> None:
    api.tenant("acme")
    api.user(password_hash=cheap_hash(SECURE))

    answers = together(4, lambda _: log_in(api, {"email": "ann@acme.com"}, SECURE))

    assert [one.status for one in answers if isinstance(one, Answer)] == [201] * 4
    assert log_in(api, {"email": "ann@acme.com"}, SECURE).status == 201


def test_a_one_time_code_works_once_also_where_the_password_is_hashed_anew(api: Api) -> None:
    api.tenant("acme")
    api.user(password_hash=cheap_hash(SECURE))
    secret = api.made("/v1/users/ann/totp", None)["secret"]
    assert api("POST", "/v1/users/ann/totp/confirm", {"code": code_of(secret, -1)}).status == 200
    code = code_of(secret)

    assert log_in(api, {"email": "ann@acme.com"}, SECURE, code=code).status == 201
    assert log_in(api, {"email": "ann@acme.com"}, SECURE, code=code).status == 403
