"""The short way reads what the strict way reads, or leaves the body to it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest
from doorward.web.access.wire import Evaluation, to_evaluation
from doorward.web.fast_json import decode_plain_evaluation
from doorward.web.strict_json import decode_object

PLAIN = b'{"subject":{"type":"user","id":"a"},"action":{"name":"b"},"resource":{"type":"c","id":"d"}%s}'


def strictly(body: bytes) -> Evaluation | None:
    try:
        return to_evaluation(decode_object(body))
    except BadRequest:
        return None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(["subject", "action", "resource", "context", "type", "id", "name", "properties", "x", "a:b"])
entities = st.dictionaries(members, values | st.dictionaries(members, values, max_size=3), max_size=4)


def dump(value: Any, *, escaped: bool) -> bytes:
    return json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(["subject", "action", "resource", "context"], entities)),
    st.booleans(),
)
def test_never_reads_something_else(extra: dict[str, Any], escaped: bool) -> None:
    body = json.loads(PLAIN % b"")
    for name, value in extra.items():
        body[name] = {**body.get(name, {}), **value}
    text = dump(body, escaped=escaped)
    fast = decode_plain_evaluation(text)
    assert fast is None or fast == strictly(text)


@given(st.data())
def test_never_reads_a_damaged_body_otherwise(data: st.DataObject) -> None:
    text = bytearray(PLAIN % b',"context":{"tenant":"t","n":[1,{"k":2.5}]}')
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b":", b'"', b"{", b"}", b"\\", b"\xff", b"1e999", b"NaN", b'"id":"x",', b" "])
        )
    fast = decode_plain_evaluation(bytes(text))
    assert fast is None or fast == strictly(bytes(text))


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(b',"subject":{"type":"user","id":"root"}', id="a second subject"),
        pytest.param(b',"context":{"a":1,"a":2}', id="a duplicate in the context"),
        pytest.param(b',"context":{"a":{"b":1,"b":2}}', id="a duplicate deep down"),
        pytest.param(b',"context":{"a":[{"b":1,"b":2}]}', id="a duplicate in a list"),
        pytest.param(b',"unknown":{"a":1,"a":2}', id="a duplicate in an unknown member"),
        pytest.param(b',"context":{"a":1,"a":"x:y"}', id="a duplicate and a colon in a text"),
        pytest.param(b',"context":null', id="a null"),
        pytest.param(b',"context":{"a":"\\u0000"}', id="an escape"),
    ],
)
def test_leaves_the_doubtful_to_the_strict_way(extra: bytes) -> None:
    assert decode_plain_evaluation(PLAIN % extra) is None


def test_reads_plain_questions_itself() -> None:
    body = PLAIN % b',"context":{"tenant":"acme","list":[1,{"k":true}]}'
    fast = decode_plain_evaluation(body)
    assert fast is not None
    assert fast == strictly(body)
