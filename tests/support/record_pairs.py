"""Two sidecars on one PostgreSQL: changes go through one, and what counts is asked of the other."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.postgresql_server import PostgresqlServer
from support.sidecars import Sidecar, Start
from support.trees import ROOT

MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
LOOK_SECONDS = 0.002


@dataclass
class Answer:
    """What came back, and how long it took."""

    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> str:
        return str(self.body["type"]).rpartition("/")[2]

    @property
    def facts(self) -> int:
        return int(self.headers["doorward-facts"])


def ask(sidecar: Sidecar, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """One request with the admin key, or with another `Authorization`; header names with underscores."""
    sent = {"Authorization": f"Bearer {sidecar.key}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    content = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        content = json.dumps(body).encode()
    began = time.monotonic()
    status, answered, found = sidecar.request(method, path, content, sent)
    return Answer(status, answered, found, time.monotonic() - began)


def evaluate(sidecar: Sidecar, user: str, action: str, where: Mapping[str, str], **headers: str) -> Answer:
    """May a user do it to some agent?"""
    question = {
        "subject": {"type": "user", "id": user},
        "action": {"name": action},
        "resource": {"type": "agents", "id": "1"},
        "context": dict(where),
    }
    return ask(sidecar, "POST", "/access/v1/evaluation", question, **headers)


@dataclass
class Pair:
    """Changes go through `near`; `far` is asked. `delays` are those until `far` knew, by kind of change."""

    near: Sidecar
    far: Sidecar
    server: PostgresqlServer
    delays: dict[str, list[float]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def change(self, method: str, path: str, body: object = None) -> Answer:
        """A change that must be carried out."""
        answer = ask(self.near, method, path, body)
        assert answer.status in {200, 201, 204}, (method, path, answer.status, answer.content)
        return answer

    def tenant(self) -> str:
        name = self.new_name("tenant")
        self.change("POST", "/v1/tenants", {"id": name, "name": name, "domain": f"{name}.example"})
        return name

    def user_body(self, tenant: str, **more: object) -> dict[str, object]:
        name = self.new_name("user")
        person = {"first_name": "Ann", "last_name": "Lee", "username": name, "email": f"{name}@x.example"}
        return {"id": name, "tenant_id": tenant, **person, **more}

    def takes_effect(
        self, kind: str, change: Callable[[], Answer], asked: Callable[..., bool], *, at_once: bool, seconds: float
    ) -> Answer:
        """Carry out a change: what is `asked` of the other sidecar then turns round in time."""
        was = asked()
        answer = change()
        self.counts(kind, answer, asked, wanted=not was, at_once=at_once, seconds=seconds)
        return answer

    def counts(  # noqa: PLR0913 - what there is to be said of it
        self, kind: str, answer: Answer, asked: Callable[..., bool], *, wanted: bool, at_once: bool, seconds: float
    ) -> None:
        """A change that was answered just now counts in the other sidecar in time; at once where it is waited for."""
        began = time.monotonic()
        if at_once:
            assert asked(Doorward_Min_Facts=str(answer.facts)) is wanted, f"{kind}: not at once"
        while asked() is not wanted:
            assert time.monotonic() - began < seconds, f"{kind}: it does not count after {seconds} s"
            time.sleep(LOOK_SECONDS)
        if not at_once:
            self.delays.setdefault(kind, []).append(time.monotonic() - began)
        assert asked() is wanted, f"{kind}: it was taken back"

    def told(self) -> str:
        """The delays, worst first."""
        lines = [
            f"{kind:<28} {len(found):>4} times, worst {max(found):.3f} s, median {sorted(found)[len(found) // 2]:.3f} s"
            for kind, found in sorted(self.delays.items(), key=lambda item: -max(item[1]))
        ]
        return "\n".join(["", *lines])


def shared_database(address: DatabaseAddress, folder: Path, policy: Path) -> dict[str, str]:
    """The environment of sidecars on one database, with one master key, which is made in the folder."""
    master = folder / "master.key"
    master.write_text(MASTER_KEY)
    master.chmod(0o600)
    return {
        "DOORWARD_DATABASE": address.place,
        "DOORWARD_MASTER_KEY_FILE": str(master),
        "DOORWARD_POLICY": str(policy),
    }


def start_pair(sidecar: Start, environment: Mapping[str, str], folder: Path) -> tuple[Sidecar, Sidecar]:
    """Two sidecars, `near` and `far`, with state directories of their own in the folder."""
    near = sidecar(name="near", environment=environment)
    (folder / "far").mkdir(exist_ok=True)
    (folder / "far" / "admin.key").write_text(near.key + "\n")  # the first sidecar has recorded it for both
    return near, sidecar(name="far", environment=environment)


@pytest.fixture
def pair(own_postgresql: PostgresqlServer, sidecar: Start, tmp_path: Path) -> Pair:
    """Two sidecars with state directories of their own, one database and one master key."""
    near, far = start_pair(sidecar, shared_database(own_postgresql.address(), tmp_path, ROOT), tmp_path)
    return Pair(near, far, own_postgresql)
