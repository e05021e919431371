"""A sidecar as a process: it stops without dropping anybody, and owns its state directory while it lives."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from support.sidecars import START_SECONDS, STOP_SECONDS, Sidecar, Start, doorward_command
from support.trees import RULES, tree, write_tree

QUESTION = json.dumps(
    {
        "subject": {"type": "user", "id": "alice", "properties": {"roles": ["viewer"]}},
        "action": {"name": "view"},
        "resource": {"type": "agents", "id": "1"},
    }
).encode()


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree for all sidecars: starting is faster than with a repository of their own."""
    monkeypatch.setenv("DOORWARD_POLICY", str(write_tree(tmp_path / "policy", tree())))


def second(running: Sidecar, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A second `doorward serve` on the same state directory."""
    command = doorward_command("serve", "--state", str(running.state), "--listen", "127.0.0.1:0", *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)


def open_socket(running: Sidecar) -> socket.socket:
    connection = running.connection()
    try:
        connection.connect()
    except OSError:
        connection.close()
        raise
    return connection.sock


def read_all(peer: socket.socket) -> bytes:
    with peer:
        peer.settimeout(STOP_SECONDS)
        parts = []
        while part := peer.recv(65_536):
            parts.append(part)
        return b"".join(parts)


def half_sent(running: Sidecar, target: str, content: bytes) -> socket.socket:
    """A request that lacks the last byte of its body."""
    peer = open_socket(running)
    head = f"{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    peer.sendall(head.encode() + content[:-1])
    return peer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("listen", ["127.0.0.1:0", "unix:here.sock"])
def test_a_signal_lets_requests_under_way_finish(
    number: signal.Signals, listen: str, sidecar: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    running = sidecar(listen=listen)
    peers = [half_sent(running, "POST /access/v1/evaluation", QUESTION) for _ in range(5)]
    probe = half_sent(running, "GET /readyz", b"{}")
    idle = open_socket(running)
    assert running.get("/livez") == {"status": "alive"}  # all that came before it are taken by now
    time.sleep(0.2)
    running.process.send_signal(number)
    assert read_all(idle) == b""
    with pytest.raises(OSError, match=r"refused|No such file"):
        open_socket(running)
    assert running.process.poll() is None
    probe.sendall(b"}")
    said = read_all(probe)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b'"status":"draining"' in said
    for peer in peers:
        peer.sendall(QUESTION[-1:])
        said = read_all(peer)
        assert said.startswith(b"HTTP/1.1 200 OK")
        assert b"connection: close" in said
        assert said.endswith(b'{"decision":true}')
    assert running.stop() == 0
    assert not (tmp_path / "here.sock").exists()
    assert (running.state / "lock").read_bytes() == b""
    assert "Traceback" not in running.log.read_text()


def test_a_signal_without_requests_ends_it_at_once(sidecar: Start) -> None:
    running = sidecar()
    kept = running.connection()
    kept.request("GET", "/livez")
    assert kept.getresponse().read() == b'{"status":"alive"}'
    started = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - started < 5
    kept.close()


def test_a_client_that_never_finishes_does_not_keep_it_from_ending_well(sidecar: Start) -> None:
    running = sidecar()
    stalled = half_sent(running, "POST /access/v1/evaluation", QUESTION)
    nothing = open_socket(running)
    nothing.sendall(b"POST /acc")
    assert running.get("/livez") == {"status": "alive"}
    time.sleep(0.2)
    assert running.stop() == 0
    stalled.close()
    nothing.close()
    assert "Traceback" not in running.log.read_text()


def test_a_second_owner_of_the_state_is_refused(sidecar: Start) -> None:
    running = sidecar()
    refused = second(running)
    assert refused.returncode == 5
    assert refused.stdout == ""
    assert f"is held by process {running.process.pid}, which answers at {running.address}; stop it" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert running.get("/livez") == {"status": "alive"}
    assert json.loads((running.state / "lock").read_bytes()) == {"pid": running.process.pid, "address": running.address}


def test_the_lock_is_free_after_a_kill(sidecar: Start) -> None:
    killed = sidecar()
    assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
    assert json.loads((killed.state / "lock").read_bytes())["pid"] == killed.process.pid
    again = sidecar()
    assert again.process.pid != killed.process.pid
    assert again.key == killed.key


def test_the_lock_is_free_after_a_policy_that_does_not_load(sidecar: Start, tmp_path: Path) -> None:
    broken = write_tree(tmp_path / "broken", tree(rules="pp, x\n"))
    good = write_tree(tmp_path / "good", tree(rules=RULES))
    with pytest.raises(AssertionError, match="no sidecar"):
        sidecar("--policy", str(broken))
    assert sidecar("--policy", str(good)).get("/readyz")["status"] == "ready"


def test_one_line_tells_the_address_once_it_answers(tmp_path: Path) -> None:
    command = doorward_command("serve", "--state", str(tmp_path / "state"), "--listen", "127.0.0.1:0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split()[3].removeprefix("http://")
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as peer:
            peer.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"200 OK" in peer.recv(100)
        process.terminate()
        assert process.wait(STOP_SECONDS) == 0
        assert process.stdout.read() == ""
    assert line == f"doorward answers at http://{address} (policy {line.split()[-1]}\n"
