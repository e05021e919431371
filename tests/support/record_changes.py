"""Random changes of what is recorded in one sidecar, each with the question that it turns round in another one."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from support.record_pairs import Answer, Pair, ask, evaluate
from support.recorded_api import SECURE

WAITED_FOR = 0.4
PERMITS = {"viewer": "view", "user": "execute", "admin": "delete"}


@dataclass
class Person:
    """A user that is there."""

    id: str
    tenant: str
    active: bool = True
    roles: set[str] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)


class Feed:
    """Random changes, each with the question that it turns round."""

    def __init__(self, pair: Pair, seed: int, seconds: float) -> None:
        self.pair = pair
        self.dice = random.Random(seed)  # noqa: S311 - the same changes every time
        self.seconds = seconds
        self.tenants = [pair.tenant() for _ in range(3)]
        self.people: list[Person] = []
        self.keys: list[tuple[str, str]] = []

    def run(self, count: int) -> None:
        kinds: tuple[Callable[[], None], ...] = (
            self.make_user,
            self.change_a_role,
            self.change_a_role,
            self.replace_roles,
            self.suspend_a_user,
            self.suspend_a_tenant,
            self.delete_a_user,
            self.move_a_domain,
            self.make_a_key,
            self.revoke_a_key,
            self.rotate_a_key,
            self.begin_a_session,
            self.end_a_session,
            self.rotate_a_session,
        )
        for _ in range(6):
            self.make_user()
        for _ in range(count):
            self.dice.choice(kinds)()

    def changes(self, kind: str, change: Callable[[], Answer], asked: Callable[..., bool]) -> Answer:
        return self.pair.takes_effect(kind, change, asked, at_once=self.waits(), seconds=self.seconds)

    def waits(self) -> bool:
        """Whether to ask for an answer that is new enough, or to look when it comes to be."""
        return self.dice.random() < WAITED_FOR

    def may(self, person: Person, role: str) -> Callable[..., bool]:
        """Whether the other sidecar lets a user do what a role permits."""
        return lambda **headers: self.decision(person.id, PERMITS[role], {"tenant": person.tenant}, headers)

    def decision(self, user: str, action: str, where: dict[str, str], headers: dict[str, str]) -> bool:
        answer = evaluate(self.pair.far, user, action, where, **headers)
        assert answer.status == 200, answer.content
        return answer.body["decision"] is True

    def works(self, key: str) -> Callable[..., bool]:
        """Whether the other sidecar knows a key."""

        def asked(**headers: str) -> bool:
            where = {"Authorization": f"Bearer {key}", **headers}
            answer = evaluate(self.pair.far, "nobody", "view", {}, **where)
            assert answer.status in {200, 401}, answer.content
            return answer.status == 200

        return asked

    def is_live(self, token: str) -> Callable[..., bool]:
        """Whether a session's token stands for anything at the other sidecar."""

        def asked(**headers: str) -> bool:
            answer = ask(self.pair.far, "POST", "/v1/sessions/introspect", {"token": token}, **headers)
            assert answer.status == 200, answer.content
            return answer.body["active"] is True

        return asked

    def somebody(self, *, with_session: bool = False) -> Person:
        """A user that is active, some with a session."""
        found = [one for one in self.people if one.active and (one.tokens or not with_session)]
        if found:
            return self.dice.choice(found)
        if with_session:
            self.begin_a_session()
        else:
            self.make_user()
        return self.somebody(with_session=with_session)

    def make_user(self) -> None:
        role = self.dice.choice(list(PERMITS))
        body = self.pair.user_body(self.dice.choice(self.tenants), roles=[role], password=SECURE)
        person = Person(str(body["id"]), str(body["tenant_id"]), roles={role})
        self.changes("user made", lambda: self.pair.change("POST", "/v1/users", body), self.may(person, role))
        self.people.append(person)

    def change_a_role(self) -> None:
        person = self.somebody()
        role = self.dice.choice(sorted(PERMITS.keys() - person.roles) or ["viewer"])
        while person.roles:
            self.take(person, self.dice.choice(sorted(person.roles)))
        path = f"/v1/users/{person.id}/roles/{role}"
        self.changes("role given", lambda: self.pair.change("PUT", path), self.may(person, role))
        person.roles = {role}

    def take(self, person: Person, role: str) -> None:
        path = f"/v1/users/{person.id}/roles/{role}"
        self.changes("role taken", lambda: self.pair.change("DELETE", path), self.may(person, role))
        person.roles.remove(role)

    def replace_roles(self) -> None:
        person = self.somebody()
        if person.roles:
            self.update(person, "roles emptied", {"roles": []}, max(person.roles, key=list(PERMITS).index))
        person.roles = set()
        self.update(person, "roles replaced", {"roles": ["admin"]}, "user")
        person.roles = {"admin"}

    def update(self, person: Person, kind: str, fields: dict[str, object], role: str) -> None:
        path = f"/v1/users/{person.id}"
        self.changes(kind, lambda: self.pair.change("PATCH", path, fields), self.may(person, role))

    def suspend_a_user(self) -> None:
        person = self.somebody()
        role = next(iter(person.roles))
        self.update(person, "user suspended", {"status": "suspended"}, role)
        self.all_ended(person)
        if self.dice.random() < 0.5:
            person.active = False
            return
        self.update(person, "user activated", {"status": "active"}, role)

    def all_ended(self, person: Person) -> None:
        for token in person.tokens:
            assert not self.is_live(token)(), "a session outlives what ended it"
        person.tokens = []

    def suspend_a_tenant(self) -> None:
        person = self.somebody()
        role, path = next(iter(person.roles)), f"/v1/tenants/{person.tenant}"
        for status in ("suspended", "active"):
            self.changes(
                f"tenant {status}",
                lambda status=status: self.pair.change("PATCH", path, {"status": status}),  # type: ignore[misc]
                self.may(person, role),
            )

    def delete_a_user(self) -> None:
        person = self.somebody()
        path = f"/v1/users/{person.id}" + self.dice.choice(["", "?purge=true"])
        self.changes(
            "user deleted", lambda: self.pair.change("DELETE", path), self.may(person, next(iter(person.roles)))
        )
        self.all_ended(person)
        self.people.remove(person)

    def move_a_domain(self) -> None:
        person = self.somebody()
        domain, action = f"{self.pair.new_name('moved')}.example", PERMITS[next(iter(person.roles))]
        self.changes(
            "domain moved",
            lambda: self.pair.change("PATCH", f"/v1/tenants/{person.tenant}", {"domain": domain}),
            lambda **headers: self.decision(person.id, action, {"domain": domain}, headers),
        )

    def make_a_key(self) -> None:
        body = {"name": self.pair.new_name("key"), "scopes": ["decide"]}
        answer = self.pair.change("POST", "/v1/keys", body)
        works = self.works(answer.body["key"])
        self.pair.counts("key made", answer, works, wanted=True, at_once=self.waits(), seconds=self.seconds)
        self.keys.append((answer.body["id"], answer.body["key"]))

    def a_key(self) -> tuple[str, str]:
        if not self.keys:
            self.make_a_key()
        return self.keys.pop(self.dice.randrange(len(self.keys)))

    def revoke_a_key(self) -> None:
        key_id, key = self.a_key()
        self.changes("key revoked", lambda: self.pair.change("DELETE", f"/v1/keys/{key_id}"), self.works(key))

    def rotate_a_key(self) -> None:
        key_id, key = self.a_key()
        answer = self.changes(
            "key rotated without overlap",
            lambda: self.pair.change("POST", f"/v1/keys/{key_id}/rotate", {"overlap_seconds": 0}),
            self.works(key),
        )
        fresh = answer.body["key"]
        assert self.works(fresh)(), "the old secret went before the new one came"
        self.keys.append((key_id, fresh))

    def begin_a_session(self) -> None:
        person = self.somebody()
        if len(person.tokens) == 5:
            self.all_revoked(person)
        login = {"email": f"{person.id}@x.example", "password": SECURE}
        token = self.pair.change("POST", "/v1/sessions", login).body["token"]
        assert self.is_live(token)(), "a session is not known in the other sidecar"
        person.tokens.append(token)

    def all_revoked(self, person: Person) -> None:
        self.changes(
            "sessions revoked",
            lambda: self.pair.change("DELETE", f"/v1/users/{person.id}/sessions"),
            self.is_live(person.tokens[0]),
        )
        self.all_ended(person)

    def end_a_session(self) -> None:
        person = self.somebody(with_session=True)
        token = person.tokens.pop()
        self.changes(
            "session revoked",
            lambda: self.pair.change("POST", "/v1/sessions/revoke", {"token": token}),
            self.is_live(token),
        )

    def rotate_a_session(self) -> None:
        person = self.somebody(with_session=True)
        token = person.tokens.pop()
        answer = self.changes(
            "session rotated",
            lambda: self.pair.change("POST", "/v1/sessions/rotate", {"token": token}),
            self.is_live(token),
        )
        person.tokens.append(answer.body["token"])
        assert self.is_live(answer.body["token"])()
