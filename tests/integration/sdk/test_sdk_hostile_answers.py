from __future__ import annotations

import pytest

from doorward_sdk import Doorward, MalformedAnswer, RequestFailed
from integration.sdk.sdk_servers import always, answer, tcp_server

YES = b'{"decision":true}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEBIBYTE = 1024 * 1024


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(chunked(YES), id="one chunk"),
        pytest.param(chunked(*(YES[index : index + 1] for index in range(len(YES)))), id="a chunk a byte"),
        pytest.param(chunked(b" " * 8 * MEBIBYTE, b"")[:-5], id="ends at an empty chunk"),
        pytest.param(answer({"decision": True, "context": {"reason": "x" * 7 * MEBIBYTE}}), id="seven mebibytes"),
    ],
)
def test_answers_in_other_forms_are_understood(data: bytes) -> None:
    with tcp_server(always(data)) as server, Doorward(server.url, timeout=10) as client:
        first, second = client.check("user:a", "read", "doc:1"), client.check("user:a", "read", "doc:1")
        assert first == second
        assert first.allowed or first.error is not None
        assert server.connections == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" * 20, id="another protocol"),
        pytest.param(b"\r\n\r\n" + YES, id="no head"),
        pytest.param(HEAD + b"Content-Length: 400\r\n\r\n" + YES, id="half an answer"),
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\n" + YES, id="cut by its own length"),
        pytest.param(HEAD + b"Content-Length: 99999999999\r\n\r\n" + YES, id="large by its own words"),
        pytest.param(HEAD + b"\r\n" + b" " * 9 * MEBIBYTE + YES, id="large without a word"),
        pytest.param(chunked(*[b" " * MEBIBYTE] * 9, YES), id="large in chunks"),
        pytest.param(HEAD.replace(b"json", b"x" * 100_000) + b"\r\n" + YES, id="large head"),
        pytest.param(
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x08\x00\x00", id="compressed"
        ),
    ],
)
def test_garbage_is_a_denied_answer_with_an_error(data: bytes) -> None:
    def talk_once(peer: object) -> None:
        peer.read()  # type: ignore[attr-defined]  # a Peer
        peer.write(data)  # type: ignore[attr-defined]

    with tcp_server(talk_once) as server, Doorward(server.url, timeout=10) as client:
        denied = client.check("user:a", "read", "doc:1")
        assert not denied.allowed
        assert denied.error is not None
        with pytest.raises(RequestFailed):
            client.request("GET", "/v1/tenants").json()


def test_an_answer_larger_than_8_mebibytes_is_refused_before_it_is_read() -> None:
    says_so = always(HEAD + b"Content-Length: 8388609\r\n\r\n")
    with (
        tcp_server(says_so) as server,
        Doorward(server.url, timeout=10) as client,
        pytest.raises(MalformedAnswer, match="larger than 8388608 bytes"),
    ):
        client.request("GET", "/v1/tenants")
