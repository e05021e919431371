"""Two tenants in one application with all that can be recorded of them, and what names each of it."""

import itertools
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import SECURE, Api
from support.trees import ROOT

SCOPES = [
    "decide",
    "explain",
    "enforce",
    "assert:roles",
    "policy:read",
    "policy:write",
    "admin:tenants",
    "admin:users",
    "admin:keys",
    "admin:sessions",
    "flags:read",
    "flags:write",
    "limits:consume",
    "usage:read",
    "usage:write",
    "admin:subscriptions",
]
_FRESH = itertools.count(1)


@dataclass
class Side:
    """A tenant: what its own things are called. No value stands within another."""

    word: str
    address: str
    user: str = ""
    session: str = ""
    subscription: str = ""
    token: str = field(default="", repr=False)
    key_id: str = ""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        self.tenant = f"{self.word}-house"
        self.name = f"{self.word} Limited"
        self.domain = f"{self.word}-net.example"
        self.user = f"{self.word}-person"
        self.email = f"{self.word}-mail@post.example"
        self.username = f"{self.word}-login"
        self.first_name = f"{self.word}-first"
        self.last_name = f"{self.word}-last"
        self.setting = f"{self.word}-secret"
        self.agent = f"{self.word}-browser"
        self.key_name = f"{self.word}-script"
        self.rule = f"{self.word}-rule"
        self.record = f"{self.word}-record"
        self.reservation = f"{self.word}-kept"
        self.event = f"{self.word}-event"
        self.source = f"{self.word}-meter"

    @property
    def values(self) -> set[str]:
        """All that nobody else may learn."""
        return {value for value in vars(self).values() if value and value != self.word}

    def _questions(self) -> Iterator[Any]:
        for resource in self.named("resource"):
            asked = {"subject": {"type": "user", "id": self.user}, "action": {"name": "view"}, "resource": resource}
            for context in ({}, {"tenant": self.tenant}, {"explain": True}):
                yield {**asked, "context": context}

    def named(self, member: str) -> list[Any]:  # noqa: PLR0911 - one a kind of member
        """What a parameter or member of a request may hold to name something of this tenant."""
        plain = {
            "tenant": self.tenant,
            "tenant_id": self.tenant,
            "user": self.user,
            "id": self.user,
            "session": self.session,
            "subscription": self.subscription,
            "token": self.token,
            "key": self.key_id,
            "email": self.email,
            "username": self.username,
            "domain": self.domain,
            "reservation": self.reservation,
        }
        if member in plain:
            return [plain[member]]
        user = {"type": "user", "id": self.user}
        match member:
            case "subject":
                new = {"type": "user", "id": f"new{next(_FRESH)}", "properties": {"tenant": self.tenant}}
                return [user, new, self.tenant]
            case "resource":
                record = {"type": "record", "id": self.record}
                return [record, {"type": "record", "id": "r", "properties": {"tenant": self.tenant}}]
            case "context":
                named = [{"tenant": self.tenant}, {"domain": self.domain}]
                return [one | more for one in named for more in ({}, {"explain": True})] + [{"targetingKey": self.user}]
            case "access":
                return list(self._questions())
            case "evaluations":
                return [[{"subject": user}, {"resource": {"type": "record", "id": self.record}}]]
            case "items":
                new = fresh_user(self.tenant)
                return [[fresh_user(self.tenant)], [{**new, "id": self.user}], [{**new, "email": self.email}]]
        raise AssertionError(f"say in tests/support/two_tenants.py what {member!r} names, or that it names nothing")


def fresh_user(tenant: str) -> dict[str, Any]:
    """A new user whose names nobody has; `new` and a number where the names differ from request to request."""
    name = f"new{next(_FRESH)}"
    return {
        "tenant_id": tenant,
        "email": f"{name}@post.example",
        "username": name,
        "first_name": "New",
        "last_name": "New",
    }


def record_side(api: Api, word: str, address: str) -> Side:
    """Record a tenant with everything."""
    side = Side(word, address)
    api.made(
        "/v1/tenants",
        {"id": side.tenant, "name": side.name, "domain": side.domain, "settings": {"motto": side.setting}},
    )
    person = {
        "id": side.user,
        "tenant_id": side.tenant,
        "email": side.email,
        "username": side.username,
        "first_name": side.first_name,
        "last_name": side.last_name,
        "roles": ["viewer"],
        "password": SECURE,
    }
    api.made("/v1/users", person)
    api.made(f"/v1/users/{side.user}/totp", None)
    begun = log_in(api, side)
    side.session, side.token = begun["session"]["id"], begun["token"]
    side.subscription = api.made("/v1/subscriptions", {"tenant": side.tenant, "plan": "professional"})["id"]
    override = {"value": True, "reason": side.setting}
    assert api("PUT", f"/v1/flags/everybodys/overrides/{side.tenant}", override).status == 200
    kept = {"id": side.reservation, "tenant": side.tenant, "limit": "max_agents", "expires_in": 3600}
    assert api("POST", "/v1/limits/reservations", kept).body["allowed"]
    more = {"amount": 7, "reason": side.setting}
    assert api("PUT", f"/v1/tenants/{side.tenant}/limits/max_agents", more).status == 200
    event = {"specversion": "1.0", "id": side.event, "source": side.source, "type": "api_calls", "subject": side.tenant}
    assert api("POST", "/v1/usage/events", {**event, "data": {"value": 900}}).status == 202
    key = api.made("/v1/keys", {"name": side.key_name, "scopes": SCOPES, "tenant_id": side.tenant})
    side.key_id, side.key = key["id"], key["key"]
    return side


def log_in(api: Api, side: Side) -> Any:
    return api.made(
        "/v1/sessions",
        {"email": side.email, "password": SECURE, "address": side.address, "user_agent": side.agent},
    )


def nobody() -> Side:
    """Names of a tenant that is not there; others each time, for a request may make some of them."""
    side = Side(f"nobody{next(_FRESH)}", "192.0.2.200")
    side.session, side.key_id, side.token = str(uuid.uuid4()), str(uuid.uuid4()), "dws_" + "n" * 43
    side.subscription = str(uuid.uuid4())
    return side


def policy_of(*words: str) -> Mapping[str, bytes]:
    """The default policy, and for each tenant a rule, a role and a record of its own."""
    tree = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in ("models", "policies")
        for path in (ROOT / folder).iterdir()
        if path.is_file()
    }
    rows = "".join(
        f"p, {word}-rule, user:{word}-person, {word}-house, record:*, view, "
        f"r.ctx.tenant.plan == '{word}-secret', allow\n"
        f"g, user:{word}-declared, role:viewer, {word}-house\n"
        for word in words
    )
    tree["policies/access.csv"] += rows.encode()
    declared = "".join(f"    {word}-record: {{tenant: {word}-house, owner: {word}-first}}\n" for word in words)
    tree["policies/directory.yaml"] = f"resources:\n  record:\n{declared}".encode()
    tree["policies/flags.yaml"] = b"everybodys: {type: boolean, default: off}\n"
    return tree


def rows_of(api: Api, side: Side) -> list[str]:
    """Every row of the database that is about a tenant or something of it."""
    about = (side.tenant, side.user, side.session, side.key_id, side.subscription)
    place = DatabaseAddress.in_folder(api.state).place
    database = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
    try:
        return sorted(row for row in _rows(database) if any(value in row for value in about))
    finally:
        database.close()


def _rows(database: sqlite3.Connection) -> Iterator[str]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - its own names
            yield f"{table} {row!r}"
