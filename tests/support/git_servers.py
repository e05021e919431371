"""Real git servers on loopback, each in its own process: smart HTTP, and sshd."""

import getpass
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.git_repositories import Repository
from support.loopback import own_host
from support.needs import find_program

_SCRIPT = Path(__file__).with_name("git_http.py")
_START_SECONDS = 30


@dataclass
class HttpServer:
    """A smart HTTP server of the repositories in a folder."""

    root: Path
    host: str = field(default_factory=own_host)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @classmethod
    def started(cls, root: Path) -> "HttpServer":
        """Serve a new folder."""
        root.mkdir()
        server = cls(root)
        server.behave("ok")
        server.start()
        return server

    def start(self) -> None:
        """Start it; again at the port that it had before."""
        command = [sys.executable, str(_SCRIPT), str(self.root), self.host, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
        self.process = None

    def behave(self, mode: str) -> None:
        """How it answers from now on; see git_http.py."""
        new = self.root / "mode.new"
        new.write_text(mode)
        new.replace(self.root / "mode")

    def repository(self, name: str = "policy.git", object_format: str = "sha1") -> Repository:
        """A new repository that it serves."""
        return Repository(self.root / name, object_format)

    def url(self, name: str = "policy.git", credentials: str = "") -> str:
        """Where a repository is."""
        return f"http://{credentials}{self.host}:{self.port}/{name}"

    @property
    def requests(self) -> int:
        """How many it has answered."""
        log = self.root / "log"
        return log.read_text().count("\n") if log.exists() else 0


@pytest.fixture
def git_http(tmp_path: Path) -> Iterator[HttpServer]:
    """A smart HTTP git server."""
    server = HttpServer.started(tmp_path / "http")
    yield server
    server.stop()


@dataclass(frozen=True)
class SshServer:
    """An sshd that lets one key in; `command` is what ssh must be called as."""

    host: str
    port: int
    command: str

    def url(self, path: Path) -> str:
        """Where a repository on this machine is."""
        return f"ssh://{getpass.getuser()}@{self.host}:{self.port}{path}"


def make_key(path: Path) -> Path:
    """A new key pair: PATH and PATH.pub."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def _free_port(host: str) -> int:
    with socket.socket() as one:
        one.bind((host, 0))
        port: int = one.getsockname()[1]
        return port


def _wait_for(host: str, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "sshd does not answer"
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def git_ssh(tmp_path: Path) -> Iterator[SshServer]:
    """An sshd with keys of its own; mark the test with needs("sshd")."""
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    host, user = make_key(folder / "host"), make_key(folder / "user")
    address = own_host()
    port = _free_port(address)
    settings = {
        "Port": port, "ListenAddress": address, "HostKey": host, "AuthorizedKeysFile": f"{user}.pub",
        "StrictModes": "no", "UsePAM": "no", "PasswordAuthentication": "no", "PermitRootLogin": "yes",
        "PidFile": folder / "pid",
    }  # fmt: skip
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    known = folder / "known_hosts"
    known.write_text(f"[{address}]:{port} {Path(f'{host}.pub').read_text()}")
    program = find_program("sshd")
    assert program is not None
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd, as root, wants to lock itself in
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    _wait_for(address, port)
    client = f"ssh -F /dev/null -i {user} -o IdentitiesOnly=yes -o UserKnownHostsFile={known} -o BatchMode=yes"
    yield SshServer(address, port, f"{client} -o StrictHostKeyChecking=yes")
    process.terminate()
    process.wait()


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
