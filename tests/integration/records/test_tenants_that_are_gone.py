"""Tenants that are deleted or purged: whose keys end with them, and who cannot come in meanwhile."""

import threading
from typing import Any

import pytest

from doorward.domain.tenants import TenantStatus
from support.databases import PostgresqlDatabases
from support.recorded_api import Api, MakeApi

SCOPES = ("admin:users", "admin:keys", "admin:sessions", "decide")


@pytest.mark.parametrize("query", ["", "?purge=true"])
def test_the_keys_of_a_tenant_end_with_it(api: Api, query: str) -> None:
    api.tenant("acme")
    api.tenant("globex")
    bound, elsewhere = api.bound("acme", *SCOPES), api.bound("globex", *SCOPES)
    assert bound("GET", "/v1/users").status == 200

    assert api("DELETE", f"/v1/tenants/acme{query}").status == 204

    assert bound("GET", "/v1/users").status == 401
    assert elsewhere("GET", "/v1/users").status == 200


def test_more_keys_than_are_read_at_once_end_too(api: Api) -> None:
    api.tenant("acme")
    keys = [api.bound("acme", "decide") for _ in range(101)]

    assert api("DELETE", "/v1/tenants/acme").status == 204

    assert {one("GET", "/v1/users").status for one in keys} == {401}


@pytest.mark.parametrize("path", ["/v1/users", "/v1/keys"])
def test_nothing_is_recorded_in_a_tenant_that_is_being_purged(
    make_api: MakeApi, postgresql: PostgresqlDatabases, path: str
) -> None:
    api = make_api(postgresql.new())
    api.tenant("acme")
    body = {"/v1/users": USER, "/v1/keys": {"name": "late", "scopes": ["decide"], "tenant_id": "acme"}}[path]
    answers: list[Any] = []
    late = threading.Thread(target=lambda: answers.append(api("POST", path, body)))
    with api.application.recorded.records.change() as transaction:
        tenant = transaction.tenants.find("acme", lock=True)
        assert tenant is not None
        late.start()
        late.join(0.5)
        transaction.tenants.save(
            tenant.changed(1, status=TenantStatus.PURGED, name="", domain=None, plan="", settings={})
        )
    late.join()

    assert answers[0].status == 400, answers[0].content


USER = {
    "tenant_id": "acme",
    "email": "late@acme.com",
    "username": "late",
    "first_name": "Late",
    "last_name": "Lee",
}
