"""Hostile paths, queries, request ids and connections: no path is read twice, nothing is reflected into headers."""

import json
import socket
from collections.abc import Iterator

import pytest

from e2e.test_hostile_http import (
    CHUNKED,
    EVALUATION,
    LENGTH,
    PROBLEM,
    QUESTION,
    Answer,
    assert_it_still_answers,
    dial,
    exchange,
    head,
    hostile_server,
    parse,
    post,
    read_to_end,
)
from support.sidecars import Sidecar


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with hostile_server(tmp_path_factory) as running:
        yield running


def get(running: Sidecar, target: str, *more: str, key: str | None = None) -> Answer:
    (answer,) = exchange(running, head(f"GET {target} HTTP/1.1", key, *more))
    return answer


@pytest.mark.parametrize(
    "target",
    [
        f"{EVALUATION}/",
        f"{EVALUATION};x",
        f"{EVALUATION}%00",
        f"{EVALUATION}%20",
        "/access//v1/evaluation",
        "/access/v1/../v1/evaluation",
        "/access/v1/./evaluation",
        "/access/v1%252Fevaluation",
        "/access/v1/%2565valuation",
        "/ACCESS/v1/evaluation",
        "/%",
        "/%zz",
        "/%ff",
        "/..",
        "/%2e%2e/etc/passwd",
        "/\\evil",
        "/caf\u00e9",
        "/static/x",
        "//evil.example/livez",
    ],
)
def test_a_path_that_is_none_of_ours(target: str, server: Sidecar) -> None:
    answer = post(server, QUESTION, path=target)
    assert (answer.status, answer.headers["content-type"]) == (404, PROBLEM)
    assert "/openapi.json" in answer.detail
    assert "location" not in answer.headers
    assert_it_still_answers(server)


@pytest.mark.parametrize("target", ["/%256civez", "/%25%36%63ivez", "/livez%25"])
def test_a_path_is_decoded_once(target: str, server: Sidecar) -> None:
    assert get(server, target).status == 404


@pytest.mark.parametrize("target", ["/%6civez", "/livez?", "/livez?a=b&a=b", "/livez#x"])
def test_ways_to_write_a_path(target: str, server: Sidecar) -> None:
    assert get(server, target).body == b'{"status":"alive"}'


@pytest.mark.parametrize("query", ["q=\u20ac", "q=\u00e9", "q=%ff", "q=%", "&&==", "a" * 8000, "\U0001f600"])
@pytest.mark.parametrize("path", ["/livez", "/nothing", EVALUATION])
def test_a_strange_query_is_no_fault(path: str, query: str, server: Sidecar) -> None:
    answer = get(server, f"{path}?{query}")
    assert answer.status == {"/livez": 200, "/nothing": 404, EVALUATION: 405}[path]
    assert post(server, QUESTION, path=f"{EVALUATION}?{query}").status == 200


def test_bytes_that_are_no_text_in_a_target(server: Sidecar) -> None:
    assert [answer.status for answer in exchange(server, b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n")] == [400]


@pytest.mark.parametrize("path", ["/livez", EVALUATION, "/nothing"])
def test_head_has_no_body(path: str, server: Sidecar) -> None:
    (answer,) = exchange(server, head(f"HEAD {path} HTTP/1.1", server.key), of_head=True)
    assert answer.status == {"/livez": 200, "/nothing": 404, EVALUATION: 405}[path]


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        pytest.param("r-1", "r-1", id="plain"),
        pytest.param("a b", "a b", id="with a blank"),
        pytest.param("a" * 128, "a" * 128, id="as long as may be"),
        pytest.param("a" * 129, None, id="too long"),
        pytest.param("", None, id="empty"),
        pytest.param("a\tb", None, id="a tab"),
        pytest.param("caf\u00e9", None, id="not ASCII"),
        pytest.param("\udcff", None, id="not UTF-8"),
        pytest.param("a\r\nX-Injected: b", "a", id="a second header"),
        pytest.param("a%0d%0aX-Injected: b", "a%0d%0aX-Injected: b", id="an encoded line break"),
    ],
)
def test_the_request_id_is_echoed_if_it_may_be(given: str, echoed: str | None, server: Sidecar) -> None:
    line = f"X-Request-ID: {given}"
    answers = [
        post(server, QUESTION, line),
        post(server, b"{}", line),
        post(server, QUESTION, line, key="wrong"),
        post(server, b"", line, "Content-Length: 2000000"),
        get(server, "/livez", line),
        get(server, "/nothing", line),
        get(server, EVALUATION, line),
    ]
    assert [answer.status for answer in answers[:3]] == [200, 400, 401]
    for answer in answers[:3] + answers[4:]:
        assert answer.headers.get("x-request-id") == echoed
        assert "x-injected" not in answer.headers


@pytest.mark.parametrize("size", [1, 2, 50])
def test_pipelined_requests_are_answered_in_order(size: int, server: Sidecar) -> None:
    kept = head(f"POST {EVALUATION} HTTP/1.1", server.key, LENGTH).replace(b"Connection: close\r\n", b"")
    bad = head(f"POST {EVALUATION} HTTP/1.1", server.key, "Content-Length: 2").replace(b"Connection: close\r\n", b"")
    last = head("GET /livez HTTP/1.1", None)
    answers = exchange(server, (kept + QUESTION + bad + b"{}") * size + last)
    assert [answer.status for answer in answers] == [200, 400] * size + [200]
    assert answers[-1].body == b'{"status":"alive"}'


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("more", "content"),
    [
        pytest.param((f"Content-Length: {5 + len(SMUGGLED)}", CHUNKED), b"0\r\n\r\n" + SMUGGLED, id="CL.TE"),
        pytest.param(("Content-Length: 4", CHUNKED), b"5c\r\n" + SMUGGLED.ljust(0x5C) + b"\r\n0\r\n\r\n", id="TE.CL"),
        pytest.param((CHUNKED, "Transfer-Encoding: x"), b"0\r\n\r\n" + SMUGGLED, id="TE.TE"),
        pytest.param(("Content-Length: 2000000",), SMUGGLED, id="a body too large"),
        pytest.param((CHUNKED,), b"zz\r\n" + SMUGGLED, id="a broken chunk"),
    ],
)
def test_no_request_hides_in_the_body_of_another(more: tuple[str, ...], content: bytes, server: Sidecar) -> None:
    """With both a length and chunks the chunks count, as RFC 9112 has it; a proxy that counts otherwise is at fault."""
    first = head(f"POST {EVALUATION} HTTP/1.1", server.key, *more)
    answers = exchange(server, first + content)
    assert len(answers) == 1
    assert answers[0].status in {400, 413}
    kept = first.replace(b"Connection: close\r\n", b"")
    statuses = [answer.status for answer in exchange(server, kept + content, half_close=True)]
    assert statuses[:1] in ([], [400], [413])
    assert_it_still_answers(server)


@pytest.mark.parametrize("cut", [1, 20, len(QUESTION)])
@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "in chunks"])
def test_a_body_that_ends_early_is_not_answered_as_a_whole(cut: int, chunked: bool, server: Sidecar) -> None:
    size = len(QUESTION) + cut
    if chunked:
        whole = b"%x\r\n%b\r\n" % (len(QUESTION), QUESTION) if cut < 20 else b"%x\r\n%b" % (size, QUESTION)
        data = head(f"POST {EVALUATION} HTTP/1.1", server.key, CHUNKED) + whole
    else:
        data = head(f"POST {EVALUATION} HTTP/1.1", server.key, f"Content-Length: {size}") + QUESTION
    assert [answer.status for answer in exchange(server, data, half_close=True)] in ([], [400])
    with dial(server) as peer:
        peer.sendall(data)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # closing resets
    assert_it_still_answers(server)


def test_one_byte_at_a_time_is_a_request_too(server: Sidecar) -> None:
    with dial(server) as peer:
        for byte in head(f"POST {EVALUATION} HTTP/1.1", server.key, LENGTH) + QUESTION:
            peer.sendall(bytes([byte]))
        (answer,) = parse(read_to_end(peer))
    assert json.loads(answer.body) == {"decision": True}


@pytest.mark.parametrize("blanks", [0, 20_000])
def test_chunks_of_one_byte_are_a_request_too(blanks: int, server: Sidecar) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in QUESTION + b" " * blanks)
    (answer,) = exchange(server, head(f"POST {EVALUATION} HTTP/1.1", server.key, CHUNKED) + chunks + b"0\r\n\r\n")
    assert (answer.status, answer.body) == (200, b'{"decision":true}')
