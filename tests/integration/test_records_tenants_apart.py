"""Tenants are apart: every route of /openapi.json is asked for another tenant's things, by whatever names them.

The requests are made from the document. A route or member that is new is asked by itself; where nobody has said
what it names, the test fails and says so.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from support.recorded_api import SECURE, Answer, Api, MakeApi
from support.two_tenants import SCOPES, Side, fresh_user, log_in, nobody, policy_of, record_side, rows_of

HARMLESS = {
    *("limit", "purge", "reason", "status", "plan", "role", "name", "settings", "roles", "scopes", "description"),
    *("first_name", "last_name", "password", "password_hash", "code", "address", "user_agent", "dry_run"),
    *("billing_period", "time_zone", "trial", "when"),
    *("flag", "value", "at", "type", "default_value", "owner"),
    *("amount", "amounts", "current", "expires_in", "audit", "per", "flags", "consume"),
    *("price_monthly", "price_yearly", "features", "limits", "title", "trial_days", "grace_days"),
    *("specversion", "source", "time", "data", "meter", "start", "end", "by", "repair"),
    *("expires_at", "overlap_seconds", "permissions", "conditions", "action", "options", "request", "sections"),
}
"""Parameters and members that name nothing of a tenant: plans, roles and rules are everybody's."""
PLACES = {"cursor"}  # where a page begins: the answer depends on it, and it names nothing
FIXED: Mapping[str, Any] = {
    "name": "New",
    "role": "viewer",
    "first_name": "New",
    "last_name": "New",
    "password": SECURE,
    "code": "000000",
    "scopes": ["decide"],
    "action": {"name": "view"},
    "request": ["a", "b", "c", "d", "e"],
    "permissions": ["view_a"],
    "price_monthly": 1,
    "price_yearly": 2,
    "description": "",
    "flag": "everybodys",
    "limit": "max_agents",
    "amount": 5,
    "value": True,
    "type": "boolean",
    "default_value": True,
    "conditions": {},
    "resource": {"type": "record", "id": "some"},
    "context": {"explain": True},
    "evaluations": [{}],
    "specversion": "1.0",
    "source": "app",
    "meter": "api_calls",
    "plan": "basic",
    "status": "paid",
}
_USAGE_EVENT: Mapping[str, Any] = {"type": "api_calls", "data": {"value": 1}}
_NEW_KEY: Mapping[str, Any] = {"name": "New", "scopes": ["decide"]}
_MAKE_NAMES = {"users_create", "users_update", "tenants_update", "tenants_create"}
TAKEN = (
    "the id '{}' is taken; ids are never used again, choose another one",
    "this e-mail address is not available; give another one",
    "the domain '{}' is taken by another tenant; give another, or purge it if it is deleted",
)
"""What is unique in the deployment, and all that a caller learns who wants what somebody has."""
REFUSALS = {
    "the user neither belongs to the tenant nor has a role in it",
    "the resource belongs to another tenant",
}
"""What an explanation says where the rules are not asked: such ids are another tenant's, wherever that is."""
NOT_FOR_BOUND_KEYS = {
    "usage_reconcile",
    "enforce",
    "policy_show",
    "policy_reload",
    "policy_webhook",
    "policy_revisions",
    "policy_proposals",
    "rules_list",
    "rules_show",
    "rules_create",
    "rules_delete",
    "roles_list",
    "roles_show",
    "roles_create",
    "plans_list",
    "plans_show",
    "plans_create",
    "tenants_create",
    "tenants_import",
    "tenants_delete",
    "encryption_show",
    "encryption_rotate",
    "flags_create",
    "flags_all_overrides",
    "tenants_plans",
    "settings_list",
    "limits_set_override",
    "limits_remove_override",
    "subscriptions_create",
    "subscriptions_change",
    "subscriptions_cancel",
    "subscriptions_resume",
    "subscriptions_pause",
    "subscriptions_status",
}
OF_NOBODY_ELSEWHERE = {
    "users_update",
    "users_set_password",
    "users_enrol_totp",
    "users_remove_totp",
    "users_confirm_totp",
    "users_renew_recovery",
}
"""What a bound key cannot do to somebody who holds a role in another tenant."""
ANSWERED = {
    "tenants_update": {403},  # the domain is not the tenant's to change
    "users_confirm_totp": {409},  # nothing is enrolled
    "users_renew_recovery": {409},
    "users_take_role": {204, 404},
    "limits_consume": {400},  # neither a limit nor items
    "limits_reserve": {400},
    "limits_return": {404},  # nothing was consumed
    "limits_commit": {200, 409},  # it is committed once
    "limits_release": {200, 409},
}
"""What the own tenant's things are answered, where that is no 2xx."""
_DIFFERS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"dws?_[A-Za-z0-9_-]{4,}"), "SECRET"),
    (re.compile(r"new\d+"), "NEW"),
    (re.compile(r'"(secret|uri)":"[^"]*"'), "SHARED"),
)
_CHANGING_HEADERS = {"doorward-facts", "content-length"}


@dataclass(frozen=True)
class Operation:
    """One method on one path, with what may be given to it."""

    name: str
    method: str
    path: str
    parameters: Mapping[str, str]  # the name's place
    members: tuple[str, ...]
    required: frozenset[str]
    has_body: bool

    @property
    def naming(self) -> list[str]:
        """What of it may name something of a tenant."""
        harmless = HARMLESS | ({"id"} if self.name.startswith("usage_record") else set())  # one of the own tenant's
        return [one for one in (*self.parameters, *self.members) if one not in harmless]


@dataclass(frozen=True)
class Ask:
    """A request: values by name, and those of them that stand in the other tenant's place."""

    operation: Operation
    values: Mapping[str, Any]
    foreign: frozenset[str] = frozenset()

    def send(self, api: Api, **headers: str) -> Answer:
        places, operation = self.operation.parameters, self.operation
        path = operation.path
        for name, place in places.items():
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(str(self.values[name]), safe=""))
        query = {name: self.values[name] for name, place in places.items() if place == "query" and name in self.values}
        body = {name: self.values[name] for name in operation.members if name in self.values}
        sent = body if operation.has_body else None
        return api(operation.method, f"{path}?{urlencode(query)}" if query else path, sent, **headers)

    def texts(self) -> set[str]:
        """Every text that it sends in the other tenant's place."""
        return {text for name in self.foreign for text in _leaves(self.values[name])}


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from itertools.chain.from_iterable(map(_leaves, value.values()))
        case list():
            yield from itertools.chain.from_iterable(map(_leaves, value))


def operations(api: Api) -> list[Operation]:
    """Every one that the document has."""
    document = api("GET", "/openapi.json").body
    schemas = document["components"]["schemas"]
    return [
        _operation(path, method, one, schemas)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]


def _operation(path: str, method: str, one: Any, schemas: Any) -> Operation:
    parameters = {entry["name"]: entry["in"] for entry in one["parameters"] if entry["in"] != "header"}
    bodies = list(_bodies(one, schemas))
    members = dict.fromkeys(name for body in bodies for name in body["properties"])
    required = set.intersection(*(set(body.get("required", ())) for body in bodies)) if bodies else set()
    return Operation(
        one["operationId"], method.upper(), path, parameters, tuple(members), frozenset(required), bool(bodies)
    )


def _bodies(one: Any, schemas: Any) -> Iterator[Any]:
    for media in one.get("requestBody", {}).get("content", {}).values():
        for schema in media["schema"].get("anyOf", [media["schema"]]):
            yield schemas[schema.get("items", schema)["$ref"].rpartition("/")[2]]


class World:
    """Two tenants, who asks, and requests about the asker's own things."""

    def __init__(self, api: Api, own: Side, other: Side) -> None:
        self.admin, self.own, self.other = api, own, other
        self.bound = api.with_key(own.key)

    def asks(self, operation: Operation) -> Iterator[tuple[Ask, Ask | None]]:
        """Requests that name the other tenant's things in one place and in all, each with one that names nobody's."""
        for name in operation.naming:
            if name in PLACES:
                for value in (
                    self.other.user,
                    self.other.session,
                    self.other.subscription,
                    self.other.key_id,
                    self.other.tenant,
                ):
                    yield Ask(operation, {**self._own(operation), name: value}, frozenset({name})), None
                continue
            for full in (True, False):
                for theirs, nobodys in zip(self.other.named(name), nobody().named(name), strict=True):
                    asked, same = self._own(operation, full=full), self._own(operation, full=full)
                    place = frozenset({name})
                    yield (
                        Ask(operation, {**asked, name: theirs}, place),
                        Ask(operation, {**same, name: nobodys}, place),
                    )
        everything = [name for name in operation.naming if name not in PLACES]
        if everything:
            theirs, nobodys = ({name: side.named(name)[0] for name in everything} for side in (self.other, nobody()))
            place = frozenset(everything)
            yield (
                Ask(operation, {**self._own(operation), **theirs}, place),
                Ask(operation, {**self._own(operation), **nobodys}, place),
            )

    def own_ask(self, operation: Operation) -> Ask:
        return Ask(operation, self._own(operation))

    def _own(self, operation: Operation, *, full: bool = True) -> dict[str, Any]:
        """Values of the asker's own: of what has to be given, and with `full` of what may name something."""
        path = {name for name, place in operation.parameters.items() if place == "path"}
        wanted = path | operation.required
        logs_in = "password" in operation.members and "address" in operation.members
        wanted |= {name for name in operation.members if name in {"subject", "action", "resource", "context"}}
        if full and (operation.method != "POST" or logs_in):
            wanted |= {name for name in operation.naming if name not in PLACES}
        return {name: self._own_value(operation, name) for name in wanted}

    def _own_value(self, operation: Operation, name: str) -> Any:
        if operation.name.startswith("usage_record") and name in {*_USAGE_EVENT, "subject"}:
            return self.own.tenant if name == "subject" else _USAGE_EVENT[name]
        makes_names = operation.name in _MAKE_NAMES and operation.parameters.get(name) is None
        new = fresh_user(self.own.tenant)
        made: Mapping[str, Callable[[], Any]] = {
            **{fixed: lambda: FIXED[name] for fixed in FIXED},
            "session": lambda: self._begun()["session"]["id"],
            "token": lambda: self._begun()["token"],
            "key": lambda: self.admin.made("/v1/keys", {**_NEW_KEY, "tenant_id": self.own.tenant})["id"],
            "items": lambda: [new],
            "subject": lambda: {"type": "user", "id": self.own.user},
        }
        if operation.parameters.get(name) == "path" and name == "user":
            return self._made_user(has_role_elsewhere=operation.name not in OF_NOBODY_ELSEWHERE)
        if makes_names and name in {"email", "username"}:
            return new[name]
        if makes_names and name == "domain":
            return f"{new['username']}.example"
        return made.get(name, lambda: self.own.named(name)[0])()

    def _begun(self) -> Any:
        return log_in(self.admin, self.own)

    def _made_user(self, *, has_role_elsewhere: bool) -> Any:
        """A user of the own tenant, who may have been given a role in the other one too."""
        user = self.admin.made("/v1/users", fresh_user(self.own.tenant))["id"]
        if not has_role_elsewhere:
            return user
        given = self.admin("PUT", f"/v1/users/{user}/roles/viewer?tenant={self.other.tenant}")
        assert given.status == 204
        return user

    def forget_names(self) -> None:
        """Purge the own tenant's users who took the other tenant's names: those are free in each tenant."""
        for one in self.admin("GET", f"/v1/users?tenant={self.own.tenant}&username={self.other.username}").body[
            "items"
        ]:
            assert self.admin("DELETE", f"/v1/users/{one['id']}?purge=true").status == 204

    def leaked(self, answer: Answer, sent: AbstractSet[str] = frozenset()) -> set[str]:
        """What of the other tenant stands in an answer, but for what was sent."""
        text = json.dumps(sorted(answer.headers.items())).lower() + answer.content.decode().lower()
        return {value for value in self.other.values - sent if value.lower() in text}


def plain(answer: Answer, sent: set[str]) -> tuple[int, list[tuple[str, str]], str]:
    """An answer without what differs from request to request, and without what was asked for."""
    headers = [(name, value) for name, value in sorted(answer.headers.items()) if name not in _CHANGING_HEADERS]
    text = answer.content.decode()
    for value in sorted(sent, key=len, reverse=True):
        text = text.replace(value, "ASKED")
    for pattern, word in _DIFFERS:
        text = pattern.sub(word, text)
    return answer.status, headers, text


def is_explained_refusal(theirs: Answer) -> bool:
    """Whether the rules were not asked, and all that is told is that this is not the caller's own tenant's."""
    if theirs.status != 200:
        return False
    told = theirs.body.get("access", theirs.body)
    if not told.keys() & {"decision", "evaluations"}:
        return False
    answers = told.get("evaluations", [told])
    return all(
        one["decision"] is False
        and one.get("context", {}).get("reason") in REFUSALS
        and not one["context"]["considered"]
        and not one["context"]["read"]
        for one in answers
    )


def is_only_taken(theirs: Answer, ask: Ask) -> bool:
    """Whether all that an answer tells is that a name is taken, which is unique in the deployment."""
    if ask.operation.name == "users_import" and theirs.status == 200:
        told = [one["detail"] for one in theirs.body["results"]]
    elif theirs.status == 409:
        told = [theirs.body["detail"]]
    else:
        return False
    known = {text.format(value) for text in TAKEN for value in ask.texts()}
    return all(one in known for one in told)


@pytest.fixture
def world(make_api: MakeApi) -> World:
    api = make_api(tree=policy_of("qacmeq", "zglobez"))
    sides = [record_side(api, "qacmeq", "198.51.100.77"), record_side(api, "zglobez", "203.0.113.99")]
    assert not any(one in other for side in sides for one in side.values for other in side.values if one != other)
    return World(api, *sides)


def test_nobody_learns_or_changes_anything_of_another_tenant(world: World) -> None:
    faults = []
    before = rows_of(world.admin, world.other)
    for operation in operations(world.admin):
        for ask, nobodys in world.asks(operation):
            world.forget_names()
            before = rows_of(world.admin, world.other)
            answer = ask.send(world.bound)
            leaked = world.leaked(answer, ask.texts())
            if leaked:
                faults.append(f"{operation.name} {dict(ask.values)} tells {leaked}: {answer.content!r}")
            after = rows_of(world.admin, world.other)
            if after != before:
                faults.append(f"{operation.name} {dict(ask.values)} changes {set(after) ^ set(before)}")
            if nobodys is None:
                continue
            same = nobodys.send(world.bound)
            allowed = is_only_taken(answer, ask) or is_explained_refusal(answer)
            if plain(answer, ask.texts()) != plain(same, nobodys.texts()) and not allowed:
                faults.append(
                    f"{operation.name} {dict(ask.values)} answers\n  {plain(answer, ask.texts())}"
                    f"\n  and of what is not there\n  {plain(same, nobodys.texts())}"
                )
    assert not faults, "\n".join(faults)


def test_own_things_are_answered_without_a_word_of_another_tenant(world: World) -> None:
    """Without this one, the other test might ask for nothing but what is malformed."""
    faults = []
    for operation in operations(world.admin):
        answer = world.own_ask(operation).send(world.bound)
        expected = {403, 401} if operation.name in NOT_FOR_BOUND_KEYS else ANSWERED.get(operation.name, range(200, 300))
        if answer.status not in expected:
            faults.append(f"{operation.name} answers {answer.status} {answer.content!r}")
        if world.leaked(answer):
            faults.append(f"{operation.name} tells {world.leaked(answer)}: {answer.content!r}")
    assert not faults, "\n".join(faults)


def test_without_a_key_nothing_is_told(world: World) -> None:
    faults = []
    stranger = world.admin.with_key("dw_nobody")
    before = rows_of(world.admin, world.other)
    for operation in operations(world.admin):
        for ask, _ in world.asks(operation):
            answer = ask.send(stranger)
            if answer.status != 401 or world.leaked(answer, ask.texts()):
                faults.append(f"{operation.name} {dict(ask.values)} answers {answer.status} {answer.content!r}")
    assert not faults, "\n".join(faults)
    assert set(before) <= set(rows_of(world.admin, world.other))


def test_a_key_that_is_bound_to_no_tenant_finds_what_the_others_do_not(world: World) -> None:
    """The names that are asked for are right: they are not found because of the key."""
    other = world.other
    for path, told in (
        (f"/v1/tenants/{other.tenant}", {other.name, other.domain, other.setting}),
        (f"/v1/users/{other.user}", {other.email, other.username, other.first_name, other.last_name}),
        (f"/v1/users?email={other.email}", {other.user}),
        (f"/v1/sessions?user={other.user}", {other.session, other.address, other.agent}),
        (f"/v1/keys/{other.key_id}", {other.key_name}),
        (f"/v1/tenants?domain={other.domain}", {other.tenant}),
    ):
        assert told <= world.leaked(world.admin("GET", path)), path
    assert world.admin("POST", "/v1/sessions/introspect", {"token": other.token}).body["active"] is True


@pytest.mark.parametrize("is_second", [False, True], ids=["the first tenant", "the second tenant"])
def test_lists_of_every_length_hold_the_own_tenants_things_alone(world: World, *, is_second: bool) -> None:
    if is_second:
        world = World(world.admin, world.other, world.own)
    for path in ("/v1/users", "/v1/sessions", "/v1/keys", "/v1/tenants"):
        for start in ("", world.other.user, world.other.tenant, "0", world.other.session, world.other.key_id):
            cursor: str | None = start
            for _ in range(10):
                answer = world.bound("GET", f"{path}?limit=1" + (f"&cursor={cursor}" if cursor else ""))
                assert answer.status == 200
                assert not world.leaked(answer, {start})
                cursor = answer.body["next"]
                if cursor is None:
                    break


def test_an_idempotency_key_of_another_caller_gives_nothing(world: World) -> None:
    theirs = world.admin.with_key(world.other.key)
    body = {"name": world.other.key_name, "scopes": ["decide"]}
    made = theirs("POST", "/v1/keys", body, Idempotency_Key="same")
    assert made.status == 201

    answer = world.bound("POST", "/v1/keys", body, Idempotency_Key="same")

    assert answer.status == 201
    assert "idempotency-replayed" not in answer.headers
    assert answer.body["id"] != made.body["id"]
    assert answer.body["tenant_id"] == world.own.tenant


def test_a_key_that_has_the_name_of_another_is_another_caller(world: World) -> None:
    """Answers are kept by a key's id: names are chosen freely, also the name that is another key's id."""
    body = {"name": "new", "scopes": ["decide"]}
    made = world.admin("POST", "/v1/keys", body, Idempotency_Key="same")
    first = {key["id"]: key for key in world.admin("GET", "/v1/keys").body["items"]}
    for name in (*first, *(one["name"] for one in first.values())):
        named = world.bound.made("/v1/keys", {"name": name, "scopes": SCOPES})
        answer = world.bound.with_key(named["key"])("POST", "/v1/keys", body, Idempotency_Key="same")
        assert answer.status == 201
        assert answer.body["id"] != made.body["id"]


def test_facts_that_are_waited_for_tell_nothing(world: World) -> None:
    version = world.admin("GET", f"/v1/users/{world.other.user}").body["version"]
    newest = int(
        world.admin("PATCH", f"/v1/users/{world.other.user}", {"first_name": "Moved"}).headers["doorward-facts"]
    )
    assert version
    question = {
        "subject": {"type": "user", "id": world.other.user},
        "action": {"name": "view"},
        "resource": {"type": "record", "id": world.other.record},
    }

    answer = world.bound("POST", "/access/v1/evaluation", question, Doorward_Min_Facts=str(newest))

    assert answer.status == 200
    assert answer.body == {"decision": False}
    assert not world.leaked(answer)


def test_an_explanation_names_no_rule_for_another_tenant(world: World) -> None:
    question = {
        "subject": {"type": "user", "id": world.own.user},
        "action": {"name": "view"},
        "resource": {"type": "record", "id": "some"},
        "context": {"explain": True, "tenant": world.own.tenant},
    }

    everybodys = world.admin("POST", "/access/v1/evaluation", question)
    answer = world.bound("POST", "/access/v1/evaluation", question)

    assert world.other.rule in world.leaked(everybodys)
    assert not world.leaked(answer)
    assert answer.body["context"]["considered"]


@pytest.mark.parametrize("status", ["active", "suspended", "deleted", "purged"])
def test_an_explanation_does_not_say_what_became_of_another_tenants_user(world: World, status: str) -> None:
    question: dict[str, Any] = {
        "subject": {"type": "user", "id": world.other.user},
        "action": {"name": "view"},
        "resource": {"type": "record", "id": "some"},
        "context": {"explain": True},
    }
    before = world.bound("POST", "/access/v1/evaluation", question)
    path = f"/v1/users/{world.other.user}"
    if status == "suspended":
        world.admin("PATCH", path, {"status": status})
    elif status != "active":
        world.admin("DELETE", f"{path}?purge={'true' if status == 'purged' else 'false'}")

    answer = world.bound("POST", "/access/v1/evaluation", question)

    assert answer.content == before.content
