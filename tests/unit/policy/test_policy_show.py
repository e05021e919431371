"""`doorward policy show` tells everything that a policy holds: each section, each role row, and no column too many."""

import json
from pathlib import Path

from click.testing import CliRunner

from doorward.cli import main
from support.trees import CATALOG, FLAGS, MODEL, PLANS, PLANS_CONF, PLANS_MODEL, RULES, SECURITY, tree, write_tree

TWO = """[request_definition]
r = sub, obj, act
r2 = sub, obj
[policy_definition]
p = sub, obj, act
p2 = sub, obj
[role_definition]
g = _, _
g2 = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
m2 = g2(r2.sub, p2.sub, 'acme') && r2.obj == p2.obj
"""
WINDOWS = """[request_definition]
r = sub, obj, act
[policy_definition]
p = priority, sub, obj, act, eft
[role_definition]
g = _, _, (_, _)
[policy_effect]
e = priority(p.eft) || deny
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""


def show(folder: Path, model: str, rules: str, *options: str) -> str:
    write_tree(folder, tree(rules, model))
    said = CliRunner().invoke(main, ["policy", "show", str(folder), *options])
    assert said.exit_code == 0, said.output
    return said.output


def test_sections_and_role_definitions_are_told_apart(tmp_path: Path) -> None:
    rules = "p, clerk, doc, read\np2, boss, vault\np2, chief, vault\ng, ann, clerk\ng2, ben, boss, acme\n"
    lines = show(tmp_path, TWO, rules).splitlines()
    assert lines[0].startswith("revision: dir:")
    assert lines[1:] == [
        "effect: allowed if some rule allows",
        "",
        "place                  sub    obj  act",
        "policies/access.csv:1  clerk  doc  read",
        "",
        "section 2 (r2, p2, m2)",
        "effect: allowed if some rule allows",
        "",
        "place                  sub    obj",
        "policies/access.csv:2  boss   vault",
        "policies/access.csv:3  chief  vault",
        "",
        "definition  holder  has role  in tenant",
        "g           ann     clerk",
        "g2          ben     boss      acme",
        "",
        "tenants: acme",
    ]


def test_time_windows_are_told(tmp_path: Path) -> None:
    rules = (
        "p, 1, clerk, doc, read, allow\n"
        "g, ann, clerk, 2026-01-01 00:00:00, 2026-12-31 23:59:59\ng, ben, clerk, _, 0999-05-01 00:00:00\n"
    )
    lines = show(tmp_path, WINDOWS, rules).splitlines()
    assert lines[1] == "effect: the first rule that matches decides"
    assert lines[-3:] == [
        "holder  has role  from (UTC)           until (UTC)",
        "ann     clerk     2026-01-01 00:00:00  2026-12-31 23:59:59",
        "ben     clerk     _                    0999-05-01 00:00:00",
    ]
    roles = json.loads(show(tmp_path, WINDOWS, rules, "--json"))["roles"]
    assert roles[0] == {
        "definition": "g",
        "holder": "ann",
        "role": "clerk",
        "tenant": "*",
        "from": "2026-01-01 00:00:00",
        "until": "2026-12-31 23:59:59",
    }


def test_plans_and_security_policies_are_told(tmp_path: Path) -> None:
    files = {
        PLANS_MODEL: PLANS_CONF,
        PLANS: "p, plus, seats, total, unlimited\np, plus, calls, hour, 9\np2, plus, help\np2, plus, export\n",
        CATALOG: "currency: EUR\nplans: {plus: {name: Plus, price_monthly: 4900, price_yearly: 49000}, free: }\n",
        SECURITY: "policies:\n- {name: access, type: access_control, level: low, rules: {mfa_required_roles: [admin]}}\n",
    }
    write_tree(tmp_path, {path: text.encode() for path, text in files.items()})
    lines = show(tmp_path, MODEL, RULES).splitlines()
    at = lines.index("plan  title  a month (EUR)  a year (EUR)  features")
    assert lines[at + 1 : at + 7] == [
        "free  free   0              0",
        "plus  Plus   4900           49000         help, export",
        "",
        "plan  limit  per    amount",
        "plus  seats  total  unlimited",
        "plus  calls  hour   9",
    ]
    assert "access           access_control  low" in lines
    rules = {tuple(line.split()) for line in lines[lines.index("about      rule                   value") :]}
    assert {
        ("passwords", "max_age_days", "none"),
        ("passwords", "blocklist", "yes"),
        ("access", "mfa_required_roles", "admin"),
    } <= rules
    data = json.loads(show(tmp_path, MODEL, RULES, "--json"))
    assert data["currency"] == "EUR"
    assert data["plans"][1]["limits"][0] == {"limit": "seats", "per": "total", "amount": "unlimited"}
    assert data["security"]["access"]["mfa_required_roles"] == ["admin"]
    assert data["security"]["declared"][0]["rules"] == {"mfa_required_roles": ["admin"]}


def test_flags_are_told_with_their_rules_and_segments(tmp_path: Path) -> None:
    flags = """$segments: {testers: r.ctx.subject.tester}
a b:
  type: string
  description: The search
  owner: search
  variants: {x: one, y: two}
  default: x
  requires: {c: [on, off], help: on}
  rules:
    - {when: r.ctx.context.n > 1, segment: [testers], from: '2026-01-01T01:00:00+01:00', serve: y}
    - {split: {x: 99500, y: 500}, by: user}
c: {type: boolean, default: on, enabled: false, expires: 2026-12-31}
help: {type: boolean, from_plan: true}
"""
    files = {PLANS_MODEL: PLANS_CONF, PLANS: "p2, plus, help\n", FLAGS: flags}
    write_tree(tmp_path, {path: text.encode() for path, text in files.items()})
    lines = show(tmp_path, MODEL, RULES).splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("flag "))
    assert [" ".join(line.split()) for line in lines[at + 1 : at + 11]] == [
        "a b string x (requires that c is on or off, requires that help is on) search The search",
        "c boolean off (disabled)",
        "help boolean off (unless the plan has it)",
        "",
        "place flag if serves",
        "policies/flags.yaml:10 a b r.ctx.context.n > 1, in testers, from 2026-01-01T00:00:00Z y",
        "policies/flags.yaml:11 a b always x 99.5 %, y 0.5 % by r.ctx.subject.id",
        "",
        "segment if",
        "testers r.ctx.subject.tester",
    ]
    data = json.loads(show(tmp_path, MODEL, RULES, "--json"))
    assert data["segments"] == {"testers": "r.ctx.subject.tester"}
    first, disabled, feature = data["flags"]
    assert (first["rules"][1]["split"], first["rules"][1]["salt"]) == ({"x": 99_500, "y": 500}, "a b")
    assert (disabled["enabled"], disabled["off"], disabled["expires"]) == (False, "off", "2026-12-31")
    assert (feature["from_plan"], feature["variants"]) == (True, {"on": True, "off": False})


def test_where_nothing_is_declared_nothing_is_told_of_plans_and_security(tmp_path: Path) -> None:
    said = show(tmp_path, MODEL, RULES)
    assert "plan" not in said
    assert "security" not in said
    assert json.loads(show(tmp_path, MODEL, RULES, "--json"))["security"]["passwords"]["min_length"] == 8
