"""Stock Casbin files of every documented kind, as people have them, and the questions to ask of each."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import casbin
from casbin import util
from casbin.util import builtin_operators

from doorward.policy.casbin_import import Imported, StockFiles, Wishes, import_casbin

ALLOW = "some(where (p.eft == allow))"
BOTH = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
DENY = "!some(where (p.eft == deny))"
PRIORITY = "priority(p.eft) || deny"
SUBJECT = "subjectPriority(p.eft) || deny"


def model(matcher: str, r: str = "sub, obj, act", p: str = "sub, obj, act", effect: str = ALLOW, **more: str) -> str:
    """A model text; `g`, `g2`, `r2` ... add definitions to their sections."""

    def section(title: str, kind: str, main: str | None) -> str:
        lines = [f"{kind} = {main}"] if main is not None else []
        lines += [f"{key} = {value}" for key, value in more.items() if key[0] == kind]
        return "\n".join([f"[{title}]", *lines, ""]) + "\n" if lines else ""

    return (
        section("request_definition", "r", r)
        + section("policy_definition", "p", p)
        + section("role_definition", "g", None)
        + section("policy_effect", "e", effect)
        + section("matchers", "m", matcher)
    )


@dataclass(frozen=True, kw_only=True)
class StockCase:
    """Two files, what their program tells the enforcer in code, and the values to put into each token."""

    model: str
    rules: str
    values: Mapping[str, Sequence[Sequence[Any]]]  # by set: the values of each token
    matches: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[casbin.Enforcer], None] = lambda _: None

    def questions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Every question, with its set."""
        for section, values in self.values.items():
            for question in itertools.product(*values):
                yield section, question

    def imported(self, **types: str) -> Imported:
        """What `doorward import casbin` makes of them; names are given `types` by token."""
        old = StockFiles(
            model_path="model.conf", model=self.model.encode(), rules_path="policy.csv", rules=self.rules.encode()
        )
        return import_casbin(old, Wishes(types=types, matches=self.matches))

    def enforcer(self, folder: Path) -> casbin.Enforcer:
        """Stock Casbin over the files as they are."""
        (folder / "model.conf").write_bytes(self.model.encode())
        (folder / "policy.csv").write_bytes(self.rules.encode())
        enforcer = casbin.Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
        self.prepare(enforcer)
        return enforcer

    def stock_answer(self, enforcer: casbin.Enforcer, section: str, question: Sequence[Any]) -> bool:
        """What stock Casbin says; JSON objects are objects with attributes to it."""
        values = [SimpleNamespace(**one) if isinstance(one, dict) else one for one in question]
        if section:
            context = casbin.core_enforcer.EnforceContext(f"r{section}", f"p{section}", "e", f"m{section}")
            return bool(enforcer.enforce(context, *values))
        return bool(enforcer.enforce(*values))


def _getters(enforcer: casbin.Enforcer) -> None:
    enforcer.add_function("keyGet", builtin_operators.key_get)
    enforcer.add_function("keyGet2", builtin_operators.key_get2)
    enforcer.add_function("keyGet3", builtin_operators.key_get3)


def _any_domain(enforcer: casbin.Enforcer) -> None:
    enforcer.add_named_domain_matching_func("g", util.key_match_func)


def _by_pattern(enforcer: casbin.Enforcer) -> None:
    enforcer.add_named_matching_func("g2", util.key_match2_func)
    enforcer.build_role_links()


def _windows(enforcer: casbin.Enforcer) -> None:
    for holder, role, *_ in list(enforcer.model["g"]["g"].policy):
        enforcer.add_named_link_condition_func("g", holder, role, util.time_match_func)


PEOPLE = ("alice", "bob", "carol", "root", "admin")
THINGS = ("data1", "data2", "data10", "other")
ACTS = ("read", "write")
PLAIN = {"": (PEOPLE, THINGS, ACTS)}
SAME = "r.sub == p.sub && r.obj == p.obj && r.act == p.act"
ROLES = "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"
TENANTS = "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act"
ACL_ROWS = "p, alice, data1, read\np, bob, data2, write\n"
RBAC_ROWS = (
    "p, alice, data1, read\np, bob, data2, write\np, admin, data2, read\np, admin, data2, write\ng, alice, admin\n"
)
TENANT_ROWS = """p, admin, tenant1, data1, read
p, admin, tenant1, data1, write
p, admin, tenant2, data2, read
g, alice, admin, tenant1
g, bob, admin, tenant2
"""
IN_TENANTS = {"": (PEOPLE, ("tenant1", "tenant2", "tenant3", "-"), THINGS, ACTS)}

CASES: Mapping[str, StockCase] = {
    "ACL": StockCase(model=model(SAME), rules=ACL_ROWS, values=PLAIN),
    "ACL with superuser": StockCase(model=model(f'{SAME} || r.sub == "root"'), rules=ACL_ROWS, values=PLAIN),
    "ACL without users": StockCase(
        model=model("r.obj == p.obj && r.act == p.act", r="obj, act", p="obj, act"),
        rules="p, data1, read\np, data2, write",
        values={"": (THINGS, ACTS)},
    ),
    "ACL without resources": StockCase(
        model=model("r.sub == p.sub && r.act == p.act", r="sub, act", p="sub, act"),
        rules="p, alice, read\np, bob, write\n",
        values={"": (PEOPLE, ACTS)},
    ),
    "RBAC": StockCase(model=model(ROLES, g="_, _"), rules=RBAC_ROWS, values=PLAIN),
    "RBAC with superuser role": StockCase(
        model=model(f'{ROLES} || g(r.sub, "admin")', g="_, _"), rules=RBAC_ROWS, values=PLAIN
    ),
    "RBAC with resource roles": StockCase(
        model=model("g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act", g="_, _", g2="_, _"),
        rules="p, alice, data1, read\np, team, group, write\ng, bob, team\ng, carol, admin\ng, admin, team\n"
        "g2, data1, group\ng2, data2, group\n",
        values=PLAIN,
    ),
    "RBAC with domains": StockCase(
        model=model(TENANTS, "sub, dom, obj, act", "sub, dom, obj, act", g="_, _, _"),
        rules=TENANT_ROWS,
        values=IN_TENANTS,
    ),
    "RBAC with a role in every domain": StockCase(
        model=model(TENANTS, "sub, dom, obj, act", "sub, dom, obj, act", g="_, _, _"),
        rules=TENANT_ROWS + "g, carol, admin, *\n",
        values=IN_TENANTS,
        prepare=_any_domain,
    ),
    "RBAC with patterns": StockCase(
        model=model("g(r.sub, p.sub) && g2(r.obj, p.obj) && regexMatch(r.act, p.act)", g="_, _", g2="_, _"),
        rules="p, alice, books, GET\np, team, pens, (GET)|(POST)\ng, bob, team\n"
        "g2, /book/*, books\ng2, /pen/:id, pens\ng2, /pen2/:id, pens\n",
        values={
            "": (PEOPLE, ("/book/1", "/book/1/2", "/pen/1", "/pen2/1", "/pen/1/2", "/pen"), ("GET", "POST", "PUT"))
        },
        matches={"g2": "keyMatch2"},
        prepare=_by_pattern,
    ),
    "RBAC with roles for a time": StockCase(
        model=model(ROLES, g="_, _, (_, _)"),
        rules="p, admin, data1, read\np, team, data2, write\n"
        "g, alice, admin, 2001-01-01 00:00:00, 2150-01-01 00:00:00\ng, bob, admin, _, 2001-01-01 00:00:00\n"
        "g, carol, team, 2001-01-01 00:00:00, _\ng, admin, team, _, _\n",
        values=PLAIN,
        prepare=_windows,
    ),
    "ABAC": StockCase(
        model=model("r.sub == r.obj.Owner"),
        rules="p, alice, data1, read\n",
        values={"": (PEOPLE, ({"Owner": "alice"}, {"Owner": "bob"}), ACTS)},
    ),
    "ABAC with rules": StockCase(
        model=model("eval(p.sub_rule) && r.obj == p.obj && r.act == p.act", p="sub_rule, obj, act"),
        rules="p, r.sub.Age > 18, data1, read\n"
        'p, r.sub.Age < 60 && r.sub.Name == "alice", data2, write\n'
        "p, r.sub.Name in ('bob', 'carol'), data10, read\n",
        values={
            "": ([{"Age": age, "Name": name} for age in (17, 18, 19, 60) for name in ("alice", "bob")], THINGS, ACTS)
        },
    ),
    "RESTful": StockCase(
        model=model("r.sub == p.sub && keyMatch(r.obj, p.obj) && regexMatch(r.act, p.act)"),
        rules="p, alice, /alice_data/*, GET\np, alice, /alice_data/resource1, POST\np, bob, /bob_data/*, POST\n"
        "p, carol, /carol_data, (GET)|(POST)\n",
        values={
            "": (
                PEOPLE,
                ("/alice_data/1", "/alice_data/resource1", "/bob_data/x/y", "/carol_data", "/"),
                ("GET", "POST"),
            )
        },
    ),
    "RESTful with keyMatch2": StockCase(
        model=model("r.sub == p.sub && keyMatch2(r.obj, p.obj) && regexMatch(r.act, p.act)"),
        rules="p, alice, /a/:id, GET\np, alice, /a/:id/b/*, POST\np, bob, /b/*, .*\n",
        values={"": (PEOPLE, ("/a/1", "/a/1/b", "/a/1/b/2", "/a/1/b/2/3", "/b/1", "/b"), ("GET", "POST"))},
    ),
    "RESTful with keyMatch3 to keyMatch5": StockCase(
        model=model(
            "r.sub == p.sub && (keyMatch3(r.obj, p.obj) || keyMatch4(r.obj, p.obj) || keyMatch5(r.obj, p.obj))"
            " && r.act == p.act"
        ),
        rules="p, alice, /a/{id}, read\np, bob, /b/{id}/c/{id}, read\np, carol, /c/*, write\n",
        values={"": (PEOPLE, ("/a/1", "/a/1?x=2", "/b/1/c/1", "/b/1/c/2", "/c/1", "/c/1/2?y"), ACTS)},
    ),
    "RESTful with keyGet2": StockCase(
        model=model("keyMatch2(r.obj, p.obj) && keyGet2(r.obj, p.obj, 'name') == r.sub && r.act == p.act"),
        rules="p, any, /users/:name, read\np, any, /users/:name/posts/:post, write\n",
        values={"": (PEOPLE, ("/users/alice", "/users/bob/posts/1", "/users"), ACTS)},
        prepare=_getters,
    ),
    "globMatch": StockCase(
        model=model("r.sub == p.sub && globMatch(r.obj, p.obj) && r.act == p.act"),
        rules="p, alice, /foo/*, read\np, bob, /foo/**/bar, write\n",
        values={"": (PEOPLE, ("/foo/1", "/foo/1/2", "/foo/bar", "/foo/a/b/bar"), ACTS)},
    ),
    "ipMatch": StockCase(
        model=model("ipMatch(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"),
        rules="p, 192.168.2.0/24, data1, read\np, 10.0.0.1, data2, write\n",
        values={"": (("192.168.2.123", "192.168.3.1", "10.0.0.1", "::1"), THINGS, ACTS)},
    ),
    "in operator": StockCase(
        model=model("r.sub == p.sub && r.obj in ('data1', 'data2') && r.act == p.act"),
        rules="p, alice, data1, read\np, bob, data2, write\n",
        values=PLAIN,
    ),
    "deny override": StockCase(
        model=model(SAME, p="sub, obj, act, eft", effect=DENY),
        rules="p, alice, data1, read, deny\np, bob, data2, write, allow\n",
        values=PLAIN,
    ),
    "allow and deny": StockCase(
        model=model(ROLES, p="sub, obj, act, eft", effect=BOTH, g="_, _"),
        rules="p, alice, data1, read, allow\np, admin, data2, read, allow\np, alice, data2, read, deny\n"
        "g, alice, admin\ng, bob, admin\n",
        values=PLAIN,
    ),
    "allow and deny without effects": StockCase(
        model=model(ROLES, effect=BOTH, g="_, _"), rules=RBAC_ROWS, values=PLAIN
    ),
    "deny rows under an allow-only effect": StockCase(
        model=model(SAME, p="sub, obj, act, eft"),
        rules="p, alice, data1, read, deny\np, alice, data1, read, allow\np, bob, data2, write, deny\n",
        values=PLAIN,
    ),
    "priority by order": StockCase(
        model=model(ROLES, p="sub, obj, act, eft", effect=PRIORITY, g="_, _"),
        rules="p, alice, data1, read, allow\np, admin, data1, read, deny\np, admin, data1, write, allow\n"
        "p, alice, data1, write, deny\np, bob, data2, read, deny\np, bob, data2, read, allow\ng, alice, admin\n",
        values=PLAIN,
    ),
    "explicit priority": StockCase(
        model=model(ROLES, p="priority, sub, obj, act, eft", effect=PRIORITY, g="_, _"),
        rules="p, 10, admin, data1, read, deny\np, 1, alice, data1, read, allow\np, 10, bob, data2, write, allow\n"
        "p, 2, bob, data2, write, deny\np, 2, bob, data2, write, allow\ng, alice, admin\ng, bob, admin\n",
        values=PLAIN,
    ),
    "subject priority": StockCase(
        model=model(ROLES, p="sub, obj, act, eft", effect=SUBJECT, g="_, _"),
        rules="p, root, data1, read, deny\np, admin, data1, read, allow\np, bob, data1, read, deny\n"
        "p, carol, data1, read, allow\ng, alice, admin\ng, bob, admin\ng, admin, root\ng, carol, root\n",
        values=PLAIN,
    ),
    "subject priority with domains": StockCase(
        model=model(TENANTS, "sub, obj, dom, act", "sub, obj, dom, act, eft", SUBJECT, g="_, _, _"),
        rules="p, admin, data1, tenant1, write, deny\np, alice, data1, tenant1, write, allow\n"
        "p, admin, data2, tenant2, write, deny\np, bob, data2, tenant2, write, allow\n"
        "g, alice, admin, tenant1\ng, bob, admin, tenant2\n",
        values={"": (PEOPLE, THINGS, ("tenant1", "tenant2", "tenant3"), ACTS)},
    ),
    "several sections": StockCase(
        model=model(
            ROLES,
            r2="who, what",
            p2="who, what, eft",
            m2="g2(r2.who, p2.who) && keyMatch(r2.what, p2.what)",
            g="_, _",
            g2="_, _",
        ),
        rules=RBAC_ROWS + "p2, staff, menu:*, allow\np2, carol, other, allow\ng2, bob, staff\n",
        values=PLAIN | {"2": (PEOPLE, ("menu:1", "menu:", "other", "x"))},
    ),
    "other names": StockCase(
        model=model("r.user == p.user && keyMatch(r.path, p.path)", r="user, path", p="user, path"),
        rules="p, alice, /a/*\np, bob, /b\n",
        values={"": (PEOPLE, ("/a/1", "/a", "/b", "/b/1"))},
    ),
    "what years leave behind": StockCase(
        model=model(
            "g(r.sub, p.sub) && \\\n  keyMatch(r.obj, p.obj) && \\\n  r.act == p.act  # superusers are gone",
            p="sub, obj, act, eft",
            effect=f"{BOTH}  # denials win",
            g="_, _",
        ).replace("\n", "\r\n")
        + "[constraint_definition]\r\nc = nothing reads this\r\n",
        rules="# people\r\np, admin, data*:x, read, allow\r\n  p,  alice ,data1,   write, allow\r\n\r\n"
        "p, bob, data1, read, Deny\r\np, bob, data1, write, allow # for now\r\npp, alice, data1, write, deny\r\n"
        "p, alice, data1, write, allow\r\np, carol, data2, read, dney\r\np, carol, data2, read, deny\r\n"
        "g, alice, admin, since 2019\r\ng, carol, admin\r\ng, admin, admin\r\nx\r\n# the end",
        values=PLAIN,
    ),
}
