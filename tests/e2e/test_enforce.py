"""POST /v1/enforce on a running sidecar: models of any shape, numbered sections, a context, hostile values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import casbin
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doorward.bootstrap import folder_application, in_process, make_authenticator
from doorward.cli import main
from support.sidecars import Sidecar, start_sidecar
from support.trees import tree, write_tree

MODEL = """\
[request_definition]
r = person, obj, act
r2 = sub, obj, act

[policy_definition]
p = rule, obj, act
p2 = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.person.age >= 18 && r.obj == p.obj && r.act == p.act
m2 = g(r2.sub, p2.sub) && keyMatch2(r2.obj, p2.obj) && r2.act == p2.act
"""
RULES = """\
p, adults-buy, wine, buy
p2, reader, /docs/:id, GET
g, alice, reader
"""
CONTEXT_RULES = """\
p, in-the-office, user:alice, *, doc:*, read, r.ctx.context.office == True, allow
p, own-documents, *, *, doc:*, edit, r.ctx.resource.id == r.ctx.subject.id, allow
p, readers, role:reader, acme, doc:*, list, 'reader' in r.ctx.subject.roles, allow
g, user:bob, role:reader, acme
"""
QUESTION = ("--subject", "user:alice", "--action", "read", "--resource", "doc:1")


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("shapes"), tree(RULES, MODEL))


@pytest.fixture(scope="module")
def server(policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    running = start_sidecar(tmp_path_factory.mktemp("enforce") / "state", "--policy", str(policy))
    yield running
    assert running.process.poll() is None
    assert "Traceback" not in running.log.read_text()
    running.stop()


def enforce(running: Sidecar, request: Any, sections: str | None = None) -> tuple[int, dict[str, Any]]:
    body = {"request": request} | ({} if sections is None else {"sections": sections})
    status, headers, content = running.request("POST", "/v1/enforce", json.dumps(body).encode())
    assert ("doorward-revision" in headers) == (status not in {401, 403})
    answer: dict[str, Any] = json.loads(content)
    return status, answer


ANSWERS = [
    pytest.param([{"age": 18}, "wine", "buy"], None, True, "adults-buy", id="an attribute of an object"),
    pytest.param([{"age": 17.5}, "wine", "buy"], None, False, None, id="an attribute that does not do"),
    pytest.param([{"age": 18}, "beer", "buy"], None, False, None, id="another object"),
    pytest.param(["alice", "/docs/1", "GET"], "2", True, "policies/access.csv:2", id="numbered sections"),
    pytest.param(["alice", "/docs/1/2", "GET"], "2", False, None, id="a path that does not match"),
    pytest.param(["bob", "/docs/1", "GET"], "2", False, None, id="one without the role"),
    pytest.param(["alice", "/docs/" + "1" * 4_000, "GET"], "2", True, "policies/access.csv:2", id="a long path"),
]


@pytest.mark.parametrize(("request_", "sections", "allowed", "rule"), ANSWERS)
def test_answer(request_: list[Any], sections: str | None, allowed: bool, rule: str | None, server: Sidecar) -> None:
    assert enforce(server, request_, sections) == (200, {"allowed": allowed, "rule": rule})


@pytest.mark.parametrize("person", [{}, {"age": None}, {"name": "alice"}], ids=str)
def test_absent_attribute_denies_and_is_named(person: Any, server: Sidecar) -> None:
    status, answer = enforce(server, [person, "wine", "buy"])
    assert (status, answer["allowed"], answer["rule"]) == (200, False, None)
    assert "age" in answer["absent"][0]


DEEP: dict[str, Any] = {"age": 1}
for _ in range(200):
    DEEP = {"age": DEEP}
HOSTILE = [
    pytest.param({"age": "18"}, id="a text"),
    pytest.param({"age": [18]}, id="a list"),
    pytest.param({"age": {"age": 18}}, id="an object"),
    pytest.param(DEEP, id="many objects in each other"),
    pytest.param({"age": 17}, id="one too few"),
    pytest.param({"Age": 18}, id="another case"),
    pytest.param({"age ": 18}, id="a blank in the name"),
    pytest.param({"__class__": {"age": 18}}, id="an attribute of Python's"),
    pytest.param([{"age": 18}], id="a list of one"),
    pytest.param([["age", 18]], id="pairs"),
    pytest.param("age", id="a text for an object"),
    pytest.param(18, id="a number for an object"),
    pytest.param(True, id="a boolean for an object"),
    pytest.param("", id="an empty text"),
    pytest.param({f"{number:x}": number for number in range(20_000)}, id="many attributes"),
    pytest.param([[]] * 20_000, id="many lists"),
]


@pytest.mark.parametrize("person", HOSTILE)
def test_value_of_any_kind_opens_no_door_and_breaks_nothing(person: Any, server: Sidecar) -> None:
    status, answer = enforce(server, [person, "wine", "buy"])
    assert (status, answer["allowed"]) == (200, False)
    assert "error" not in answer or answer["error"]["status"] == 500
    assert enforce(server, [{"age": 18}, "wine", "buy"])[1]["allowed"] is True


@pytest.mark.parametrize(
    ("request_", "sections", "says"),
    [
        pytest.param(["alice", "wine"], None, "r = person, obj, act takes 3", id="too few"),
        pytest.param([{"age": 18}, "wine", "buy", {}], None, "r = person, obj, act takes 3", id="too many"),
        pytest.param(["a", "b"], "2", "r2 = sub, obj, act takes 3", id="too few of numbered ones"),
        pytest.param(["a", "b", "c"], "3", 'there is "2"', id="unknown sections"),
        pytest.param([{"age": 18}, 7, "buy"], None, "(obj) is a number", id="a number for a text"),
        pytest.param([{"age": 18}, "wine", {}], None, "(act) is an object", id="an object for a text"),
        pytest.param([["alice"], "/docs/1", "GET"], "2", "(sub) is an array", id="an array for a text"),
        pytest.param(["", "", ""], "2", "blank", id="blanks"),
        pytest.param(["alice", "/docs/1\n", "GET"], "2", "control character", id="a line break"),
    ],
)
def test_request_that_does_not_fit_is_refused(
    request_: list[Any], sections: str | None, says: str, server: Sidecar
) -> None:
    status, problem = enforce(server, request_, sections)
    assert status == 400
    assert says in problem["detail"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["age", "name", ""]), inner, max_size=2)
    ),
    max_leaves=5,
)
NAMES = st.sampled_from(["alice", "bob", "reader", "wine", "*", "", " "])
PATHS = st.sampled_from(["/docs/1", "/docs/1/2", "/docs/", "/docs/:id"])
PEOPLE = VALUES | st.dictionaries(st.just("age"), st.integers(16, 20) | VALUES, max_size=1)
ASKED = st.one_of(
    st.tuples(PEOPLE, st.just("wine"), st.just("buy"), st.just("")),
    st.tuples(NAMES, PATHS, st.sampled_from(["GET", "get"]), st.just("2")),
    st.tuples(NAMES | VALUES, NAMES | VALUES, NAMES | VALUES, st.sampled_from(["", "2"])),
)


def test_what_is_allowed_stock_casbin_allows_too(policy: Path, scale: float) -> None:
    handle = in_process(policy)
    stock = casbin.Enforcer(str(policy / "models/access.conf"), str(policy / "policies/access.csv"))
    numbered = casbin.core_enforcer.EnforceContext("r2", "p2", "e", "m2")

    @settings(max_examples=max(200, int(5_000 * scale)))
    @example(asked=({"age": 18}, "wine", "buy", ""))
    @example(asked=("alice", "/docs/1", "GET", "2"))
    @given(ASKED)
    def ask(asked: tuple[Any, ...]) -> None:
        *request, sections = asked
        body = json.dumps({"request": request, "sections": sections or None}).encode()
        status, _, content = handle("POST", "/v1/enforce", [("content-type", "application/json")], body)
        assert status in {200, 400}, content
        if status == 200 and json.loads(content)["allowed"]:
            assert stock.enforce(*([numbered] if sections else []), *request) is True

    ask()


def test_authzen_is_not_supported_and_says_what_is(server: Sidecar) -> None:
    question = {"subject": {"type": "user", "id": "a"}, "action": {"name": "b"}, "resource": {"type": "c", "id": "d"}}
    for path, body in (("evaluation", question), ("evaluations", {"evaluations": [question]})):
        problem = server.post(f"/access/v1/{path}", body)
        assert (problem["status"], problem["type"]) == (501, "https://doorward.dev/problems/not-supported")
        assert "person" in str(problem["detail"])
        assert "POST /v1/enforce with a value for each token of r = person, obj, act" in str(problem["detail"])


def test_check_says_how_to_ask_instead(policy: Path) -> None:
    ended = CliRunner().invoke(main, ["check", *QUESTION, "--policy", str(policy)])
    assert ended.exit_code == 2
    assert "r = person, obj, act" in ended.output
    assert "next: send the values in the model's order: POST /v1/enforce" in ended.output


CONTEXTS: list[Any] = [
    pytest.param(["user:alice", "-", "doc:1", "read", {"office": True}], "in-the-office", None, id="given"),
    pytest.param(["user:alice", "-", "doc:1", "read", {"office": False}], None, None, id="one that does not do"),
    pytest.param(["user:alice", "-", "doc:1", "read"], None, ["context.office"], id="left out"),
    pytest.param(["user:alice", "-", "doc:1", "read", None], None, ["context.office"], id="null"),
    pytest.param(
        ["user:alice", "-", "doc:1", "read", {"context": {"office": True}}], None, ["context.office"], id="too deep"
    ),
    pytest.param(["user:7", "-", "doc:7", "edit"], "own-documents", None, id="ids of subject and resource"),
    pytest.param(["user:7", "-", "doc:8", "edit", {"resource": {"id": "7"}}], None, None, id="ids are ours"),
    pytest.param(["user:bob", "acme", "doc:8", "list"], "readers", None, id="roles in the tenant"),
    pytest.param(["user:bob", "-", "doc:8", "list"], None, None, id="no roles in none"),
]


@pytest.mark.parametrize(("request_", "rule", "absent"), CONTEXTS)
def test_context_is_filled_by_doorward(
    request_: list[Any], rule: str | None, absent: list[str] | None, tmp_path: Path
) -> None:
    handle = in_process(write_tree(tmp_path, tree(CONTEXT_RULES)))
    body = json.dumps({"request": request_}).encode()
    status, _, content = handle("POST", "/v1/enforce", [("content-type", "application/json")], body)
    expected: dict[str, Any] = {"allowed": rule is not None, "rule": rule}
    assert (status, json.loads(content)) == (200, expected | ({} if absent is None else {"absent": absent}))


def test_caller_without_a_key_may_not_enforce(policy: Path) -> None:
    open_here = folder_application(policy, make_authenticator("key", no_auth=True))
    body = b'{"request": [{"age": 18}, "wine", "buy"]}'
    status, _, content = open_here.door.handle("POST", "/v1/enforce", [("content-type", "application/json")], body)
    assert status == 403
    assert b"enforce" in content
