"""What every request passes before it reaches an endpoint."""

import dataclasses
from typing import Any

import pytest

from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import NotFound
from doorward.services.authentication import Authenticator, key_hash
from doorward.web.endpoints import Endpoint, Gate
from doorward.web.http import Request, Response
from doorward.web.metrics import Meter
from doorward.web.routes import policy_endpoints

KEYS = {
    "full": Caller("full", ALL_SCOPES),
    "bound": Caller("bound", ALL_SCOPES, tenant="acme"),
    "weak": Caller("weak", frozenset({Scope.DECIDE})),
}
METER = Meter()
GATE = Gate(Authenticator({key_hash(key): caller for key, caller in KEYS.items()}), METER, lambda _revision: None)


def endpoint(scope: Scope | None, *, fails: bool = False, body: type | None = None) -> Endpoint:
    def handler(_request: Request, _caller: Caller) -> Response:
        if fails:
            raise RuntimeError("a secret")
        return Response(200, [], b"ok")

    return Endpoint(
        method="POST",
        path="/x",
        name="x",
        summary="",
        handler=handler,
        scope=scope,
        answers={200: "text/plain"},
        body=body,
    )


def answer(one: Endpoint, *, local: bool = True, body: bytes = b"", **headers: str) -> Response:
    by_name = {name.replace("_", "-"): value for name, value in headers.items()}
    return GATE.answer(one, Request(by_name.get, body, "", is_local=local))


@pytest.mark.parametrize(
    ("scope", "local", "headers", "status"),
    [
        pytest.param(None, True, {}, 200, id="open here without a key"),
        pytest.param(None, False, {}, 401, id="open elsewhere needs a key"),
        pytest.param(None, False, {"authorization": "Bearer weak"}, 200, id="open elsewhere takes any key"),
        pytest.param(None, True, {"authorization": "Bearer no"}, 401, id="a wrong key is wrong here too"),
        pytest.param(None, True, {"x_api_key": "no"}, 401, id="a wrong X-API-Key too"),
        pytest.param(Scope.POLICY_READ, True, {}, 401, id="a scope needs a key"),
        pytest.param(Scope.POLICY_READ, True, {"authorization": "Bearer weak"}, 403, id="the key lacks the scope"),
        pytest.param(Scope.POLICY_READ, True, {"x_api_key": "full"}, 200, id="the key has the scope"),
    ],
)
def test_access(scope: Scope | None, local: bool, headers: dict[str, str], status: int) -> None:
    response = answer(endpoint(scope), local=local, **headers)
    assert response.status == status
    assert (status == 401) == ("www-authenticate" in dict(response.headers))


def test_fault_of_ours_is_a_problem_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    response = answer(endpoint(None, fails=True), x_request_id="r1")
    assert response.status == 500
    assert b"secret" not in response.body
    assert dict(response.headers)["x-request-id"] == "r1"
    assert "a secret" in caplog.text


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"', "application/json;x=y"]
)
def test_content_type_is_taken(kind: str) -> None:
    assert answer(endpoint(None, body=dict), content_type=kind).status == 200


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/jsonx", "application/json; charset=latin-1", "application/problem+json"]
)
def test_content_type_is_refused(kind: str) -> None:
    assert answer(endpoint(None, body=dict), content_type=kind).status == 400


def test_body_over_the_limit_is_refused() -> None:
    big = b" " * ((1 << 20) + 1)
    assert answer(endpoint(None, body=dict), body=big, content_type="application/json").status == 413


@pytest.mark.parametrize("given", ["x" * 129, "é", "a\tb", ""])
def test_request_id_that_may_not_be_echoed(given: str) -> None:
    assert "x-request-id" not in dict(answer(endpoint(None), x_request_id=given).headers)


def test_everything_is_counted() -> None:
    before = METER.requests().get(("x", 401), 0)
    answer(endpoint(Scope.DECIDE))
    assert METER.requests()["x", 401] == before + 1


def test_a_key_that_is_bound_to_a_tenant_is_refused_where_policy_is_everybodys() -> None:
    unbound = dataclasses.replace(endpoint(Scope.POLICY_WRITE), unbound=True)
    refused = answer(unbound, x_api_key="bound")
    assert refused.status == 403
    assert b"use a key bound to none" in refused.body
    assert answer(unbound, x_api_key="full").status == 200


def test_only_what_is_answered_from_policy_waits_for_a_revision_and_only_for_those_who_may_ask() -> None:
    waited: list[str] = []
    gate = Gate(Authenticator({key_hash("full"): KEYS["full"]}), METER, waited.append)
    request = Request({"x-api-key": "full"}.get, b"", "", is_local=True, min_revision="dir:0")
    gate.answer(endpoint(Scope.POLICY_READ), request)
    stranger = Request({"x-api-key": "wrong"}.get, b"", "", is_local=True, min_revision="dir:0")
    from_policy = dataclasses.replace(endpoint(Scope.POLICY_READ), from_policy=True)
    gate.answer(from_policy, stranger)
    assert waited == []
    gate.answer(from_policy, request)
    assert waited == ["dir:0"]


class Anything:
    """Has every handler that is asked for."""

    def __getattr__(self, name: str) -> Any:
        return (
            Anything()
            if name in {"rules", "roles", "plans", "history"}
            else lambda _request, _caller: Response(200, [], b"")
        )


def test_every_endpoint_of_policy_refuses_keys_that_are_bound_to_a_tenant() -> None:
    """Policy is everybody's; so is what is wrong with it, and when it is read."""
    anything: Any = Anything()
    endpoints = policy_endpoints(anything, anything, anything, anything, anything)
    policy = [one for one in endpoints if one.scope in {Scope.POLICY_READ, Scope.POLICY_WRITE}]
    assert len(policy) >= 10
    assert [one.name for one in policy if not one.unbound] == []
    assert [one.name for one in policy if one.scope is Scope.POLICY_WRITE and not one.patient] == []


def test_what_is_refused_from_policy_says_which() -> None:
    gate = Gate(Authenticator({key_hash("full"): KEYS["full"]}), METER, lambda _revision: None, lambda: "dir:1")
    asked = Request({"authorization": "Bearer full"}.get, b"", "", is_local=True)

    def refuse(_request: Request, _caller: Caller) -> Response:
        raise NotFound("there is none")

    refusing = dataclasses.replace(endpoint(Scope.POLICY_READ), handler=refuse, from_policy=True)
    response = gate.answer(refusing, asked)
    assert response.status == 404
    assert ("doorward-revision", "dir:1") in response.headers
    assert all(name != "doorward-revision" for name, _ in gate.answer(endpoint(None, fails=True), asked).headers)
