"""Commands as processes: whom they ask, what they print, and their exit codes."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from doorward.cli import main
from support.sidecars import START_SECONDS, Sidecar, doorward_command, start_sidecar
from support.trees import ROOT, RULES, tree, write_tree

TENANTS = "tenants: [acme]\n"
ALLOWED = ("check", "--subject", "user:alice", "--role", "viewer", "--action", "view", "--resource", "agents:1")
DENIED = ("check", "--subject", "user:alice", "--role", "viewer", "--action", "edit", "--resource", "agents:1")


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command, with nothing of Doorward in its environment but what is given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")}
    ended = subprocess.run(
        doorward_command(*arguments),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
        cwd=cwd,
        env={**clean, **(environment or {})},
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def invoke(*arguments: str, **environment: str) -> tuple[int, str]:
    """A command in this process, which starts in no time: its exit code and what it prints."""
    clean: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("DOORWARD_"))
    ended = CliRunner().invoke(main, [*arguments], env=clean | environment)
    return ended.exit_code, ended.output


class World(NamedTuple):
    """What the commands find: a sidecar on a state directory, trees, and an address where nobody answers."""

    running: Sidecar
    base: Path
    nobody: str

    def place(self, text: str) -> str:
        """Fill the names of the table in."""
        names = {"STATE": self.running.state, "GOOD": self.base / "good", "BROKEN": self.base / "broken"}
        names |= {"URL": self.running.url, "KEY": self.running.key, "NOBODY": self.nobody, "BASE": self.base}
        for name, value in names.items():
            text = text.replace(f"<{name}>", str(value))
        return text


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    base = tmp_path_factory.mktemp("world")
    good = write_tree(base / "good", tree(directory=TENANTS))
    write_tree(base / "broken", tree(rules=f"{RULES}pp, x\n"))
    running = start_sidecar(base / "state", "--policy", str(good))
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # never listens, so that connecting is refused
        yield World(running, base, f"http://127.0.0.1:{reserved.getsockname()[1]}")
    running.stop()


class Case(NamedTuple):
    """A command, its environment, its exit code and a part of what it says (on either stream)."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    code: int
    says: str


HERE = {"DOORWARD_STATE": "<STATE>"}
APART = {"DOORWARD_STATE": "<BASE>/apart", "DOORWARD_POLICY": "<GOOD>"}
NAMED = {"DOORWARD_STATE": "<BASE>/none", "DOORWARD_URL": "<URL>", "DOORWARD_KEY": "<KEY>"}
CASES = (
    Case("the one that holds the lock: yes", ALLOWED, HERE, 0, "ALLOWED"),
    Case("the one that holds the lock: no", DENIED, HERE, 1, "DENIED"),
    Case("the one that is named: yes", ALLOWED, NAMED, 0, "ALLOWED"),
    Case("the one that is named: no", DENIED, NAMED, 1, "DENIED"),
    Case("the option counts more", (*ALLOWED, "--url", "<URL>"), NAMED | {"DOORWARD_URL": "<NOBODY>"}, 0, "ALLOWED"),
    Case("a named one and only that", ALLOWED, HERE | {"DOORWARD_URL": "<NOBODY>"}, 5, "doorward serve"),
    Case("a wrong key", ALLOWED, NAMED | {"DOORWARD_KEY": "wrong"}, 5, "DOORWARD_KEY"),
    Case("no key for another address", ALLOWED, {**NAMED, "DOORWARD_KEY": ""}, 5, "DOORWARD_KEY"),
    Case("in process: yes", ALLOWED, APART, 0, "ALLOWED"),
    Case("in process: no", DENIED, APART, 1, "DENIED"),
    Case("in process, a broken tree", ALLOWED, {**APART, "DOORWARD_POLICY": "<BROKEN>"}, 3, "policies/access.csv:8"),
    Case("in process, no tree", ALLOWED, {"DOORWARD_STATE": "<BASE>/empty"}, 3, "doorward init"),
    Case("in process, no place for state", ALLOWED, {**APART, "DOORWARD_STATE": "/proc/x"}, 5, "cannot be written"),
    Case("files only: yes", (*ALLOWED, "--policy", "<GOOD>"), {"DOORWARD_URL": "<NOBODY>"}, 0, "ALLOWED"),
    Case("an unknown tenant", (*ALLOWED, "--tenant", "nope"), HERE, 1, "unknown tenant 'nope'"),
    Case("explained", (*ALLOWED, "--explain", "--tenant", "acme"), HERE, 0, "policies/access.csv:1"),
    Case("health: ready", ("health",), HERE, 0, "ready, policy dir:"),
    Case("health: named", ("health", "--url", "<URL>"), {}, 0, "ready"),
    Case("health: nobody there", ("health",), {"DOORWARD_STATE": "<BASE>/empty"}, 5, "not ready"),
    Case("health: nobody at the address", ("health",), HERE | {"DOORWARD_URL": "<NOBODY>"}, 5, "not ready"),
    Case("lint: it loads", ("policy", "lint", "<GOOD>"), {}, 0, "5 rules, revision dir:"),
    Case("show", ("policy", "show", "<GOOD>"), {}, 0, "viewers-view-agents"),
    Case("init: no git", ("init", "<BASE>/new"), {"PATH": "/nowhere"}, 5, "git is not installed"),
)


IN_PROCESS = (
    Case("files only: no", (*DENIED, "--policy", "<GOOD>"), {}, 1, "DENIED"),
    Case("files only, broken", (*ALLOWED, "--policy", "<BROKEN>"), HERE, 3, "policies/access.csv:8: unknown row type"),
    Case("files only, missing", (*ALLOWED, "--policy", "<BASE>/none"), HERE, 3, "no such folder"),
    Case("a subject that is a role", ("check", "--subject", "role:admin", *ALLOWED[3:]), HERE, 2, "subject.type"),
    Case("an option missing", ALLOWED[:-2], HERE, 2, "--resource"),
    Case("no TYPE:ID", (*ALLOWED[:-1], "agents"), HERE, 2, "no TYPE:ID"),
    Case("no setting", (*ALLOWED, "--set", "x=1"), HERE, 2, "--set"),
    Case("lint: by the environment", ("policy", "lint"), {"DOORWARD_POLICY": "<GOOD>"}, 0, "ok"),
    Case(
        "lint: it does not load",
        ("policy", "lint", "<BROKEN>"),
        {},
        3,
        "policies/access.csv:8: error DW003 invalid-row: unknown row type",
    ),
    Case("lint: no folder", ("policy", "lint", "<BASE>/none"), {}, 3, "no such folder"),
    Case("lint: a file", ("policy", "lint", "<GOOD>/models/access.conf"), {}, 3, "it is a file; give the folder"),
    Case("lint: no tree at all", ("policy", "lint", "<BASE>/state"), {}, 3, "neither models/ nor policies/"),
    Case(
        "show: the effect", ("policy", "show", "<GOOD>"), {}, 0, "effect: allowed if some rule allows and none denies"
    ),
    Case("show: it does not load", ("policy", "show", "<BROKEN>"), {}, 3, "policies/access.csv:8"),
    Case("init: not empty", ("init", "<GOOD>"), {}, 5, "is not empty"),
    Case("init: a file", ("init", "<GOOD>/models/access.conf"), {}, 5, "access.conf"),
    Case("no command", ("nothing",), {}, 2, "No such command"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exit_code(case: Case, world: World) -> None:
    (world.base / "empty").mkdir(exist_ok=True)
    environment = {name: world.place(value) for name, value in case.environment.items()}
    ended = run(*map(world.place, case.command), environment=environment, cwd=world.base)
    assert ended.returncode == case.code, ended.stdout + ended.stderr
    assert world.place(case.says) in ended.stdout + ended.stderr


@pytest.mark.parametrize("case", IN_PROCESS, ids=lambda case: case.name)
def test_exit_code_of_what_needs_no_process_of_its_own(case: Case, world: World) -> None:
    environment = {name: world.place(value) for name, value in case.environment.items()}
    code, said = invoke(*map(world.place, case.command), **environment)
    assert code == case.code, said
    assert world.place(case.says) in said


def test_json_is_the_body_of_the_api(world: World) -> None:
    said = run(*ALLOWED, "--json", "--explain", environment={"DOORWARD_STATE": str(world.running.state)})
    question = {
        "subject": {"type": "user", "id": "alice", "properties": {"roles": ["viewer"]}},
        "action": {"name": "view"},
        "resource": {"type": "agents", "id": "1"},
        "context": {"explain": True},
    }
    assert json.loads(said.stdout) == world.running.post("/access/v1/evaluation", question)
    in_process = {"DOORWARD_STATE": str(world.base / "apart-json"), "DOORWARD_POLICY": str(world.base / "good")}
    assert json.loads(run(*ALLOWED, "--json", "--explain", environment=in_process).stdout) == json.loads(said.stdout)
    health = run("health", "--json", environment={"DOORWARD_STATE": str(world.running.state)})
    assert json.loads(health.stdout) == world.running.get("/readyz")


def test_json_of_policy_commands(world: World) -> None:
    good, broken = str(world.base / "good"), str(world.base / "broken")
    revision = world.running.get("/readyz")["revision"]
    loads = {"loads": True, "revision": revision, "rules": 5, "problems": [], "findings": [], "silenced": 0}
    assert json.loads(run("policy", "lint", "--json", good).stdout) == loads
    code, said = invoke("policy", "lint", "--json", broken)
    (problem,) = json.loads(said)["problems"]
    assert (code, problem["path"], problem["line"]) == (3, "policies/access.csv", 8)
    code, said = invoke("policy", "show", "--json", good)
    shown = json.loads(said)
    assert (code, shown["revision"], len(shown["rules"]), shown["tenants"]) == (0, revision, 5, ["acme"])


def test_a_stale_sidecar_is_healthy_and_says_so(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "policy", tree())
    running = start_sidecar(tmp_path / "state", "--policy", str(root))
    try:
        (root / "policies/access.csv").write_text("pp, x\n")
        running.request("POST", "/v1/policy/reload")
        ended = run("health", environment={"DOORWARD_STATE": str(running.state)})
    finally:
        running.stop()
    assert ended.returncode == 0
    assert "stale: the newest policy is refused: policies/access.csv:1: unknown row type" in ended.stdout


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("there", [True, False], ids=["an empty folder", "no folder yet"])
def test_init_makes_a_repository_with_one_commit(there: bool, tmp_path: Path) -> None:
    folder = tmp_path / "deep/policy"
    if there:
        folder.mkdir(parents=True)
    ended = run("init", str(folder), cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert git(folder, "rev-list", "--count", "HEAD") == "1\n"
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "main\n"
    for name in ("models/access.conf", "policies/access.csv", "policies/directory.yaml"):
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
        assert f"  {name}\n" in ended.stdout
    assert invoke("policy", "lint", str(folder))[0] == 0
    assert invoke("init", str(folder))[0] == 5


def test_init_says_what_it_made_as_json_too(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    code, output = invoke("init", str(folder), "--json")[:2]
    assert code == 0
    made = json.loads(output)
    assert made["folder"] == str(folder)
    assert "policies/access.csv" in made["files"]
    assert all((folder / name).is_file() for name in made["files"])


def test_a_lost_first_key_is_replaced_where_no_sidecar_runs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    start_sidecar(state).stop()
    (state / "admin.key").unlink()

    environment = {"DOORWARD_STATE": str(state)}
    made = run("keys", "create", "--name", "second", "--scope", "admin:keys", environment=environment)

    assert made.returncode == 0, made.stderr
    process = start_sidecar(state, key=made.stdout.split()[0])
    try:
        status, _, _ = process.request("GET", "/v1/keys")
    finally:
        process.stop()
    assert status == 200
