"""After a lively run nothing that is secret stands in clear: not in the database, the state directory or the log."""

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from support.record_servers import Servers, cheap_hash, record_servers
from support.totp import code_of

KEPT_APART = {"admin.key", "master.key"}
PASSWORDS = ("Quokka-Vault-7!", "Wombat-Ledger-8?", "Numbat-Cellar-9#", "Bilby-Cupboard-4+")
REFUSED = ("quollweak", "thylacine" * 200)
MISTYPED = "Quokka-Vauld-7!"
SHOWN_OF_A_KEY = 11  # its beginning, by which people know it


@dataclass
class Secrets:
    """What must stand nowhere: texts in any case, and bytes."""

    texts: set[str] = field(default_factory=set)
    raw: set[bytes] = field(default_factory=set)

    def email(self, address: str) -> str:
        local, _, domain = address.partition("@")
        self.texts |= {address, local, domain.partition(".")[0]}
        return address

    def key(self, key: str) -> str:
        self.texts |= {key, key[SHOWN_OF_A_KEY:]}
        return key

    def token(self, token: str) -> str:
        self.texts |= {token, token.partition("_")[2]}
        return token

    def shared(self, secret: str) -> str:
        raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.raw.add(raw)
        self.texts |= {secret, raw.hex(), base64.b64encode(raw).decode().rstrip("=")}
        self.texts.add(base64.urlsafe_b64encode(raw).decode().rstrip("="))
        return secret

    def found_in(self, content: bytes) -> set[str]:
        lowered = content.lower()
        return {
            *(text for text in self.texts if any(form in lowered for form in _forms(text))),
            *(raw.hex() for raw in self.raw if raw in content),
        }


def _forms(text: str) -> set[bytes]:
    """A text as it is, and as hex and base64, wherever in three bytes it begins; lowercased."""
    raw = text.encode()
    shifted = {base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4] for shift in range(3)}
    return {form.lower() for form in {raw, raw.hex().encode(), *shifted} if len(form) > 5}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with record_servers(request, tmp_path_factory.mktemp("at-rest"), count=1) as started:
        yield started


@pytest.fixture(scope="module")
def secrets(servers: Servers) -> Secrets:
    """What was secret in a lively run."""
    kept = Secrets()
    kept.texts |= {*PASSWORDS, *REFUSED, MISTYPED}
    _users(servers, kept)
    _logins(servers, kept)
    _one_time_codes(servers, kept)
    _keys(servers, kept)
    _mistakes(servers, kept)
    _ends(servers, kept)
    return kept


def new(kept: Secrets, name: str, **more: object) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "tenant_id": "acme",
        "email": kept.email(f"Mail.Of.{name}@Box-Of-{name}.example"),
        "username": f"known-as-{name}",
        "first_name": "First",
        "last_name": "Last",
        **more,
    }


def again(servers: Servers, method: str, path: str, body: object, key: str) -> Any:
    """A request that is sent twice under one Idempotency-Key; the answer."""
    headers = servers.headers | {"Idempotency-Key": key}
    content = None if body is None else json.dumps(body).encode()
    answers = [servers.sidecars[0].request(method, path, content, headers) for _ in range(2)]
    assert answers[0][2] == answers[1][2]
    assert answers[1][1]["idempotency-replayed"] == "true"
    return json.loads(answers[0][2] or b"null")


def _users(servers: Servers, kept: Secrets) -> None:
    again(servers, "POST", "/v1/users", new(kept, "numberone", password=PASSWORDS[0]), "first")
    servers.made("/v1/users", new(kept, "numbertwo", password_hash=cheap_hash(PASSWORDS[1])))
    items = [new(kept, "numberthree", password=PASSWORDS[2]), new(kept, "numberfour", password=REFUSED[0])]
    again(servers, "POST", "/v1/users/import", {"items": items}, "import")
    again(
        servers, "PATCH", "/v1/users/id-numbertwo", {"email": kept.email("Moved.Away@Elsewhere-Now.example")}, "moved"
    )
    for password in REFUSED:
        assert servers.ask("PUT", "/v1/users/id-numberone/password", {"password": password})[0] == 422
        servers.made("/v1/security/validate-password", {"password": password})
    again(servers, "PUT", "/v1/users/id-numberone/password", {"password": PASSWORDS[3]}, "password")


def _logins(servers: Servers, kept: Secrets) -> None:
    login = {"email": "mail.of.numberone@box-of-numberone.example", "password": PASSWORDS[3]}
    token = kept.token(servers.made("/v1/sessions", {**login, "address": "203.0.113.5", "user_agent": "x"})["token"])
    rotated = again(servers, "POST", "/v1/sessions/rotate", {"token": token}, "rotate")
    servers.made("/v1/sessions/introspect", {"token": kept.token(rotated["token"])})
    assert servers.ask("POST", "/v1/sessions", {**login, "password": MISTYPED})[0] == 403
    stranger = kept.email("Nobody.We.Know@Stranger-Box.example")
    assert servers.ask("POST", "/v1/sessions", {"email": stranger, "password": MISTYPED})[0] == 403
    servers.made("/v1/users/authenticate", {**login, "password": PASSWORDS[3]})
    servers.made("/v1/sessions/revoke", {"token": rotated["token"]})


def _one_time_codes(servers: Servers, kept: Secrets) -> None:
    path = "/v1/users/id-numberthree"
    secret = kept.shared(again(servers, "POST", f"{path}/totp", None, "enrol")["secret"])
    codes = again(servers, "POST", f"{path}/totp/confirm", {"code": code_of(secret, -1)}, "confirm")["recovery_codes"]
    renewed = again(servers, "POST", f"{path}/recovery-codes", None, "renew")["recovery_codes"]
    for code in (*codes, *renewed):
        kept.texts |= {code, code.replace("-", "")}
    login = {"username": "known-as-numberthree", "tenant_id": "acme", "password": PASSWORDS[2]}
    for code in (code_of(secret), renewed[0]):
        kept.token(servers.made("/v1/sessions", {**login, "code": code})["token"])
    assert servers.ask("POST", "/v1/sessions", {**login, "code": codes[0]})[0] == 403


def _keys(servers: Servers, kept: Secrets) -> None:
    made = again(servers, "POST", "/v1/keys", {"name": "host", "scopes": ["decide"]}, "key")
    rotated = again(servers, "POST", f"/v1/keys/{made['id']}/rotate", {}, "key-rotate")
    kept.key(made["key"])
    kept.key(rotated["key"])
    kept.key(servers.sidecars[0].key)
    servers.made("/v1/encryption/rotate", None)


def _mistakes(servers: Servers, kept: Secrets) -> None:
    """Requests that name secrets where they do not belong, or are malformed."""
    address, token = kept.email("Mis.Placed@Wrong-Place.example"), kept.token("dws_" + "Zq9" * 14)
    for method, path, body in (
        ("GET", f"/v1/users?email={address}", None),
        ("GET", f"/v1/users/{address}", None),
        ("DELETE", f"/v1/sessions/{token}", None),
        ("GET", f"/v1/{token}", None),
        ("POST", "/v1/users", new(kept, "numberfive", email=address, surname="x")),
        ("POST", "/v1/users", {**new(kept, "numberone"), "id": "other"}),
        ("POST", "/v1/users", {**new(kept, "numbersix"), "tenant_id": "nowhere", "password": PASSWORDS[0]}),
        ("POST", "/v1/users", {"email": [address], "password": {"is": PASSWORDS[0]}}),
        ("PATCH", "/v1/users/id-numberone", {"email": "mail.of.numbertwo@box-of-numbertwo.example\n", "password": "x"}),
        ("POST", "/v1/sessions", {"email": address, "password": 5}),
        ("POST", "/v1/sessions/introspect", {"token": [token]}),
    ):
        status = servers.ask(method, path, body)[0]
        assert status in {200, 400, 404, 409}, (method, path, status)
    for broken in (b'{"email": "' + address.encode() + b'", ', b'{"password": "Quokka-Vault-7!"'):
        assert servers.sidecars[0].request("POST", "/v1/users", broken, servers.headers)[0] == 400
    assert servers.sidecars[0].request("GET", "/v1/users", None, {"Authorization": f"Bearer {token}"})[0] == 401


def _ends(servers: Servers, kept: Secrets) -> None:
    servers.made("/v1/users", new(kept, "numberseven", password=PASSWORDS[0]))
    again(servers, "DELETE", "/v1/users/id-numberseven?purge=true", None, "purge")
    assert servers.ask("DELETE", "/v1/users/id-numbertwo")[0] == 204
    servers.made("/v1/tenants", {"id": "gone", "name": "Gone", "domain": "gone.example"})
    servers.made("/v1/users", {**new(kept, "numbereight"), "tenant_id": "gone"})
    assert servers.ask("DELETE", "/v1/tenants/gone?purge=true")[0] == 204


def _state(servers: Servers) -> Mapping[str, bytes]:
    """Every file of the state directory but the two keys: the SQLite database and the log stand there too."""
    files = (path for path in servers.sidecars[0].state.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if path.name not in KEPT_APART}


def _tables(servers: Servers) -> Mapping[str, bytes]:
    """Every table of a PostgreSQL database, as text."""
    if servers.database.is_sqlite:
        return {}
    with contextlib.closing(psycopg2.connect(servers.database.place)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f'SELECT t::text FROM "{name}" AS t')  # noqa: S608 - its own names
            found[name] = "\n".join(row for (row,) in cursor.fetchall()).encode()
        return found


def test_nothing_secret_stands_in_clear_anywhere(servers: Servers, secrets: Secrets) -> None:
    dumped = {**_state(servers), **_tables(servers)}

    assert any(b"known-as-numberone" in content for content in dumped.values()), "the dump holds what is no secret"
    leaks = {place: found for place, content in dumped.items() if (found := secrets.found_in(content))}
    assert not leaks


def test_nothing_of_such_a_run_breaks_the_server(servers: Servers, secrets: Secrets) -> None:
    assert secrets.texts
    log = servers.sidecars[0].log.read_text()
    assert "ERROR" not in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "hidden", ["quokka-vault-7!", "QUOKKA-VAULT-7!", base64.b64encode(b"xQuokka-Vault-7!y").decode()]
)
def test_a_leak_would_be_found(tmp_path: Path, hidden: str) -> None:
    (tmp_path / "file").write_text(f"before {hidden} after")

    assert Secrets(texts={PASSWORDS[0]}).found_in((tmp_path / "file").read_bytes()) == {PASSWORDS[0]}
