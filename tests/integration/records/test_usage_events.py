"""Usage events over HTTP: what is counted, what is refused and changes nothing, and what is told of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.recorded_api import Api, MakeApi, applications
from support.usage import ago, event, metered_tree, posted, send, used

BIG = 2**63


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """Meters of every kind, and a tenant."""
    return _made(make_api)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One for all requests that change nothing."""
    with applications(tmp_path_factory.mktemp("usage")) as make:
        yield _made(make)


def _made(make: MakeApi) -> Api:
    made = make(tree=metered_tree())
    made.tenant("acme")
    return made


def test_an_event_is_counted_once_whatever_its_form(api: Api) -> None:
    one = event(value=3, time=ago(5))
    binary = [("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-type", "api_calls")]
    binary += [(f"ce-{name}", one[name]) for name in ("id", "source", "subject", "time")]

    assert send(api, one).body == {"accepted": 1, "repeated": 0}
    assert send(api, one, event(value=4)).body == {"accepted": 1, "repeated": 1}
    assert posted(api, "/v1/usage/events", b'{"value": 3}', binary).body == {"accepted": 0, "repeated": 1}
    assert used(api) == 7


def test_plain_json_holds_one_event_or_a_batch(api: Api) -> None:
    assert api("POST", "/v1/usage/events", event()).status == 202
    assert api("POST", "/v1/usage/events", json.dumps([event(), event()]).encode()).body["accepted"] == 2
    assert used(api) == 3


def test_clients_of_openmeter_are_answered_without_a_body(api: Api) -> None:
    answer = send(api, event(value=2), path="/api/v1/events")

    assert (answer.status, answer.content) == (204, b"")
    assert used(api) == 2


def test_each_meter_makes_of_events_what_it_is_for(api: Api) -> None:
    sent = [
        *(event("logins", value) for value in (5, "x", None)),
        *(event("peak", value) for value in (4, 9, 2)),
        event("storage_used", 70, time=ago(10)),
        event("storage_used", 0, time=ago(5)),
        event("storage_used", 99, time=ago(20)),
        *(event("visitors", value) for value in ("ann", "bob", "ann", 7, "7")),
        event("max_agents", 3),
    ]

    assert send(api, *sent).body["accepted"] == len(sent)
    found = {name: used(api, name) for name in ("logins", "peak", "storage_used", "visitors", "max_agents")}
    assert found == {"logins": 3, "peak": 9, "storage_used": 0, "visitors": 3, "max_agents": 3}


def test_a_correction_takes_back_once_what_was_told_wrongly(api: Api) -> None:
    send(api, event(value=10, id="wrong"))

    assert send(api, event(value=-4, corrects="wrong", id="less")).status == 202
    assert send(api, event(value=-4, corrects="wrong", id="less")).body["repeated"] == 1
    assert used(api) == 6
    refused = send(api, event(value=-7, corrects="wrong"))
    assert (refused.status, used(api)) == (409, 6)
    assert "more than the 6 that are left" in refused.body["detail"]
    assert send(api, event(value=-1, corrects="unknown")).status == 404
    assert send(api, event(value=-1, corrects="wrong", source="other")).status == 404
    send(api, event("logins", id="login"), event("logins", corrects="login"))
    assert used(api, "logins") == 0


def test_the_same_id_with_another_content_is_refused_and_the_place_is_told(api: Api) -> None:
    send(api, event(value=1, id="same"))

    answer = send(api, event(value=5), event(value=2, id="same"))

    assert answer.status == 409
    assert answer.body["detail"].startswith("[1]: the id 'same' came with another content")
    assert used(api) == 1
    assert send(api, event(value=2, id="same", source="other")).body["accepted"] == 1


@pytest.mark.parametrize(
    ("given", "status", "place"),
    [
        pytest.param(event(value=-1), 400, "data.value: ", id="negative"),
        pytest.param(event(value=0), 400, "data.value: ", id="zero"),
        pytest.param(event(value=1.5), 400, "data.value: ", id="fractional"),
        pytest.param(event(value=True), 400, "data.value: ", id="boolean"),
        pytest.param(event(value=BIG), 400, "data.value: ", id="2^63"),
        pytest.param(event(value="1"), 400, "data.value: ", id="a text"),
        pytest.param(event("peak", -1), 400, "data.value: ", id="less than nothing at most"),
        pytest.param(event("peak"), 400, "data.value: ", id="no value of a maximum"),
        pytest.param(event("storage_used", -1), 400, "data.value: ", id="a gauge below nothing"),
        pytest.param(event("visitors"), 400, "data.value: ", id="nobody to be told apart"),
        pytest.param(event("visitors", "a\nb"), 400, "data.value: ", id="a control character"),
        pytest.param(event("visitors", 1.5), 400, "data.value: ", id="a fraction to be told apart"),
        pytest.param(event("unknown"), 404, "type: ", id="unknown meter"),
        pytest.param(event(type=...), 400, "type: ", id="no meter"),
        pytest.param(event(subject="nobody"), 404, "subject: ", id="unknown tenant"),
        pytest.param(event(subject=...), 400, "subject: ", id="no tenant"),
        pytest.param(event(subject=5), 400, "subject: ", id="a number as tenant"),
        pytest.param(event(time=ago(-86400)), 400, "time: ", id="to come"),
        pytest.param(event(time=ago(32 * 86400)), 400, "time: ", id="older than the window"),
        pytest.param(event(time="yesterday"), 400, "time: ", id="no time"),
        pytest.param(event(time="2026-01-01T00:00:00"), 400, "time: ", id="a time without a zone"),
        pytest.param(event(time=5), 400, "time: ", id="a number as time"),
        pytest.param(event(id=""), 400, "id: ", id="an empty id"),
        pytest.param(event(id=...), 400, "id: ", id="no id"),
        pytest.param(event(id="x" * 257), 400, "id: ", id="a long id"),
        pytest.param(event(id="a\tb"), 400, "id: ", id="a control character in the id"),
        pytest.param(event(source=""), 400, "source: ", id="an empty source"),
        pytest.param(event(source="limits"), 400, "source: ", id="our own source"),
        pytest.param(event(specversion="0.3"), 400, "specversion: ", id="another version"),
        pytest.param(event(specversion=...), 400, "specversion: ", id="no version"),
        pytest.param(event(data=[1]), 400, "data: ", id="data that are no object"),
        pytest.param(event(datacontenttype="text/plain"), 400, "datacontenttype: ", id="data that are no JSON"),
        pytest.param(event(data_base64="AAAA"), 400, "data_base64: ", id="binary data"),
        pytest.param(event(value=1, corrects="x"), 400, "data.value: ", id="a correction that adds"),
        pytest.param(event(corrects="x"), 400, "data.value: ", id="a correction without a value"),
        pytest.param(event(value=-1, corrects=5), 400, "data.corrects: ", id="a number as corrected id"),
        pytest.param(event("peak", -1, corrects="x"), 400, "data.corrects: ", id="a correction of a maximum"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_changes_nothing(
    untouched: Api, given: dict[str, Any], status: int, place: str
) -> None:
    alone, among = send(untouched, given), send(untouched, event(value=1), given)

    assert (alone.status, among.status) == (status, status), alone.content
    assert alone.body["detail"].startswith(place)
    assert among.body["detail"].startswith(f"[1].{place}")
    assert used(untouched) == 0


def test_every_bad_event_of_a_batch_is_named(api: Api) -> None:
    answer = send(api, event(value=0), event(), event("unknown"), event(subject="nobody"))

    assert answer.status == 400
    assert [line.partition(": ")[0] for line in answer.body["detail"].splitlines()] == [
        "[0].data.value",
        "[2].type",
        "[3].subject",
    ]
    assert used(api) == 0


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_one_event_at_least_and_a_thousand_at_most(untouched: Api, count: int) -> None:
    assert send(untouched, *[event()] * count, batch=True).status == 400


def test_a_batch_of_a_thousand_is_counted(api: Api) -> None:
    assert send(api, *(event() for _ in range(1000))).body["accepted"] == 1000
    assert used(api) == 1000


@pytest.mark.parametrize("body", [b"", b"[", b'"x"', b"5", b"[5]", b'{"id": NaN}'])
def test_what_is_no_event_is_refused(untouched: Api, body: bytes) -> None:
    for media in ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json"):
        assert posted(untouched, "/v1/usage/events", body, [("Content-Type", media)]).status == 400


def test_data_of_any_depth_are_taken_or_refused(untouched: Api) -> None:
    given = json.dumps(event("unknown", data="HERE"))
    for depth in (10, *range(940, 1000)):
        body = given.replace('"HERE"', '{"x": ' + "[" * depth + "]" * depth + "}").encode()
        answer = posted(untouched, "/v1/usage/events", body, [("Content-Type", "application/cloudevents+json")])
        assert answer.status in {400, 404}, depth


def test_another_media_type_is_refused(untouched: Api) -> None:
    answer = posted(untouched, "/v1/usage/events", b"{}", [("Content-Type", "text/plain")])

    assert answer.status == 400
    assert "application/cloudevents-batch+json" in answer.body["detail"]


def test_a_bound_key_counts_for_its_own_tenant_alone(api: Api) -> None:
    api.tenant("zeta")
    bound = api.bound("zeta", "usage:write", "decide")

    assert send(bound, event(subject=...)).status == 202
    assert send(bound, event(subject="zeta")).status == 202
    assert send(bound, event(subject="acme")).status == 403
    assert send(bound, event(subject="nobody")).status == 403
    assert (used(api), used(api, tenant="zeta")) == (0, 2)


def test_a_key_without_the_scope_counts_nothing(api: Api) -> None:
    assert send(api.bound("acme", "decide", "limits:consume"), event()).status == 403


def test_headers_of_a_binary_event_are_percent_encoded(api: Api) -> None:
    sent = [("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-type", "api_calls")]
    sent += [("ce-id", "caf%C3%A9"), ("ce-source", "app"), ("ce-subject", "acme")]

    assert posted(api, "/v1/usage/events", b"", sent).body == {"accepted": 1, "repeated": 0}
    assert send(api, event(id="café", data=...)).body == {"accepted": 0, "repeated": 1}
    broken = [(name, "%ff" if name == "ce-id" else value) for name, value in sent]
    assert posted(api, "/v1/usage/events", b"", broken).status == 400


def test_usage_is_counted_beyond_a_limit_and_for_a_suspended_tenant(api: Api) -> None:
    assert send(api, event(value=5_000)).status == 202
    api("PATCH", "/v1/tenants/acme", {"status": "suspended"})
    assert send(api, event(value=1)).status == 202
