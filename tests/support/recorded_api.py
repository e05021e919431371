"""An application with a database in this process, asked as a client on this machine asks."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from doorward.bootstrap import Application, folder_application, make_authenticator, open_recorded
from doorward.domain.database_address import DatabaseAddress
from support.databases import migrated_in
from support.trees import ROOT, write_tree

ADMIN_KEY = "dw_test-key-of-everything"
SECURE = "SecurePass123!"  # the requirements' own example


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


@dataclass
class Api:
    """A client with a key of its own."""

    application: Application
    state: Path
    key: str = field(default=ADMIN_KEY, repr=False)

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request. Header names are given with underscores."""
        sent = [("Authorization", f"Bearer {self.key}")]
        sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
        content = b""
        if body is not None:
            sent.append(("Content-Type", "application/json"))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answered, found = self.application.door.handle(method, path, sent, content)
        return Answer(status, {name.lower(): value for name, value in answered}, found)

    def made(self, path: str, body: object, **headers: str) -> Any:
        """POST that must make something."""
        answer = self("POST", path, body, **headers)
        assert answer.status == 201, answer.content
        return answer.body

    def with_key(self, key: str) -> "Api":
        return Api(self.application, self.state, key)

    def bound(self, tenant: str, *scopes: str) -> "Api":
        """A client with a key that is bound to a tenant."""
        return self.with_key(self.made("/v1/keys", {"name": "bound", "scopes": scopes, "tenant_id": tenant})["key"])

    def tenant(self, name: str = "acme", **more: object) -> Any:
        return self.made("/v1/tenants", {"id": name, "name": name, "domain": f"{name}.com", **more})

    def user(self, name: str = "ann", tenant: str = "acme", **more: object) -> Any:
        body = {
            "id": name,
            "tenant_id": tenant,
            "email": f"{name}@{tenant}.com",
            "username": name,
            "first_name": name.title(),
            "last_name": "Lee",
            **more,
        }
        return self.made("/v1/users", body)

    def allowed(
        self, subject: str, action: str, resource: str, tenant: str | None = None, **properties: object
    ) -> bool:
        """An access question's decision."""
        kind, _, name = subject.partition(":")
        resource_kind, _, resource_name = resource.partition(":")
        question = {
            "subject": {"type": kind, "id": name, "properties": properties},
            "action": {"name": action},
            "resource": {"type": resource_kind, "id": resource_name},
            "context": {} if tenant is None else {"tenant": tenant},
        }
        answer = self("POST", "/access/v1/evaluation", question)
        assert answer.status == 200, answer.content
        decision: bool = answer.body["decision"]
        return decision


MakeApi = Callable[..., Api]


@contextlib.contextmanager
def applications(folder: Path, key: str = ADMIN_KEY) -> Iterator[MakeApi]:
    """Make applications whose first key is `key`; each is closed at the end."""
    made: list[Application] = []

    def make(
        database: DatabaseAddress | None = None,
        tree: Mapping[str, bytes] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Api:
        state = folder / f"state-{len(made)}"
        state.mkdir(mode=0o700)
        (state / "admin.key").write_text(key + "\n")
        policy = ROOT if tree is None else write_tree(folder / f"policy-{len(made)}", tree)
        address = database or migrated_in(state)
        master = None
        if not address.is_sqlite:
            master = folder / "master.key"
            if not master.exists():
                master.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
                master.chmod(0o600)
        recorded = open_recorded(address, state, master, clock=clock)
        authenticator = make_authenticator(None, no_auth=False)
        application = folder_application(policy, authenticator, recorded=recorded, clock=clock)
        made.append(application)
        return Api(application, state, key)

    yield make
    for one in made:
        one.close()


@pytest.fixture
def make_api(tmp_path: Path) -> Iterator[MakeApi]:
    """Make applications; each is closed when the test ends."""
    with applications(tmp_path) as make:
        yield make


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """One with an SQLite database, on the default policy."""
    return make_api()
