"""Names and ids: what may be asked about."""

import pytest

from doorward.domain.access import AccessRequest, Decision
from doorward.domain.address import Listen
from doorward.domain.errors import BadRequest


@pytest.mark.parametrize("name", ["user", "a", "A.b_c-9"])
def test_type_is_taken(name: str) -> None:
    assert AccessRequest(name, "1", "read", name, "2").subject_type == name


@pytest.mark.parametrize("name", ["", "1a", "us er", "a:b", "é", "a\n", "-a", "role"])
def test_subject_type_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match=r"subject\.type"):
        AccessRequest(name, "1", "read", "doc", "2")


@pytest.mark.parametrize("name", ["x", "a:b/c d", "\u00e9", "e\u0301", "a b", "\U0001f600", "x" * 512, "*x"])
def test_id_is_opaque(name: str) -> None:
    assert AccessRequest("user", name, "read", "doc", "2").subject_id == name


@pytest.mark.parametrize(
    "name", ["", " ", "\u00a0", "\u3000", "a\x00", "a\nb", "\x7f", "\u0085", "x" * 513, "\u00e9" * 257, "*"]
)
def test_subject_id_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match=r"subject\.id"):
        AccessRequest("user", name, "read", "doc", "2")


def test_decision_is_true_when_allowed() -> None:
    assert Decision(True)
    assert not Decision(False)


@pytest.mark.parametrize(
    ("text", "shown", "loopback"),
    [
        ("127.0.0.1:1", "127.0.0.1:1", True), ("localhost:0", "localhost:0", True), ("[::1]:80", "[::1]:80", True),
        ("0.0.0.0:80", "0.0.0.0:80", False), ("unix:/a b", "unix:/a b", True), ("10.0.0.1:65535", "10.0.0.1:65535", False),
    ],
)  # fmt: skip
def test_address(text: str, shown: str, loopback: bool) -> None:
    listen = Listen.parse(text)
    assert str(listen) == shown
    assert listen.is_loopback is loopback


@pytest.mark.parametrize("text", ["", ":80", "localhost", "a:b", "a:65536", "a:-1", "unix:", "a:٣"])
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="--listen"):
        Listen.parse(text)
