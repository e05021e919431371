"""The policies that are measured, and random questions about them. Same seed, same policy."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

from doorward_bench.peers import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20_250_101
RBAC_SIZES = (11, 1_100, 11_000, 110_000, 1_000_000)
"""Roles and ten times as many users: 110,000 is the `large` of Casbin's own benchmark."""

RBAC_MODEL = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
DEFAULT_MODEL = (REPOSITORY / "models/access.conf").read_text()
DEFAULT_RULES = (REPOSITORY / "policies/access.csv").read_text()
ACTIONS = ("view", "edit", "delete", "execute", "export", "share", "archive")


class Asked(NamedTuple):
    """A question in Casbin's words."""

    sub: str
    obj: str
    act: str = "read"
    dom: str = "-"


def dice() -> random.Random:
    """Random numbers that are the same in every run."""
    return random.Random(SEED)  # noqa: S311 - chooses questions, guards nothing


def write_tree(folder: Path, model: str, rules: str) -> Path:
    """Write a policy tree and return its folder."""
    for path, text in ((folder / "models/access.conf", model), (folder / "policies/access.csv", rules)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def copy_default_tree(folder: Path) -> Path:
    """The whole tree that Doorward starts with, plans too, and its folder."""
    for name in ("models", "policies"):
        shutil.copytree(REPOSITORY / name, folder / name)
    return folder


def rbac_parts(size: int) -> tuple[int, int]:
    """How many roles and users make `size` rows."""
    roles = max(1, size // 11)
    return roles, size - roles


def rbac_rules(size: int) -> str:
    """Casbin's RBAC benchmark: role I may read data I/10, user I has role I/10."""
    roles, users = rbac_parts(size)
    rows = [f"p, role:group{one}, data:data{one // 10}, read" for one in range(roles)]
    rows += [f"g, user:user{one}, role:group{min(one // 10, roles - 1)}" for one in range(users)]
    return "\n".join(rows) + "\n"


def rbac_questions(size: int, count: int) -> list[Asked]:
    """Random users about random data, half of it what their role may read."""
    roles, users = rbac_parts(size)
    roll = dice()
    asked = []
    for _ in range(count):
        user = roll.randrange(users)
        data = user // 100 if roll.random() < 0.5 else roll.randrange(max(2, roles // 10))
        asked.append(Asked(f"user:user{user}", f"data:data{data}"))
    return asked


class Grant(NamedTuple):
    """A user who holds a role in a tenant."""

    user: str
    role: str
    tenant: str


class Pools(NamedTuple):
    """How many roles, tenants and types of resources a policy draws from."""

    roles: int = 2_000
    tenants: int = 500
    types: int = 200

    @classmethod
    def in_proportion(cls, size: int) -> Pools:
        """Those of 110,000 rows, made larger or smaller with the policy."""
        return cls(*(max(2, round(one * size / 110_000)) for one in cls()))


def _grants(count: int, pools: Pools) -> list[Grant]:
    roll = dice()
    return [
        Grant(f"user:u{one}", f"role:r{roll.randrange(pools.roles)}", f"t{roll.randrange(pools.tenants)}")
        for one in range(count)
    ]


def _mixed_rows(size: int, pools: Pools) -> Iterator[str]:
    """Rules of the default model with `*` and prefixes in every column, 8 % of them with a condition.

    A tenth are role rows; every rule is for a role that somebody holds in its tenant. Subjects: 2 %
    everyone. Tenants: 30 % any. Resources: 0.1 % any, 5 % a whole type, 25 % a folder of it, the rest
    one thing. Actions: 10 % any. What is for everyone or everything is for one tenant and one action.
    """
    roll = dice()
    grants = _grants(size // 10, pools)
    for number in range(size - len(grants)):
        grant = grants[roll.randrange(len(grants))]
        subject = "*" if roll.random() < 0.02 else grant.role
        kind, where = f"type{roll.randrange(pools.types)}", roll.random()
        if where < 0.001:
            resource = "*"
        elif where < 0.05:
            resource = f"{kind}:*"
        elif where < 0.3:
            resource = f"{kind}:f{roll.randrange(200)}/*"
        else:
            resource = f"{kind}:f{roll.randrange(200)}/{roll.randrange(20)}"
        narrow = "*" in {subject, resource}
        tenant = "*" if roll.random() < 0.3 and not narrow else grant.tenant
        action = "*" if roll.random() < 0.1 and not narrow else ACTIONS[roll.randrange(len(ACTIONS))]
        when = "True"
        if roll.random() < 0.08:
            when = f"r.ctx.resource.owner == 'u{roll.randrange(5_000)}' or r.ctx.subject.level >= {roll.randrange(9)}"
        effect = "deny" if roll.random() < 0.02 else "allow"
        yield f"p, rule-{number}, {subject}, {tenant}, {resource}, {action}, {when}, {effect}"
    for grant in grants:
        yield f"g, {grant.user}, {grant.role}, {grant.tenant}"


def mixed_rules(size: int, pools: Pools = Pools()) -> str:  # noqa: B008 - immutable
    """See `_mixed_rows`."""
    return "\n".join(_mixed_rows(size, pools)) + "\n"


def mixed_questions(rules: str, count: int) -> list[Asked]:
    """Half of the questions ask what a row says, of one who holds its role; the others are of anybody."""
    rows = [[field.strip() for field in row.split(",")] for row in rules.splitlines()]
    policies = [row for row in rows if row[0] == "p"]
    grants = [Grant(*row[1:]) for row in rows if row[0] == "g"]
    holders = {(grant.role, tenant): grant for grant in grants for tenant in (grant.tenant, "*")}
    roll = dice()
    asked: list[Asked] = []
    while len(asked) < count:
        row = policies[roll.randrange(len(policies))]
        grant = grants[roll.randrange(len(grants))]
        if len(asked) % 2:
            grant = holders.get((row[2], row[3]), grant)
        tenant = grant.tenant if row[3] == "*" or not len(asked) % 2 else row[3]
        obj = row[4].removesuffix("*") + ("x" if row[4].endswith("*") else "")
        obj = obj if ":" in obj else "type1:x"
        act = ACTIONS[roll.randrange(len(ACTIONS))] if row[5] == "*" else row[5]
        asked.append(Asked(grant.user, obj, act, tenant))
    return asked


def conditional_rules(count: int) -> str:
    """So many rules for one resource, each with a condition; only the last is ever true.

    The conditions differ in shape: a comparison, a list, a function, an order, in turn.
    """
    shapes = (
        "r.ctx.resource.status == 'state{0}'",
        "r.ctx.subject.department in ('d{0}','e{0}')",
        "startswith(r.ctx.resource.name,'n{0}')",
        "r.ctx.subject.level >= 10{0}",
    )
    rows = []
    for number in range(count):
        when = shapes[number % len(shapes)].format(number)
        if number == count - 1:
            when = "r.ctx.subject.level >= 1"
        rows.append(f"p, rule-{number}, role:reader, *, doc:*, read, {when}, allow")
    rows += [f"g, user:user{one}, role:reader, *" for one in range(100)]
    return "\n".join(rows) + "\n"
