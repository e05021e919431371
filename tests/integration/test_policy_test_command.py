"""`doorward policy test`: what it says of tests that pass, fail, cannot be asked, and are not there."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.cli import main
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.policy import Tree
from doorward.policy.policy_tests import load_with_tests, run_tests
from doorward.services.access import AccessService
from doorward.web.access.wire import to_access_request, to_evaluation
from support.trees import ROOT, RULES, tree, write_tree

PATH = "policies/tests/access.yaml"
OWNED = (
    RULES
    + "p, owners, *, *, agents:*, execute, r.ctx.resource.owner == r.ctx.subject.id, allow\n"
    + "p, late, *, *, doc:*, late, hour(r.ctx.env.time, 'UTC') > 20, allow\n"
    + "p, closed, *, acme, *, *, r.ctx.resource.status > 3, deny\n"
)
PLAIN_MODEL = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""


def run(folder: Path, files: Mapping[str, bytes], tests: str, *options: str) -> Result:
    write_tree(folder, dict(files) | {PATH: f"tests:\n{tests}".encode()})
    return CliRunner().invoke(main, ["policy", "test", str(folder), *options])


def one(question: str) -> str:
    return f"  - {{name: it holds, subject: user:alice, resource: agents:1, {question}}}\n"


def test_the_default_policy_keeps_its_promises() -> None:
    said = CliRunner().invoke(main, ["policy", "test", str(ROOT)])
    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[0] == "ok      viewers look and do not touch"
    assert "ok  9 tests passed" in said.output


def test_a_test_that_fails_says_what_was_expected_what_came_and_why(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        tree(),
        one("roles: [user], action: execute, expect: deny")
        + "  - {name: b, subject: user:b, resource: agents:1, expect: {view: deny}}\n",
    )
    assert said.exit_code == 4
    assert said.output.splitlines()[:-1] == [
        "FAILED  it holds  policies/tests/access.yaml:2",
        "        asked user:alice execute agents:1",
        "          expected deny, got allow",
        "          reason   rule users-execute-agents allows this",
        "          rule     users-execute-agents  policies/access.csv:3",
        "          roles    user:alice -> role:user",
        "ok      b",
        "",
    ]
    assert said.output.splitlines()[-1].startswith(f"1 test failed, 1 passed  {tmp_path}: revision dir:")


def test_a_denial_names_the_rules_that_were_close(tmp_path: Path) -> None:
    said = run(tmp_path, tree(), one("roles: [viewer], action: delete, expect: allow"))
    assert (
        "          reason   no rule allows this\n          close    admins-do-everything allows role:admin: other subject  policies/access.csv:5\n"
        in said.output
    )


FAILING = [
    pytest.param("roles: [vewer], expect: {delete: deny}", "asserted role 'vewer' is named in no rule and no role row", id="a misspelt role"),
    pytest.param("tenant: nowhere, expect: {delete: deny}", "not decided: unknown tenant 'nowhere'", id="an unknown tenant is no denial"),
    pytest.param("context: {tenant: 7}, expect: {delete: deny}", "cannot be asked: context.tenant must be a string", id="a question that is malformed"),
    pytest.param("roles: [admin], action: view, expect: allow, rule: viewers-view-agents", None, id="the rule that is named decides"),
    pytest.param("roles: [viewer], action: view, expect: allow, rule: admins-do-everything", "expected rule admins-do-everything to decide, and viewers-view-agents did", id="another rule"),
    pytest.param("action: view, expect: deny, rule: admins-do-everything", "expected rule admins-do-everything to decide, and no rule did", id="no rule"),
    pytest.param("action: late, expect: allow, time: 2026-01-05T23:00:00Z", None, id="the time that is given"),
    pytest.param("action: late, expect: deny", None, id="the time of every test"),
    pytest.param("action: near, expect: allow, address: 10.1.2.3", None, id="the address that is given"),
    pytest.param("action: near, expect: allow", "expected allow, got deny", id="no address"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "fault"), FAILING)
def test_answers(question: str, fault: str | None, tmp_path: Path) -> None:
    rules = (
        RULES
        + "p, late, *, *, agents:*, late, \"hour(r.ctx.env.time, 'UTC') > 20\", allow\n".replace('"', "")
        + "p, near, *, *, agents:*, near, ipMatch(r.ctx.env.address, '10.0.0.0/8'), allow\n"
    )
    said = run(tmp_path, tree(rules, directory="tenants: [acme]\n"), one(question))
    assert said.exit_code == (0 if fault is None else 4), said.output
    assert fault is None or fault in said.output


def test_other_models_are_asked_by_position(tmp_path: Path) -> None:
    files = tree("p, alice, data1, read\n", PLAIN_MODEL)
    tests = "  - {name: a, request: [alice, data1, read], expect: allow}\n  - {name: b, request: [bob, data1, read], expect: allow}\n"
    said = run(tmp_path, files, tests)
    assert said.exit_code == 4
    assert said.output.splitlines()[:4] == [
        "ok      a",
        "FAILED  b  policies/tests/access.yaml:3",
        "        asked bob, data1, read",
        "          expected allow, got deny",
    ]
    assert (
        "ok      c"
        in run(tmp_path, tree(), "  - {name: c, request: ['user:a', '-', 'agents:1', view], expect: deny}\n").output
    )


def test_a_question_of_the_wrong_kind_says_how_to_ask(tmp_path: Path) -> None:
    files = tree("p, alice, data1, read\n", PLAIN_MODEL.replace("sub", "who"))
    said = run(tmp_path, files, one("expect: {view: deny}"))
    assert said.exit_code == 4
    assert "write `request: [who, obj, act]` with a value for each token" in said.output
    short = run(tmp_path, files, "  - {name: a, request: [alice], expect: deny}\n")
    assert short.exit_code == 4
    assert "cannot be asked: request has 1 values" in short.output


def test_what_would_steer_a_terminal_is_spelled_out(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        tree("p, alice, data1, read\n", PLAIN_MODEL),
        '  - {name: a, request: ["\\e[2J", b, c], expect: deny}\n',
    )
    assert "\x1b" not in said.output
    assert "        asked <U+001B>[2J, b, c\n" in said.output


def test_no_line_commands_a_pipeline(tmp_path: Path) -> None:
    files = tree("p, alice, data1, read\n", PLAIN_MODEL)
    tests = "  - {name: '::error::a', request: ['::error::a', '##[group]', c], rule: '::error::a', expect: allow}\n"
    said = run(tmp_path, files, tests)
    assert said.exit_code == 4
    assert [line for line in said.output.splitlines() if line.lstrip().startswith(("::", "##"))] == []


def test_json_tells_each_question(tmp_path: Path) -> None:
    said = run(tmp_path, tree(), one("roles: [viewer], expect: {view: allow, delete: allow}"), "--json")
    assert said.exit_code == 4
    told = json.loads(said.output)
    assert (told["loads"], told["passed"], told["failed"]) == (True, 0, 1)
    (test,) = told["tests"]
    assert (test["name"], test["path"], test["line"], test["passed"]) == ("it holds", PATH, 2, False)
    view, delete = test["questions"]
    assert view == {
        "asked": "user:alice view agents:1",
        "line": 2,
        "expected": "allow",
        "got": "allow",
        "rule": "viewers-view-agents",
        "faults": [],
    }
    assert (delete["got"], delete["faults"], delete["reason"]) == (
        "deny",
        ["expected allow, got deny"],
        "no rule allows this",
    )


def test_a_tree_without_tests_says_so(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["policy", "test", str(write_tree(tmp_path, tree()))])
    assert said.exit_code == 0
    assert said.output == f"no tests in {tmp_path}; write some in policies/tests/access.yaml, one entry a promise\n"


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["for people", "as JSON"])
@pytest.mark.parametrize(
    ("files", "tests", "place"),
    [
        pytest.param(tree("p, x\n"), one("expect: {view: deny}"), "policies/access.csv", id="the policy does not load"),
        pytest.param(tree(), "  - {}\n", PATH, id="a test cannot be read"),
    ],
)
def test_what_does_not_load_is_told_and_tests_are_not_run(
    files: Mapping[str, bytes], tests: str, place: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    said = run(tmp_path, files, tests, *options)
    assert said.exit_code == 3
    if options:
        told = json.loads(said.stdout)
        assert (told["loads"], told["problems"][0]["path"]) == (False, place)
    else:
        assert f"{place}:" in said.stderr


def test_lint_refuses_a_test_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, tree() | {PATH: b"tests:\n  - {name: a}\n"})
    said = CliRunner().invoke(main, ["policy", "lint", str(folder)])
    assert said.exit_code == 3
    assert f"{PATH}:2: error DW008 invalid-tests: subject must be" in said.stderr


@given(
    subject=st.sampled_from(["user:alice", "user:bob", "service:ci"]),
    roles=st.lists(st.sampled_from(["viewer", "user", "admin"]), max_size=2, unique=True),
    tenant=st.sampled_from([None, "acme", "nowhere"]),
    action=st.sampled_from(["view", "execute", "late"]),
    resource=st.sampled_from(["agents:1", "agents:*", "doc:1"]),
    attributes=st.dictionaries(st.sampled_from(["owner", "tenant", "status"]), st.sampled_from(["alice", "acme", 7])),
)
@settings(max_examples=round(2_000 * SCALE))
def test_a_test_is_answered_as_a_request_is(  # noqa: PLR0913, PLR0917 - the parts of a question
    subject: str, roles: list[str], tenant: str | None, action: str, resource: str, attributes: dict[str, object]
) -> None:
    kind, name = resource.split(":")
    entry = {"name": "a", "subject": subject, "resource": {"type": kind, "id": name, **attributes}, "action": action}
    entry |= {"expect": "allow"} | ({"roles": roles} if roles else {}) | ({"tenant": tenant} if tenant else {})
    files = tree(OWNED, directory="tenants: [acme]\n") | {PATH: f"tests: [{json.dumps(entry)}]\n".encode()}
    snapshot, tests = load_with_tests(Tree(files))
    (answer,) = run_tests(tests, snapshot)[0].answers
    who, _, identity = subject.partition(":")
    request = {
        "subject": {"type": who, "id": identity, "properties": {"roles": roles}},
        "action": {"name": action},
        "resource": {"type": kind, "id": name, "properties": attributes},
        "context": {} if tenant is None else {"tenant": tenant},
    }
    asked = to_access_request(to_evaluation(request))
    decision = AccessService(lambda: 1_767_603_600.0).decide(asked, Caller("test", ALL_SCOPES), snapshot)
    assert answer.decision is not None
    assert (answer.decision.allowed, answer.decision.rule) == (decision.allowed, decision.rule)
    assert (answer.decision.error is None) is (decision.error is None)
    assert answer.is_expected is decision.allowed
