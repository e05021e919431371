"""Answers about records that the policy has a say in: which policy it was, and how new it must be."""

import pytest

from support.recorded_api import SECURE, Api

LOGIN = {"email": "ann@acme.com", "password": SECURE}
FROM_POLICY = [
    ("POST", "/v1/tenants", {"id": "globex", "name": "Globex", "domain": "globex.com"}),
    ("GET", "/v1/tenants", None),
    ("GET", "/v1/tenants/acme", None),
    ("PATCH", "/v1/tenants/acme", {"plan": "enterprise"}),
    ("GET", "/v1/tenants/acme/limits", None),
    ("PUT", "/v1/tenants/acme/limits/max_agents", {"amount": 7}),
    ("PATCH", "/v1/users/ann", {"roles": ["viewer"]}),
    ("GET", "/v1/users/ann/roles", None),
    ("PUT", "/v1/users/ann/roles/admin", None),
    ("DELETE", "/v1/users/ann/roles/admin", None),
    ("GET", "/v1/users/ann/permissions", None),
    ("PUT", "/v1/users/ann/password", {"password": SECURE}),
    ("POST", "/v1/users/authenticate", LOGIN),
    ("POST", "/v1/sessions", LOGIN),
    ("POST", "/v1/subscriptions", {"tenant": "acme", "plan": "basic"}),
    ("GET", "/v1/subscriptions", None),
    ("PUT", "/v1/flags/analytics/overrides/acme", {"value": True}),
    ("GET", "/v1/flag-overrides", None),
    ("POST", "/v1/usage/reconcile", {}),
    ("POST", "/v1/security/validate-password", {"password": SECURE}),
]


@pytest.fixture
def acme(api: Api) -> Api:
    api.tenant("acme")
    api.user(password=SECURE)
    return api


def test_what_the_policy_has_a_say_in_names_the_policy(acme: Api) -> None:
    served = acme("GET", "/v1/policy").body["revision"]

    answers = {(method, path): acme(method, path, body) for method, path, body in FROM_POLICY}

    assert {which: answer.content for which, answer in answers.items() if answer.status >= 400} == {}
    assert {which: answer.headers.get("doorward-revision") for which, answer in answers.items()} == dict.fromkeys(
        answers, served
    )


def test_what_the_policy_has_a_say_in_waits_for_a_policy_that_is_asked_for(acme: Api) -> None:
    """A role, or a plan, that another process has declared just now can be given here at once."""
    answers = {
        (method, path): acme(method, path, body, Doorward_Min_Revision="none").status
        for method, path, body in FROM_POLICY
    }

    assert answers == dict.fromkeys(answers, 400)


def test_what_is_recorded_alone_names_no_policy(acme: Api) -> None:
    for path in ("/v1/users/ann", "/v1/keys", "/v1/encryption"):
        assert "doorward-revision" not in acme("GET", path).headers


def test_an_answer_that_is_given_again_names_no_other_policy_than_its_own(acme: Api) -> None:
    body = {"id": "globex", "name": "Globex", "domain": "globex.com"}
    acme("POST", "/v1/tenants", body, Idempotency_Key="once")

    again = acme("POST", "/v1/tenants", body, Idempotency_Key="once")

    assert again.headers["idempotency-replayed"] == "true"
    assert "doorward-revision" not in again.headers


def test_permissions_say_which_facts_they_come_from(acme: Api) -> None:
    given = acme("PUT", "/v1/users/ann/roles/viewer")

    found = acme("GET", "/v1/users/ann/permissions", Doorward_Min_Facts=given.headers["doorward-facts"])

    assert found.headers["doorward-facts"] == given.headers["doorward-facts"]
    assert [one["permission"] for one in found.body["items"]] == ["view_agents", "view_workflows"]
