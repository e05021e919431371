"""`doorward policy show` tells everything that a policy holds: each section, each role row, and no column too many."""

import json
from pathlib import Path

from click.testing import CliRunner

from doorward.cli import main
from support.trees import tree, write_tree

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
