"""Servers on one database, real processes, asked in turn."""

import base64
import contextlib
import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from doorward.domain.database_address import DatabaseAddress
from support.databases import PostgresqlDatabases
from support.recorded_api import SECURE
from support.sidecars import Sidecar, start_sidecar

MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
AGAIN_SECONDS = 60.0
Answer = tuple[int, dict[str, str], bytes]


def cheap_hash(password: str) -> str:
    """A hash from elsewhere that costs little to check: the races are about what is counted."""
    salt = b"salt of one"
    tag = Argon2id(salt=salt, length=16, iterations=1, lanes=1, memory_cost=8).derive(password.encode())
    parts = (base64.b64encode(part).rstrip(b"=").decode() for part in (salt, tag))
    return "$argon2id$v=19$m=8,t=1,p=1$" + "$".join(parts)


@dataclass
class Servers:
    """Servers on one database; requests go to one after the other."""

    sidecars: list[Sidecar]
    database: DatabaseAddress
    _next: Iterator[int] = field(default_factory=itertools.count)
    sent_again: list[str] = field(default_factory=list)
    """The paths of requests that were refused while too many others were before them: what was done, was done twice."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sidecars[0].key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request, sent again while too many others are before it."""
        sidecar = self.sidecars[next(self._next) % len(self.sidecars)]
        content = None if body is None else json.dumps(body).encode()
        ends = time.monotonic() + AGAIN_SECONDS
        while True:
            answer = sidecar.request(method, path, content, self.headers)
            if answer[0] != 503 or time.monotonic() > ends:
                return answer
            self.sent_again.append(path)
            time.sleep(0.05)

    def made(self, path: str, body: object) -> Any:
        status, _, content = self.ask("POST", path, body)
        assert status in {200, 201}, content
        return json.loads(content)

    def shown(self, path: str) -> Any:
        return json.loads(self.ask("GET", path)[2])

    def user(self, name: str, *, cheap: bool = True) -> Any:
        secret = {"password_hash": cheap_hash(SECURE)} if cheap else {"password": SECURE}
        return self.made(
            "/v1/users",
            {
                "id": name,
                "tenant_id": "acme",
                "email": f"{name}@acme.com",
                "username": name,
                "first_name": "A",
                "last_name": "B",
                **secret,
            },
        )

    def log_in(self, name: str, password: str, **more: object) -> Answer:
        return self.ask("POST", "/v1/sessions", {"email": f"{name}@acme.com", "password": password, **more})

    def rows(self, sql: str) -> list[Any]:
        """What stands in the database."""
        if self.database.is_sqlite:
            with contextlib.closing(sqlite3.connect(f"file:{self.database.place}?mode=ro", uri=True)) as connection:
                return connection.execute(sql).fetchall()
        with contextlib.closing(psycopg2.connect(self.database.place)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


@contextlib.contextmanager
def record_servers(request: pytest.FixtureRequest, folder: Path, *, count: int = 2) -> Iterator[Servers]:
    """One server on SQLite where the fixture's parameter says so, else `count` on a new PostgreSQL database."""
    with contextlib.ExitStack() as until_done:

        def start(name: str, environment: Mapping[str, str] | None = None) -> Sidecar:
            one = start_sidecar(folder / name, environment=environment)
            until_done.callback(one.stop)
            return one

        if request.param == "sqlite":
            one = start("state")
            yield _with_tenant(Servers([one], DatabaseAddress.in_folder(one.state)))
            return
        databases: PostgresqlDatabases = request.getfixturevalue("postgresql")
        address = databases.new()
        until_done.callback(databases.drop, address)
        key = folder / "master.key"
        key.write_text(MASTER_KEY)
        key.chmod(0o600)
        environment = {"DOORWARD_DATABASE": address.place, "DOORWARD_MASTER_KEY_FILE": str(key)}
        first = start("first", environment)
        more = [_other(folder, number, first, start, environment) for number in range(1, count)]
        yield _with_tenant(Servers([first, *more], address))


def _with_tenant(servers: Servers) -> Servers:
    servers.made("/v1/tenants", {"id": "acme", "name": "Acme", "domain": "acme.com"})
    return servers


def _other(
    folder: Path,
    number: int,
    first: Sidecar,
    start: Callable[[str, Mapping[str, str]], Sidecar],
    environment: Mapping[str, str],
) -> Sidecar:
    state = folder / f"other-{number}"
    state.mkdir(mode=0o700)
    (state / "admin.key").write_text(first.key + "\n")
    return start(state.name, environment)
