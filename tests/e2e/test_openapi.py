"""/openapi.json is true: valid, complete, and schemathesis finds nothing that breaks it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from doorward.bootstrap import Application, folder_application, make_authenticator, open_recorded
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.database_address import DatabaseAddress
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.facts import FACTS_PATTERN
from doorward.services.revisions import REVISION_PATTERN
from doorward.settings import Writing
from support.authzen import TREE
from support.flag_trees import FLAGS
from support.policy_repositories import git, work_tree
from support.trees import ROOT, write_tree

KEY = "dw_test"
ENDPOINTS = [
    "POST /access/v1/evaluation",
    "POST /access/v1/evaluations",
    "POST /v1/enforce",
    "POST /v1/rules",
    "POST /v1/roles",
    "POST /v1/plans",
    "GET /v1/policy",
    "POST /v1/policy/reload",
    "POST /v1/policy/webhook",
    "DELETE /v1/rules/{name}",
    "GET /v1/rules",
    "GET /v1/rules/{name}",
    "GET /v1/roles",
    "GET /v1/roles/{name}",
    "GET /v1/plans",
    "GET /v1/plans/{name}",
    "GET /v1/policy/revisions",
    "GET /v1/policy/proposals",
    "GET /livez",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /.well-known/authzen-configuration",
]
RECORDS = [
    "GET /v1/tenants",
    "POST /v1/tenants",
    "POST /v1/tenants/import",
    "GET /v1/tenants/{tenant}",
    "PATCH /v1/tenants/{tenant}",
    "DELETE /v1/tenants/{tenant}",
    "GET /v1/users",
    "POST /v1/users",
    "POST /v1/users/import",
    "POST /v1/users/authenticate",
    "GET /v1/users/{user}",
    "PATCH /v1/users/{user}",
    "DELETE /v1/users/{user}",
    "PUT /v1/users/{user}/password",
    "GET /v1/users/{user}/roles",
    "PUT /v1/users/{user}/roles/{role}",
    "DELETE /v1/users/{user}/roles/{role}",
    "GET /v1/users/{user}/permissions",
    "POST /v1/users/{user}/totp",
    "POST /v1/users/{user}/totp/confirm",
    "DELETE /v1/users/{user}/totp",
    "POST /v1/users/{user}/recovery-codes",
    "POST /v1/users/{user}/unlock",
    "DELETE /v1/users/{user}/sessions",
    "GET /v1/sessions",
    "POST /v1/sessions",
    "POST /v1/sessions/introspect",
    "POST /v1/sessions/rotate",
    "POST /v1/sessions/revoke",
    "DELETE /v1/sessions/{session}",
    "GET /v1/keys",
    "POST /v1/keys",
    "GET /v1/keys/{key}",
    "DELETE /v1/keys/{key}",
    "POST /v1/keys/{key}/rotate",
    "POST /v1/security/validate-password",
    "GET /v1/flags",
    "GET /v1/flags/{flag}",
    "POST /v1/flags/{flag}/explain",
    "POST /v1/flags",
    "POST /ofrep/v1/evaluate/flags/{flag}",
    "POST /ofrep/v1/evaluate/flags",
    "POST /v1/guard",
    "POST /v1/limits/check",
    "POST /v1/limits/consume",
    "POST /v1/limits/return",
    "POST /v1/limits/reservations",
    "POST /v1/limits/reservations/{reservation}/commit",
    "POST /v1/limits/reservations/{reservation}/release",
    "POST /v1/usage/events",
    "POST /api/v1/events",
    "GET /v1/usage",
    "GET /v1/usage/{meter}",
    "GET /v1/usage/thresholds",
    "POST /v1/usage/reconcile",
    "GET /v1/flag-overrides",
    "GET /v1/tenant-plans",
    "GET /v1/settings",
    "GET /v1/flags/{flag}/overrides",
    "GET /v1/flags/{flag}/overrides/{tenant}",
    "PUT /v1/flags/{flag}/overrides/{tenant}",
    "DELETE /v1/flags/{flag}/overrides/{tenant}",
    "GET /v1/tenants/{tenant}/limits",
    "GET /v1/tenants/{tenant}/limits/{limit}",
    "PUT /v1/tenants/{tenant}/limits/{limit}",
    "DELETE /v1/tenants/{tenant}/limits/{limit}",
    "GET /v1/subscriptions",
    "POST /v1/subscriptions",
    "GET /v1/subscriptions/{subscription}",
    "PATCH /v1/subscriptions/{subscription}",
    "POST /v1/subscriptions/{subscription}/cancel",
    "POST /v1/subscriptions/{subscription}/resume",
    "POST /v1/subscriptions/{subscription}/pause",
    "POST /v1/subscriptions/{subscription}/status",
    "GET /v1/encryption",
    "POST /v1/encryption/rotate",
]
# How many values, and which; whether a rule or a role is there already.
WHAT_THE_POLICY_SAYS = (
    *("POST /v1/enforce", "POST /v1/rules", "POST /v1/roles", "POST /v1/plans", "DELETE /v1/rules/{name}"),
)
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
WAITED_FOR = {"Doorward-Min-Revision": REVISION_PATTERN, "Doorward-Min-Facts": FACTS_PATTERN}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    plans = {path: (ROOT / path).read_bytes() for path in ("models/plans.conf", "policies/plans.csv")}
    policy: Path = write_tree(tmp_path_factory.mktemp("openapi"), {**TREE, **plans, "policies/flags.yaml": FLAGS})
    state = tmp_path_factory.mktemp("openapi-state")
    (state / "admin.key").write_text(KEY)
    recorded = open_recorded(DatabaseAddress.in_folder(state), state, None)
    made = folder_application(policy, make_authenticator(KEY, no_auth=False), recorded=recorded)
    yield made
    made.close()


@pytest.fixture(scope="module")
def api(application: Application) -> schemathesis.BaseSchema:
    config = SchemathesisConfig.from_dict({"headers": AUTHORIZED, "generation": {"allow-x00": False}})
    return schemathesis.openapi.from_wsgi("/openapi.json", application.flask, config=config, headers=AUTHORIZED)


@pytest.mark.parametrize(
    ("endpoint", "mode"),
    [
        *((endpoint, GenerationMode.POSITIVE) for endpoint in ENDPOINTS),
        *((endpoint, GenerationMode.NEGATIVE) for endpoint in ENDPOINTS[:6]),  # those that take a body
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

    @settings(
        max_examples=int(600 * scale) if scale >= 1 else 10, suppress_health_check=list(HealthCheck), deadline=None
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        for header, pattern in WAITED_FOR.items():
            wanted = (case.headers or {}).get(header)
            if wanted is not None and re.fullmatch(pattern, wanted):
                del case.headers[header]  # what nobody has: two seconds, then 503
        case.call_and_validate(excluded_checks=excluded)

    ask()


@pytest.fixture(scope="module")
def things(application: Application) -> dict[str, list[str]]:
    """Ids of what is recorded, by what a path calls them; the last of them was deleted."""
    client = application.flask.test_client()

    def made(path: str, body: object) -> str:
        answer = client.post(path, json=body, headers=AUTHORIZED)
        assert answer.status_code == 201, answer.data
        return str(answer.get_json()["id"])

    def user(name: str) -> str:
        names = {"email": f"{name}@a.example", "username": name, "first_name": "A", "last_name": "B"}
        return made("/v1/users", {"id": name, "tenant_id": "tenant", **names})

    found = {
        "tenant": [
            made("/v1/tenants", {"id": name, "name": name, "domain": f"{name}.example"}) for name in ("tenant", "x")
        ],
        "user": [user(name) for name in ("user", "other", "third")],
        "key": [made("/v1/keys", {"name": name, "scopes": ["decide"]}) for name in ("a", "b", "c")],
        "role": ["viewer", "nothing"],
        "limit": ["max_agents", "api_calls", "nothing"],
        "flag": ["beta", "web/search engine", "by_user", "nothing"],
        "reservation": ["run-7", "nothing"],
        "meter": ["api_calls", "nothing"],
        "subscription": [made("/v1/subscriptions", {"tenant": name, "plan": "basic"}) for name in ("tenant", "x")],
        "session": ["0199f0f0-0000-7000-8000-000000000000"],
    }
    for kind, last in (("tenants", "x"), ("users", "third"), ("keys", found["key"][-1])):
        assert client.delete(f"/v1/{kind}/{last}", headers=AUTHORIZED).status_code == 204
    return found


@pytest.mark.parametrize(
    ("endpoint", "mode"),
    [
        *((endpoint, GenerationMode.POSITIVE) for endpoint in RECORDS),
        *((endpoint, GenerationMode.NEGATIVE) for endpoint in RECORDS if endpoint.startswith("P")),
    ],
)
def test_no_request_about_records_breaks_the_description(
    api: schemathesis.BaseSchema, things: dict[str, list[str]], endpoint: str, mode: GenerationMode, scale: float
) -> None:
    method, path = endpoint.split(" ")
    operation = api[path][method]
    excluded = [ignored_auth, positive_data_acceptance]  # what is recorded says what is accepted

    @settings(
        max_examples=int(300 * scale) if scale >= 1 else 5, suppress_health_check=list(HealthCheck), deadline=None
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case: schemathesis.Case, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = data.draw(st.sampled_from(things[name]))
        for name in WAITED_FOR:
            (case.headers or {}).pop(name, None)
        case.call_and_validate(excluded_checks=excluded)

    ask()


def test_document_is_valid_openapi_3_1(application: Application) -> None:
    document = application.flask.test_client().get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    from openapi_spec_validator import validate  # noqa: PLC0415 - half a second, in each process that lists the tests

    validate(document)


def test_every_route_is_described(application: Application) -> None:
    document = json.loads(application.flask.test_client().get("/openapi.json").data)
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    routes = {
        (re.sub("<(?:path|flag):", "{", rule.rule).replace(">", "}"), method)
        for rule in application.flask.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }
    assert described == routes
    assert {f"{method} {path}" for path, method in routes} == {*ENDPOINTS, *RECORDS}


CONDITIONS = {"min_role": "user", "subscription_required": True}
PLAN = {
    "name": "x", "description": "", "price_monthly": 1, "price_yearly": 2, "features": ["a"], "limits": {"b": 1},
}  # fmt: skip
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
    ("POST", "/v1/plans", {"body": PLAN}, 201),
    ("POST", "/v1/plans", {"body": PLAN}, 409),
    ("GET", "/v1/plans/{name}", {"path_parameters": {"name": "x"}}, 200),
    ("GET", "/v1/plans", {"query": {"limit": 2}}, 200),
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
