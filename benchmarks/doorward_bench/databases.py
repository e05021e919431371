"""The databases that records are measured on: an SQLite file, and a PostgreSQL server of the run alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from doorward_bench.peers import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward_bench.bench import Bench

_START_SECONDS = 30
_STOP_SECONDS = 60
_UNPRIVILEGED = "nobody"


class Database(NamedTuple):
    """Where a server keeps records: its name in the table, its address, and the folder for the server's state."""

    name: str
    address: str
    state: Path

    @property
    def environment(self) -> dict[str, str]:
        """What tells a server of it."""
        return {"DOORWARD_DATABASE": self.address, "DOORWARD_MASTER_KEY_FILE": str(self.state / "master.key")}


@contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """A new file."""
    with _state(folder / "sqlite") as state:
        yield Database("SQLite", f"sqlite:{state}/doorward.db", state)


@contextmanager
def postgresql(bench: Bench) -> Iterator[Database]:
    """A new server with PostgreSQL's own settings, on a Unix socket. Raises Unavailable."""
    programs = _programs(bench.peers.postgresql)
    folder = Path(tempfile.mkdtemp(prefix="doorward-bench-pg-"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(folder, _UNPRIVILEGED)
    try:
        made = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
        _run([str(programs / "initdb"), *made, "-D", str(folder / "data")])
        process = _started(programs, folder)
        try:
            with _state(bench.folder / "postgresql") as state:
                yield Database("PostgreSQL", f"postgresql://postgres@/postgres?host={folder}", state)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _state(folder: Path) -> Iterator[Path]:
    folder.mkdir(mode=0o700)
    key = folder / "master.key"
    key.write_text("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n")  # guards nothing that is anybody's
    key.chmod(0o600)
    yield folder


def _programs(found: Path) -> Path:
    """The folder with `postgres` and `initdb`; a copy where the server's user may not read it."""
    if os.getuid() != 0 or _succeeds(found / "postgres"):
        return found
    copy = Path(tempfile.gettempdir()) / "doorward-bench-postgresql"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="doorward-bench-postgresql-"))
        shutil.copytree(found.parent, partial, dirs_exist_ok=True)
        partial.chmod(0o755)
        partial.rename(copy)
    return copy / "bin"


def _started(programs: Path, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-h", "", "-k", folder],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            **_identity(),
        )
    note = folder / "data/postmaster.pid"
    ends = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        lines = note.read_text().splitlines() if note.exists() else []
        if len(lines) > 7 and lines[7].strip() == "ready":
            return process
        time.sleep(0.02)
    raise Unavailable(f"PostgreSQL does not start: {(folder / 'log').read_text()[-300:]}")


def _run(command: list[str]) -> None:
    made = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **_identity())
    if made.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {made.stderr.strip()[-300:]}")


def _succeeds(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, **_identity()).returncode == 0
    except OSError:
        return False


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
