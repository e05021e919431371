"""Names that would take long to compare, from whoever may type into a login form: they hold up nobody."""

import time

import pytest

from support.recorded_api import SECURE, Api

MARKS = "a" + "\u0301\u0316" * 25_000  # 14 seconds to normalise


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/sessions", {"email": f"{MARKS}@acme.com", "password": SECURE}),
        ("POST", "/v1/sessions", {"username": MARKS, "tenant_id": "acme", "password": SECURE}),
        ("POST", "/v1/users/authenticate", {"email": f"ann@{MARKS}.com", "password": SECURE}),
        ("PATCH", "/v1/users/ann", {"email": f"{MARKS}@acme.com"}),
        ("PATCH", "/v1/users/ann", {"username": MARKS}),
        ("PATCH", "/v1/tenants/acme", {"domain": f"{MARKS}.com"}),
        ("PUT", "/v1/users/ann/password", {"password": MARKS}),
        ("POST", "/v1/security/validate-password", {"password": MARKS}),
    ],
)
def test_nobody_is_held_up_by_a_long_name(api: Api, method: str, path: str, body: object) -> None:
    api.tenant()
    api.user("ann")
    started = time.perf_counter()

    api(method, path, body)

    assert time.perf_counter() - started < 3
