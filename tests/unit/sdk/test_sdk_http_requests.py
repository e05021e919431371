from __future__ import annotations

import pytest

from doorward_sdk import HttpTransport, MalformedRequest
from doorward_sdk.transport.requests import render_request


def test_head_and_body_are_one_piece() -> None:
    assert render_request("POST", "/a?b=c", "h:1", [("X-A", "b")], b"hi") == (
        b"POST /a?b=c HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi"
    )


@pytest.mark.parametrize(("method", "says_length"), [("GET", False), ("HEAD", False), ("DELETE", True), ("POST", True)])
def test_only_requests_that_may_have_a_body_say_its_length(method: str, says_length: bool) -> None:
    assert (b"Content-Length: 0" in render_request(method, "/", "h", [], b"")) is says_length


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        pytest.param("GET /x HTTP/1.1\r\nA:", "/", ("A", "b"), id="line feed in the method"),
        pytest.param("get", "/", ("A", "b"), id="small letters"),
        pytest.param("", "/", ("A", "b"), id="no method"),
        pytest.param("GET", "x", ("A", "b"), id="no slash"),
        pytest.param("GET", "http://elsewhere/", ("A", "b"), id="another host"),
        pytest.param("GET", "/a b", ("A", "b"), id="blank in the path"),
        pytest.param("GET", "/a\r\nX: y", ("A", "b"), id="line feed in the path"),
        pytest.param("GET", "/\n", ("A", "b"), id="line feed after the path"),
        pytest.param("GET", "/ü", ("A", "b"), id="path beyond ASCII"),
        pytest.param("GET", "/", ("A\r\nB", "b"), id="line feed in a name"),
        pytest.param("GET", "/", ("A:", "b"), id="colon in a name"),
        pytest.param("GET", "/", ("", "b"), id="no name"),
        pytest.param("GET", "/", ("A", "b\r\nX: y"), id="line feed in a value"),
        pytest.param("GET", "/", ("A", "b\n"), id="line feed after a value"),
        pytest.param("GET", "/", ("A", "b\0"), id="NUL in a value"),
        pytest.param("GET", "/", ("A", "ü"), id="value beyond ASCII"),
        pytest.param("GET", "/", ("Host", "elsewhere"), id="another Host"),
        pytest.param("GET", "/", ("content-LENGTH", "1"), id="another length"),
        pytest.param("GET", "/", ("Transfer-Encoding", "chunked"), id="another encoding"),
        pytest.param("GET", "/", ("Connection", "upgrade"), id="another connection"),
    ],
)
def test_nothing_can_be_injected(method: str, target: str, header: tuple[str, str]) -> None:
    with pytest.raises(MalformedRequest):
        HttpTransport("http://127.0.0.1:1").send(method, target, [header], b"", 1)


def test_a_refused_value_is_not_repeated() -> None:
    with pytest.raises(MalformedRequest) as refusal:
        render_request("GET", "/", "h", [("Authorization", "Bearer secret\n")], b"")
    assert "secret" not in str(refusal.value)
