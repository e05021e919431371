"""Reading usage over HTTP: how limits stand, what was used between two times, and series."""

from collections.abc import Iterator

import pytest

from support.recorded_api import Api, MakeApi, applications
from support.usage import ago, event, metered_tree, send


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """Meters of every kind, and a tenant."""
    made = make_api(tree=metered_tree())
    made.tenant("acme")
    return made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with applications(tmp_path_factory.mktemp("usage")) as make:
        made = make(tree=metered_tree())
        made.tenant("acme")
        yield made


def test_every_limit_and_meter_of_a_tenant_is_told(api: Api) -> None:
    send(api, event(value=250), event("storage_used", 512), event("visitors", "ann"))
    api("POST", "/v1/limits/reservations", {"tenant": "acme", "limit": "max_agents", "amount": 2, "id": "r"})

    answer = api("GET", "/v1/usage?tenant=acme")

    assert answer.status == 200
    assert (answer.body["tenant"], answer.body["plan"], answer.body["next"]) == ("acme", "basic", None)
    items = {one["name"]: one for one in answer.body["items"]}
    assert [*items] == sorted(items)
    calls = items["api_calls"]
    assert calls.pop("resets_at").endswith(":00:00.000Z")
    assert calls == {
        "name": "api_calls",
        "aggregation": "sum",
        "unit": "call",
        "used": 250,
        "held": 0,
        "limit": 1000,
        "remaining": 750,
        "per": "hour",
        "percent": 25,
    }
    assert (items["storage_used"]["used"], items["storage_used"]["percent"]) == (512, 50)
    assert (items["max_agents"]["held"], items["max_agents"]["remaining"]) == (2, 3)
    assert (items["visitors"]["used"], items["visitors"]["limit"], items["visitors"]["percent"]) == (1, 0, None)


def test_what_is_counted_is_read_at_once(api: Api) -> None:
    for expected in (1, 2, 3):
        send(api, event())
        assert api("GET", "/v1/usage/api_calls?tenant=acme").body["total"] == expected


def test_a_time_is_within_a_stretch_from_its_microsecond_on(api: Api) -> None:
    hour = api("GET", "/v1/usage/api_calls?tenant=acme&by=hour").body["series"][-2]["start"]
    stem = hour.removesuffix(".000Z")
    send(api, event(value=5, time=f"{stem}.000001Z"))

    def total(query: str) -> int:
        answer = api("GET", f"/v1/usage/api_calls?tenant=acme{query}")
        assert answer.status == 200, answer.content
        found: int = answer.body["total"]
        return found

    assert total(f"&start={stem}.000001Z&end={stem}.000002Z") == 5
    assert total(f"&start={stem}.000002Z") == 0
    assert total(f"&end={stem}.000001Z") == 0
    assert total(f"&end={stem}.000002Z") == 5
    assert total(f"&start={hour}") == 5
    assert total("") == 5


def test_a_series_holds_what_its_total_says(api: Api) -> None:
    send(api, *(event(value=1 + number, time=ago(number * 7_000)) for number in range(30)))

    for by, places in (("hour", 24), ("day", 31), ("month", 12)):
        body = api("GET", f"/v1/usage/api_calls?tenant=acme&by={by}").body
        assert len(body["series"]) == places
        assert body["total"] == sum(one["value"] for one in body["series"])
        assert [one["end"] for one in body["series"][:-1]] == [one["start"] for one in body["series"][1:]]
        assert (body["start"], body["end"]) == (body["series"][0]["start"], body["series"][-1]["end"])
        assert (body["by"], body["time_zone"]) == (by, "UTC")
    assert body["total"] == sum(range(1, 31))


def test_a_series_of_other_kinds_is_by_their_kind(api: Api) -> None:
    days = 86_400
    send(api, *(event("peak", value, time=ago(when * days)) for value, when in ((9, 2), (3, 2), (4, 0))))
    send(api, *(event("visitors", value, time=ago(when * days)) for value, when in (("a", 2), ("b", 2), ("a", 0))))
    send(api, *(event("storage_used", value, time=ago(when * days)) for value, when in ((70, 2), (30, 0))))

    def last_days(meter: str) -> tuple[list[int], int]:
        body = api("GET", f"/v1/usage/{meter}?tenant=acme&by=day").body
        return [one["value"] for one in body["series"][-4:]], body["total"]

    assert last_days("peak") == ([0, 9, 0, 4], 9)
    assert last_days("visitors") == ([0, 2, 0, 1], 2)
    assert last_days("storage_used") == ([0, 70, 70, 30], 30)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z", 400),
        ("start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:00Z", 400),
        ("start=2026-01-01T00:00:00", 400),
        ("start=yesterday", 400),
        ("start=1969-01-01T00:00:00Z", 400),
        ("end=9999-12-31T23:59:59Z&by=day", 400),
        ("start=2020-01-01T00:00:00Z&by=hour", 400),
        ("by=week", 400),
        ("since=1", 400),
        ("start=2000-01-01T00:00:00Z&by=month", 200),
        ("end=1970-01-01T00:00:00.000001Z&by=month", 200),
    ],
)
def test_times_that_cannot_be_are_refused(untouched: Api, query: str, status: int) -> None:
    assert untouched("GET", f"/v1/usage/api_calls?tenant=acme&{query}").status == status


def test_the_largest_amounts_stop_nobody_from_reading_or_checking(api: Api) -> None:
    most = 2**63 - 1
    for meter in ("peak", "storage_used"):
        assert send(api, event(meter, most, time=ago(7_200)), event(meter, most)).status == 202
    api("POST", "/v1/limits/consume", {"tenant": "acme", "limit": "max_agents"})

    for query in ("", "&by=hour", "&by=day"):
        assert api("GET", f"/v1/usage/peak?tenant=acme{query}").body["total"] == most
        assert api("GET", f"/v1/usage/storage_used?tenant=acme{query}").body["total"] == most
    assert api("GET", "/v1/usage?tenant=acme").status == 200
    assert api("POST", "/v1/usage/reconcile", {}).body["differences"] == []


def test_what_is_not_there_is_not_found(api: Api) -> None:
    assert api("GET", "/v1/usage/unknown?tenant=acme").status == 404
    assert api("GET", "/v1/usage/api_calls?tenant=nobody").status == 404
    assert api("GET", "/v1/usage?tenant=nobody").status == 404
    assert api("GET", "/v1/usage").status == 400


def test_a_bound_key_reads_its_own_tenant(api: Api) -> None:
    api.tenant("zeta")
    send(api, event(value=7, subject="zeta"))
    bound = api.bound("zeta", "usage:read")

    assert bound("GET", "/v1/usage/api_calls").body["total"] == 7
    assert bound("GET", "/v1/usage").body["tenant"] == "zeta"
    assert bound("GET", "/v1/usage?tenant=acme").status == 403
    assert bound("GET", "/v1/usage/api_calls?tenant=acme").status == 403
    assert api.bound("zeta", "decide")("GET", "/v1/usage").status == 403
