"""What is read the shorter way is what the strict way reads, and whatever that refuses is left to it."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest
from doorward.domain.usage import UsageEvent
from doorward.web.http import Request
from doorward.web.usage.cloud_events import BATCH, read_events
from doorward.web.usage.plain_events import read_plain_batch

PLAIN: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e1",
    "source": "urn:app:1",
    "type": "api_calls",
    "subject": "acme",
    "time": "2026-12-31T12:00:00.000001+01:00",
    "data": {"value": 1},
}
_TEXTS = st.sampled_from(
    ["", "a", "limits", "urn:x", "ü", "a\tb", "x" * 300, '"', "2026-12-31T12:00:00Z", "2026-12-31"]
)
_ANY = st.one_of(_TEXTS, st.none(), st.booleans(), st.sampled_from([0, -1, 1.5, 1 << 70]), st.just({}), st.just([1]))
_DATA = st.dictionaries(st.sampled_from(["value", "corrects", "more"]), _ANY, max_size=2)
_CHANGES = st.dictionaries(st.sampled_from([*PLAIN, "datacontenttype", "more"]), st.one_of(_ANY, _DATA), max_size=2)


def strictly(body: bytes) -> list[UsageEvent]:
    """What the strict way reads: an escape in a name keeps the shorter one from it."""
    escaped = body.replace(b'"specversion"', b'"\\u0073pecversion"')
    return read_events(Request({"content-type": BATCH}.get, escaped, "", is_local=True))


@given(changes=st.lists(_CHANGES, min_size=1, max_size=3))
@example([{"data": {"value": "x", "corrects": "ü:1"}}])
@example([{"subject": "limits"}, {"source": "limits"}])
@example([{"data": None}, {"time": None}])
def test_what_is_read_is_what_the_strict_way_reads(changes: list[dict[str, Any]]) -> None:
    body = json.dumps([PLAIN | one for one in changes], ensure_ascii=False).encode()
    found = read_plain_batch(body)
    try:
        right = strictly(body)
    except BadRequest:
        assert found is None
    else:
        assert found is None or found == right


@given(st.data())
def test_a_damaged_body_is_never_read_otherwise(data: st.DataObject) -> None:
    body = bytearray(json.dumps([PLAIN]).encode())
    marks = [b"", b":", b'"', b"{", b"}", b",", b"\xff", b"1e999", b"NaN", b'"id":"x",', b" "]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(marks))
    found = read_plain_batch(bytes(body))
    assert found is None or found == strictly(bytes(body))


@pytest.mark.parametrize(
    "change",
    [{}, {"data": {"corrects": "ü:1", "value": -1}}, {"data": {"value": "é"}}, {"datacontenttype": "application/json"}],
)
def test_plain_events_are_read(change: dict[str, Any]) -> None:
    least = {name: PLAIN[name] for name in ("specversion", "id", "source", "type")}
    body = json.dumps([PLAIN | change, least], ensure_ascii=False).encode()
    found = read_plain_batch(body)
    assert found is not None
    assert found == strictly(body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"id": "e1"', '"id": "e1", "id": "e2"', id="a member stands twice"),
        pytest.param('"value": 1', '"value": 1, "value": 2', id="a member of data stands twice"),
        pytest.param('"id": "e1"', '"id": "e1", "more": 1', id="an extension"),
        pytest.param('"subject": "acme"', '"subject": null', id="null"),
        pytest.param('"e1"', '"\\u00651"', id="an escape"),
        pytest.param('"value": 1', f'"value": {"9" * 5_000}', id="too many digits"),
        pytest.param("[{", "{", id="no JSON"),
    ],
)
def test_whatever_else_is_left_to_the_strict_way(old: str, new: str) -> None:
    body = json.dumps([PLAIN])
    assert old in body
    assert read_plain_batch(body.replace(old, new).encode()) is None


def test_a_batch_of_none_or_of_too_many_is_left_to_the_strict_way() -> None:
    assert read_plain_batch(b"[]") is None
    assert read_plain_batch(json.dumps([PLAIN] * 1_001).encode()) is None
