"""Hostile credentials, content types and batches: 400, 401 and 413 where AuthZEN wants them."""

import json
from collections.abc import Iterator

import pytest

from e2e.test_hostile_http import (
    EVALUATION,
    LENGTH,
    PROBLEM,
    QUESTION,
    Answer,
    assert_it_still_answers,
    exchange,
    head,
    hostile_server,
    post,
)
from support.sidecars import Sidecar

BATCH = "/access/v1/evaluations"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with hostile_server(tmp_path_factory) as running:
        yield running


def send(running: Sidecar, line: str, content: bytes, *more: str) -> Answer:
    """A request without any header but these."""
    fields = "\r\n".join([line, "Host: x", "Connection: close", f"Content-Length: {len(content)}", *more, "", ""])
    (answer,) = exchange(running, fields.encode("utf-8", "surrogateescape") + content)
    return answer


JSON = "Content-Type: application/json"
WRONG = {
    "no credential": (),
    "a wrong key": ("Authorization: Bearer wrong",),
    "a key of 60 kB": (f"Authorization: Bearer {'x' * 60_000}",),
    "the key cut off": ("Authorization: Bearer {half}",),
    "the key and more": ("Authorization: Bearer {key}x",),
    "the key and a comma": ("Authorization: Bearer {key},{key}",),
    "the key in capitals": ("Authorization: Bearer {capitals}",),
    "the key without a scheme": ("Authorization: {key}",),
    "the key with another scheme": ("Authorization: Token {key}",),
    "the key as a name": ("Authorization: Bearer key={key}",),
    "Basic": ("Authorization: Basic YWRtaW46YWRtaW4=",),
    "Digest": ('Authorization: Digest username="admin"',),
    "Bearer of nothing": ("Authorization: Bearer",),
    "Bearer of a blank": ("Authorization: Bearer  ",),
    "an empty header": ("Authorization:",),
    "not ASCII": ("Authorization: Bearer \u00e9",),
    "not UTF-8": ("Authorization: Bearer \udcff",),
    "a wrong API key": ("X-API-Key: wrong",),
    "an empty API key": ("X-API-Key:",),
    "an API key with a scheme": ("X-API-Key: Bearer {key}",),
    "an API key that is not ASCII": ("X-API-Key: \u00e9",),
    "a name with low lines": ("X_API_KEY: {key}",),
    "a key in a cookie": ("Cookie: key={key}",),
    "a proxy's credential": ("Proxy-Authorization: Bearer {key}",),
    "right, and wrong beside it": ("Authorization: Bearer {key}", "X-API-Key: wrong"),
    "wrong, and right beside it": ("Authorization: Bearer wrong", "X-API-Key: {key}"),
    "right, and empty beside it": ("Authorization: Bearer {key}", "X-API-Key:"),
    "right, and not ASCII beside it": ("Authorization: Bearer {key}", "X-API-Key: \u00e9"),
    "right, then wrong": ("Authorization: Bearer {key}", "Authorization: Bearer wrong"),
    "wrong, then right": ("Authorization: Bearer wrong", "Authorization: Bearer {key}"),
    "API keys, right and wrong": ("X-API-Key: {key}", "X-API-Key: wrong"),
}
ENDPOINTS = {
    "hot": (f"POST {EVALUATION} HTTP/1.1", QUESTION),
    "cold": ("GET /v1/policy HTTP/1.1", b""),
}


def filled(lines: tuple[str, ...], key: str) -> list[str]:
    return [line.format(key=key, half=key[:-1], capitals=key.upper()) for line in lines]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("lines", WRONG.values(), ids=WRONG)
def test_a_credential_that_does_not_count(lines: tuple[str, ...], endpoint: str, server: Sidecar) -> None:
    line, content = ENDPOINTS[endpoint]
    answer = send(server, line, content, JSON, *filled(lines, server.key))
    assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert server.key[:-1] not in answer.detail
    assert "Bearer" in answer.detail or "key" in answer.detail
    assert_it_still_answers(server)


OPEN = ["no credential", "a key in a cookie", "a proxy's credential"]


@pytest.mark.parametrize("name", [name for name in WRONG if "API" not in name and name != "a name with low lines"])
def test_what_is_open_here_still_refuses_a_wrong_key(name: str, server: Sidecar) -> None:
    answer = send(server, "GET /livez HTTP/1.1", b"", *filled(WRONG[name], server.key))
    assert answer.status == (200 if name in OPEN else 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "lines",
    [
        ("Authorization: Bearer {key}",),
        ("authorization: bearer {key}",),
        ("Authorization: BEARER   {key}  ",),
        ("X-API-Key: {key}",),
        ("x-api-key: {key}", "Authorization: Bearer {key}"),
    ],
)
def test_ways_to_send_the_key(lines: tuple[str, ...], endpoint: str, server: Sidecar) -> None:
    line, content = ENDPOINTS[endpoint]
    assert send(server, line, content, JSON, *filled(lines, server.key)).status == 200


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="none"),
        pytest.param(("Content-Type:",), id="empty"),
        pytest.param(("Content-Type: text/plain",), id="text"),
        pytest.param(("Content-Type: application/x-www-form-urlencoded",), id="a form"),
        pytest.param(("Content-Type: application/jsonx",), id="longer"),
        pytest.param(("Content-Type: json",), id="shorter"),
        pytest.param(("Content-Type: application/json; charset=latin-1",), id="another charset"),
        pytest.param(("Content-Type: application/json; charset=utf-16",), id="UTF-16"),
        pytest.param(("Content-Type: \u00e9",), id="not ASCII"),
        pytest.param((JSON, "Content-Type: text/plain"), id="two"),
        pytest.param((f"Content-Type: application/json;{'x' * 50_000}\x01",), id="a control character"),
    ],
)
def test_a_content_type_that_is_no_json(lines: tuple[str, ...], server: Sidecar) -> None:
    answer = send(server, f"POST {EVALUATION} HTTP/1.1", QUESTION, f"Authorization: Bearer {server.key}", *lines)
    assert answer.status == 400
    assert not answer.body or "send " in answer.detail
    assert_it_still_answers(server)


@pytest.mark.parametrize("given", ["Application/JSON", 'application/json; charset="UTF-8"', "application/json;x=y"])
def test_ways_to_say_json(given: str, server: Sidecar) -> None:
    key, kind = f"Authorization: Bearer {server.key}", f"Content-Type: {given}"
    assert send(server, f"POST {EVALUATION} HTTP/1.1", QUESTION, key, kind).status == 200


def batch(**members: object) -> bytes:
    return json.dumps(json.loads(QUESTION) | members).encode()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        pytest.param({"evaluations": {}}, "evaluations", id="an object"),
        pytest.param({"evaluations": "all"}, "evaluations", id="a string"),
        pytest.param({"evaluations": [{}] * 1001}, "1000", id="too many"),
        pytest.param({"evaluations": [{}], "options": []}, "options", id="options are an array"),
        pytest.param({"evaluations": [{}], "options": {"evaluations_semantic": "any"}}, "execute_all", id="semantic"),
        pytest.param({"evaluations": [{}], "options": {"evaluations_semantic": 1}}, "semantic", id="a number"),
        pytest.param({"evaluations": [{}], "context": []}, "context", id="context is an array"),
    ],
)
def test_a_batch_that_is_refused_as_a_whole(members: dict[str, object], says: str, server: Sidecar) -> None:
    answer = post(server, batch(**members), path=BATCH)
    assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)
    assert says in answer.detail


def test_items_that_are_wrong_are_answered_in_their_place(server: Sidecar) -> None:
    items = [1, None, [], "x", {"subject": 1}, {"action": {}}, {}, {"resource": {"type": "agents", "id": "\n"}}]
    said = json.loads(post(server, batch(evaluations=items), path=BATCH).body)["evaluations"]
    assert [one["decision"] for one in said] == [False] * 6 + [True, False]
    assert [one.get("context", {}).get("error", {}).get("status") for one in said] == [400] * 6 + [None, 400]


def test_twenty_explained_questions_are_answered_and_no_more(server: Sidecar) -> None:
    answer = post(server, batch(evaluations=[{}] * 20, context={"explain": True}), path=BATCH)
    assert len(json.loads(answer.body)["evaluations"]) == 20
    assert post(server, batch(evaluations=[{}] * 21, context={"explain": True}), path=BATCH).status == 400
    assert_it_still_answers(server)


@pytest.mark.parametrize("path", [EVALUATION, BATCH, "/v1/policy/reload", "/nothing"])
@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
def test_a_body_of_more_than_a_mebibyte(path: str, chunked: bool, server: Sidecar) -> None:
    content = QUESTION.ljust((1 << 20) + 1)
    line = f"POST {path} HTTP/1.1"
    if chunked:
        data = head(line, server.key, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    else:
        data = head(line, server.key, f"Content-Length: {len(content)}") + content
    (answer,) = exchange(server, data)
    assert (answer.status, answer.headers["content-type"]) == (413, PROBLEM)
    assert "1048576 bytes" in answer.detail
    assert_it_still_answers(server)


def test_a_body_of_a_mebibyte(server: Sidecar) -> None:
    assert post(server, QUESTION.ljust(1 << 20)).status == 200
    assert exchange(server, head(f"POST {EVALUATION} HTTP/1.1", server.key, LENGTH) + QUESTION)[0].status == 200
