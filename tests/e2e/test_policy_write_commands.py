"""`doorward roles` and `doorward rules`: on a running sidecar, and where none runs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.policy_repositories import git, remote, work_tree
from support.sidecars import Start, start_sidecar
from support.trees import ACCESS_RULES, RULES

Run = Callable[..., Result]


def runner(monkeypatch: pytest.MonkeyPatch, state: Path, policy: str) -> Run:
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_CHANGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(state))
    monkeypatch.setenv("DOORWARD_POLICY", policy)
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "policy")


@pytest.fixture(params=["a sidecar runs", "none runs"])
def run(tmp_path: Path, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    state = tmp_path / "state"
    server = start_sidecar(state, "--policy", str(folder)) if request.param == "a sidecar runs" else None
    yield runner(monkeypatch, state, str(folder))
    if server is not None:
        assert server.stop() == 0


CREATE = ("rules", "create", "agent-creation", "--resource", "agents", "--action", "create", "--min-role", "user")


def test_a_rule_is_created_shown_listed_and_deleted(run: Run, folder: Path) -> None:
    made = run(*CREATE, "--subscription-required", "--description", "Make agents", "--reason", "asked for")
    assert made.exit_code == 0, made.output
    assert "policies/access.csv:6" in made.output
    shown = run("rules", "show", "agent-creation", "--json")
    assert json.loads(shown.output)["description"] == "Make agents"
    listed = json.loads(run("rules", "list", "--json").output)
    assert [one["name"] for one in listed["items"]][-2:] == ["agent-creation", "agent-creation.requires-subscription"]
    assert listed["next"] is None
    assert "agent-creation" in run("rules", "list").output
    gone = run("rules", "delete", "agent-creation", "--reason", "no more")
    assert gone.exit_code == 0
    assert gone.output.startswith("deleted agent-creation (commit ")
    assert (folder / ACCESS_RULES).read_text() == RULES
    assert git(folder, "log", "--format=%s", "-2").splitlines() == [
        "Delete rule agent-creation",
        "Create rule agent-creation",
    ]


def test_a_role_is_created_shown_and_listed(run: Run) -> None:
    made = run(
        "roles", "create", "editor", "--permissions", "view_agents, edit_agents", "--permission", "run_flows", "--json"
    )
    assert made.exit_code == 0, made.output
    role = json.loads(made.output)
    assert role["permissions"] == ["edit_agents", "run_flows", "view_agents"]
    assert json.loads(run("roles", "show", "editor", "--json").output) == role
    assert "edit_agents, run_flows, view_agents" in run("roles", "list").output
    assert "holds        user" in run("roles", "show", "admin").output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("rules", "delete", "nobody"), 1, "there is no rule 'nobody'"),
        (("rules", "show", "nobody"), 1, "there is no rule 'nobody'"),
        (("roles", "show", "no/body"), 1, "there is no role 'no/body'"),
        (("roles", "create", "viewer"), 1, "viewer exists already"),
        (("roles", "create", "a b"), 2, "name must be"),
        (("roles", "create", "a", "--permission", "view"), 2, "no VERB_TYPE"),
        ((*CREATE[:-2],), 2, "min_role is missing"),
        ((*CREATE, "--condition", "ip=1"), 2, "conditions.ip is not known"),
        ((*CREATE, "--condition", "ip"), 2, "is no NAME=VALUE"),
        ((*CREATE, "--reason", "a\nb"), 2, "reason"),
    ],
)
def test_what_cannot_be_ends_with_a_code_and_says_why(
    arguments: tuple[str, ...], code: int, says: str, run: Run, folder: Path
) -> None:
    ended = run(*arguments)
    assert ended.exit_code == code, ended.output
    assert says in ended.output
    assert (folder / ACCESS_RULES).read_text() == RULES


def test_a_dirty_work_tree_is_told(run: Run, folder: Path) -> None:
    (folder / "README.md").write_text("changed\n")
    ended = run(*CREATE)
    assert ended.exit_code == 1
    assert "commit or discard that first" in ended.output


def test_a_policy_that_does_not_load_is_told_line_by_line(
    folder: Path, sidecar: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sidecar("--policy", str(folder))
    run = runner(monkeypatch, server.state, str(folder))
    (folder / ACCESS_RULES).write_text(RULES + "p, short\n")
    git(folder, "commit", "--quiet", "--all", "--message", "Break it")
    ended = run(*CREATE)
    assert ended.exit_code == 3
    assert f"{ACCESS_RULES}:8: a p row has 7 fields" in ended.output


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_in_review_the_branch_is_told(
    folder: Path, tmp_path: Path, form: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(monkeypatch, tmp_path / "state", str(folder))
    monkeypatch.setenv("DOORWARD_CHANGES", "review")
    for arguments in (CREATE, ("roles", "create", "editor"), ("rules", "delete", "admins-do-everything")):
        ended = run(*arguments, *form)
        assert ended.exit_code == 0, ended.output
        branch = json.loads(ended.output)["branch"] if form else ended.output.split()[6]
        assert git(folder, "rev-list", "--count", f"main..{branch}").strip() == "1"
    assert (folder / ACCESS_RULES).read_text() == RULES
    monkeypatch.setenv("DOORWARD_CHANGES", "both")
    assert "neither direct nor review" in run(*CREATE).output


def test_a_repository_is_changed_also_where_no_sidecar_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = remote(tmp_path / "remote.git", folder)
    policy = f"{bare.as_uri()}#main"
    state = tmp_path / "state"
    assert start_sidecar(state, "--policy", policy).stop() == 0
    run = runner(monkeypatch, state, policy)
    assert run(*CREATE).exit_code == 0
    assert "p, agent-creation, " in git(bare, "show", f"main:{ACCESS_RULES}")
    assert json.loads(run("rules", "show", "agent-creation", "--json").output)["name"] == "agent-creation"


@pytest.mark.parametrize("content", [None, "no key"], ids=["a key that is not there", "a file that is no key"])
def test_a_key_that_cannot_sign_is_told_before_anything_is_changed(
    content: str | None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_text(content)
        key.chmod(0o600)
    run = runner(monkeypatch, tmp_path / "state", str(folder))
    monkeypatch.setenv("DOORWARD_SIGNING_KEY", str(key))
    ended = run(*CREATE)
    assert ended.exit_code == 2, ended.output
    assert "DOORWARD_SIGNING_KEY" in ended.output
    assert "is no private SSH key" in " ".join(ended.output.split())
    assert (folder / ACCESS_RULES).read_text() == RULES
