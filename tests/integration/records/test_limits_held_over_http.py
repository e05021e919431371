"""Limits over HTTP: what is answered, what is refused with which error, and what changes nothing."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from doorward.bootstrap import folder_application, make_authenticator
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import window
from support.ledger_sums import rows_of
from support.recorded_api import ADMIN_KEY, Answer, Api, MakeApi
from support.trees import CATALOG, PLANS, PLANS_CSV, PLANS_MODEL, ROOT, tree, write_tree

CHECK, CONSUME, RETURN = "/v1/limits/check", "/v1/limits/consume", "/v1/limits/return"
RESERVE = "/v1/limits/reservations"
SECOND = 1_000_000
LONGEST_SECONDS = 4
MORE_PLANS = """
p, basic,        calls, rate/second, 10
p, professional, calls, hour, 1000
p, enterprise,   calls, rate/second, 50
p, basic,        seats, total,  3
p, basic,        seats, day,    4
p, professional, seats, total,  9
p, professional, seats, day,    9
p, basic,        mails, month,  5
p, enterprise,   mails, month,  unlimited
p, basic,        lax,   total,  2
p, basic,        soft,  total,  2
p, enterprise,   only_enterprise, total, 1
"""
MORE_CATALOG = """  peak: {aggregation: max}
  people: {aggregation: unique}
limits:
  lax: {kind: hard, when_unavailable: allow}
  soft: {kind: soft}
"""


def policy() -> Mapping[str, bytes]:
    catalog = (ROOT / CATALOG).read_text()
    return {
        **tree(directory="tenants: [declared]\n"),
        PLANS_MODEL: (ROOT / PLANS_MODEL).read_bytes(),
        PLANS: PLANS_CSV.replace("\n\n# Features", MORE_PLANS + "\n# Features").encode(),
        CATALOG: catalog.replace("limits:\n", MORE_CATALOG).encode(),
    }


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    left = 3600 - time.time() % 3600
    if left < LONGEST_SECONDS:  # a test is over before its hour is
        time.sleep(left)
    made = make_api(tree=policy())
    made.tenant()
    return made


def consume(api: Api, limit: str = "max_agents", amount: object = 1, **more: object) -> Answer:
    return api("POST", CONSUME, {"tenant": "acme", "limit": limit, "amount": amount, **more})


def taken(api: Api, limit: str = "max_agents", amount: int = 1, **more: object) -> Any:
    answer = consume(api, limit, amount, **more)
    assert answer.status == 200, answer.content
    return answer.body


def reserved(api: Api, limit: str = "max_agents", amount: int = 1, **more: object) -> Any:
    answer = api("POST", RESERVE, {"tenant": "acme", "limit": limit, "amount": amount, **more})
    assert answer.status == 200, answer.content
    return answer.body


def counted(api: Api) -> list[Any]:
    """All that the ledger holds."""
    address = DatabaseAddress.in_folder(api.state)
    return [
        sorted(rows_of(address, f"SELECT * FROM {table}"), key=repr)  # noqa: S608 - ours
        for table in ("ledger", "usage_event", "usage_hour", "reservation", "usage_threshold", "audit_event")
    ]


def problem_of(answer: Answer) -> tuple[int, str]:
    """The status and the kind of an error."""
    return answer.status, answer.body["type"].rsplit("/", 1)[1]


@contextlib.contextmanager
def unchanged(api: Api) -> Iterator[None]:
    before = counted(api)
    yield
    assert counted(api) == before


def time_told(microseconds: int) -> str:
    found = datetime.fromtimestamp(microseconds / SECOND, UTC).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")


def test_what_is_consumed_is_told_with_what_remains(api: Api) -> None:
    assert taken(api, amount=2, id="a") == {
        "allowed": True,
        "name": "max_agents",
        "limit": 5,
        "used": 2,
        "held": 0,
        "remaining": 3,
        "per": "total",
        "resets_at": None,
        "id": "a",
    }


def test_a_refusal_is_told_with_the_cheapest_plan_that_has_room(api: Api) -> None:
    taken(api, amount=5)
    assert taken(api, amount=1, id="b") == {
        "allowed": False,
        "name": "max_agents",
        "limit": 5,
        "used": 5,
        "held": 0,
        "remaining": 0,
        "per": "total",
        "resets_at": None,
        "id": "b",
        "allowed_by": "professional",
        "retry_at": None,
    }
    assert taken(api, amount=50)["allowed_by"] == "enterprise"
    assert taken(api, amount=96)["allowed_by"] is None


def test_no_plan_is_told_whose_period_nobody_has_looked_at(api: Api) -> None:
    assert taken(api, "calls", amount=11)["allowed_by"] == "enterprise", "professional counts by the hour"
    assert taken(api, "calls", amount=51)["allowed_by"] is None


def test_what_a_period_refuses_may_be_tried_again_when_it_ends(api: Api) -> None:
    taken(api, "api_calls", 1000)
    _, ends = window(Per.HOUR, int(time.time() * SECOND))
    refused = taken(api, "api_calls")
    assert (refused["resets_at"], refused["retry_at"]) == (time_told(ends), time_told(ends))
    assert refused["allowed_by"] == "professional"
    assert taken(api, "api_calls", 1001)["retry_at"] is None, "so much never fits"


def test_a_repeated_id_is_told_and_counts_once(api: Api) -> None:
    taken(api, amount=2, id="a")
    with unchanged(api):
        again = taken(api, amount=2, id="a")
    assert (again["repeated"], again["used"]) == (True, 2)


def test_an_id_is_made_where_none_is_given(api: Api) -> None:
    first, second = taken(api), taken(api)
    assert first["id"] != second["id"]
    assert api("POST", RETURN, {"tenant": "acme", "id": first["id"]}).body == {
        "id": first["id"],
        "amounts": {"max_agents": 1},
    }


def test_several_limits_are_consumed_all_or_none(api: Api) -> None:
    def together(amount: int) -> Any:
        items = [{"limit": "max_agents"}, {"limit": "max_workflows", "amount": amount}]
        return api("POST", CONSUME, {"tenant": "acme", "items": items, "id": f"of {amount}"}).body

    assert [one["used"] for one in together(10)["limits"]] == [1, 10]
    with unchanged(api):
        refused = together(1)
    assert [one["allowed"] for one in refused["limits"]] == [True, False]
    assert (refused["allowed"], refused["id"]) == (False, "of 1")
    assert "allowed_by" not in refused["limits"][0]


def test_a_limit_of_several_periods_is_told_by_the_one_that_leaves_the_least(api: Api) -> None:
    assert taken(api, "seats", 2, id="a")["per"] == "total"
    api("POST", RETURN, {"tenant": "acme", "id": "a"})
    told = taken(api, "seats", 1)
    assert (told["per"], told["remaining"]) == ("day", 1)
    refused = taken(api, "seats", 2)
    assert (refused["allowed"], refused["per"], refused["allowed_by"]) == (False, "day", "professional")


def test_a_check_counts_nothing(api: Api) -> None:
    taken(api, amount=4)
    with unchanged(api):
        answers = [api("POST", CHECK, {"tenant": "acme", "limit": "max_agents", "amount": n}).body for n in (1, 2)]
    assert [(one["allowed"], one["used"], one["remaining"]) for one in answers] == [(True, 4, 1), (False, 4, 1)]
    assert answers[1]["allowed_by"] == "professional"


@pytest.mark.parametrize(("current", "allowed"), [(0, True), (4, True), (5, False), (MAX_AMOUNT, False)])
def test_a_check_takes_what_the_caller_counts(api: Api, current: int, allowed: bool) -> None:
    told = api("POST", CHECK, {"tenant": "acme", "limit": "max_agents", "current": current}).body
    assert (told["allowed"], told["used"], told["remaining"]) == (allowed, current, max(0, 5 - current))


def test_a_check_sees_at_once_what_this_process_counted(api: Api) -> None:
    for used in range(5):
        assert api("POST", CHECK, {"tenant": "acme", "limit": "max_agents"}).body["used"] == used
        taken(api)


def test_the_headers_say_how_the_limit_stands(api: Api) -> None:
    answer = consume(api, "max_agents", 2)
    assert (answer.headers["ratelimit-policy"], answer.headers["ratelimit"]) == ('"max_agents";q=5', '"max_agents";r=3')
    begins, ends = window(Per.HOUR, int(time.time() * SECOND))
    answer = consume(api, "api_calls", 999)
    left = (ends - time.time() * SECOND) / SECOND
    assert answer.headers["ratelimit-policy"] == f'"api_calls";q=1000;w={(ends - begins) // SECOND}'
    limit, remaining, seconds = answer.headers["ratelimit"].split(";")
    assert (limit, remaining) == ('"api_calls"', "r=1")
    assert left <= int(seconds.removeprefix("t=")) <= left + 2
    assert "retry-after" not in answer.headers
    refused = consume(api, "api_calls", 2)
    assert refused.headers["ratelimit"].startswith('"api_calls";r=1;t=')
    assert left - 1 <= int(refused.headers["retry-after"]) <= left + 2


def test_the_headers_of_a_rate_say_when_all_of_it_is_free(api: Api) -> None:
    answer = consume(api, "calls", 10)
    assert answer.headers["ratelimit-policy"] == '"calls";q=10;w=1'
    assert answer.headers["ratelimit"] == '"calls";r=0;t=1'
    refused = consume(api, "calls", 10)
    assert refused.body["allowed"] is False
    assert refused.headers["retry-after"] == "1"
    assert refused.body["retry_at"] <= time_told(int((time.time() + 1.1) * SECOND))


def test_the_headers_of_several_limits_tell_of_each(api: Api) -> None:
    items = [{"limit": "max_agents"}, {"limit": "seats"}]
    answer = api("POST", CONSUME, {"tenant": "acme", "items": items})
    assert answer.headers["ratelimit-policy"] == '"max_agents";q=5, "seats";q=3'
    assert answer.headers["ratelimit"] == '"max_agents";r=4, "seats";r=2'


def test_an_unlimited_limit_says_so_and_has_no_headers(api: Api) -> None:
    api.tenant("big", plan="enterprise")
    answer = api("POST", CONSUME, {"tenant": "big", "limit": "mails", "amount": 1_000_000})
    assert (answer.body["limit"], answer.body["remaining"], answer.body["used"]) == (
        "unlimited",
        "unlimited",
        1_000_000,
    )
    assert "ratelimit" not in answer.headers


def test_a_limit_that_the_plan_does_not_name_is_zero(api: Api) -> None:
    refused = taken(api, "only_enterprise")
    assert (refused["allowed"], refused["limit"], refused["allowed_by"]) == (False, 0, "enterprise")


def test_a_soft_limit_refuses_nobody_and_says_that_it_is_over(api: Api) -> None:
    assert "over" not in taken(api, "soft", 2)
    over = taken(api, "soft", 1)
    assert (over["allowed"], over["over"], over["used"], over["remaining"]) == (True, True, 3, 0)
    told = api("POST", CHECK, {"tenant": "acme", "limit": "soft"}).body
    assert (told["allowed"], told["over"]) == (True, True)


def test_a_reservation_goes_its_way(api: Api) -> None:
    held = reserved(api, amount=3, id="r", expires_in=600)
    assert (held["allowed"], held["limits"][0]["held"], held["limits"][0]["remaining"]) == (True, 3, 2)
    assert (
        time_told(int((time.time() + 590) * SECOND)) < held["expires_at"] < time_told(int((time.time() + 610) * SECOND))
    )
    assert taken(api, amount=3)["allowed"] is False
    assert reserved(api, amount=3, id="r", expires_in=600)["repeated"] is True
    committed = api("POST", f"{RESERVE}/r/commit", {"tenant": "acme", "amount": 2}).body["limits"][0]
    assert (committed["used"], committed["held"], committed["remaining"]) == (2, 0, 3)
    reserved(api, amount=3, id="s")
    assert api("POST", f"{RESERVE}/s/release", {"tenant": "acme"}).body == {"id": "s", "amounts": {"max_agents": 3}}
    assert taken(api, amount=3)["allowed"] is True
    assert reserved(api, amount=1, id="t") | {"limits": []} == {
        "allowed": False,
        "id": "t",
        "expires_at": None,
        "limits": [],
    }


@pytest.mark.parametrize("how", ["committed", "released"])
def test_a_reservation_that_has_ended_ends_no_more(api: Api, how: str) -> None:
    reserved(api, id="r")
    verb = "commit" if how == "committed" else "release"
    assert api("POST", f"{RESERVE}/r/{verb}", {"tenant": "acme"}).status == 200
    with unchanged(api):
        for again in ("commit", "release"):
            answer = api("POST", f"{RESERVE}/r/{again}", {"tenant": "acme"})
            assert problem_of(answer) == (409, "conflict")
            assert f"was {how} before" in answer.body["detail"]


def test_a_reservation_that_is_over_is_told_as_expired(api: Api) -> None:
    reserved(api, id="r", amount=5, expires_in=1)
    time.sleep(1.05)
    for verb in ("commit", "release"):
        answer = api("POST", f"{RESERVE}/r/{verb}", {"tenant": "acme"})
        assert problem_of(answer) == (409, "conflict")
        assert "has expired" in answer.body["detail"]
    assert taken(api, amount=5)["allowed"] is True


def test_a_reservation_of_another_tenant_is_not_found(api: Api) -> None:
    api.tenant("globex")
    reserved(api, id="r")
    with unchanged(api):
        for verb in ("commit", "release"):
            answer = api("POST", f"{RESERVE}/r/{verb}", {"tenant": "globex"})
            assert problem_of(answer) == (404, "not-found")


def test_a_commit_may_say_what_was_used_of_each_limit(api: Api) -> None:
    items = [{"limit": "max_agents", "amount": 2}, {"limit": "max_workflows", "amount": 5}]
    api("POST", RESERVE, {"tenant": "acme", "items": items, "id": "r"})
    with unchanged(api):
        wrong = (
            {"amount": 1},
            {"amounts": {"seats": 1}},
            {"amount": 1, "amounts": {"seats": 1}},
            {"amounts": {"max_agents": -1}},
            {"amounts": {"max_agents": True}},
            {"amounts": {"max_agents": 1 << 63}},
        )
        for body in wrong:
            assert api("POST", f"{RESERVE}/r/commit", {"tenant": "acme", **body}).status == 400, body
    told = api("POST", f"{RESERVE}/r/commit", {"tenant": "acme", "amounts": {"max_agents": 0}}).body
    assert [one["used"] for one in told["limits"]] == [0, 5]


AMOUNTS = [
    pytest.param(-1, id="negative"),
    pytest.param(0, id="zero"),
    pytest.param(1.5, id="fractional"),
    pytest.param(1e300, id="huge and fractional"),
    pytest.param(True, id="boolean"),
    pytest.param(1 << 63, id="past 64 bits"),
    pytest.param(10**30, id="far past 64 bits"),
    pytest.param("1", id="text"),
    pytest.param([1], id="a list"),
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_that_counts_nothing_is_refused(api: Api, amount: object) -> None:
    taken(api, id="c")
    reserved(api, id="r")
    with unchanged(api):
        answers = [
            consume(api, amount=amount),
            api("POST", CONSUME, {"tenant": "acme", "items": [{"limit": "max_agents", "amount": amount}]}),
            api("POST", CHECK, {"tenant": "acme", "limit": "max_agents", "amount": amount}),
            api("POST", RESERVE, {"tenant": "acme", "limit": "max_agents", "amount": amount}),
            api("POST", RETURN, {"tenant": "acme", "id": "c", "limit": "max_agents", "amount": amount}),
        ]
        if amount != 0:
            answers.append(api("POST", CHECK, {"tenant": "acme", "limit": "max_agents", "current": amount}))
            answers.append(api("POST", f"{RESERVE}/r/commit", {"tenant": "acme", "amount": amount}))
    for answer in answers:
        assert problem_of(answer) == (400, "bad-request"), answer.content
        assert "amount" in answer.body["detail"] or "current" in answer.body["detail"]


BODIES = [
    pytest.param(CONSUME, {"limit": "nobody"}, 404, "no limit and no meter 'nobody'", id="an unknown limit"),
    pytest.param(CHECK, {"limit": "nobody"}, 404, "no limit and no meter", id="a check of one"),
    pytest.param(RESERVE, {"limit": "nobody"}, 404, "no limit and no meter", id="a reservation of one"),
    pytest.param(RETURN, {"id": "c", "limit": "nobody"}, 404, "no limit and no meter", id="a return of one"),
    pytest.param(CONSUME, {"limit": "max_agents", "tenant": "ghost"}, 404, "no tenant 'ghost'", id="an unknown tenant"),
    pytest.param(CHECK, {"limit": "max_agents", "tenant": "ghost"}, 404, "no tenant 'ghost'", id="a check for one"),
    pytest.param(RESERVE, {"limit": "max_agents", "tenant": "ghost"}, 404, "no tenant", id="a reservation for one"),
    pytest.param(RETURN, {"id": "c", "tenant": "a\nb"}, 404, "no tenant", id="a tenant of two lines"),
    pytest.param(CONSUME, {"limit": "max_agents", "tenant": ""}, 400, "tenant is missing", id="no tenant"),
    pytest.param(CONSUME, {"limit": "peak"}, 400, "it is reported, not consumed", id="a meter of the most"),
    pytest.param(RESERVE, {"limit": "people"}, 400, "it is reported, not consumed", id="a meter of unique values"),
    pytest.param(CONSUME, {}, 400, "limit is missing", id="no limit"),
    pytest.param(CONSUME, {"limit": "max_agents", "items": []}, 400, "not both", id="a limit and items"),
    pytest.param(CONSUME, {"items": []}, 400, "1 to 20", id="no items"),
    pytest.param(CONSUME, {"items": [{"limit": "max_agents"}] * 21}, 400, "1 to 20", id="too many items"),
    pytest.param(CONSUME, {"items": [{"limit": "max_agents"}] * 2}, 400, "twice", id="a limit twice"),
    pytest.param(CONSUME, {"limit": "max_agents", "id": ""}, 400, "id must be", id="an empty id"),
    pytest.param(CONSUME, {"limit": "max_agents", "id": "x" * 257}, 400, "id must be", id="a long id"),
    pytest.param(CONSUME, {"limit": "max_agents", "id": "a\x00"}, 400, "", id="an id with NUL"),
    pytest.param(CONSUME, {"limit": "max_agents", "id": 7}, 400, "id", id="an id that is no text"),
    pytest.param(CONSUME, {"limit": "max_agents", "more": 1}, 400, "more", id="an unknown member"),
    pytest.param(RESERVE, {"limit": "max_agents", "expires_in": 0}, 400, "expires_in", id="a reservation for no time"),
    pytest.param(RESERVE, {"limit": "max_agents", "expires_in": 86_401}, 400, "expires_in", id="one of over a day"),
    pytest.param(RETURN, {"id": "nobody"}, 404, "nothing was consumed", id="a return of nothing"),
    pytest.param(RETURN, {"id": "c", "limit": "seats"}, 404, "nothing of 'seats'", id="a return of another limit"),
    pytest.param(RETURN, {"id": "c", "amount": 3}, 409, "more than the 2", id="a return of more"),
    pytest.param(RETURN, {"id": "hour"}, 409, "only totals", id="a return of what a period used"),
    pytest.param(f"{RESERVE}/nobody/commit", {}, 404, "no reservation", id="a commit of nothing"),
    pytest.param(f"{RESERVE}/nobody/release", {}, 404, "no reservation", id="a release of nothing"),
]


@pytest.mark.parametrize(("path", "body", "status", "detail"), BODIES)
def test_what_cannot_be_is_told_and_changes_nothing(
    api: Api, path: str, body: dict[str, object], status: int, detail: str
) -> None:
    taken(api, amount=2, id="c")
    taken(api, "api_calls", id="hour")
    with unchanged(api):
        answer = api("POST", path, {"tenant": "acme", **body})
    assert answer.status == status, answer.content
    assert detail in answer.body["detail"]


def test_the_same_id_with_another_content_is_a_conflict(api: Api) -> None:
    taken(api, amount=2, id="a")
    reserved(api, id="r")
    with unchanged(api):
        for answer in (
            consume(api, amount=1, id="a"),
            consume(api, "max_workflows", 2, id="a"),
            api("POST", RESERVE, {"tenant": "acme", "limit": "max_agents", "amount": 2, "id": "r"}),
            api("POST", RESERVE, {"tenant": "acme", "limit": "max_agents", "id": "r", "expires_in": 9}),
        ):
            assert problem_of(answer) == (409, "conflict")
            assert "another content" in answer.body["detail"]


def test_what_was_consumed_is_returned_once(api: Api) -> None:
    taken(api, amount=5, id="a")
    assert api("POST", RETURN, {"tenant": "acme", "id": "a", "amount": 2}).body["amounts"] == {"max_agents": 2}
    with unchanged(api):
        answer = api("POST", RETURN, {"tenant": "acme", "id": "a", "amount": 2})
    assert problem_of(answer) == (409, "conflict")
    assert taken(api, amount=2)["allowed"] is True
    assert taken(api)["allowed"] is False


def test_what_ends_something_is_answered_again_under_its_idempotency_key(api: Api) -> None:
    reserved(api, amount=2, id="r")
    reserved(api, amount=1, id="s")
    taken(api, amount=2, id="c")
    for path, body in (
        ("reservations/r/commit", {"tenant": "acme", "amount": 1}),
        ("reservations/s/release", {"tenant": "acme"}),
        ("return", {"tenant": "acme", "id": "c", "amount": 1}),
    ):
        first, again = (api("POST", f"/v1/limits/{path}", body, Idempotency_Key='"once"') for _ in range(2))
        assert (first.status, again.status) == (200, 200), again.content
        assert again.body == {**first.body, "repeated": True}
        assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
        assert api("POST", f"/v1/limits/{path}", body).status == 409
        assert api("POST", f"/v1/limits/{path}", body, Idempotency_Key="other").status == 409
        assert api("POST", f"/v1/limits/{path}", body, Idempotency_Key="two words").status == 400
    assert api("POST", "/v1/limits/check", {"tenant": "acme", "limit": "max_agents"}).body["used"] == 2


def test_a_suspended_tenant_gets_nothing_and_gives_back(api: Api) -> None:
    taken(api, id="a")
    reserved(api, id="r")
    api("PATCH", "/v1/tenants/acme", {"status": "suspended"})
    with unchanged(api):
        for path in (CONSUME, CHECK, RESERVE):
            answer = api("POST", path, {"tenant": "acme", "limit": "soft"})
            told = answer.body["limits"][0] if path == RESERVE else answer.body
            assert (answer.status, answer.body["allowed"], told["allowed"]) == (200, False, False)
            assert told["reason"] == "the tenant is suspended"
            assert "allowed_by" not in told
    assert api("POST", RETURN, {"tenant": "acme", "id": "a"}).status == 200
    assert api("POST", f"{RESERVE}/r/release", {"tenant": "acme"}).status == 200


def test_a_deleted_tenant_is_not_there(api: Api) -> None:
    api("DELETE", "/v1/tenants/acme")
    with unchanged(api):
        assert consume(api).status == 404


def test_a_tenant_that_only_the_policy_names_has_no_plan_and_so_nothing(api: Api) -> None:
    answer = api("POST", CONSUME, {"tenant": "declared", "limit": "max_agents"}).body
    assert (answer["allowed"], answer["limit"], answer["allowed_by"]) == (False, 0, "basic")


def test_a_change_of_plan_counts_at_once_and_keeps_what_was_used(api: Api) -> None:
    taken(api, amount=5)
    assert taken(api)["allowed"] is False
    api("PATCH", "/v1/tenants/acme", {"plan": "professional"})
    assert taken(api, amount=15)["remaining"] == 0
    api("PATCH", "/v1/tenants/acme", {"plan": "basic"})
    refused = taken(api)
    assert (refused["allowed"], refused["used"], refused["limit"], refused["remaining"]) == (False, 20, 5, 0)


def test_a_bound_key_counts_for_its_own_tenant_alone(api: Api) -> None:
    api.tenant("globex")
    bound = api.bound("acme", "decide", "limits:consume")
    assert bound("POST", CONSUME, {"limit": "max_agents", "id": "a"}).body["used"] == 1
    assert bound("POST", CHECK, {"limit": "max_agents"}).body["used"] == 1
    api("POST", CONSUME, {"tenant": "globex", "limit": "max_agents", "id": "theirs"})
    with unchanged(api):
        for path, body in (
            (CONSUME, {"limit": "max_agents"}),
            (CHECK, {"limit": "max_agents"}),
            (RESERVE, {"limit": "max_agents"}),
            (RETURN, {"id": "theirs"}),
            (f"{RESERVE}/x/commit", {}),
            (f"{RESERVE}/x/release", {}),
        ):
            for tenant in ("globex", "nobody"):
                answer = bound("POST", path, {"tenant": tenant, **body})
                assert problem_of(answer) == (403, "not-permitted"), path
        assert bound("POST", RETURN, {"id": "theirs"}).status == 404


@pytest.mark.parametrize(
    ("path", "scope"), [(CHECK, "limits:consume"), (CONSUME, "decide"), (RETURN, "decide"), (RESERVE, "decide")]
)
def test_a_key_needs_the_scope(api: Api, path: str, scope: str) -> None:
    other = api.bound("acme", scope)
    with unchanged(api):
        assert other("POST", path, {"limit": "max_agents", "id": "a"}).status in {400, 403}
    assert problem_of(other("POST", path, {"limit": "max_agents"} if path != RETURN else {"id": "a"})) == (
        403,
        "not-permitted",
    )


def test_an_audited_consume_is_in_the_audit_log_once(api: Api) -> None:
    taken(api, id="a", audit=True)
    taken(api, id="a", audit=True)
    taken(api, amount=100, id="b", audit=True)
    rows = rows_of(
        DatabaseAddress.in_folder(api.state),
        "SELECT tenant, resource, action, details FROM audit_event WHERE action LIKE 'limits.%'",
    )
    assert rows == [("acme", "tenant:acme", "limits.consume", '{"id": "a", "max_agents": 1}')]


@pytest.fixture
def outage(tmp_path: Path) -> Api:
    """An application that has no database to count in."""
    folder = write_tree(tmp_path / "policy", policy())
    application = folder_application(folder, make_authenticator(ADMIN_KEY, no_auth=False))
    return Api(application, tmp_path)


@pytest.mark.parametrize("path", [CHECK, CONSUME])
def test_while_nothing_can_be_counted_a_limit_lets_pass_only_if_it_says_so(outage: Api, path: str) -> None:
    lax = outage("POST", path, {"tenant": "declared", "limit": "lax"})
    assert (lax.status, lax.body["allowed"], lax.body["counted"]) == (200, True, False)
    assert "ratelimit" not in lax.headers
    answer = outage("POST", path, {"tenant": "declared", "limit": "max_agents"})
    assert problem_of(answer) == (503, "store-unavailable")


def test_several_limits_pass_uncounted_only_if_all_say_so(outage: Api) -> None:
    def asked(*limits: str) -> Answer:
        return outage("POST", CONSUME, {"tenant": "declared", "items": [{"limit": one} for one in limits]})

    assert asked("lax").body["allowed"] is True
    assert asked("lax", "max_agents").status == 503


def test_nothing_is_reserved_or_returned_uncounted(outage: Api) -> None:
    for path, body in (
        (RESERVE, {"limit": "lax"}),
        (RETURN, {"id": "a"}),
        (f"{RESERVE}/x/commit", {}),
        (f"{RESERVE}/x/release", {}),
    ):
        assert outage("POST", path, {"tenant": "declared", **body}).status == 503, path


def test_while_somebody_else_has_locked_the_file_nothing_counts_twice(api: Api) -> None:
    taken(api, "lax", id="before")
    with contextlib.closing(sqlite3.connect(DatabaseAddress.in_folder(api.state).place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert consume(api, id="a").status == 503
        assert time.monotonic() - began < 3.5
        assert consume(api, "lax", id="b").body["counted"] is False
        assert api("POST", CHECK, {"tenant": "acme", "limit": "max_agents"}).status == 200
    assert "repeated" not in taken(api, id="a")
    assert taken(api, "lax", id="b")["used"] == 2
