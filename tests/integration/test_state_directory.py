"""The state directory: one owner at a time across processes, and a first key that its owner alone can read."""

import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doorward.domain.errors import StateUnusable
from doorward.store.state import LockedState, StateLock, read_lock, read_or_make_admin_key

HOLD = """
import sys, time
from pathlib import Path
from doorward.store.state import StateLock
lock = StateLock(Path(sys.argv[1]))
lock.announce("127.0.0.1:1234")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(state: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the directory."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(state)], **pipes) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "deep/state"


def test_the_lock_says_who_holds_it_while_it_is_held(state: Path) -> None:
    assert read_lock(state) is None
    lock = StateLock(state)
    assert read_lock(state) == LockedState(pid=os.getpid(), address=None)
    lock.announce("127.0.0.1:8642")
    assert read_lock(state) == LockedState(pid=os.getpid(), address="127.0.0.1:8642")
    lock.announce("unix:a")
    assert json.loads((state / "lock").read_bytes()) == {"pid": os.getpid(), "address": "unix:a"}
    lock.release()
    assert read_lock(state) is None
    assert (state / "lock").read_bytes() == b""
    StateLock(state).release()


def test_another_process_is_named_until_it_is_killed(state: Path) -> None:
    with holder(state) as other:
        assert read_lock(state) == LockedState(pid=other.pid, address="127.0.0.1:1234")
        with pytest.raises(StateUnusable, match=rf"held by process {other.pid}, which answers at 127\.0\.0\.1:1234"):
            StateLock(state)
    assert read_lock(state) is None
    assert json.loads((state / "lock").read_bytes())["pid"] == other.pid  # it is left there, and does not count
    lock = StateLock(state)
    assert read_lock(state) == LockedState(pid=os.getpid(), address=None)
    lock.release()


def test_a_lock_that_says_nothing_is_refused_all_the_same(state: Path) -> None:
    with holder(state):
        for content in (b"", b"{", b"[]", b'{"pid": "x"}', b"\xff"):
            (state / "lock").write_bytes(content)
            assert read_lock(state) is None
            with pytest.raises(StateUnusable, match="held by another process"):
                StateLock(state)


def test_whoever_only_looks_does_not_keep_an_owner_out(state: Path) -> None:
    state.mkdir(parents=True)
    (state / "lock").touch()
    with (state / "lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # as read_lock does, for a moment
        threading.Timer(0.05, lambda: fcntl.flock(file, fcntl.LOCK_UN)).start()
        StateLock(state).release()


def test_many_who_look_do_not_keep_owners_out(state: Path) -> None:
    state.mkdir(parents=True)
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            read_lock(state)
            time.sleep(0.001)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(50):
            StateLock(state).release()
    finally:
        stop.set()
        for looker in lookers:
            looker.join()


def test_a_child_process_does_not_inherit_the_lock(state: Path) -> None:
    lock = StateLock(state)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        lock.release()
        try:
            StateLock(state).release()
        finally:
            child.kill()


@pytest.mark.parametrize("place", ["file", "file/below", "folder-for-lock"])
def test_a_place_that_cannot_be_a_state_directory_is_told(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder-for-lock/lock").mkdir(parents=True)
    with pytest.raises(StateUnusable, match=r"cannot be written .*; give --state another one"):
        StateLock(tmp_path / place)


def test_the_key_is_made_once_and_read_then(tmp_path: Path) -> None:
    key = read_or_make_admin_key(tmp_path)
    assert key.startswith("dw_")
    assert len(key) >= 40
    assert [path.name for path in tmp_path.iterdir()] == ["admin.key"]
    assert read_or_make_admin_key(tmp_path) == key


@pytest.mark.parametrize("mask", [0, 0o022, 0o777])
def test_the_key_is_readable_by_its_owner_alone_whatever_the_mask(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        read_or_make_admin_key(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "admin.key").stat().st_mode) & 0o077 == 0


def test_what_a_crash_left_of_a_key_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "admin.new").write_text("half")
    (tmp_path / "admin.new").chmod(0o666)
    key = read_or_make_admin_key(tmp_path)
    assert key != "half"
    assert stat.S_IMODE((tmp_path / "admin.key").stat().st_mode) == 0o600


def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "admin.new").symlink_to("elsewhere")
    read_or_make_admin_key(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert not (tmp_path / "admin.key").is_symlink()


@pytest.mark.parametrize("content", [b"", b"\n", b" \t\n"], ids=["empty", "a line break", "blanks"])
def test_a_key_file_without_a_key_is_refused_and_stays(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_bytes(content)
    with pytest.raises(StateUnusable, match=r"admin\.key is empty; put a key into it, or remove it"):
        read_or_make_admin_key(tmp_path)
    assert (tmp_path / "admin.key").read_bytes() == content


def test_a_key_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "admin.key").mkdir()
    with pytest.raises(StateUnusable, match=r"admin\.key cannot be read"):
        read_or_make_admin_key(tmp_path)
    (tmp_path / "admin.key").rmdir()
    (tmp_path / "admin.key").write_bytes(b"\xff")
    with pytest.raises(StateUnusable, match=r"admin\.key cannot be read"):
        read_or_make_admin_key(tmp_path)
