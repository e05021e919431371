"""Hostile repositories: nothing of them is run, they are refused soon, and cost little memory."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doorward.policy import Tree
from support.git_hostile import FILES, HOSTILE, Hostile
from support.git_repositories import Repository
from support.git_servers import HttpServer
from support.slack import SLACK

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "load_repository.py"
SECONDS = 5
PEAK_KIB = 192 << 10
FLOOD_KIB = 1200 << 10


LoadOnce = Callable[[str, Path], dict[str, Any]]


@pytest.fixture(scope="module")
def load_once() -> Iterator[LoadOnce]:
    """What a process of its own says of a repository."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as loader:
        assert loader.stdin is not None
        assert loader.stdout is not None
        orders, answers = loader.stdin, loader.stdout

        def load(url: str, state: Path) -> dict[str, Any]:
            orders.write(json.dumps([url, str(state)]) + "\n")
            orders.flush()
            said: dict[str, Any] = json.loads(answers.readline())
            assert "failed" not in said, said
            return said

        yield load


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_repository_runs_nothing_and_is_refused_soon(
    hostile: Hostile, tmp_path: Path, load_once: LoadOnce
) -> None:
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
def test_a_hostile_server_is_given_up_soon(
    mode: str, git_http: HttpServer, tmp_path: Path, load_once: LoadOnce
) -> None:
    git_http.repository().commit(FILES)
    git_http.behave(mode)
    said = load_once(git_http.url(), tmp_path / "state")
    assert said["reason"].startswith("git ls-remote")
    assert said["seconds"] < SECONDS * SLACK
    assert said["peak_kib"] < FLOOD_KIB
