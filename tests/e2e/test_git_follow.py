"""A branch is followed whole or not at all: under load, through broken commits and force-pushes, across restarts."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from e2e.test_reload_breakages import refusal
from e2e.test_reload_storm import load
from e2e.test_reload_writers import DOCUMENTS, Asker, good_answer, good_tree
from support.git_repositories import Repository
from support.git_servers import HttpServer, SshServer, wait_until
from support.sidecars import Sidecar, Start, doorward_command
from support.slack import SLACK
from support.trees import ACCESS_RULES, DIRECTORY, tree

COMMITS = 100
POLL_SECONDS = 0.5
ASK_EVERY_SECONDS = 0.02  # often enough to see whatever is served between two polls
POLLING = {"DOORWARD_POLL_SECONDS": str(POLL_SECONDS)}
BROKEN = {ACCESS_RULES: b"p, half, user:alice\n"}


def served(sidecar: Sidecar) -> str:
    return str(sidecar.get("/readyz")["revision"])


def wait_for(sidecar: Sidecar, commit: str) -> None:
    wait_until(lambda: served(sidecar) == f"git:{commit}", f"{commit} is not served")


def problem(sidecar: Sidecar) -> str:
    """What is wrong with the newest commit, or with the way to it."""
    return str(sidecar.get("/readyz").get("reason", ""))


def newest(sidecar: Sidecar) -> str:
    return str(sidecar.get("/v1/policy")["newest"])


class Branch:
    """A branch that goes forward, breaks, and is forced aside; what may be answered, and when each was pushed."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.number = 0
        self.good: dict[str, int] = {}
        self.pushed: dict[int, float] = {}
        self.line = self.forward()

    def forward(self) -> str:
        """A good commit on top of everything that was pushed in line."""
        self.number += 1
        self.line = self.repository.commit(good_tree(self.number), onto=getattr(self, "line", None))
        self.good[f"git:{self.line}"] = self.number
        self.pushed[self.number] = time.monotonic()
        return self.line

    def broken(self) -> str:
        """A broken commit in line."""
        self.line = self.repository.commit({**good_tree(self.number), **BROKEN}, onto=self.line)
        return self.line

    def forced(self) -> str:
        """A good tree on a commit that the served one does not lead to."""
        root = self.repository.commit_tree(self.repository.tree(good_tree(self.number + 1)))
        return self.repository.point(root)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("carrier", ["git_http", pytest.param("git_ssh", marks=pytest.mark.needs("sshd"))])
def test_every_answer_is_of_a_whole_good_commit_in_line(
    carrier: str, tmp_path: Path, request: pytest.FixtureRequest, sidecar: Start, scale: float
) -> None:
    server: HttpServer | SshServer = request.getfixturevalue(carrier)
    environment = dict(POLLING)
    if isinstance(server, SshServer):
        branch = Branch(Repository(tmp_path / "policy.git"))
        url = server.url(branch.repository.path)
        environment["GIT_SSH_COMMAND"] = server.command
    else:
        branch = Branch(server.repository())
        url = server.url()
    running = sidecar("--policy", url, environment=environment)
    dice = random.Random(4)  # noqa: S311 - the same storm every time
    with load(running, ASK_EVERY_SECONDS) as clients:
        for turn in range(max(6, round(COMMITS * scale))):
            kind = turn % 3
            if kind == 1:
                tip = branch.broken()
            elif kind == 2 and dice.random() < 0.5:
                tip = branch.forced()
            else:
                tip = branch.forward()
            wait_until(lambda tip=tip: newest(running) == f"git:{tip}", "the commit is not seen")  # type: ignore[misc]
            time.sleep(dice.random() * 0.2)
        last = branch.forward()
        wait_for(running, last)
        time.sleep(0.05)
    assert [client.failure for client in clients] == [None] * len(clients)
    for client in clients:
        numbers = [branch.good[run.revision] for run in client.runs]  # an unknown revision is a KeyError
        assert numbers == sorted(numbers), "a right that was taken away came back"
        for run, number in zip(client.runs, numbers, strict=True):
            says = good_answer(number)
            assert run.decisions == [says[DOCUMENTS.index(name)] for name in client.documents]
        older = [
            run.last - branch.pushed[number + 1]
            for run, number in zip(client.runs, numbers, strict=True)
            if number + 1 in branch.pushed
        ]
        assert max(older) < 2 * POLL_SECONDS * SLACK, "a revocation did not hold in time"


def test_what_a_broken_commit_revoked_stays_revoked_when_only_the_fault_is_repaired(
    git_http: HttpServer, sidecar: Start
) -> None:
    repository = git_http.repository()
    first = repository.commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    revoking = {**good_tree(2), DIRECTORY: b"resources: [\n"}
    broken = repository.commit(revoking)
    wait_until(lambda: newest(running) == f"git:{broken}", "the broken commit is not seen")
    assert refusal(running)[0].startswith(DIRECTORY)
    with Asker(running) as asker:
        assert asker.ask() == (f"git:{first}", good_answer(1))
        repaired = repository.commit({**revoking, DIRECTORY: good_tree(2)[DIRECTORY]})
        wait_for(running, repaired)
        assert asker.ask() == (f"git:{repaired}", good_answer(2))


@pytest.mark.needs("sshd")
def test_a_branch_is_followed_over_ssh(git_ssh: SshServer, sidecar: Start, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    repository.commit(good_tree(1))
    environment = {**POLLING, "GIT_SSH_COMMAND": git_ssh.command}
    running = sidecar("--policy", git_ssh.url(repository.path), environment=environment)
    wait_for(running, repository.commit(good_tree(2)))


def test_a_restart_while_the_tip_is_broken_serves_the_last_good_commit_and_says_so(
    git_http: HttpServer, sidecar: Start
) -> None:
    repository = git_http.repository()
    good = repository.commit(good_tree(1))
    sidecar("--policy", git_http.url(), environment=POLLING).stop()
    broken = repository.commit({**good_tree(1), **BROKEN})
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    health = running.get("/readyz")
    assert (health["revision"], health["stale"], health["from_last_good"]) == (f"git:{good}", True, True)
    assert health["newest"] == f"git:{broken}"
    assert f"{ACCESS_RULES}:1" in problem(running)
    metrics = running.request("GET", "/metrics")[2].decode()
    assert f'doorward_policy_info{{revision="git:{good}"}} 1.0' in metrics
    assert f'doorward_policy_newest_info{{revision="git:{broken}"}} 1.0' in metrics
    assert "\ndoorward_policy_from_last_good 1.0\n" in metrics
    wait_for(running, repository.commit(good_tree(2)))
    assert "from_last_good" not in running.get("/readyz")


def test_a_restart_while_the_server_is_gone_serves_the_last_good_commit_and_says_so(
    git_http: HttpServer, sidecar: Start
) -> None:
    repository = git_http.repository()
    good = repository.commit(good_tree(1))
    first = sidecar("--policy", git_http.url(), environment=POLLING)
    first.stop()
    said_first = first.log.read_text()
    git_http.stop()
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    health = running.get("/readyz")
    assert (health["revision"], health["stale"], health["from_last_good"]) == (f"git:{good}", True, True)
    assert "cannot be read: git ls-remote failed" in problem(running)
    time.sleep(POLL_SECONDS * 3)
    assert running.log.read_text().removeprefix(said_first).count("policy not changed") == 1, (
        "a lasting outage is told once"
    )
    git_http.start()
    wait_until(lambda: not running.get("/readyz")["stale"], "the server is back, and nobody noticed")
    assert "from_last_good" not in running.get("/readyz")
    assert running.get("/v1/policy")["unreadable"] is None


def test_an_outage_is_shown_and_answers_go_on(git_http: HttpServer, sidecar: Start) -> None:
    repository = git_http.repository()
    good = repository.commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    answered = running.get("/v1/policy")["answered_at"]
    git_http.behave("error")
    wait_until(lambda: "500" in problem(running), "the outage is not shown")
    status = running.get("/v1/policy")
    assert (status["state"], status["revision"]) == ("stale", f"git:{good}")
    assert str(status["answered_at"]) >= str(answered)
    assert "\ndoorward_policy_stale 1.0\n" in running.request("GET", "/metrics")[2].decode()
    with Asker(running) as asker:
        assert asker.ask() == (f"git:{good}", good_answer(1))
    git_http.behave("ok")
    wait_for(running, repository.commit(good_tree(2)))
    assert problem(running) == ""


def serve(
    state: Path, url: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    variables = {**os.environ, **(environment or {})}
    command = doorward_command("serve", "--state", str(state), "--policy", url, "--listen", "127.0.0.1:0", *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=variables)


def test_a_first_start_without_a_server_or_a_policy_names_the_fault(git_http: HttpServer, tmp_path: Path) -> None:
    repository = git_http.repository()
    state = tmp_path / "state"
    for code, message, then in (
        (3, "the repository is empty", lambda: repository.commit({**good_tree(1), **BROKEN})),
        (3, f"{ACCESS_RULES}:1", git_http.stop),
        (5, "git ls-remote failed", lambda: None),
    ):
        ended = serve(state, git_http.url(credentials="ann:s3cret@"))
        assert (ended.returncode, ended.stdout) == (code, "")
        assert message in ended.stderr
        assert "Traceback" not in ended.stderr
        assert "s3cret" not in ended.stderr
        then()


def test_a_forced_push_is_refused_across_restarts_until_it_is_allowed(git_http: HttpServer, sidecar: Start) -> None:
    repository = git_http.repository()
    first, second = repository.commit(good_tree(1)), repository.commit(good_tree(2))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    repository.point(first)
    wait_until(lambda: f"commit {first}: does not descend from {second}" in problem(running), "not refused")
    assert served(running) == f"git:{second}"
    running.stop()
    running = sidecar("--policy", git_http.url(), "--allow-rollback", second[:12], environment=POLLING)
    assert served(running) == f"git:{second}"
    assert "does not descend" in problem(running)
    running.stop()
    running = sidecar("--policy", git_http.url(), "--allow-rollback", first[:12], environment=POLLING)
    assert (served(running), problem(running)) == (f"git:{first}", "")
    running.stop()
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    assert (served(running), problem(running)) == (f"git:{first}", "")
    wait_for(running, repository.commit(good_tree(3)))


def test_another_history_is_refused_even_when_the_mirror_is_lost(git_http: HttpServer, sidecar: Start) -> None:
    repository = git_http.repository()
    accepted = repository.commit(good_tree(1))
    sidecar("--policy", git_http.url(), environment=POLLING).stop()
    state = next(git_http.root.parent.glob("state/git/*.accepted")).parent
    for mirror in state.glob("*.git"):
        mirror.rename(mirror.parent.parent / "lost")
    repository.point(repository.commit_tree(repository.tree(good_tree(2))))
    ended = serve(state.parent, git_http.url())
    assert ended.returncode == 3
    assert f"does not descend from {accepted}" in ended.stderr


def test_a_record_of_the_accepted_commit_that_is_damaged_accepts_nothing(git_http: HttpServer, sidecar: Start) -> None:
    git_http.repository().commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    running.stop()
    record = next((running.state / "git").glob("*.accepted"))
    record.write_bytes(record.read_bytes()[:20])
    ended = serve(running.state, git_http.url())
    assert ended.returncode == 3
    assert "is damaged" in ended.stderr
    record.unlink()
    assert sidecar("--policy", git_http.url()).stop() == 0


@pytest.mark.timeout(600)
def test_a_process_killed_at_any_moment_goes_on_where_it_was(
    git_http: HttpServer, sidecar: Start, scale: float
) -> None:
    repository = git_http.repository()
    numbers = {f"git:{repository.commit(good_tree(1))}": 1}
    accepted = 0
    for round_ in range(max(4, round(60 * scale))):
        running = sidecar("--policy", git_http.url(), environment=POLLING)
        assert numbers[served(running)] >= accepted
        number = len(numbers) + 1
        numbers[f"git:{repository.commit(good_tree(number))}"] = number
        time.sleep(round_ * 0.618034 % 1 * 2 * POLL_SECONDS)
        accepted = numbers[served(running)]
        running.stop(signal.SIGKILL)
    record = json.loads(next((running.state / "git").glob("*.accepted")).read_text())
    assert numbers[f"git:{record['commit']}"] >= accepted


def test_a_restart_without_mirror_and_server_says_so(git_http: HttpServer, sidecar: Start) -> None:
    git_http.repository().commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    running.stop()
    shutil.rmtree(next((running.state / "git").glob("*.git")))
    git_http.stop()
    ended = serve(running.state, git_http.url())
    assert (ended.returncode, "Traceback" in ended.stderr) == (5, False)
    assert "the accepted policy cannot be served" in ended.stderr


def test_a_sidecar_that_is_fetching_stops_at_once(git_http: HttpServer, sidecar: Start) -> None:
    repository = git_http.repository()
    repository.commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    git_http.behave("hang")
    time.sleep(2 * POLL_SECONDS)
    started = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - started < 4


def test_credentials_are_shown_nowhere(git_http: HttpServer, sidecar: Start) -> None:
    repository = git_http.repository()
    repository.commit(good_tree(1))
    git_http.behave("auth ann:s3cret")
    running = sidecar("--policy", git_http.url(credentials="ann:s3cret@"), environment=POLLING)
    git_http.behave("auth ann:changed")
    wait_until(lambda: "cannot be read" in problem(running), "the refusal is not shown")
    shown = b"".join(running.request("GET", path)[2] for path in ("/readyz", "/v1/policy", "/metrics"))
    kept = b"".join(path.read_bytes() for path in running.state.rglob("*") if path.is_file())
    assert b"s3cret" not in shown + kept
    assert git_http.url().encode() in shown


def check(policy: str, state: Path) -> subprocess.CompletedProcess[str]:
    """Ask without a sidecar that runs."""
    command = doorward_command("check", "--subject", "user:alice", "--action", "view", "--resource", "doc:3")
    environment = {"DOORWARD_POLICY": policy, "DOORWARD_STATE": str(state), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_commands_without_a_sidecar_answer_from_what_was_accepted(
    git_http: HttpServer, sidecar: Start, tmp_path: Path
) -> None:
    repository = git_http.repository()
    repository.commit(good_tree(1))
    nothing = check(git_http.url(), tmp_path / "other")
    assert nothing.returncode == 3
    assert "`doorward serve` fetches it" in nothing.stderr
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    running.stop()
    repository.commit(tree(rules="p, none, *, *, doc:*, view, True, deny\n"))
    assert check(git_http.url(), running.state).returncode == 0
    git_http.stop()
    assert check(git_http.url(), running.state).returncode == 0
    refused = check("ext::sh -c whoami", running.state)
    assert refused.returncode == 2
    assert "is not used" in refused.stderr
