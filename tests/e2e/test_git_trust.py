"""Required signatures and the webhook's secret, on a running sidecar."""

import hashlib
import hmac
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorward.cli import main
from e2e.test_git_follow import POLLING, newest, problem, serve, served, wait_for
from e2e.test_reload_writers import good_tree
from support.git_repositories import Repository
from support.git_servers import HttpServer, make_key, wait_until
from support.git_signing import LONG_AGO, allow, signed
from support.sidecars import Sidecar, Start
from support.trees import tree, write_tree

pytestmark = pytest.mark.needs("ssh-keygen")
SECRET = "a secret of the git host's"  # noqa: S105 - it is made up
PUSH = b'{"ref": "refs/heads/main"}'
SELDOM = {"DOORWARD_POLL_SECONDS": "3600"}


@dataclass
class Signing:
    """A repository whose commits must be Ann's or Bob's."""

    repository: Repository
    ann: Path
    bob: Path
    allowed: Path
    revoked: Path

    @property
    def arguments(self) -> list[str]:
        return ["--require-signed", str(self.allowed), "--revoked-signers", str(self.revoked)]

    def commit(self, number: int, key: Path, dates: dict[str, str] | None = None) -> str:
        tip = self.repository.tip
        tree_id = self.repository.tree(good_tree(number))
        return self.repository.point(signed(self.repository, key, tree_id, *([tip] if tip else []), dates=dates))


@pytest.fixture
def signing(git_http: HttpServer, tmp_path: Path) -> Signing:
    ann, bob = make_key(tmp_path / "ann"), make_key(tmp_path / "bob")
    allowed = allow(tmp_path / "allowed", ("ann@example.org", ann), ("bob@example.org", bob))
    revoked = tmp_path / "revoked"
    revoked.touch()
    return Signing(git_http.repository(), ann, bob, allowed, revoked)


def test_only_signed_commits_are_served(signing: Signing, git_http: HttpServer, sidecar: Start, tmp_path: Path) -> None:
    retired, unknown = make_key(tmp_path / "retired"), make_key(tmp_path / "unknown")
    allow(signing.allowed, ('carol@example.org valid-before="20200101"', retired), ("ann@example.org", signing.ann))
    first = signing.commit(1, signing.ann)
    running = sidecar("--policy", git_http.url(), *signing.arguments, environment=POLLING)
    for commit, why in (
        (signing.repository.commit(good_tree(2)), "has no signature"),
        (signing.commit(2, unknown), "is signed by a key that"),
        (signing.commit(2, retired, LONG_AGO), "is signed by a key that"),
    ):
        signing.repository.point(commit)
        wait_until(lambda commit=commit: newest(running) == f"git:{commit}", "not seen")  # type: ignore[misc]
        assert f"commit {commit}: {why}" in problem(running)
        assert served(running) == f"git:{first}"
        assert why in running.log.read_text()
    assert "\ndoorward_policy_stale 1.0\n" in running.request("GET", "/metrics")[2].decode()
    wait_for(running, signing.commit(3, signing.ann))


def test_the_accepted_commit_is_verified_again_at_a_restart(
    signing: Signing, git_http: HttpServer, sidecar: Start
) -> None:
    good = signing.commit(1, signing.ann)
    running = sidecar("--policy", git_http.url(), *signing.arguments, environment=POLLING)
    running.stop()
    unsigned = signing.repository.commit(good_tree(2))
    running = sidecar("--policy", git_http.url(), *signing.arguments, environment=POLLING)
    assert (served(running), running.get("/readyz")["from_last_good"]) == (f"git:{good}", True)
    assert f"commit {unsigned}: has no signature" in problem(running)
    running.stop()
    signing.revoked.write_text(Path(f"{signing.ann}.pub").read_text())
    ended = serve(running.state, git_http.url(), *signing.arguments)
    assert ended.returncode == 3
    assert "revokes" in ended.stderr
    signing.commit(3, signing.bob)
    assert sidecar("--policy", git_http.url(), *signing.arguments).stop() == 0


def test_a_key_that_was_retired_after_its_commit_was_accepted_still_counts_for_it(
    signing: Signing, git_http: HttpServer, sidecar: Start
) -> None:
    good = signing.commit(1, signing.ann)
    running = sidecar("--policy", git_http.url(), *signing.arguments, environment=POLLING)
    running.stop()
    record = next((running.state / "git").glob("*.accepted"))
    said = record.read_text()
    record.write_text(said.replace(said.split('"at": ')[1].split("}")[0], "1500000000.0"))
    allow(signing.allowed, ('ann@example.org valid-before="20200101"', signing.ann))
    running = sidecar("--policy", git_http.url(), *signing.arguments, environment=POLLING)
    assert served(running) == f"git:{good}"
    refused = signing.commit(2, signing.ann)
    wait_until(lambda: newest(running) == f"git:{refused}", "not seen")
    assert f"commit {refused}: is signed by a key that" in problem(running)


def test_a_policy_that_was_accepted_before_signatures_were_required_is_not_served(
    git_http: HttpServer, signing: Signing, sidecar: Start
) -> None:
    signing.repository.commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=POLLING)
    running.stop()
    git_http.stop()
    assert serve(running.state, git_http.url(), *signing.arguments).returncode == 5


def test_options_that_cannot_be_kept_are_refused(signing: Signing, git_http: HttpServer, tmp_path: Path) -> None:
    state, url = tmp_path / "state", git_http.url()
    folder = write_tree(tmp_path / "folder", tree())
    inside = signing.repository.path / "allowed"
    inside.write_text(signing.allowed.read_text())
    link = tmp_path / "link"
    link.symlink_to(inside)
    short = tmp_path / "short"
    short.write_text("short\n")
    for policy, arguments, message in (
        (str(folder), ["--require-signed", str(signing.allowed)], "a folder has no commits"),
        (str(folder), ["--allow-rollback", "a" * 40], "a folder has no commits"),
        (str(folder), ["--webhook-secret-file", str(signing.allowed)], "give --policy a git URL"),
        (url, ["--require-signed", str(tmp_path / "nowhere")], "cannot be read"),
        (url, ["--revoked-signers", str(signing.revoked)], "only with --require-signed"),
        (url, ["--allow-rollback", "main"], "give a commit's id"),
        (url, ["--webhook-secret-file", str(short)], "must hold 16 to 1024 bytes"),
        (signing.repository.url, ["--require-signed", str(inside)], "stands in the repository"),
        (signing.repository.url, ["--require-signed", str(link)], "stands in the repository"),
        ("ext::sh -c id", [], "is not used"),
        ("git://example.org/policy", [], "is not followed"),
        ("ssh://-oProxyCommand=x/y", [], "lacks host or path"),
    ):
        ended = CliRunner().invoke(main, ["serve", "--state", str(state), "--policy", policy, *arguments])
        assert (ended.exit_code, message in ended.output) == (2, True), ended.output


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_a_webhook_is_followed_at_once_if_it_is_signed(
    host: str, git_http: HttpServer, sidecar: Start, tmp_path: Path
) -> None:
    repository = git_http.repository()
    repository.commit(good_tree(1))
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    running = sidecar("--policy", git_http.url(), "--webhook-secret-file", str(secret), environment=SELDOM)
    commit = repository.commit(good_tree(2))
    for headers in (
        {},
        signature(host, "another secret"),
        {"X-Hub-Signature-256": "sha256="},
        {"Authorization": f"Bearer {running.key}"},
    ):
        assert hook(running, headers)[0] == 401
    seen = git_http.requests
    status, answer = hook(running, signature(host, SECRET))
    assert (status, answer) == (202, b'{"status":"accepted"}')
    wait_for(running, commit)
    replayed, began = git_http.requests, time.monotonic()
    while time.monotonic() < began + 3:
        assert hook(running, signature(host, SECRET))[0] == 202
    looks = (git_http.requests - replayed) / 2  # an unchanged branch takes at most two requests
    assert looks <= 2 * (time.monotonic() - began) + 2, "replayed webhooks load the git host"
    assert git_http.requests > seen
    assert hook(running, signature(host, SECRET), body=b"x" * 300_000)[0] == (202 if host == "gitlab" else 401)


def test_a_webhook_without_a_secret_is_refused(git_http: HttpServer, sidecar: Start) -> None:
    git_http.repository().commit(good_tree(1))
    running = sidecar("--policy", git_http.url(), environment=SELDOM)
    status, answer = hook(running, signature("github", ""))
    assert status == 403
    assert b"--webhook-secret-file" in answer


def test_a_signing_service_without_ssh_keygen_is_named(signing: Signing, git_http: HttpServer, tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("git", "sh"):
        found = subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()
        (bare / program).symlink_to(found)
    ended = serve(tmp_path / "state", git_http.url(), *signing.arguments, environment={"PATH": str(bare)})
    assert ended.returncode == 2
    assert "ssh-keygen is not installed" in ended.stderr


def signature(host: str, secret: str) -> dict[str, str]:
    if host == "gitlab":
        return {"X-Gitlab-Token": secret}
    digest = hmac.new(secret.encode(), PUSH, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def hook(sidecar: Sidecar, headers: dict[str, str], body: bytes = PUSH) -> tuple[int, bytes]:
    status, _, answer = sidecar.request("POST", "/v1/policy/webhook", body, headers)
    return status, answer
