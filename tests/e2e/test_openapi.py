"""/openapi.json is true: valid, complete, and schemathesis finds nothing that breaks it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from doorward.bootstrap import Application, folder_application, make_authenticator
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.facts import FACTS_PATTERN
from doorward.services.revisions import REVISION_PATTERN
from doorward.settings import Writing
from support.authzen import TREE
from support.policy_repositories import git, work_tree
from support.trees import write_tree

KEY = "dw_test"
ENDPOINTS = [
    "POST /access/v1/evaluation",
    "POST /access/v1/evaluations",
    "POST /v1/enforce",
    "POST /v1/rules",
    "POST /v1/roles",
    "GET /v1/policy",
    "POST /v1/policy/reload",
    "POST /v1/policy/webhook",
    "DELETE /v1/rules/{name}",
    "GET /v1/rules",
    "GET /v1/rules/{name}",
    "GET /v1/roles",
    "GET /v1/roles/{name}",
    "GET /v1/policy/revisions",
    "GET /v1/policy/proposals",
    "GET /livez",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /.well-known/authzen-configuration",
]
# How many values, and which; whether a rule or a role is there already.
WHAT_THE_POLICY_SAYS = ("POST /v1/enforce", "POST /v1/rules", "POST /v1/roles", "DELETE /v1/rules/{name}")
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
WAITED_FOR = {"Doorward-Min-Revision": REVISION_PATTERN, "Doorward-Min-Facts": FACTS_PATTERN}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    policy: Path = write_tree(tmp_path_factory.mktemp("openapi"), TREE)
    return folder_application(policy, make_authenticator(KEY, no_auth=False))


@pytest.fixture(scope="module")
def api(application: Application) -> schemathesis.BaseSchema:
    config = SchemathesisConfig.from_dict({"headers": AUTHORIZED, "generation": {"allow-x00": False}})
    return schemathesis.openapi.from_wsgi("/openapi.json", application.flask, config=config, headers=AUTHORIZED)


@pytest.mark.parametrize(
    ("endpoint", "mode"),
    [
        *((endpoint, GenerationMode.POSITIVE) for endpoint in ENDPOINTS),
        *((endpoint, GenerationMode.NEGATIVE) for endpoint in ENDPOINTS[:5]),  # those that take a body
    ],
)
def test_no_request_breaks_the_description(
    api: schemathesis.BaseSchema, endpoint: str, mode: GenerationMode, scale: float
) -> None:
    method, path = endpoint.split(" ")
    operation = api[path][method]

    excluded = [ignored_auth]  # the key is in every request here
    if endpoint in WHAT_THE_POLICY_SAYS:
        excluded.append(positive_data_acceptance)

    @settings(max_examples=max(30, int(600 * scale)), suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        for header, pattern in WAITED_FOR.items():
            wanted = (case.headers or {}).get(header)
            if wanted is not None and re.fullmatch(pattern, wanted):
                del case.headers[header]  # what nobody has: two seconds, then 503
        case.call_and_validate(excluded_checks=excluded)

    ask()


def test_document_is_valid_openapi_3_1(application: Application) -> None:
    document = application.flask.test_client().get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_is_described(application: Application) -> None:
    document = json.loads(application.flask.test_client().get("/openapi.json").data)
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    routes = {
        (rule.rule.replace("<path:", "{").replace(">", "}"), method)
        for rule in application.flask.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    assert described == routes
    assert {f"{method} {path}" for path, method in routes} == set(ENDPOINTS)


CONDITIONS = {"min_role": "user", "subscription_required": True}
CALLS: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "/v1/rules", {"body": {"name": "x", "resource": "a", "action": "b", "conditions": CONDITIONS}}, 201),
    ("POST", "/v1/rules", {"body": {"name": "x", "resource": "a", "action": "b", "conditions": CONDITIONS}}, 409),
    ("GET", "/v1/rules/{name}", {"path_parameters": {"name": "x"}}, 200),
    ("GET", "/v1/rules", {"query": {"limit": 2}}, 200),
    ("DELETE", "/v1/rules/{name}", {"path_parameters": {"name": "x"}, "query": {"reason": "no more"}}, 200),
    ("DELETE", "/v1/rules/{name}", {"path_parameters": {"name": "x"}}, 404),
    ("POST", "/v1/roles", {"body": {"name": "x", "permissions": ["view_a"], "description": "y"}}, 201),
    ("GET", "/v1/roles/{name}", {"path_parameters": {"name": "admin"}}, 200),
    ("GET", "/v1/roles", {}, 200),
    ("GET", "/v1/policy/revisions", {"query": {"limit": 2}}, 200),
    ("POST", "/v1/rules", {"body": {"name": "y", "resource": "a", "action": "b", "conditions": CONDITIONS}}, 202),
    ("GET", "/v1/policy/proposals", {}, 200),
]


def test_changes_of_policy_answer_as_described(tmp_path: Path) -> None:
    policy = work_tree(tmp_path / "policy")
    direct, review = (
        folder_application(policy, make_authenticator(KEY, no_auth=False), writing=Writing(review=review)).flask
        for review in (False, True)
    )
    described = {
        app: schemathesis.openapi.from_wsgi("/openapi.json", app, headers=AUTHORIZED) for app in (direct, review)
    }
    for method, path, parts, status in CALLS:
        case = described[review if status == 202 else direct][path][method].Case(
            headers=AUTHORIZED, media_type="application/json", **parts
        )
        answer = case.call_and_validate(excluded_checks=[ignored_auth, positive_data_acceptance])
        assert answer.status_code == status, answer.content


def test_a_key_that_is_bound_to_a_tenant_sees_and_changes_nothing_of_the_policy(tmp_path: Path) -> None:
    policy = work_tree(tmp_path / "policy")
    bound = Authenticator({key_hash(KEY): Caller("bound", ALL_SCOPES, tenant="acme")})
    client = folder_application(policy, bound).flask.test_client()
    for method, path, parts, _ in CALLS:
        answer = client.open(path.format(name="admin"), method=method, headers=AUTHORIZED, json=parts.get("body"))
        assert (answer.status_code, answer.get_json()["type"]) == (403, "https://doorward.dev/problems/not-permitted")
    assert git(policy, "rev-list", "--count", "HEAD").strip() == "1"
