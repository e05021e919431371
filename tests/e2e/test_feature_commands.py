"""`doorward features` on a policy repository, with a sidecar that runs and without."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.openfeature_cases import policy_files
from support.policy_repositories import git, work_tree
from support.sidecars import start_sidecar
from support.trees import FLAGS

Run = Callable[..., Result]
SCHEDULED = b"""\
scheduled:
  type: boolean
  default: off
  rules:
    - {from: 2099-01-01T00:00:00Z, serve: on}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "policy", policy_files() | {FLAGS: SCHEDULED})


def runner(monkeypatch: pytest.MonkeyPatch, state: Path, folder: Path) -> Run:
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_CHANGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(state))
    monkeypatch.setenv("DOORWARD_POLICY", str(folder))
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture(params=["a sidecar runs", "none runs"])
def run(tmp_path: Path, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    state = tmp_path / "state"
    server = start_sidecar(state, "--policy", str(folder)) if request.param == "a sidecar runs" else None
    yield runner(monkeypatch, state, folder)
    if server is not None:
        assert server.stop() == 0


def done(ended: Result) -> str:
    assert ended.exit_code == 0, ended.output
    return ended.stdout


TYPES = [
    ("boolean", "false", "true"),
    ("string", "v 1", "true"),
    ("integer", "20", "-7"),
    ("float", "1.0", "0.5"),
    ("object", '{"size": 1}', '{"size": [2]}'),
]


def test_a_flag_of_each_type_is_declared_overridden_and_left_to_the_policy_again(run: Run, folder: Path) -> None:
    done(run("tenants", "create", "--id", "acme", "--name", "Acme", "--domain", "acme.com"))
    for kind, default, own in TYPES:
        name = f"{kind}/a flag"
        about = ("--type", kind, "--default-value", default, "--description", f"Of the type {kind}", "--reason", "R")
        done(run("features", "create", "--name", name, *about))
        assert done(run("features", "get", name, "--tenant-id", "acme")) == f"{default}\n"
        done(run("features", "set-override", name, "--tenant-id", "acme", "--value", own))
        assert done(run("features", "get", name, "--tenant-id", "acme")) == f"{own}\n"
        assert "decided by   override" in done(run("features", "explain", name, "--tenant-id", "acme"))
        assert done(run("features", "get", name)) == f"{default}\n"
        done(run("features", "remove-override", name, "--tenant-id", "acme"))
        assert run("features", "remove-override", name, "--tenant-id", "acme").exit_code == 1
        assert done(run("features", "get", name, "--tenant-id", "acme")) == f"{default}\n"
    listed = json.loads(done(run("features", "list", "--json")))["items"]
    assert {f"{kind}/a flag" for kind, _, _ in TYPES} <= {one["key"] for one in listed}
    assert "Of the type float" in done(run("features", "list"))
    assert len(git(folder, "log", "--format=%H", "--", "policies/flags.yaml").split()) >= len(TYPES)


def test_lint_holds_overrides_against_the_tree_that_is_linted(run: Run, folder: Path, tmp_path: Path) -> None:
    done(run("tenants", "create", "--id", "acme", "--name", "Acme", "--domain", "acme.com"))
    done(run("features", "set-override", "scheduled", "--tenant-id", "acme", "--value", "true"))
    assert ", 1 override, 1 tenant, revision" in done(run("policy", "lint", str(folder), "--live", "--strict"))

    shutil.copytree(folder, tmp_path / "next", ignore=shutil.ignore_patterns(".git"))
    (tmp_path / "next" / FLAGS).write_text("another: {type: boolean, default: off}\n")
    told = run("policy", "lint", str(tmp_path / "next"), "--live", "--strict")
    assert told.exit_code == 1
    assert "DW501 override-without-flag" in told.stdout
    assert "it counts today, and would not any more" in told.stdout


def test_what_cannot_be_done_says_why(run: Run) -> None:
    done(run("features", "create", "--name", "beta", "--type", "boolean", "--default-value", "false"))
    twice = run("features", "create", "--name", "beta", "--type", "boolean", "--default-value", "false")
    assert (twice.exit_code, "exists" in twice.stderr) == (1, True)
    unknown = run("features", "get", "gamma")
    assert (unknown.exit_code, "gamma" in unknown.stderr) == (1, True)
    nowhere = run("features", "set-override", "beta", "--tenant-id", "nowhere", "--value", "true")
    assert (nowhere.exit_code, "nowhere" in nowhere.stderr) == (1, True)
    over = run(
        "features", "set-override", "beta", "--tenant-id", "acme", "--value", "true", "--expires-at", "2001-01-01"
    )
    assert (over.exit_code, "expires_at" in over.stderr) == (2, True)


def test_a_schedule_is_looked_at_from_another_time(run: Run) -> None:
    assert done(run("features", "get", "scheduled")) == "false\n"
    assert done(run("features", "get", "scheduled", "--at", "2099-01-01")) == "true\n"
    assert done(run("features", "get", "scheduled", "--at", "2098-12-31T23:59:59.999Z")) == "false\n"
    told = json.loads(done(run("features", "explain", "scheduled", "--at", "2099-01-02", "--json")))
    assert (told["value"], told["rule"], told["at"]) == (True, 1, "2099-01-02T00:00:00.000Z")


def test_a_flag_that_waits_for_review_is_not_served(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(monkeypatch, tmp_path / "state", folder)
    monkeypatch.setenv("DOORWARD_CHANGES", "review")
    waits = done(run("features", "create", "--name", "beta", "--type", "boolean", "--default-value", "false"))
    assert "waits for review on the branch doorward/" in waits
    assert run("features", "get", "beta").exit_code == 1
