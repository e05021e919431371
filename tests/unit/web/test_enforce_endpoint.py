"""POST /v1/enforce and what AuthZEN says beside it, over a policy that answers as it is told."""

import json
from typing import Any

import pytest

from doorward.bootstrap import Application, build_application
from doorward.domain.access import Decision, DecisionError
from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.services.authentication import Authenticator, key_hash
from support.fake_policy import FakePolicy, FakeSource, Shape

KEYS = {
    "full": Caller("full", ALL_SCOPES),
    "deciding": Caller("deciding", frozenset({Scope.DECIDE})),
    "bound": Caller("bound", ALL_SCOPES, tenant="acme"),
}
SHAPE = {"": Shape(("sub", "obj", "ctx"), frozenset({0}))}
ASKED = b'{"request": ["alice", 7]}'
QUESTION = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "doc", "id": "1"},
}


def served(policy: FakePolicy) -> Application:
    application = build_application(
        FakeSource(policy), Authenticator({key_hash(key): caller for key, caller in KEYS.items()})
    )
    application.start()
    return application


def post(policy: FakePolicy, body: bytes, path: str = "/v1/enforce", key: str | None = "full") -> tuple[int, Any]:
    """Asked through both, which must agree."""
    application = served(policy)
    headers = [("content-type", "application/json"), *([("authorization", f"Bearer {key}")] if key else [])]
    status, answered, content = application.door.handle("POST", path, headers, body)
    flask = application.flask.test_client().post(path, data=body, headers=headers)
    assert (status, content) == (flask.status_code, flask.data)
    if status == 200:
        assert dict(answered)["doorward-revision"] == flask.headers["doorward-revision"] == "dir:fake"
    return status, json.loads(content)


ERROR = DecisionError(500, "rule a: its condition failed")
ANSWERS = [
    pytest.param(Decision(True, "a"), {"allowed": True, "rule": "a"}, "allow", id="allowed"),
    pytest.param(Decision(False, "a"), {"allowed": False, "rule": "a"}, "deny", id="denied by a rule"),
    pytest.param(Decision(False), {"allowed": False, "rule": None}, "deny", id="denied by none"),
    pytest.param(
        Decision(False, None, ("context.ip",)),
        {"allowed": False, "rule": None, "absent": ["context.ip"]},
        "deny",
        id="an attribute is absent",
    ),
    pytest.param(
        Decision(False, None, (), ERROR),
        {"allowed": False, "rule": None, "error": {"status": 500, "message": ERROR.message, "retryable": False}},
        "error",
        id="no decision",
    ),
]


@pytest.mark.parametrize(("decision", "body", "result"), ANSWERS)
def test_answer(decision: Decision, body: dict[str, Any], result: str) -> None:
    assert post(FakePolicy(SHAPE, decision), ASKED) == (200, body)
    application = served(FakePolicy(SHAPE, decision))
    application.door.handle("POST", "/v1/enforce", [("content-type", "application/json"), ("x-api-key", "full")], ASKED)
    metrics = application.flask.test_client().get("/metrics").get_data(as_text=True)
    assert f'doorward_decisions_total{{result="{result}"}} 1.0' in metrics


@pytest.mark.parametrize(
    ("key", "status", "says"),
    [
        pytest.param(None, 401, "no key", id="no key"),
        pytest.param("wrong", 401, "not known", id="a wrong key"),
        pytest.param("deciding", 403, "'enforce'", id="a key without the scope"),
        pytest.param("bound", 403, "bound to a tenant", id="a key of a tenant"),
    ],
)
def test_key_that_does_not_do(key: str | None, status: int, says: str) -> None:
    policy = FakePolicy(SHAPE)
    answered, problem = post(policy, ASKED, key=key)
    assert answered == status
    assert says in problem["detail"]
    assert policy.asked == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"[]", "array", id="an array"),
        pytest.param(b'["alice", 7]', "array", id="the values alone"),
        pytest.param(b"{}", "request is missing; send an array", id="no request"),
        pytest.param(b'{"request": null}', "request: send an array", id="null"),
        pytest.param(b'{"request": "alice"}', "request: send an array, one value a token", id="a string"),
        pytest.param(b'{"request": {"sub": "alice"}}', "request: send an array", id="an object"),
        pytest.param(b'{"request": []}', "has 0 values", id="no values"),
        pytest.param(
            b'{"request": ["alice", 7], "section": "2"}',
            "`section` is no member; there are request and sections",
            id="a misspelt member",
        ),
        pytest.param(b'{"request": 7, "explain": true}', "`explain` is no member", id="a member of other endpoints"),
        pytest.param(
            b'{"request": ["alice", 7], "sections": 2}', 'sections: send a string, like "2"', id="a number as sections"
        ),
        pytest.param(
            b'{"request": ["alice", 7], "sections": ["2"]}', "sections: send a string", id="a list as sections"
        ),
        pytest.param(
            b'{"request": ["alice", 7], "sections": {}}', "sections: send a string", id="an object as sections"
        ),
        pytest.param(b'{"request": ["alice", 7], "sections": ""}', "sections is ''", id="empty sections"),
        pytest.param(b'{"request": ["alice", 7], "sections": "2"}', "sections is '2'", id="unknown sections"),
        pytest.param(b'{"request": ["alice", NaN]}', "NaN", id="NaN"),
        pytest.param(b'{"request": ["alice", 1e999]}', "too large", id="infinity"),
        pytest.param(b'{"request": ["alice", "\\ud800"]}', "surrogate", id="a lone surrogate"),
        pytest.param(b'{"request": ["alice", {"\\u0000": 1}]}', "NUL", id="a NUL in a name"),
        pytest.param(b'{"request": ["alice", {"a": 1, "a": 2}]}', "'a' stands twice", id="an attribute twice"),
        pytest.param(b'{"request": ["bob", 7], "request": ["alice", 7]}', "'request' stands twice", id="two requests"),
        pytest.param(b'{"request": ["alice", ' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "too deep", id="too deep"),
        pytest.param(b'{"request": ["alice", ' + b"9" * 5000 + b"]}", "too many digits", id="a huge number"),
        pytest.param(b'{"request": [' + b"1," * 300_000 + b"1]}", "300001 values", id="a huge array"),
    ],
)
def test_body_is_refused(body: bytes, says: str) -> None:
    policy = FakePolicy(SHAPE)
    status, problem = post(policy, body)
    assert (status, problem["type"]) == (400, "https://doorward.dev/problems/bad-request")
    assert says in problem["detail"]
    assert policy.asked == []


def test_null_sections_are_the_main_ones() -> None:
    policy = FakePolicy(SHAPE)
    assert post(policy, b'{"request": ["alice", {"deep": [{}]}], "sections": null}')[0] == 200
    assert policy.asked[0].values == ["alice", {"deep": [{}]}, {}]


BATCHES: list[Any] = [
    pytest.param("/access/v1/evaluation", QUESTION, id="one"),
    pytest.param("/access/v1/evaluation", QUESTION | {"context": {"explain": True}}, id="one that asks why"),
    pytest.param("/access/v1/evaluations", QUESTION | {"evaluations": []}, id="a batch of none"),
    pytest.param("/access/v1/evaluations", {"evaluations": [QUESTION, QUESTION]}, id="a batch"),
    pytest.param("/access/v1/evaluations", {"evaluations": [{}, 7]}, id="a batch of nothing right"),
]


@pytest.mark.parametrize(("path", "question"), BATCHES)
def test_authzen_is_not_supported_by_a_model_without_a_place_for_it(path: str, question: dict[str, Any]) -> None:
    policy = FakePolicy(SHAPE, enforce_only="the matcher reads r.sub.age")
    status, problem = post(policy, json.dumps(question).encode(), path)
    assert (status, problem["type"]) == (501, "https://doorward.dev/problems/not-supported")
    assert problem["detail"].startswith("the matcher reads r.sub.age; ask POST /v1/enforce")
    assert post(policy, ASKED)[0] == 200


def test_everything_else_goes_on_with_such_a_model() -> None:
    client = served(FakePolicy(SHAPE, enforce_only="why")).flask.test_client()
    for path in ("/readyz", "/livez", "/metrics", "/openapi.json", "/.well-known/authzen-configuration"):
        assert client.get(path).status_code == 200
