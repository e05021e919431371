"""Where a sidecar answers: ports, Unix sockets, names; what is taken is refused and never taken over."""

import errno
import http.client
import json
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorward.cli.serving.serve import serve
from support.loopback import own_host
from support.sidecars import START_SECONDS, STOP_SECONDS, Start, doorward_command
from support.trees import tree, write_tree

QUESTION = {"subject": {"type": "user", "id": "a"}, "action": {"name": "view"}, "resource": {"type": "b", "id": "1"}}


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree for all sidecars: starting is faster than with a repository of their own."""
    monkeypatch.setenv("DOORWARD_POLICY", str(write_tree(tmp_path / "policy", tree())))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the path of a socket may have 107 bytes, so they are named from here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(listen: str, state: Path = Path("other-state")) -> str:
    """What a start that cannot have its address says."""
    command = doorward_command("serve", "--state", str(state), "--listen", listen)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == 5, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert (state / "lock").read_bytes() == b""
    return ended.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.usefixtures("here")
def test_a_port_in_use_is_refused(taken: int) -> None:
    message = f"the address 127.0.0.1:{taken} is taken by another process; give --listen another one"
    assert message in refused(f"127.0.0.1:{taken}")


@pytest.mark.usefixtures("here")
def test_a_port_that_would_be_shared_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "is taken by another process" in refused(f"127.0.0.1:{other.getsockname()[1]}")


@pytest.mark.usefixtures("here")
def test_a_sidecar_does_not_let_others_share_its_port(sidecar: Start) -> None:
    running = sidecar()
    assert "is taken by another process" in refused(running.address)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match=re.escape(f"[Errno {errno.EADDRINUSE}]")):
            other.bind(("127.0.0.1", int(running.address.rpartition(":")[2])))


def test_of_three_that_start_at_once_on_a_port_one_has_it(tmp_path: Path, scale: float) -> None:
    for round_ in range(max(1, round(10 * scale))):
        with socket.create_server((own_host(), 0)) as free:
            listen = f"{own_host()}:{free.getsockname()[1]}"
        commands = [
            doorward_command("serve", "--state", str(tmp_path / f"{round_}-{number}"), "--listen", listen)
            for number in range(3)
        ]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        processes = [subprocess.Popen(command, **pipes) for command in commands]
        lines = [process.stdout.readline() for process in processes]
        for process in processes:
            process.terminate()
        codes = [process.wait(STOP_SECONDS) for process in processes]
        for process in processes:
            process.stdout.close()
        assert sorted(codes) == [0, 5, 5]
        assert [line != "" for line in lines] == [code == 0 for code in codes]


def test_port_0_takes_a_free_one(sidecar: Start) -> None:
    addresses = {sidecar(name=f"state-{number}").address for number in range(2)}
    assert len(addresses) == 2
    assert all(re.fullmatch(r"127\.0\.0\.1:[1-9]\d+", address) for address in addresses)


@pytest.mark.parametrize("listen", ["[::1]:0", "localhost:0", "127.0.0.2:0"])
def test_other_names_of_this_machine(listen: str, sidecar: Start) -> None:
    if listen.startswith("["):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    running = sidecar(listen=listen)
    assert running.address.startswith(listen.removesuffix("0"))
    host, _, port = running.address.rpartition(":")
    with closing(http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)) as connection:
        for path in ("/livez", "/metrics"):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)


@pytest.mark.parametrize("listen", ["192.0.2.1:0", "no.such.name.invalid:1"])
@pytest.mark.usefixtures("here")
def test_an_address_of_others_is_refused(listen: str) -> None:
    assert f"the address {listen} cannot be used" in refused(listen)


def test_a_socket_answers_and_is_removed(here: Path, sidecar: Start) -> None:
    running = sidecar(listen="unix:here.sock")
    assert running.address == f"unix:{here}/here.sock"
    assert stat.S_ISSOCK((here / "here.sock").stat().st_mode)
    assert running.post("/access/v1/evaluation", QUESTION) == {"decision": False}
    assert running.request("GET", "/livez", headers={})[0] == 200
    assert json.loads((running.state / "lock").read_bytes())["address"] == f"unix:{here}/here.sock"
    assert running.stop() == 0
    assert not (here / "here.sock").exists()


def test_a_stale_socket_is_replaced(here: Path, sidecar: Start) -> None:
    sidecar(listen="unix:here.sock").stop(signal.SIGKILL)
    assert (here / "here.sock").exists()
    assert sidecar(listen="unix:here.sock").request("GET", "/livez", headers={})[0] == 200


def test_a_live_socket_is_refused_and_stays(here: Path, sidecar: Start) -> None:
    running = sidecar(listen="unix:here.sock")
    assert f"another process answers at unix:{here}/here.sock; stop it" in refused("unix:here.sock")
    assert (here / "here.sock").exists()
    assert running.request("GET", "/livez", headers={})[0] == 200


def listening_datagram(path: str) -> socket.socket:
    other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.bind(path)
    return other


def busy_stream(path: str) -> socket.socket:
    """One whose queue is full: it does not take a connection, but it lives."""
    other = socket.socket(socket.AF_UNIX)
    other.bind(path)
    other.listen(0)
    return other


@pytest.mark.parametrize("make", [listening_datagram, busy_stream])
def test_a_socket_of_another_kind_or_a_busy_one_is_not_taken_over(
    make: Callable[[str], socket.socket], here: Path
) -> None:
    with closing(make("here.sock")), socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as more:
        if make is busy_stream:
            first.connect("here.sock")
            more.setblocking(False)
            more.connect_ex("here.sock")
        before = (here / "here.sock").stat().st_ino
        assert "here.sock" in refused("unix:here.sock")
        assert (here / "here.sock").stat().st_ino == before


@pytest.mark.parametrize(
    ("make", "listen", "message"),
    [
        pytest.param(lambda: Path("a").write_text("kept"), "unix:a", "a is no socket; remove it", id="a file"),
        pytest.param(lambda: Path("a").symlink_to("b"), "unix:a", "a is no socket; remove it", id="a link to nothing"),
        pytest.param(lambda: None, "unix:b/a", "b/a does not exist; make it", id="no folder"),
        pytest.param(lambda: None, f"unix:{'a' * 200}", "cannot be used (AF_UNIX path too long)", id="too long"),
    ],
)
def test_what_cannot_become_a_socket_is_refused_and_stays(
    make: Callable[[], object], listen: str, message: str, here: Path
) -> None:
    make()
    before = sorted(path.name for path in here.iterdir())
    assert message in refused(listen)
    assert sorted(path.name for path in here.iterdir() if path.name != "other-state") == before


@pytest.mark.parametrize(
    "listen", ["", ":8642", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1", "unix:"]
)
def test_what_is_no_address_is_a_usage_error(listen: str, here: Path) -> None:
    ended = CliRunner().invoke(serve, ["--state", "state", "--listen", listen])
    assert ended.exit_code == 2
    assert "--listen" in ended.output
    assert not (here / "state").exists()
