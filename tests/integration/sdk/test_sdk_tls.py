from __future__ import annotations

import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from doorward_sdk import Doorward
from integration.sdk.sdk_servers import Peer, Server, always, answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Server]:
    """A server on TLS, with a certificate for 127.0.0.1 that only its own file vouches for."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=sidecar"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    server = Server(listener, f"https://127.0.0.1:{listener.getsockname()[1]}", always(answer()))
    yield server
    server.close()


@pytest.mark.needs("openssl")
def test_a_trusted_certificate_is_accepted(secure: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with Doorward(secure.url, "k", timeout=10) as client:
        assert all(client.check("user:a", "read", f"doc:{number}") for number in range(20))
    assert secure.connections == 1


@pytest.mark.needs("openssl")
def test_an_unknown_certificate_is_an_outage_and_nothing_is_sent(secure: Server) -> None:
    with Doorward(secure.url, "k", timeout=10) as client:
        denied = client.check("user:a", "read", "doc:1")
    assert denied.error is not None
    assert "certificate" in denied.error.message
    assert secure.requests == []


@pytest.mark.needs("openssl")
def test_a_certificate_of_another_host_is_an_outage_and_nothing_is_sent(
    secure: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with Doorward(secure.url.replace("127.0.0.1", "localhost"), "k", timeout=10) as client:
        denied = client.check("user:a", "read", "doc:1")
    assert denied.error is not None
    assert secure.requests == []


def test_a_server_without_tls_is_an_outage() -> None:
    def reads(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with tcp_server(reads) as server:
        denied = Doorward(server.url.replace("http:", "https:"), timeout=10).check("user:a", "read", "doc:1")
    assert denied.error is not None
