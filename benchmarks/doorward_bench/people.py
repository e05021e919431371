"""Some recorded users with one password, made over HTTP, and the logins that they try."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from doorward_bench.asking import call

if TYPE_CHECKING:
    from doorward_bench.wrk import Server

TRIES = 5
"""So many wrong ones lock an account, by the security policy that Doorward starts with."""
_TENANT = "people"
_AT_ONCE = 500
_PASSWORD = "correct Horse 7 battery"  # noqa: S105 - nobody's
_HASH = "$argon2id$v=19$m=19456,t=2,p=1$BLRQiLMt+RZxUbYNkiDXag$ucf8gp55YOZcO+x/7zz87GdsT+kXmOsEi//vEdGfY/8"
"""The same, as Doorward keeps it."""


def record(server: Server, group: str, many: int) -> None:
    """Record so many users of a group."""
    tenant = {"id": _TENANT, "name": "People", "domain": "people.example"}
    call(server, "POST", "/v1/tenants/import", {"items": [tenant]})
    for start in range(0, many, _AT_ONCE):
        items = [_user(group, number) for number in range(start, min(start + _AT_ONCE, many))]
        results = call(server, "POST", "/v1/users/import", {"items": items})["results"]
        refused = [one["detail"] for one in results if one["status"] != "created"]
        if refused:
            raise RuntimeError(f"a user was not recorded: {refused[0]}")


def disable(server: Server, group: str, many: int) -> None:
    """Suspend users of a group."""
    for number in range(many):
        call(server, "PATCH", f"/v1/users/{group}-{number}", {"status": "suspended"})


def login(group: str, number: int, *, right: bool = True) -> str:
    """The body of a login with the right password, or with a wrong one of the same length."""
    password = _PASSWORD if right else _PASSWORD[::-1]
    return json.dumps({"email": _email(group, number), "password": password})


def _user(group: str, number: int) -> dict[str, object]:
    name = f"{group}-{number}"
    who = {"first_name": "Ann", "last_name": "Bench", "username": name, "email": _email(group, number)}
    return {"id": name, "tenant_id": _TENANT, **who, "roles": ["viewer"], "password_hash": _HASH}


def _email(group: str, number: int) -> str:
    return f"{group}-{number}@people.example"
