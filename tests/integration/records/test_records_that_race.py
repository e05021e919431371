"""What is recorded while something else takes it away; on PostgreSQL, where changes run beside each other."""

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.databases import PostgresqlDatabases
from support.record_journal import reading
from support.recorded_api import SECURE, Answer, Api, MakeApi
from support.threads import together

ANN = {"id": "ann", "email": "ann@acme.com", "username": "ann", "first_name": "Ann", "last_name": "Lee"}
PURGED = (
    "SELECT 1 FROM tenant WHERE id = 'acme' FOR UPDATE",
    "UPDATE tenant SET status = 'purged', name = NULL, domain = NULL, plan = NULL WHERE id = 'acme'",
)
REVOKED = ("UPDATE session SET revoked_at = 1",)
WAITS_SECONDS = 0.4


@pytest.fixture
def address(postgresql: PostgresqlDatabases) -> Iterator[DatabaseAddress]:
    found = postgresql.lend()
    yield found
    postgresql.take_back(found)


@pytest.fixture
def api(make_api: MakeApi, address: DatabaseAddress) -> Api:
    made = make_api(address)
    made.tenant("acme")
    return made


def meanwhile(api: Api, address: DatabaseAddress, others: Sequence[str], path: str, body: object) -> Answer:
    """What is answered to a change that came while another transaction had done something, and not ended."""
    answers: list[Answer] = []
    asker = threading.Thread(target=lambda: answers.append(api("POST", path, body)))
    with reading(address) as connection:
        for statement in others:
            connection.cursor().execute(statement)
        asker.start()
        time.sleep(WAITS_SECONDS)
        connection.commit()
    asker.join()
    return answers[0]


def test_a_user_is_not_made_in_a_tenant_that_is_being_purged(api: Api, address: DatabaseAddress) -> None:
    answer = meanwhile(api, address, PURGED, "/v1/users", {**ANN, "tenant_id": "acme"})

    assert (answer.status, "there is no tenant 'acme'" in answer.body["detail"]) == (400, True)
    assert api("GET", "/v1/users").body["items"] == []


def test_a_user_is_not_imported_into_a_tenant_that_is_being_purged(api: Api, address: DatabaseAddress) -> None:
    api.tenant("globex")
    others = [{**ANN, "id": "bob", "email": "bob@x.com", "tenant_id": "globex"}, {**ANN, "tenant_id": "acme"}]

    answer = meanwhile(api, address, PURGED, "/v1/users/import", {"items": others})

    assert [one["status"] for one in answer.body["results"]] == ["created", "invalid"]
    assert [one["id"] for one in api("GET", "/v1/users").body["items"]] == ["bob"]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("rotate", 404, "stands for no session"), ("revoke", 200, '{"revoked":0}')],
)
def test_a_session_that_is_being_revoked_is_not_used_once_more(
    api: Api, address: DatabaseAddress, path: str, status: int, body: str
) -> None:
    api.user("ann", password=SECURE)
    token = api.made("/v1/sessions", {"email": "ann@acme.com", "password": SECURE})["token"]

    answer = meanwhile(api, address, REVOKED, f"/v1/sessions/{path}", {"token": token})

    assert (answer.status, body in answer.content.decode()) == (status, True)


def test_a_key_that_is_being_revoked_is_not_rotated(api: Api, address: DatabaseAddress) -> None:
    key = api.made("/v1/keys", {"name": "k", "scopes": ["decide"]})
    revoked = "UPDATE api_key SET revoked_at = 1 WHERE name = 'k'"

    answer = meanwhile(api, address, [revoked], f"/v1/keys/{key['id']}/rotate", {})

    assert (answer.status, "is revoked" in answer.body["detail"]) == (409, True)


def test_a_user_that_is_being_deleted_is_not_logged_in(api: Api, address: DatabaseAddress) -> None:
    api.user("ann", password=SECURE)
    deleted = "UPDATE account SET status = 'deleted' WHERE id = 'ann'"

    answer = meanwhile(api, address, [deleted], "/v1/sessions", {"email": "ann@acme.com", "password": SECURE})

    assert answer.status == 403


def test_a_tenant_is_subscribed_once_whoever_subscribes_it_at_the_same_time(api: Api) -> None:
    body = {"tenant": "acme", "plan": "professional"}

    statuses = together(6, lambda _: api("POST", "/v1/subscriptions", body).status)

    assert sorted(statuses) == [201, 409, 409, 409, 409, 409]
    assert len(api("GET", "/v1/subscriptions").body["items"]) == 1


def test_changes_of_a_subscription_and_of_its_tenant_at_the_same_time_leave_one_plan(api: Api) -> None:
    one = api.made("/v1/subscriptions", {"tenant": "acme", "plan": "professional"})
    paths = (f"/v1/subscriptions/{one['id']}", "/v1/tenants/acme")

    def change(number: int) -> int:
        plan = ("basic", "enterprise")[number % 2]
        return api("PATCH", paths[number % 2], {"plan": plan}).status

    statuses = together(6, change)

    assert set(statuses) == {200}
    plans = {api("GET", path).body["plan"] for path in paths}
    assert len(plans) == 1


def test_a_tenant_that_is_being_purged_is_not_subscribed(api: Api, address: DatabaseAddress) -> None:
    answer = meanwhile(api, address, PURGED, "/v1/subscriptions", {"tenant": "acme", "plan": "basic"})

    assert answer.status == 404
    assert api("GET", "/v1/subscriptions").body["items"] == []
