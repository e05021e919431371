"""Hostile repositories: nothing of them is run, they are refused soon, and cost little memory."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doorward.policy import Tree
from support.git_hostile import FILES, HOSTILE, Hostile
from support.git_repositories import Repository
from support.git_servers import HttpServer

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "load_repository.py"
SECONDS = 5
SLACK = 5
PEAK_KIB = 192 << 10
FLOOD_KIB = 1200 << 10


def load_once(url: str, state: Path) -> dict[str, Any]:
    """What a process of its own says of a repository."""
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), url, str(state)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_repository_runs_nothing_and_is_refused_soon(hostile: Hostile, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    canary = tmp_path / "canary"
    hostile.build(repository, canary)
    canary.unlink(missing_ok=True)  # what made it has run some of it
    said = load_once(repository.url, tmp_path / "state")
    assert not canary.exists()
    if hostile.refusal:
        assert re.search(hostile.refusal, said["reason"]), said
    else:
        assert (said["reason"], said["content"]) == ("", Tree(FILES).revision)
    assert said["seconds"] < SECONDS * SLACK
    assert said["peak_kib"] < PEAK_KIB


@pytest.mark.parametrize("mode", ["slow", "hang", "garbage", "flood"])
def test_a_hostile_server_is_given_up_soon(mode: str, git_http: HttpServer, tmp_path: Path) -> None:
    git_http.repository().commit(FILES)
    git_http.behave(mode)
    said = load_once(git_http.url(), tmp_path / "state")
    assert said["reason"].startswith("git ls-remote")
    assert said["seconds"] < SECONDS * SLACK
    assert said["peak_kib"] < FLOOD_KIB
