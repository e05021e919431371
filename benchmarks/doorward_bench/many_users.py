"""A database with many users: who they are, and how they get there without a request each."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

from doorward_bench.peers import Unavailable
from doorward_bench.worker_side import worker_environment

if TYPE_CHECKING:
    from doorward_bench.bench import Bench
    from doorward_bench.databases import Database

TENANTS = 1_000
ROLES = ("viewer", "user", "viewer", "user", "viewer", "user", "viewer", "admin")


def user_id(number: int) -> str:
    """The id of a user: like a UUIDv7, ordered as they came."""
    rest = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
    return f"019a{number >> 16:04x}-{number & 0xFFFF:04x}-7{rest[:3]}-8{rest[3:6]}-{rest[6:18]}"


def stranger(number: int) -> str:
    """An id like theirs that nobody has."""
    return f"f{user_id(number)[1:]}"


def tenant_id(number: int) -> str:
    """The id of a tenant."""
    return f"tenant-{number:04}"


def fill(bench: Bench, database: Database, users: int) -> None:
    """Put users into a migrated database that no server has open."""
    process = subprocess.Popen(
        [str(bench.peers.doorward_python), "-m", "doorward_bench.workers.fill_records"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=worker_environment(),
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipe")
        process.stdin.write(json.dumps({"address": database.address, "users": users}) + "\n")
        process.stdin.close()
        for line in process.stdout:
            bench.progress.step(f"{database.name}: {int(line):,} of {users:,} users recorded")
    if process.returncode:
        raise Unavailable("the users could not be recorded; the worker's own words stand above")
