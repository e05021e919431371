"""Logins, codes, sessions and keys that many use at the same time: real servers, on SQLite and on PostgreSQL."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from support.record_servers import Answer, Servers, record_servers
from support.recorded_api import SECURE
from support.threads import together
from support.totp import code_of

WRONG = "WrongPass456?"


@pytest.fixture(scope="module", params=["sqlite", "two servers on postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with record_servers(request, tmp_path_factory.mktemp("races")) as started:
        yield started


def statuses(answers: list[Answer | Exception]) -> Counter[int]:
    failed = [one for one in answers if isinstance(one, Exception)]
    assert not failed, failed
    return Counter(one[0] for one in answers if not isinstance(one, Exception))


def test_wrong_logins_at_the_same_time_count_exactly(servers: Servers) -> None:
    servers.user("wren")
    before = len(servers.sent_again)

    answers = together(100, lambda _: servers.log_in("wren", WRONG))
    again = len(servers.sent_again) - before  # on a busy machine; each may have been counted before

    assert statuses(answers) == {403: 100}
    assert len({one[2] for one in answers if not isinstance(one, Exception)}) == 1
    user = servers.shown("/v1/users/wren")
    assert 100 <= user["failed_logins"] <= 100 + again
    assert user["locked_until"] is not None
    events = [
        json.loads(details)
        for (details,) in servers.rows(
            "SELECT details FROM audit_event WHERE resource = 'user:wren' AND action = 'sessions.login'"
        )
    ]
    assert Counter(one["reason"] for one in events) == {"wrong password": 5, "locked": 4}
    assert sorted(one["failures"] for one in events) == [1, 2, 3, 4, 5, 8, 16, 32, 64]
    assert servers.log_in("wren", SECURE)[0] == 403


def enrolled(servers: Servers, name: str) -> tuple[str, list[str]]:
    """One-time codes for a user: the shared secret, and the recovery codes."""
    servers.user(name)
    secret = servers.made(f"/v1/users/{name}/totp", None)["secret"]
    return secret, servers.made(f"/v1/users/{name}/totp/confirm", {"code": code_of(secret, -1)})["recovery_codes"]


def _logged_in(servers: Servers, sent: object, _number: int) -> Answer:
    return servers.ask("POST", "/v1/sessions", sent)


def test_a_code_that_twenty_use_at_the_same_time_works_once(servers: Servers) -> None:
    secret, recovery = enrolled(servers, "cody")

    for code in (code_of(secret), recovery[0]):
        sent = {"email": "cody@acme.com", "password": SECURE, "code": code}
        answers = together(20, partial(_logged_in, servers, sent))
        assert statuses(answers) == {201: 1, 403: 19}
        assert servers.ask("POST", "/v1/users/cody/unlock")[0] == 204
        again = servers.ask("POST", "/v1/sessions", sent)
        assert again[0] == 403, (code, again[2])

    assert servers.ask("POST", "/v1/users/cody/unlock")[0] == 204
    assert servers.log_in("cody", SECURE, code=recovery[1])[0] == 201


def test_logins_at_the_same_time_leave_no_more_sessions_than_there_may_be(servers: Servers) -> None:
    servers.user("lola", cheap=False)

    begun = statuses(together(20, lambda _: servers.log_in("lola", SECURE)))[201]

    live = servers.shown("/v1/sessions?user=lola")["items"]
    assert 1 <= len(live) <= 5
    assert len(live) == min(begun, 5)
    [[recorded]] = servers.rows("SELECT count(*) FROM session WHERE account = 'lola'")
    assert recorded == begun


def _rotated(servers: Servers, token: str, _number: int) -> Answer:
    return servers.ask("POST", "/v1/sessions/rotate", {"token": token})


def test_of_two_who_rotate_a_session_one_goes_on(servers: Servers) -> None:
    servers.user("otto")
    token = json.loads(servers.log_in("otto", SECURE)[2])["token"]

    for _ in range(5):
        answers = together(4, partial(_rotated, servers, token))
        assert statuses(answers) == {200: 1, 404: 3}
        before = token
        token = next(json.loads(one[2])["token"] for one in answers if not isinstance(one, Exception) and one[0] == 200)
        assert servers.made("/v1/sessions/introspect", {"token": before})["active"] is False
        assert servers.made("/v1/sessions/introspect", {"token": token})["active"] is True

    assert len(servers.shown("/v1/sessions?user=otto")["items"]) == 1


def test_a_key_that_many_rotate_at_the_same_time_has_two_secrets(servers: Servers) -> None:
    made = servers.made("/v1/keys", {"name": "host", "scopes": ["decide"]})

    answers = together(6, lambda _: servers.ask("POST", f"/v1/keys/{made['id']}/rotate", {}))

    assert statuses(answers) == {201: 1, 409: 5}
    assert len(servers.shown(f"/v1/keys/{made['id']}")["secrets"]) == 2


@pytest.mark.parametrize("thing", ["email", "username", "domain"])
def test_what_is_unique_is_given_to_one_of_those_who_want_it_at_the_same_time(servers: Servers, thing: str) -> None:
    def want(number: int) -> Answer:
        name = f"p{number}"
        spelled = ("WANTED", "wanted", "\uff37anted", "Wanted")[number % 4]
        user = {
            "tenant_id": "acme",
            "email": f"{spelled if thing == 'email' else name}@acme.com",
            "username": spelled if thing == "username" else name,
            "first_name": "A",
            "last_name": "B",
        }
        if thing == "domain":
            return servers.ask("POST", "/v1/tenants", {"name": name, "domain": f"{spelled}.com"})
        return servers.ask("POST", "/v1/users", user)

    assert statuses(together(12, want)) == {201: 1, 409: 11}


def test_a_change_of_one_version_is_made_once(servers: Servers) -> None:
    servers.user("chan")

    def change(number: int) -> Answer:
        sidecar = servers.sidecars[number % len(servers.sidecars)]
        body = json.dumps({"first_name": f"N{number}"}).encode()
        return sidecar.request("PATCH", "/v1/users/chan", body, servers.headers | {"If-Match": '"1"'})

    assert statuses(together(12, change)) == {200: 1, 412: 11}
    assert servers.shown("/v1/users/chan")["version"] == 2


def test_a_request_that_is_sent_many_times_at_once_is_carried_out_once(servers: Servers) -> None:
    def make(number: int) -> Answer:
        sidecar = servers.sidecars[number % len(servers.sidecars)]
        headers = servers.headers | {"Idempotency-Key": "once"}
        return sidecar.request("POST", "/v1/keys", b'{"name": "once", "scopes": ["decide"]}', headers)

    answers = together(12, make)

    told = statuses(answers)
    assert told[201] + told[409] + told[503] == 12
    bodies = {one[2] for one in answers if not isinstance(one, Exception) and one[0] == 201}
    assert len(bodies) == 1
    assert [one["name"] for one in servers.shown("/v1/keys")["items"]].count("once") == 1
