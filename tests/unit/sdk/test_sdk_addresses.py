from __future__ import annotations

import pytest

from doorward_sdk import ConfigurationError
from doorward_sdk.transport.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address", "host_header"),
    [
        ("http://127.0.0.1:8642", Address("http", "127.0.0.1", 8642), "127.0.0.1:8642"),
        ("127.0.0.1:8642", Address("http", "127.0.0.1", 8642), "127.0.0.1:8642"),
        ("localhost:8642", Address("http", "localhost", 8642), "localhost:8642"),
        ("doorward", Address("http", "doorward", 80), "doorward"),
        ("HTTPS://Doorward.Example/", Address("https", "doorward.example", 443), "doorward.example"),
        ("https://h:8443/a/b/", Address("https", "h", 8443, "/a/b"), "h:8443"),
        ("[::1]:8642", Address("http", "::1", 8642), "[::1]:8642"),
        ("unix:/run/doorward.sock", Address("unix", "/run/doorward.sock", 0), "localhost"),
        ("unix:///run/doorward.sock", Address("unix", "/run/doorward.sock", 0), "localhost"),
        ("unix:relative.sock", Address("unix", "relative.sock", 0), "localhost"),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address, host_header: str) -> None:
    assert parse_address(text) == address
    assert address.host_header == host_header
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "http://:8642",
        "http://h:99999",
        "http://h:0",
        "http://h:x",
        "ftp://h",
        "unix:",
        "http://h/?q=1",
        "http://h/#f",
        "http://h/a b",
        "http://h\r\nX: y",
        "http://h\n.example",
        "http://hö.example",
        "http://h/ü",
        "http://[::1",
        "http://a,b",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        parse_address(text)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="DOORWARD_KEY") as refusal:
        parse_address("http://user:secret@h")
    assert "secret" not in str(refusal.value)
