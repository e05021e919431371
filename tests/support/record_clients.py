"""Clients that change what is recorded while sidecars die: `python record_clients.py` reads an order, and works until the
end of its input; then it writes a journal.

Each thread changes things of its own, so that it knows what has to be there after each change. What is not answered
is asked again under the same Idempotency-Key, at any of the addresses, or left alone for ever with its thing.
"""

import dataclasses
import hashlib
import json
import random
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from support.record_requests import Change, Client, Lost, Order

ROLES = ("admin", "user", "viewer")
UNKNOWN = "?"
MOST_SESSIONS = 4
CROWD = 4


Things = dict[str, dict[str, Any]]


class Changer:
    """One thread's things, and the changes of them."""

    def __init__(self, order: Order, number: int) -> None:
        self.changes: list[Change] = []
        self._order = order
        self._name = f"p{order.process}t{number}"
        self._dice = random.Random(self._name)  # noqa: S311 - no secret
        self._client = Client(order, order.process + number, self._dice)
        self._count = 0
        self._users: Things = {}
        self._keys: Things = {}
        self._tenants: Things = {}

    def run(self, stop: threading.Event) -> None:
        kinds: Mapping[Callable[[], None], int] = {
            self._make_user: 8,
            self._update_user: 8,
            self._give_or_take_a_role: 10,
            self._delete_user: 4,
            self._begin_session: 2,
            self._change_session: 3,
            self._make_key: 3,
            self._change_key: 4,
            self._change_tenant: 6,
        }
        while not stop.is_set():
            self._dice.choices(list(kinds), list(kinds.values()))[0]()

    def _new_name(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def _change(  # noqa: PLR0913 - a request and all that is known of it
        self,
        things: Things,
        thing: str,
        request: tuple[str, str, object],
        audits: dict[str, int],
        after: dict[str, Any],
        *,
        again: bool = True,
    ) -> dict[str, Any] | None:
        """Carry out a change of a thing; the answer, None where it was lost and the thing is left alone."""
        kind, _, name = thing.partition(":")
        change = Change(self._new_name(), thing, audits, after)
        self.changes.append(change)
        things[name] = after
        try:
            answer = self._client.carry_out(change, *request, again=again)
        except Lost:
            del things[name]
            return None
        if change.status not in {200, 201, 204}:
            change.faults.append(f"{kind}: {request[0]} {request[1]} was answered {change.status} {answer}")
            del things[name]
        return answer

    def _any(self, things: Things) -> tuple[str, dict[str, Any]] | None:
        if not things:
            return None
        name = self._dice.choice(list(things))
        return name, things[name]

    def _make_user(self) -> None:
        if len(self._users) >= 6:
            return
        name = self._new_name()
        roles = self._dice.sample(ROLES, self._dice.randrange(4))
        tenant = self._dice.choice(self._order.tenants)
        body = _person(name, tenant) | {"roles": roles, "password_hash": self._order.password_hash}
        after = {"status": "active", "first_name": "Ann", "roles": sorted(roles), "sessions": []}
        self._change(self._users, f"user:{name}", ("POST", "/v1/users", body), {"users.create": 1}, after)

    def _update_user(self) -> None:
        if (found := self._any(self._users)) is None:
            return
        name, before = found
        first_name = self._new_name()
        after = before | {"first_name": first_name}
        body: dict[str, Any] = {"first_name": first_name}
        if self._dice.random() < 0.5:
            body["roles"] = self._dice.sample(ROLES, self._dice.randrange(4))
            after["roles"] = sorted(body["roles"])
        if self._dice.random() < 0.3:
            body["status"] = after["status"] = "suspended" if before["status"] == "active" else "active"
            after["sessions"] = []
        self._change(self._users, f"user:{name}", ("PATCH", f"/v1/users/{name}", body), {"users.update": 1}, after)

    def _give_or_take_a_role(self) -> None:
        if (found := self._any(self._users)) is None:
            return
        name, before = found
        role = self._dice.choice(ROLES)
        held = set(before["roles"])
        method = "DELETE" if role in held else "PUT"
        after = before | {"roles": sorted(held ^ {role})}
        path = f"/v1/users/{name}/roles/{role}"
        self._change(self._users, f"user:{name}", (method, path, None), {"users.roles": 1}, after)

    def _delete_user(self) -> None:
        if (found := self._any(self._users)) is None:
            return
        name, before = found
        if self._dice.random() < 0.5:
            after, verb, query = before | {"status": "deleted", "sessions": []}, "delete", ""
        else:
            after = {"status": "purged", "first_name": None, "roles": [], "sessions": []}
            verb, query = "purge", "?purge=true"
        request = ("DELETE", f"/v1/users/{name}{query}", None)
        self._change(self._users, f"user:{name}", request, {f"users.{verb}": 1}, after)
        self._users.pop(name, None)

    def _begin_session(self) -> None:
        found = self._any({name: one for name, one in self._users.items() if one["status"] == "active"})
        if found is None or len(found[1]["sessions"]) >= MOST_SESSIONS:
            return
        name, before = found
        body = {"email": f"{name}@x.example", "password": self._order.password}
        after = before | {"sessions": [*before["sessions"], UNKNOWN]}
        request = ("POST", "/v1/sessions", body)
        answer = self._change(self._users, f"user:{name}", request, {"sessions.login": 1}, after, again=False)
        if answer is not None and "token" in answer:
            after["sessions"][-1] = answer["token"]

    def _change_session(self) -> None:
        found = self._any({name: one for name, one in self._users.items() if one["sessions"]})
        if found is None:
            return
        name, before = found
        token = self._dice.choice(before["sessions"])
        others = [one for one in before["sessions"] if one != token]
        if self._dice.random() < 0.5:
            request = ("POST", "/v1/sessions/revoke", {"token": token})
            self._change(self._users, f"user:{name}", request, {"sessions.revoke": 1}, before | {"sessions": others})
            return
        after = before | {"sessions": [*others, UNKNOWN]}
        request = ("POST", "/v1/sessions/rotate", {"token": token})
        answer = self._change(self._users, f"user:{name}", request, {"sessions.rotate": 1}, after)
        if answer is not None and "token" in answer:
            after["sessions"][-1] = answer["token"]

    def _make_key(self) -> None:
        if len(self._keys) >= 4:
            return
        name = self._new_name()
        after: dict[str, Any] = {"revoked": False, "secrets": [UNKNOWN]}
        body = {"name": name, "scopes": ["decide"]}
        answer = self._change(self._keys, f"key:{name}", ("POST", "/v1/keys", body), {"keys.create": 1}, after)
        if answer is not None and "key" in answer:
            after["secrets"] = [answer["key"]]
            self._keys[name]["id"] = answer["id"]

    def _change_key(self) -> None:
        if (found := self._any(self._keys)) is None:
            return
        name, before = found
        path, thing = f"/v1/keys/{before['id']}", f"key:{name}"
        if self._dice.random() < 0.4:
            self._change(self._keys, thing, ("DELETE", path, None), {"keys.revoke": 1}, before | {"revoked": True})
            self._keys.pop(name, None)
            return
        after = before | {"secrets": [UNKNOWN]}
        request = ("POST", f"{path}/rotate", {"overlap_seconds": 0})
        answer = self._change(self._keys, thing, request, {"keys.rotate": 1}, after)
        if answer is not None and "key" in answer:
            after["secrets"] = [answer["key"]]

    def _change_tenant(self) -> None:
        found = self._any(self._tenants)
        if found is None or len(self._tenants) < 2:
            name = self._new_name()
            body = {"id": name, "name": name, "domain": f"{name}.example"}
            after = {"status": "active", "name": name, "users": []}
            self._change(self._tenants, f"tenant:{name}", ("POST", "/v1/tenants", body), {"tenants.create": 1}, after)
            return
        name, before = found
        choice = self._dice.random()
        if not before["users"] and choice < 0.5 and before["status"] == "active":
            self._import_crowd(name, before)
        elif choice < 0.75:
            self._update_tenant(name, before)
        else:
            self._delete_tenant(name, before)

    def _import_crowd(self, name: str, before: dict[str, Any]) -> None:
        people = [_person(f"{name}-u{number}", name) for number in range(CROWD)]
        after = before | {"users": ["active"] * CROWD}
        request = ("POST", "/v1/users/import", {"items": people})
        self._change(self._tenants, f"tenant:{name}", request, {"users.create": CROWD}, after)

    def _update_tenant(self, name: str, before: dict[str, Any]) -> None:
        fields = {"name": self._new_name(), "status": "suspended" if before["status"] == "active" else "active"}
        request = ("PATCH", f"/v1/tenants/{name}", fields)
        self._change(self._tenants, f"tenant:{name}", request, {"tenants.update": 1}, before | fields)

    def _delete_tenant(self, name: str, before: dict[str, Any]) -> None:
        if self._dice.random() < 0.3:
            after, verb, query = before | {"status": "deleted"}, "delete", ""
            audits = {"tenants.delete": 1}
        else:
            after = {"status": "purged", "name": None, "users": ["purged"] * len(before["users"])}
            verb, query = "purge", "?purge=true"
            audits = {"tenants.purge": 1} | ({"users.purge": CROWD} if before["users"] else {})
        request = ("DELETE", f"/v1/tenants/{name}{query}", None)
        self._change(self._tenants, f"tenant:{name}", request, audits, after)
        if verb == "purge":
            self._tenants.pop(name, None)
        elif name in self._tenants:
            self._tenants.pop(name)


def _person(name: str, tenant: str) -> dict[str, Any]:
    email = f"{name}@x.example"
    return {"id": name, "tenant_id": tenant, "email": email, "username": name, "first_name": "Ann", "last_name": "Lee"}


def digest(secret: str) -> str:
    """How a key or a token is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def main() -> None:
    """Do what the order says."""
    order = Order(**json.loads(sys.stdin.readline()))
    stop = threading.Event()
    changers = [Changer(order, number) for number in range(order.threads)]
    faults: list[str] = []

    def run(changer: Changer) -> None:
        try:
            changer.run(stop)
        except Exception as error:  # noqa: BLE001 - told to the test
            faults.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run, args=(one,)) for one in changers]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    changes = [dataclasses.asdict(one) for changer in changers for one in changer.changes]
    json.dump({"changes": changes, "faults": faults}, sys.stdout)


if __name__ == "__main__":
    main()
