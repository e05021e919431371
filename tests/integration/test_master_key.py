"""The master key file: made once, whole, and for its owner alone; what is no such file is refused with the fix."""

import base64
import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.crypto import read_master_key, read_or_make_master_key
from doorward.domain.errors import StateUnusable

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_key_is_made_once_and_read_afterwards(path: Path) -> None:
    key = read_or_make_master_key(path)
    assert len(key) == 32
    assert read_or_make_master_key(path) == read_master_key(path) == key


def test_two_keys_are_two(tmp_path: Path) -> None:
    assert read_or_make_master_key(tmp_path / "one") != read_or_make_master_key(tmp_path / "two")


def test_the_file_holds_a_line_of_base64_for_its_owner_alone(path: Path) -> None:
    read_or_make_master_key(path, lambda _size: KEY)
    assert path.read_bytes() == b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names_in(path.parent) == {"master.key"}


def test_those_who_make_it_at_one_time_get_one_key(path: Path) -> None:
    together = threading.Barrier(8, timeout=30)
    found: list[bytes] = []

    def random(size: int) -> bytes:
        together.wait()  # all have seen that there is no file
        return os.urandom(size)

    threads = [threading.Thread(target=lambda: found.append(read_or_make_master_key(path, random))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [read_master_key(path)] * 8
    assert names_in(path.parent) == {"master.key"}


def test_a_failure_on_the_way_leaves_nothing(path: Path) -> None:
    with pytest.raises(TypeError):
        read_or_make_master_key(path, lambda _size: "no bytes")  # type: ignore[arg-type,return-value]
    assert names_in(path.parent) == set()


def test_a_second_name_that_a_crash_left_is_removed_and_foreign_files_stay(path: Path) -> None:
    key = read_or_make_master_key(path)
    (path.parent / "master.key.x7.new").hardlink_to(path)
    (path.parent / "master.key.old").hardlink_to(path)
    (path.parent / "master.key.other.new").write_bytes(b"of somebody who is at it")
    assert read_or_make_master_key(path) == key
    assert names_in(path.parent) == {"master.key", "master.key.old", "master.key.other.new"}


def test_a_key_that_an_operator_made_as_the_message_says_is_read(path: Path) -> None:
    with pytest.raises(StateUnusable, match="cannot be read") as missing:
        read_master_key(path)
    command = str(missing.value).rpartition("new database: ")[2]
    subprocess.run(["sh", "-c", command], check=True)
    assert len(read_master_key(path)) == 32


@pytest.mark.parametrize("content", [base64.b64encode(KEY), base64.b64encode(KEY) + b"\r\n"])
def test_the_end_of_the_line_does_not_count(path: Path, content: bytes) -> None:
    write(path, content)
    assert read_master_key(path) == KEY


def test_a_link_to_the_key_is_followed(path: Path, tmp_path: Path) -> None:
    write(tmp_path / "mounted", base64.b64encode(KEY), 0o400)
    path.symlink_to(tmp_path / "mounted")
    assert read_or_make_master_key(path) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o644, 0o666])
@pytest.mark.parametrize("read", [read_master_key, read_or_make_master_key])
def test_a_key_that_others_can_reach_is_refused(path: Path, mode: int, read: Callable[[Path], bytes]) -> None:
    write(path, base64.b64encode(KEY), mode)
    with pytest.raises(StateUnusable, match=r"others may read or write .*master\.key; run `chmod 600 .*master\.key`"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(base64.b64encode(KEY[:31]), id="31 bytes"),
        pytest.param(base64.b64encode(KEY + b"x"), id="33 bytes"),
        pytest.param(KEY, id="32 bytes as they are"),
        pytest.param(KEY.hex().encode(), id="hex"),
        pytest.param(base64.b64encode(KEY)[:20], id="half of it"),
        pytest.param(base64.b64encode(KEY) * 1000, id="far too much"),
        pytest.param("schlüssel".encode(), id="no ASCII"),
    ],
)
def test_what_holds_no_key_is_refused_and_neither_shown_nor_replaced(path: Path, content: bytes) -> None:
    write(path, content)
    with pytest.raises(StateUnusable, match="holds no master key, which is 32 bytes in base64") as refused:
        read_or_make_master_key(path)
    assert path.read_bytes() == content
    assert not content or content.decode("latin-1") not in str(refused.value)


def test_a_folder_or_a_pipe_is_no_key(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path, 0o600)
    for no_file in (path, tmp_path):
        with pytest.raises(StateUnusable, match=r"is no file; give DOORWARD_MASTER_KEY_FILE the right file"):
            read_master_key(no_file)


@pytest.mark.parametrize("make", ["missing/master.key", "file/master.key"])
def test_where_no_file_can_be_made_the_message_says_what_to_give(tmp_path: Path, make: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnusable, match=r"cannot be made .*; give DOORWARD_MASTER_KEY_FILE a path"):
        read_or_make_master_key(tmp_path / make)


def test_a_link_that_leads_nowhere_is_not_replaced(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(StateUnusable):
        read_or_make_master_key(path)
    assert path.is_symlink()
