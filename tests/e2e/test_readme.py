"""The README and the tutorial do what they say, in a fresh folder, against a real sidecar."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.sidecars import Sidecar, Start, doorward_command
from support.trees import ROOT

README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "docs/tutorial/first-policy.md").read_text()


def fenced(text: str, language: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [block for marked, block in blocks if marked == language]


@pytest.fixture
def home(sidecar: Start, tmp_path: Path) -> tuple[Sidecar, Path]:
    """A folder like a checkout in which `make serve` runs, on another port."""
    return sidecar(name=".doorward"), tmp_path


def run_shell(command: str, home: tuple[Sidecar, Path], **variables: str) -> subprocess.CompletedProcess[str]:
    running, folder = home
    doorward = shlex.join(doorward_command())
    command = command.replace("http://127.0.0.1:8642", running.url).replace(".venv/bin/doorward", doorward)
    environment = {**os.environ, **variables}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def append_rule(home: tuple[Sidecar, Path], rule: str) -> None:
    running, _ = home
    before = running.get("/v1/policy")["revision"]
    with (running.state / "policy/policies/access.csv").open("a") as rules:
        rules.write(rule.strip() + "\n")
    deadline = time.monotonic() + 5
    while running.get("/v1/policy")["revision"] == before:
        assert time.monotonic() < deadline, "the sidecar did not follow the change"
        time.sleep(0.02)


def test_readme_from_serving_to_a_changed_rule(home: tuple[Sidecar, Path]) -> None:
    allowed, denied = [command for command in fenced(README, "sh") if command.startswith("curl")]
    answer = json.loads(run_shell(allowed, home).stdout)
    assert answer["decision"] is True
    assert answer["context"]["rule"] == {"id": "viewers-view-agents", "file": "policies/access.csv", "line": 1}
    assert json.loads(run_shell(denied, home).stdout) == {"decision": False}
    (console,) = fenced(README, "console")
    first, _, shown = console.partition("\n")
    said = run_shell(first.removeprefix("$ "), home)
    assert said.returncode == 1
    assert re.sub(r"dir:\w+", "dir:X", said.stdout) == re.sub(r"dir:\w+", "dir:X", shown)
    (rule,) = [block for block in fenced(README, "") if block.startswith("p, ")]
    append_rule(home, rule)
    (changed,) = [command for command in fenced(README, "sh") if "--set resource.owner=alice" in command]
    assert run_shell(changed, home).returncode == 0
    (commit,) = [command for command in fenced(README, "sh") if " commit " in command]
    programs = str(Path(sys.executable).parent)
    person = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    committed = run_shell(commit.replace("$PWD/.venv/bin", programs), home, **person)
    assert committed.returncode == 0, committed.stderr


def test_readme_guards_a_function(home: tuple[Sidecar, Path]) -> None:
    (program,) = fenced(README, "python")
    _, folder = home
    (folder / "guarded.py").write_text(program)
    ran = subprocess.run(
        [sys.executable, "guarded.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.stdout == "agent 7 ran\nuser:mallory may not execute agents:7\n", ran.stderr


def test_tutorial_steps(home: tuple[Sidecar, Path]) -> None:
    running, _ = home
    shells = fenced(TUTORIAL, "sh")
    rows = [block for block in fenced(TUTORIAL, "") if block[:2] in {"g,", "p,"}]
    assert run_shell(shells[0], home).returncode == 0
    append_rule(home, rows[0])
    asked = run_shell(shells[1], home)
    assert "roles     user:alice -> role:user" in asked.stdout
    rules = running.state / "policy/policies/access.csv"
    good = rules.read_text()
    rules.write_text(good + rows[1])
    lint = subprocess.run(
        doorward_command("policy", "lint", str(running.state / "policy")), capture_output=True, text=True, check=False
    )
    assert lint.returncode == 3
    (message,) = [block for block in fenced(TUTORIAL, "") if "effect must be" in block]
    assert message.strip() in lint.stderr
    rules.write_text(good)
    append_rule(home, rows[2])
    with_owner, without = shells[2].strip().splitlines()
    assert run_shell(with_owner, home).returncode == 0
    refused = run_shell(without, home)
    assert refused.returncode == 1
    assert "missing   resource.owner" in refused.stdout
    (tests,) = fenced(TUTORIAL, "yaml")
    with (running.state / "policy/policies/tests/access.yaml").open("a") as file:
        file.write("\n" + tests)
    assert "ok  11 tests passed" in run_shell(shells[3], home).stdout
    commit = run_shell(shells[4], home, **a_person(), PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert commit.returncode == 0, commit.stdout + commit.stderr
    assert "ok  11 tests passed" in commit.stdout + commit.stderr


def a_person() -> dict[str, str]:
    """What git knows of somebody who commits."""
    return {f"GIT_{role}_{what}": "ann" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
