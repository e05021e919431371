"""Policy tests of flags: what may stand in them, how faults are told, and what comes of each."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorward.cli import main
from doorward.policy import Tree
from doorward.policy.policy_tests import load_with_tests, read_tests, run_tests
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, RULES, tree, write_tree

PATH = "policies/tests/flags.yaml"
HEAD = "tests:\n  - name: a\n"
DECLARED = """a:
  type: boolean
  default: off
  rules:
    - {when: r.ctx.subject.level > 3 and 'editor' in r.ctx.subject.roles, serve: on}
    - {when: r.ctx.context.country == 'DE', serve: on}
    - when: r.ctx.tenant.plan == 'basic' and contains(r.ctx.tenant.features, 'email_support')
      serve: on
    - {split: {on: 50, off: 50}, by: user, from: '2026-06-01T00:00:00Z'}
b: {type: boolean, default: off, rules: [{when: r.ctx.context.n > 5, serve: on}]}
recorded:
  type: boolean
  default: off
  rules: [{when: "r.ctx.tenant.status == 'active' and has(r.ctx.tenant.limits) and not r.ctx.tenant.subscribed", serve: on}]
"""
EDITOR = "g, user:alice, role:editor, acme\np, edit, role:editor, *, doc:*, edit, True, allow\n"


def files_of(tests: str) -> dict[str, bytes]:
    files = {PLANS_MODEL: PLANS_CONF, PLANS: PLANS_CSV, FLAGS: DECLARED, PATH: tests}
    directory = "tenants: [acme]\nsubjects: {user: {bob: {level: 9}}}\n"
    return tree(RULES + EDITOR, directory=directory) | {path: text.encode() for path, text in files.items()}


def faults(entry: str) -> list[str]:
    snapshot, tests = load_with_tests(Tree(files_of(HEAD + entry)))
    return [fault for result in run_tests(tests, snapshot) for answer in result.answers for fault in answer.faults]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("    flag: a\n    expect: off\n", id="nobody, nowhere"),
        pytest.param("    flag: a\n    context: {country: DE}\n    expect: on\n    rule: 2\n", id="context"),
        pytest.param("    flag: a\n    tenant: {id: acme, plan: basic}\n    expect: on\n    rule: 3\n", id="plan"),
        pytest.param("    flag: a\n    tenant: acme\n    subject: {type: user, id: alice, level: 4}\n    expect: on\n    rule: 1\n", id="row"),
        pytest.param("    flag: a\n    tenant: acme\n    subject: user:bob\n    roles: [editor]\n    expect: on\n    rule: 1\n", id="declared"),
        pytest.param("    flags: {a: off, b: off, analytics: on, email_support: off}\n    tenant: {id: x, plan: professional}\n", id="several"),
        pytest.param("    flag: recorded\n    tenant: {id: x, plan: basic}\n    expect: on\n", id="a tenant as it is recorded"),
        pytest.param("    flag: recorded\n    tenant: {id: x, plan: basic, status: late}\n    expect: off\n", id="a tenant as the test says"),
        pytest.param("    flag: a\n    subject: user:u\n    time: 2026-06-01T00:00:00Z\n    expect: off\n    rule: 4\n", id="time"),
    ],
)  # fmt: skip
def test_a_test_that_holds_passes(entry: str) -> None:
    assert faults(entry) == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        pytest.param("    flag: a\n    expect: on\n", "expected on, got off", id="another variant"),
        pytest.param("    flag: a\n    expect: off\n    rule: 1\n", "expected rule 1 to decide, and no rule did", id="no rule"),
        pytest.param("    flag: a\n    context: {country: DE}\n    expect: on\n    rule: 1\n", "expected rule 1 to decide, and 2 did", id="another rule"),
        pytest.param("    flag: c\n    expect: off\n", "it has no value, FLAG_NOT_FOUND", id="not found"),
        pytest.param("    flag: b\n    context: {n: x}\n    expect: off\n", "it has no value, GENERAL: rule 1", id="a failure"),
        pytest.param("    flag: a\n    time: 2027-01-01T00:00:00Z\n    expect: off\n", "TARGETING_KEY_MISSING", id="no key"),
        pytest.param("    flag: a\n    tenant: {id: a, plan: gold}\n    expect: off\n", "there is no plan gold", id="plan"),
        pytest.param("    flag: a\n    roles: [edtior]\n    expect: off\n", "asserted role 'edtior' is named in no rule", id="role"),
    ],
)  # fmt: skip
def test_a_test_that_does_not_hold_says_why(entry: str, says: str) -> None:
    (found,) = faults(entry)
    assert says in found


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        pytest.param("    flag: 7\n    expect: on\n", 3, "flag 7 is no text; quote it", id="flag"),
        pytest.param("    flag: a\n", 2, "expected is the name of a variant, not None", id="nothing expected"),
        pytest.param("    flag: a\n    expect: true\n", 4, "is the name of a variant, not True; quote it: 'True'", id="a value"),
        pytest.param("    flags: {}\n", 3, "flags must be a mapping", id="no flags"),
        pytest.param("    flags: {a: on}\n    expect: on\n", 4, "`expect` does not go with `flags`", id="flags, expect"),
        pytest.param("    flags: {a: on}\n    flag: a\n", 4, "`flag` does not go with `flags`", id="flags and flag"),
        pytest.param("    flags: {a: on}\n    rule: 1\n", 4, "`rule` does not go with `flags`", id="flags and rule"),
        pytest.param("    flag: a\n    expect: on\n    rule: first\n", 5, "rule is the number", id="a rule's name"),
        pytest.param("    flag: a\n    expect: on\n    rule: 0\n", 5, "rule is the number", id="rule 0"),
        pytest.param("    flag: a\n    expect: on\n    resource: doc:1\n", 5, "'resource' does not go with flags", id="resource"),
        pytest.param("    flag: a\n    expect: on\n    plan: basic\n", 5, "unknown key 'plan'; there are name", id="unknown"),
        pytest.param("    flag: a\n    expect: on\n    tenant: {plan: basic}\n", 5, "a tenant needs an id", id="tenant"),
        pytest.param("    flag: a\n    expect: on\n    tenant: {id: a, plan: 1}\n", 5, "plan 1 is no text", id="plan"),
        pytest.param("    flag: a\n    expect: on\n    tenant: {id: a, features: []}\n", 5, "features are those of the plan", id="features"),
        pytest.param("    flag: a\n    expect: on\n    context:\n      n: 1\n      tenant: a\n", 7, "tenant in context says whom", id="whose"),
        pytest.param("    flag: a\n    expect: on\n    context: {targetingKey: a}\n", 5, "write `subject: user:ID`", id="who"),
        pytest.param("    flag: a\n    expect: on\n    subject: alice\n", 5, "subject must be `user:alice`", id="subject"),
    ],
)  # fmt: skip
def test_a_fault_of_an_entry_is_told_with_its_line(entry: str, line: int, says: str) -> None:
    _, problems = read_tests({PATH: (HEAD + entry).encode()})
    (found,) = problems
    assert found.line == line
    assert says in found.message


def test_the_command_says_what_came_and_why(tmp_path: Path) -> None:
    entry = "    flag: a\n    subject: user:zoe\n    time: 2026-06-01T00:00:00Z\n    expect: on\n"
    folder = write_tree(tmp_path, files_of(HEAD + entry))
    said = CliRunner().invoke(main, ["policy", "test", str(folder)])
    assert said.exit_code == 4
    lines = [" ".join(line.split()) for line in said.output.splitlines()]
    assert lines[1:6] == [
        "asked flag a for user:zoe",
        "expected on, got off",
        "reason SPLIT",
        "rule 4 of a in policies/flags.yaml",
        "bucket 77249",
    ]
    data = json.loads(CliRunner().invoke(main, ["policy", "test", str(folder), "--json"]).output)
    (question,) = data["tests"][0]["questions"]
    assert (question["expected"], question["got"], question["value"], question["reason"]) == (
        "on",
        "off",
        False,
        "SPLIT",
    )
    assert question["absent"] == ["subject.level", "context.country", "tenant.plan"]


def test_the_tests_of_the_default_tree_pass() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in (ROOT / "policies").rglob("*.*")}
    files |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in (ROOT / "models").iterdir()}
    snapshot, tests = load_with_tests(Tree(files))
    results = run_tests(tests, snapshot)
    assert [one.test.name for one in results if not one.passed] == []
    assert any(one.test.path == PATH for one in results)
