"""Running git: what it ends with, what it says, what it may use up; with the real git."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from doorward.sources.git.command import Git, GitExceeded, GitFailed
from support.git_repositories import Repository
from support.git_servers import wait_until


def test_a_failure_tells_what_git_ended_with(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    old = repository.commit({"README": b"1"})
    new = repository.commit({"README": b"2"})
    git = Git(repository.path)
    git.run("merge-base", "--is-ancestor", old, new)
    with pytest.raises(GitFailed) as no:
        git.run("merge-base", "--is-ancestor", new, old)
    with pytest.raises(GitFailed) as unknown:
        git.run("merge-base", "--is-ancestor", "0" * 40, old)
    with pytest.raises(GitExceeded) as killed:
        git.run("cat-file", "blob", f"{old}:README", max_output_bytes=0)
    assert (no.value.code, unknown.value.code, killed.value.code) == (1, 128, None)


def talking(tmp_path: Path, script: str) -> Git:
    """A git that talks to an ssh that is this shell script."""
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Git(tmp_path, environment={"GIT_SSH_COMMAND": str(program), "GIT_SSH_VARIANT": "simple"})


ADDRESS = "ssh://git@127.0.0.1/policy.git"


def test_git_is_read_whatever_number_its_pipes_have(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_000), hard))
    with contextlib.ExitStack() as many:
        many.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1_100):
            many.enter_context(Path(os.devnull).open("rb"))
        assert Git(tmp_path).run("version").startswith(b"git version")


@pytest.mark.parametrize(
    "words", ["git@127.0.0.1: Permission denied (publickey).", "Host key verification failed."], ids=["key", "host"]
)
def test_what_ssh_says_is_told(words: str, tmp_path: Path) -> None:
    with pytest.raises(GitFailed) as refused:
        talking(tmp_path, f"echo '{words}' >&2; exit 255").run("ls-remote", "--", ADDRESS)
    assert str(refused.value) == f"git ls-remote failed: {words}"


def test_the_common_words_are_told_where_there_are_no_others(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match=r"failed: fatal: Could not read from remote repository\.$"):
        talking(tmp_path, "exit 255").run("ls-remote", "--", ADDRESS)


def test_the_same_outage_is_told_in_the_same_words(tmp_path: Path) -> None:
    said = set()
    for milliseconds in (0, 12):
        words = f"Failed to connect to 127.0.0.1 port 1 after {milliseconds} ms: no"
        with pytest.raises(GitFailed) as refused:
            talking(tmp_path, f"echo '{words}' >&2; exit 255").run("ls-remote", "--", ADDRESS)
        said.add(str(refused.value))
    assert said == {"git ls-remote failed: Failed to connect to 127.0.0.1 port 1: no"}


def test_messages_without_end_are_kept_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    script = "trap '' PIPE; head -c 20000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo the last words >&2; exit 255"
    with pytest.raises(GitFailed, match="the last words"):
        talking(tmp_path, script).run("ls-remote", "--", ADDRESS, max_file_bytes=1 << 20)
    assert not list(folder.iterdir())


def test_what_is_left_running_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(GitFailed, match="the last words"):
        talking(tmp_path, "sleep 60 >&- <&- & echo $! >pid; echo the last words >&2").run("ls-remote", "--", ADDRESS)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert time.monotonic() - started < 20


def test_lines_that_nobody_wants_count_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit({"README": b"\n"})
    many = "".join(f"create refs/heads/branch-{number} {commit}\n" for number in range(500))
    repository.git("update-ref", "--stdin", given=many.encode())
    git = Git(repository.path)
    line = f"{commit} refs/heads/main\n".encode()
    show = ("for-each-ref", "--format=%(objectname) %(refname)")
    assert git.run(*show, max_output_bytes=10_000, wanted=lambda one: one.endswith(b"/main")) == line
    with pytest.raises(GitExceeded, match="printed more than 10000 bytes"):
        git.run(*show, max_output_bytes=10_000)


@pytest.mark.skipif(shutil.which("timeout") is None, reason="needs timeout")
def test_a_git_that_nobody_waits_for_ends_by_itself(tmp_path: Path) -> None:
    talking(tmp_path, "echo $$ >pid; exec sleep 300")
    code = (
        "import os; from pathlib import Path; from doorward.sources.git.command import Git;"
        f"Git(Path({str(tmp_path)!r})).run('ls-remote', '--', {ADDRESS!r}, seconds=1)"
    )
    environment = {**os.environ, "GIT_SSH_COMMAND": str(tmp_path / "ssh"), "GIT_SSH_VARIANT": "simple"}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL) as killed:
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "", "git does not start")
        killed.kill()
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_running(pid), "ssh goes on running", seconds=30)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
