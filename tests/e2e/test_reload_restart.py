"""A restart on a broken tree serves the last good one; a killed process never loses it, a damaged copy is not served."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.test_reload_breakages import BREAKAGES, Breakage, mend, refusal
from e2e.test_reload_writers import Asker, by_rename, good_answer, good_tree, revision_of
from support.sidecars import Sidecar, Start, doorward_command, start_sidecar
from support.trees import ACCESS_RULES, DIRECTORY, write_tree

BROKEN = {one.name: one for one in BREAKAGES}


def serve(state: Path, root: Path) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    command = doorward_command("serve", "--state", str(state), "--policy", str(root), "--listen", "127.0.0.1:0")
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def kept(state: Path) -> str:
    revision: str = json.loads((state / "last-good/current").read_text())["revision"]
    return revision


def copy_of(state: Path, name: str) -> Path:
    """A file of the last good copy."""
    folder: str = json.loads((state / "last-good/current").read_text())["folder"]
    return state / "last-good" / folder / name


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sidecar that ended well, whose tree was broken then."""
    base = tmp_path_factory.mktemp("ended")
    root = write_tree(base / "policy", good_tree(1))
    running = start_sidecar(base / "state", "--policy", str(root))
    by_rename(root, good_tree(2))
    with Asker(running) as asker:
        asker.wait_for(good_tree(2), good_tree(1))
    deadline = time.monotonic() + 5
    while kept(running.state) != revision_of(good_tree(2)):
        assert time.monotonic() < deadline, "the policy was not kept"
        time.sleep(0.01)
    assert running.stop() == 0
    BROKEN["misspelt effect"].spoil(root)
    return base


@pytest.fixture
def broken(ended: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of its state and of its broken tree."""
    shutil.copytree(ended, tmp_path, dirs_exist_ok=True)
    current = tmp_path / "state/last-good/current"
    pointer = json.loads(current.read_bytes())
    current.write_text(json.dumps({**pointer, "source": str((tmp_path / "policy").resolve())}))
    return tmp_path / "state", tmp_path / "policy"


def test_the_last_good_policy_is_served_and_everyone_is_told(broken: tuple[Path, Path], sidecar: Start) -> None:
    _, root = broken
    running = sidecar("--policy", str(root))
    revision = revision_of(good_tree(2))
    with Asker(running) as asker:
        assert asker.ask() == (revision, good_answer(2))
        health = running.get("/readyz")
        assert (health["status"], health["stale"], health["from_last_good"]) == ("ready", True, True)
        assert "policies/access.csv:303: effect must be allow or deny" in str(health["reason"])
        status = running.get("/v1/policy")
        assert (status["revision"], status["state"], status["from_last_good"]) == (revision, "stale", True)
        assert refusal(running)[0] == "policies/access.csv:303"
        metrics = running.request("GET", "/metrics")[2].decode()
        assert "\ndoorward_policy_stale 1.0\n" in metrics
        assert "\ndoorward_policy_from_last_good 1.0\n" in metrics
        assert f"serving the last good policy {revision}: policies/access.csv:303" in running.log.read_text()
        mend(root, 3)
        asker.wait_for(good_tree(3), good_tree(2))
    health = running.get("/readyz")
    assert (health["stale"], health.get("from_last_good", False)) == (False, False)
    assert "\ndoorward_policy_from_last_good 0.0\n" in running.request("GET", "/metrics")[2].decode()


def test_the_same_tree_mended_is_no_longer_from_the_copy(broken: tuple[Path, Path], sidecar: Start) -> None:
    _, root = broken
    running = sidecar("--policy", str(root))
    mend(root, 2)
    deadline = time.monotonic() + 5
    while running.get("/v1/policy")["state"] != "current":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert running.get("/v1/policy")["from_last_good"] is False


def overwrite(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda state: copy_of(state, name).write_bytes(content)


DAMAGES = [
    pytest.param(overwrite(ACCESS_RULES, b"p, all, *, *, *, *, True, allow\n"), id="another policy in its place"),
    pytest.param(lambda state: copy_of(state, DIRECTORY).unlink(), id="a file gone"),
    pytest.param(lambda state: (state / "last-good/current").write_bytes(b'{"format":1,'), id="the pointer cut off"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_not_served(damage: Callable[[Path], object], broken: tuple[Path, Path]) -> None:
    state, root = broken
    damage(state)
    ended = serve(state, root)
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert "policies/access.csv:303: effect must be allow or deny, not 'dney'" in ended.stderr
    assert "1 problem; the policy does not load" in ended.stderr
    assert "its copy is damaged" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_copy_that_cannot_be_kept_does_not_stop_the_serving(sidecar: Start, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "policy", good_tree(1))
    (tmp_path / "state").mkdir()
    (tmp_path / "state/last-good").write_text("a file where the folder should be\n")
    running = sidecar("--policy", str(root))
    by_rename(root, good_tree(2))
    with Asker(running) as asker:
        asker.wait_for(good_tree(2), good_tree(1))
    assert "could not be kept on disk" in running.log.read_text()


@pytest.mark.parametrize("breakage", BREAKAGES[::8], ids=lambda one: one.name)
def test_a_first_start_on_a_broken_tree_names_the_fault(breakage: Breakage, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "policy", good_tree(1))
    breakage.spoil(root)
    ended = serve(tmp_path / "state", root)
    assert ended.returncode == 3
    assert f"\n{breakage.place}" in f"\n{ended.stderr}"
    assert breakage.message in ended.stderr
    assert "Traceback" not in ended.stderr


def odd(number: int, least: float, most: float) -> float:
    """A number between the two that looks accidental."""
    return least + (most - least) * (number * 0.618034 % 1)


def kill_amid_edits(running: Sidecar, root: Path, seed: int) -> tuple[int, int]:
    """Kill it at an odd moment. The number of the policy served before the last answer's, and the last written."""
    numbers = {revision_of(good_tree(number)): number for number in range(1, 40)}
    ends = time.monotonic() + odd(seed, 0.4, 1.2)
    before, seen, written = 1, 1, 1
    with Asker(running) as asker:
        while time.monotonic() < ends:
            written += 1
            by_rename(root, good_tree(written))
            time.sleep(odd(written + seed, 0.05, 0.25))
            now = numbers[asker.ask()[0]]
            before, seen = (before, seen) if now == seen else (seen, now)
        running.stop(signal.SIGKILL)
    return before, written


@pytest.mark.timeout(600)
def test_a_killed_process_never_loses_the_last_good_policy(sidecar: Start, tmp_path: Path, scale: float) -> None:
    for round_ in range(max(2, round(40 * scale))):
        base = tmp_path / f"round-{round_}"
        root = write_tree(base / "policy", good_tree(1))
        running = sidecar("--policy", str(root), name=f"round-{round_}/state")
        before, last = kill_amid_edits(running, root, seed=round_)
        BROKEN["half a file"].spoil(root)
        again = sidecar("--policy", str(root), name=f"round-{round_}/state")
        with Asker(again) as asker:
            revision, says = asker.ask()
        number = next(number for number in range(1, 40) if revision_of(good_tree(number)) == revision)
        assert before <= number <= last
        assert says == good_answer(number)
        assert again.get("/readyz")["from_last_good"] is True
        assert kept(again.state) == revision
        again.stop()


def test_the_last_good_copy_of_another_policy_is_not_served(broken: tuple[Path, Path], tmp_path: Path) -> None:
    state, root = broken
    elsewhere = shutil.copytree(root, tmp_path / "elsewhere")
    refused = subprocess.run(
        doorward_command("serve", "--policy", str(elsewhere), "--state", str(state), "--listen", "127.0.0.1:0"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert refused.returncode == 3
    assert "policies/access.csv:303" in refused.stderr
