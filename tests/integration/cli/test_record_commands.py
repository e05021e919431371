"""`doorward tenants`, `users`, `keys`, `sessions`, `encryption`, `security`: what they ask and what they show."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import FakeSidecar, fake_sidecar
from unit.sdk.sdk_records import AT, KEY, LIMIT_OVERRIDE, NEW_KEY, SESSION, TENANT, TENANT_LIMITS, USER

Run = Callable[..., Result]
NAMES = ("--first-name", "Ann", "--last-name", "Lee", "--tenant-id", "acme")
CREATE_USER = ("users", "create", "--email", "ann@acme.com", "--username", "ann", *NAMES)
NEW_USER = {
    "tenant_id": "acme",
    "email": "ann@acme.com",
    "username": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
}


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    return lambda *arguments, typed=None: CliRunner().invoke(main, arguments, input=typed)


def page(*items: object) -> dict[str, object]:
    return {"items": items, "next": None}


CHANGES: list[Any] = [
    (("tenants", "create", "--name", "Acme", "--domain", "acme.com", "--plan", "professional"), "POST /v1/tenants", {"name": "Acme", "domain": "acme.com", "plan": "professional"}, TENANT),
    (("tenants", "create", "--name", "A", "--domain", "a.b", "--id", "a", "--settings", '{"x": 1}'), "POST /v1/tenants", {"id": "a", "name": "A", "domain": "a.b", "settings": {"x": 1}}, TENANT),
    (("tenants", "update", "acme", "--plan", "enterprise"), "PATCH /v1/tenants/acme", {"plan": "enterprise"}, TENANT),
    (("tenants", "suspend", "acme"), "PATCH /v1/tenants/acme", {"status": "suspended"}, TENANT),
    (("tenants", "activate", "acme"), "PATCH /v1/tenants/acme", {"status": "active"}, TENANT),
    (("tenants", "delete", "acme"), "DELETE /v1/tenants/acme", None, None),
    (("tenants", "purge", "acme", "--yes"), "DELETE /v1/tenants/acme?purge=true", None, None),
    (("tenants", "set-limit", "acme", "api_calls", "7"), "PUT /v1/tenants/acme/limits/api_calls", {"amount": 7}, LIMIT_OVERRIDE),
    (
        ("tenants", "set-limit", "acme", "api_calls", "unlimited", "--per", "rate/second", "--reason", "a pilot", "--expires-at", "2027-01-31"),
        "PUT /v1/tenants/acme/limits/api_calls",
        {"amount": "unlimited", "per": "rate/second", "reason": "a pilot", "expires_at": "2027-01-31T00:00:00.000Z"},
        LIMIT_OVERRIDE,
    ),
    (("tenants", "remove-limit", "acme", "api_calls"), "DELETE /v1/tenants/acme/limits/api_calls", None, None),
    (("tenants", "remove-limit", "acme", "x", "--per", "rate/second"), "DELETE /v1/tenants/acme/limits/x?per=rate%2Fsecond", None, None),
    ((*CREATE_USER, "--password", "p"), "POST /v1/users", {**NEW_USER, "password": "p"}, USER),
    ((*CREATE_USER, "--no-password", "--role", "a", "--role", "b"), "POST /v1/users", {**NEW_USER, "roles": ["a", "b"]}, USER),
    (("users", "update", "u1", "--status", "active"), "PATCH /v1/users/u1", {"status": "active"}, USER),
    (("users", "update", "u1", "--role", "user", "--last-name", "B"), "PATCH /v1/users/u1", {"last_name": "B", "roles": ["user"]}, USER),
    (("users", "update", "u1", "--no-roles"), "PATCH /v1/users/u1", {"roles": []}, USER),
    (("users", "suspend", "u1"), "PATCH /v1/users/u1", {"status": "suspended"}, USER),
    (("users", "activate", "u1"), "PATCH /v1/users/u1", {"status": "active"}, USER),
    (("users", "delete", "u1"), "DELETE /v1/users/u1", None, None),
    (("users", "purge", "u1", "--yes"), "DELETE /v1/users/u1?purge=true", None, None),
    (("users", "give-role", "u1", "user"), "PUT /v1/users/u1/roles/user", None, None),
    (("users", "give-role", "u1", "user", "--tenant", "x"), "PUT /v1/users/u1/roles/user?tenant=x", None, None),
    (("users", "take-role", "u1", "user", "--tenant", "x"), "DELETE /v1/users/u1/roles/user?tenant=x", None, None),
    (("users", "set-password", "u1", "--password", "p"), "PUT /v1/users/u1/password", {"password": "p"}, None),
    (("users", "enrol-totp", "u1"), "POST /v1/users/u1/totp", None, {"secret": "AB", "uri": "otpauth://x"}),
    (("users", "confirm-totp", "u1", "123456"), "POST /v1/users/u1/totp/confirm", {"code": "123456"}, {"recovery_codes": ["a-b"]}),
    (("users", "remove-totp", "u1"), "DELETE /v1/users/u1/totp", None, None),
    (("users", "recovery-codes", "u1"), "POST /v1/users/u1/recovery-codes", None, {"recovery_codes": ["a-b"]}),
    (("users", "unlock", "u1"), "POST /v1/users/u1/unlock", None, None),
    (("keys", "create", "--name", "ci", "--scope", "decide", "--scope", "explain", "--tenant", "acme"), "POST /v1/keys", {"name": "ci", "scopes": ["decide", "explain"], "tenant_id": "acme"}, NEW_KEY),
    (("keys", "rotate", "k1"), "POST /v1/keys/k1/rotate", {"overlap_seconds": 86400}, NEW_KEY),
    (("keys", "rotate", "k1", "--overlap", "30m"), "POST /v1/keys/k1/rotate", {"overlap_seconds": 1800}, NEW_KEY),
    (("keys", "revoke", "k1"), "DELETE /v1/keys/k1", None, None),
    (("sessions", "revoke", "s1"), "DELETE /v1/sessions/s1", None, None),
    (("sessions", "revoke", "--user", "u1"), "DELETE /v1/users/u1/sessions", None, {"revoked": 2}),
]  # fmt: skip
LOOKS: list[Any] = [
    (("tenants", "list"), "GET /v1/tenants", page(TENANT)),
    (("tenants", "list", "--status", "active", "--plan", "basic"), "GET /v1/tenants?status=active&plan=basic", page(TENANT)),
    (("tenants", "list", "--domain", "acme.com"), "GET /v1/tenants?domain=acme.com", page()),
    (("tenants", "show", "acme"), "GET /v1/tenants/acme", TENANT),
    (("tenants", "limits", "acme"), "GET /v1/tenants/acme/limits", TENANT_LIMITS),
    (("users", "list", "acme"), "GET /v1/users?tenant=acme", page(USER)),
    (("users", "list", "--username", "ann", "--email", "a@b"), "GET /v1/users?email=a%40b&username=ann", page(USER)),
    (("users", "list", "--status", "suspended"), "GET /v1/users?status=suspended", page()),
    (("users", "show", "u1"), "GET /v1/users/u1", USER),
    (("users", "roles", "u1"), "GET /v1/users/u1/roles", page({"role": "viewer", "tenant": "*", "source": "git", "place": "policies/access.csv:9"})),
    (("users", "permissions", "u1", "--tenant", "x"), "GET /v1/users/u1/permissions?tenant=x", page({"permission": "view_agents", "rule": "x", "place": None})),
    (("keys", "list"), "GET /v1/keys", page(KEY)),
    (("keys", "show", "k1"), "GET /v1/keys/k1", KEY),
    (("sessions", "list", "--user", "u1"), "GET /v1/sessions?user=u1", page(SESSION)),
    (("encryption", "status"), "GET /v1/encryption", {"key_id": "k", "created_at": AT, "keys": 1, "sealed_with_others": 0}),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: " ".join(case[0]))
def test_a_command_asks_for_what_it_says_and_prints_the_answer(case: Any, sidecar: FakeSidecar, run: Run) -> None:
    arguments, request_line, body, answer = case
    sidecar.answers(request_line, 204 if answer is None else 200, answer)
    for form in ((), ("--json",)):
        ended = run(*arguments, *form)
        assert ended.exit_code == 0, ended.output
        assert sidecar.last.body == body
        assert sidecar.last.key
        if form:
            assert (json.loads(ended.stdout) if ended.stdout else None) == answer
        else:
            assert ended.stdout


@pytest.mark.parametrize(("arguments", "request_line", "answer"), LOOKS)
def test_a_command_that_looks_prints_what_the_api_answers(
    arguments: tuple[str, ...], request_line: str, answer: Any, sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.answers(request_line, 200, answer)
    ended = run(*arguments, "--json")
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == answer | ({"items": list(answer["items"])} if "items" in answer else {})
    assert run(*arguments).exit_code == 0


def test_tables_and_single_things_are_for_people(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("GET /v1/tenants", 200, page(TENANT, {**TENANT, "id": "b", "name": "B\x1b[2J"}))
    assert run("tenants", "list").output.splitlines() == [
        "id    name          domain    plan          status  created",
        "acme  Acme          acme.com  professional  active  2026-11-28 03:46:10Z",
        "b     B<U+001B>[2J  acme.com  professional  active  2026-11-28 03:46:10Z",
    ]
    sidecar.answers("GET /v1/tenants/acme/limits", 200, TENANT_LIMITS)
    assert run("tenants", "limits", "acme").output.splitlines() == [
        "limit       per    amount     source    plan_amount  expires               reason",
        "api_calls   hour   unlimited  override  1000         2026-11-28 03:46:10Z  a pilot",
        "max_agents  total  5          plan      5",
        "",
        "overrides that count no more",
        "limit      per  amount  state    expires               reason",
        "api_calls  day  7       expired  2026-11-28 03:46:10Z  a pilot",
    ]
    sidecar.answers("GET /v1/tenants/acme", 200, TENANT)
    shown = run("tenants", "show", "acme").output
    assert 'limits               max_agents=20, api_calls=unlimited, exports={"hour": 5, "day": "unlimited"}\n' in shown
    assert "settings             colour=red\n" in shown
    sidecar.answers("GET /v1/users/u1", 200, USER)
    shown = run("users", "show", "u1").output
    assert "roles                viewer (acme), admin (other)\n" in shown
    assert "has_totp             no\n" in shown
    assert "locked_until" not in shown
    sidecar.answers("GET /v1/keys", 200, page(KEY))
    assert "dw_abcdefgh" in run("keys", "list").output


def test_a_new_key_is_printed_alone_on_standard_output_and_said_to_be_shown_once(
    sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.answers("POST /v1/keys", 201, NEW_KEY)
    ended = run("keys", "create", "--name", "ci", "--scope", "decide", "--expires-in", "90d")
    assert ended.stdout.splitlines()[0] == "dw_abcdefgh_secret"
    assert "not shown again" in ended.stderr
    ends = datetime.fromisoformat(sidecar.last.body["expires_at"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=1)


def test_a_password_is_typed_twice_and_not_shown(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/users", 201, USER)
    ended = run(*CREATE_USER, typed="SecurePass123!\nSecurePass123!\n")
    assert ended.exit_code == 0, ended.output
    assert sidecar.last.body["password"] == "SecurePass123!"  # noqa: S105
    assert "SecurePass123!" not in ended.output
    assert ended.stdout.startswith("id ")


@pytest.mark.parametrize(
    ("content", "password"), [("pw\n", "pw"), ("pw\r\n", "pw"), (" p w ", " p w "), ("a\n\n", "a\n"), ("pä\n", "pä")]
)
def test_a_password_is_read_from_a_file_or_standard_input(
    content: str, password: str, sidecar: FakeSidecar, run: Run, tmp_path: Path
) -> None:
    sidecar.answers("PUT /v1/users/u1/password", 204)
    file = tmp_path / "password"
    file.write_bytes(content.encode())
    assert run("users", "set-password", "u1", "--password-file", str(file)).exit_code == 0
    assert sidecar.last.body == {"password": password}
    assert run("users", "set-password", "u1", "--password-file", "-", typed=content).exit_code == 0
    assert sidecar.last.body == {"password": password}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((*CREATE_USER, "--password", "p", "--no-password"), "a password or --no-password"),
        ((*CREATE_USER, "--password", "p", "--password-file", "-"), "--password or --password-file, not both"),
        ((*CREATE_USER,), "no password was typed"),
        (("users", "set-password", "u1", "--password-file", "/nowhere"), "cannot be read"),
        (("users", "set-password", "u1", "--password-file", "-"), "is empty"),
        (("users", "update", "u1"), "nothing to change"),
        (("users", "update", "u1", "--role", "a", "--no-roles"), "--role or --no-roles"),
        (("users", "update", "u1", "--status", "deleted"), "'deleted' is not one of 'active', 'suspended'"),
        (("tenants", "update", "acme"), "nothing to change"),
        (("tenants", "create", "--name", "A", "--domain", "a.b", "--settings", "[1]"), "is no JSON object"),
        *((("tenants", "set-limit", "acme", "x", one), "is no amount") for one in ("1.5", "ten", "\u0661", "9" * 20)),
        (("tenants", "set-limit", "acme", "x", "5", "--per", "week"), "'week' is not one of"),
        (("keys", "create", "--name", "ci"), "Missing option '--scope'"),
        (("keys", "create", "--name", "ci", "--scope", "decide", "--expires-in", "soon"), "is no duration"),
        (("keys", "create", "--name", "ci", "--scope", "decide", "--expires-in", "99999d"), "is no duration"),
        (("sessions", "revoke"), "give SESSION_ID or --user"),
        (("sessions", "revoke", "s1", "--user", "u1"), "give SESSION_ID or --user"),
    ],
)
def test_a_wrong_command_asks_nothing(arguments: tuple[str, ...], says: str, sidecar: FakeSidecar, run: Run) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 2, ended.output
    assert says in " ".join(ended.output.split())
    assert sidecar.asked == []


def test_to_purge_has_to_be_confirmed(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("DELETE /v1/tenants/acme?purge=true", 204)
    refused = run("tenants", "purge", "acme", typed="n\n")
    assert (refused.exit_code, sidecar.asked) == (1, [])
    assert "Its users are forgotten too" in refused.stderr
    assert run("tenants", "purge", "acme", typed="y\n").exit_code == 0
    assert len(sidecar.asked) == 1


def test_to_end_the_key_that_commands_use_has_to_be_confirmed(
    sidecar: FakeSidecar, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORWARD_KEY", "dw_abcdefgh_secret")
    sidecar.answers("GET /v1/keys/k1", 200, KEY).answers("DELETE /v1/keys/k1", 204)
    refused = run("keys", "revoke", "k1", typed="n\n")
    assert refused.exit_code == 1
    assert "use this key (DOORWARD_KEY)" in refused.stderr
    assert [one.method for one in sidecar.asked] == ["GET"]
    assert run("keys", "revoke", "k1", "--yes").exit_code == 0
    assert [one.method for one in sidecar.asked] == ["GET", "DELETE"]


def test_where_the_rotated_key_was_kept_is_said(
    sidecar: FakeSidecar, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    sidecar.answers("GET /v1/keys/k1", 200, KEY).answers("POST /v1/keys/k1/rotate", 200, NEW_KEY)
    assert "put this one there" not in run("keys", "rotate", "k1").stderr
    monkeypatch.delenv("DOORWARD_KEY")
    (tmp_path / "admin.key").write_text("dw_abcdefgh_secret\n")
    assert f"{tmp_path / 'admin.key'} holds the one before" in run("keys", "rotate", "k1").stderr


def test_tables_say_the_users_own_tenant_once_and_the_first_scopes(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("GET /v1/users?tenant=acme", 200, page(USER))
    headings, row = run("users", "list", "acme").stdout.splitlines()
    assert "tenant_id" not in headings
    assert row.endswith("viewer, admin (other)")
    sidecar.answers("GET /v1/keys", 200, page({**KEY, "scopes": ["a", "b", "c", "d", "e"]}))
    assert "a, b, c, and 2 more  " in run("keys", "list").stdout
    sidecar.answers("GET /v1/sessions", 200, page())
    assert run("sessions", "list").stderr == "  none\n"


def test_a_version_is_sent_along(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("PATCH /v1/tenants/acme", 200, TENANT)
    assert run("tenants", "update", "acme", "--name", "B", "--if-version", "3").exit_code == 0
    assert sidecar.last.headers["if-match"] == '"3"'


@pytest.mark.parametrize(
    ("refusal", "code", "says"),
    [
        ((400, "bad-request"), 2, "error: the detail"),
        ((403, "not-permitted"), 5, "use a key with the scope admin:tenants"),
        ((401, "unauthenticated"), 5, "DOORWARD_KEY"),
        ((404, "not-found"), 1, "error: the detail"),
        ((409, "conflict"), 1, "error: the detail"),
        ((409, "email_unavailable"), 1, "error: the detail"),
        ((412, "precondition-failed"), 1, "error: the detail"),
        ((422, "idempotency-key-reused"), 2, "error: the detail"),
        ((422, "password-refused"), 1, "too short"),
        ((503, "store-unavailable"), 5, "try again in a moment"),
        ((500, "internal"), 5, "answered 500"),
    ],
)
def test_a_refusal_ends_with_a_code_and_says_what_to_do(
    refusal: tuple[int, str], code: int, says: str, sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.refuses("PATCH /v1/tenants/acme", *refusal, "the detail", reasons=["too short"])
    ended = run("tenants", "suspend", "acme")
    assert ended.exit_code == code, ended.output
    assert says in ended.stderr
    assert ended.stdout == ""


def test_nobody_at_the_address_is_exit_code_5(run: Run) -> None:
    ended = run("tenants", "list", "--url", "http://127.0.0.1:1")
    assert ended.exit_code == 5
    assert "name it with --url" in ended.stderr


def rotates(sidecar: FakeSidecar, *steps: dict[str, object]) -> None:
    """The answers of the steps of a rotation, each asked for by what the one before said."""
    target = "POST /v1/encryption/rotate"
    for step in steps:
        sidecar.answers(target, 200, {"key_id": "k2", "unopened": [], **step})
        target = f"POST /v1/encryption/rotate?cursor={step['next']}"


def test_a_rotation_goes_on_until_nothing_remains(sidecar: FakeSidecar, run: Run) -> None:
    rotates(
        sidecar,
        {"resealed": 500, "remaining": 700, "next": "m"},
        {"resealed": 500, "remaining": 200, "next": "t"},
        {"resealed": 200, "remaining": 0, "next": None},
    )
    ended = run("encryption", "rotate")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout == "1200 users sealed with the key k2\n"
    assert len({one.key for one in sidecar.asked}) == 3


def test_a_rotation_names_what_does_not_open_and_goes_on(sidecar: FakeSidecar, run: Run) -> None:
    left = {"user_id": "ann", "value": "email", "detail": "account.email of ann does not open"}
    rotates(
        sidecar,
        {"resealed": 499, "remaining": 7, "next": "m", "unopened": [left]},
        {"resealed": 7, "remaining": 0, "next": None},
    )
    ended = run("encryption", "rotate", "--json")
    assert ended.exit_code == 1
    told = json.loads(ended.stdout)
    assert (told["resealed"], told["unopened"]) == (506, [left])
    assert "user ann: account.email of ann does not open\n" in ended.stderr
    assert "1 value did not open, and stayed as before" in ended.stderr


@pytest.mark.parametrize(("errors", "code"), [([], 0), (["too short", "no digit"], 1)])
def test_a_password_is_held_against_the_policy(errors: list[str], code: int, sidecar: FakeSidecar, run: Run) -> None:
    answer = {"valid": not errors, "errors": errors}
    sidecar.answers("POST /v1/security/validate-password", 200, answer)
    ended = run("security", "validate-password", "--password", "MyPassword123!")
    assert ended.exit_code == code
    assert sidecar.last.body == {"password": "MyPassword123!"}
    assert all(one in ended.stdout for one in errors)
    in_json = run("security", "validate-password", "--json", typed="MyPassword123!\n")
    assert (json.loads(in_json.stdout), in_json.exit_code) == (answer, code)
