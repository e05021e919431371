"""A folder as a source: what is read from it, what is refused, and that changes are noticed."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.sources import DirectorySource, read_tree
from doorward.sources.directory import QUIET_SECONDS
from doorward.sources.watching import watch
from support.trees import ACCESS_MODEL, ACCESS_RULES, tree, write_tree

SOON_SECONDS = 3.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "policy", tree())


def faults(root: Path) -> dict[str, str]:
    """What is wrong with a folder, by place."""
    with pytest.raises(PolicyInvalid) as caught:
        read_tree(root)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_files_of_the_two_folders_are_read_and_nothing_else(root: Path) -> None:
    write_tree(root, {"README.md": b"x", "docs/a.csv": b"x", "policies/more/b.csv": b"y\n"})
    (root / "policies/empty").mkdir()
    assert read_tree(root) == tree() | {"policies/more/b.csv": b"y\n"}


def test_names_with_a_dot_in_front_are_left_out(root: Path) -> None:
    write_tree(root, {"policies/.access.csv.swp": b"x", "policies/.git/config": b"x", "models/..data/a": b"x"})
    (root / "policies/.pipe").parent.mkdir(exist_ok=True)
    os.mkfifo(root / "policies/.pipe")
    assert read_tree(root) == tree()


def test_a_folder_without_either_is_an_empty_tree(tmp_path: Path) -> None:
    assert read_tree(tmp_path) == {}
    assert read_tree(tmp_path / "missing") == {}


def test_links_inside_the_tree_are_read(root: Path) -> None:
    (root / ACCESS_RULES).rename(root / "policies/.real.csv")
    (root / ACCESS_RULES).symlink_to(".real.csv")
    assert read_tree(root) == tree()


def test_a_root_that_is_a_link_is_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(root)
    assert read_tree(tmp_path / "current") == tree()


def outside(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def beside(path: Path) -> None:
    """In the root, but by a way through another folder that is not in the tree."""
    (path.parents[2] / "other").write_bytes(b"x\n")
    path.symlink_to("../../other")


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link out": (outside, "leads out of the policy tree"),
    "a link just out": (beside, "leads out of the policy tree"),
    "a link to nothing": (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "cannot be read"),
    "a link to a folder": (lambda path: path.symlink_to("../models"), "no plain file"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "leads out"),
    "a named pipe": (os.mkfifo, "no plain file"),
    "a socket": (a_socket, "no plain file"),
}


@pytest.mark.parametrize(("make", "says"), ODD.values(), ids=ODD)
def test_what_is_no_plain_file_of_the_tree_is_refused(make: Callable[[Path], object], says: str, root: Path) -> None:
    make(root / "policies/odd.csv")
    found = faults(root)
    assert list(found) == ["policies/odd.csv"]
    assert says in found["policies/odd.csv"]


@pytest.mark.parametrize("name", [b"\xff.csv", b"a\nb.csv", b"a\x1b[31m.csv", "\u202e.csv".encode()])
def test_a_name_that_no_log_can_show_is_refused(name: bytes, root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root / "policies") + b"/" + name)).touch()
    ((path, message),) = faults(root).items()
    assert path.isascii()
    assert path.isprintable()
    assert "rename it" in message


def test_a_file_of_many_gibibytes_is_refused_unread(root: Path) -> None:
    os.truncate(root / ACCESS_RULES, 1 << 40)  # sparse: takes no room
    started = time.monotonic()
    assert "larger than" in faults(root)[ACCESS_RULES]
    assert time.monotonic() - started < 1


def test_too_many_files_are_refused(root: Path) -> None:
    write_tree(root, {f"policies/{number}.csv": b"" for number in range(1_100)})
    assert "too large to be a policy" in faults(root)["."]


def test_all_faults_are_told_at_once(root: Path) -> None:
    os.mkfifo(root / "policies/a")
    outside(root / "policies/b")
    assert set(faults(root)) == {"policies/a", "policies/b"}


def test_a_quiet_folder_is_read_at_once_and_a_busy_one_when_it_is_quiet(root: Path) -> None:
    long_ago = time.time() - 60
    for path in root.rglob("*.c*"):
        os.utime(path, (long_ago, long_ago))

    def seconds(source: DirectorySource) -> float:
        started = time.monotonic()
        source.read()
        return time.monotonic() - started

    assert min(seconds(DirectorySource(root)) for _ in range(5)) < QUIET_SECONDS / 2
    source = DirectorySource(root)
    source.read()
    (root / ACCESS_RULES).write_bytes(b"# new\n")
    assert seconds(source) >= QUIET_SECONDS


def test_what_is_written_in_two_steps_is_read_whole(root: Path) -> None:
    source = DirectorySource(root)
    source.read()
    (root / ACCESS_RULES).write_bytes(b"# one\n")
    started, lasted = time.monotonic(), []

    def second_step() -> None:
        (root / ACCESS_MODEL).write_bytes(b"# two\n")
        lasted.append(time.monotonic() - started)

    later = threading.Timer(QUIET_SECONDS / 2, second_step)
    later.start()
    read = source.read()
    later.join()
    if lasted[0] < QUIET_SECONDS * 0.8:  # else this machine slept, and half of it stood there for long
        assert read == {ACCESS_RULES: b"# one\n", ACCESS_MODEL: b"# two\n"}


@contextlib.contextmanager
def watching(source: DirectorySource) -> Iterator[Callable[..., bool]]:
    """Follow a folder as the sidecar does; gives a function that waits until it was read again, if it is."""
    stop, read = threading.Event(), threading.Semaphore(0)

    def changed() -> None:
        with contextlib.suppress(PolicyInvalid):  # noticed all the same
            source.read()
        read.release()

    thread = threading.Thread(target=watch, args=(source, changed, stop))
    thread.start()
    try:
        yield lambda seconds=SOON_SECONDS: read.acquire(timeout=seconds)
    finally:
        stop.set()
        thread.join(SOON_SECONDS)
        assert not thread.is_alive()


def test_changes_are_noticed_also_of_a_folder_that_comes_and_goes(root: Path) -> None:
    source = DirectorySource(root)
    source.read()
    with watching(source) as noticed:
        (root / ACCESS_RULES).write_bytes(b"# new\n")
        assert noticed()
        aside = root.with_name("aside")
        root.rename(aside)
        assert noticed()
        aside.rename(root)
        assert noticed()
        (root / ACCESS_RULES).unlink()
        assert noticed()
        (root / "policies").rmdir()
        (root / "policies").mkdir()
        (root / ACCESS_RULES).write_bytes(b"# again\n")
        assert noticed()


def test_what_does_not_change_is_not_noticed(root: Path) -> None:
    source = DirectorySource(root)
    source.read()
    with watching(source) as noticed:
        write_tree(root, {"README.md": b"x", "policies/.swap": b"x"})
        (root / ACCESS_RULES).read_bytes()
        assert not noticed(0.8)


FOLLOW_WITHOUT_WATCHES = """
import os, resource, sys, threading
from pathlib import Path
from doorward.sources import DirectorySource
from doorward.sources.watching import watch
root = Path(sys.argv[1])
source, stop = DirectorySource(root), threading.Event()
source.read()
here = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (here + 1, here + 1))  # enough to read, not to watch
print("watching", flush=True)
def changed():
    print(sorted(source.read().items()), flush=True)
    stop.set()
watch(source, changed, stop)
"""


def test_changes_are_noticed_where_the_system_reports_none(root: Path) -> None:
    command = [sys.executable, "-c", FOLLOW_WITHOUT_WATCHES, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        (root / ACCESS_RULES).write_bytes(b"# new\n")
        said, told = process.communicate(timeout=20)
    assert "b'# new\\n'" in said
    assert process.returncode == 0
    assert "looking for changes every" in told
    assert "Traceback" not in told
