"""What a sidecar keeps in its state directory, and who may ask it what."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorward.cli.serving.serve import serve
from support.sidecars import START_SECONDS, Sidecar, Start, doorward_command
from support.trees import tree, write_tree

QUESTION = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "view"},
    "resource": {"type": "agents", "id": "1"},
}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree for all sidecars: starting is faster than with a repository of their own."""
    monkeypatch.setenv("DOORWARD_POLICY", str(write_tree(tmp_path / "policy", tree())))


def refused(state: Path) -> str:
    """What a start that cannot have its state directory says."""
    command = doorward_command("serve", "--state", str(state), "--listen", "127.0.0.1:0")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == 5, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_the_first_key_is_readable_by_its_owner_alone_and_stays(sidecar: Start) -> None:
    first = sidecar()
    path = first.state / "admin.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == f"{first.key}\n"
    assert len(first.key) > 40
    assert first.stop() == 0
    again = sidecar()
    assert again.key == first.key
    assert again.get("/v1/policy")["state"] == "current"
    assert sidecar(name="another").key != first.key
    assert first.key not in again.log.read_text()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n"], ids=["empty", "no text"])
def test_a_key_file_without_a_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_bytes(content)
    told = refused(tmp_path)
    assert str(tmp_path / "admin.key") in told
    assert (tmp_path / "admin.key").read_bytes() == content


def test_a_key_that_somebody_chose_counts(sidecar: Start, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/admin.key").write_text("  a-key-of-mine \n")
    running = sidecar()
    answer = running.request("GET", "/v1/policy", headers={"X-API-Key": "a-key-of-mine"})
    assert answer[0] == 200


def a_file(base: Path) -> Path:
    (base / "file").touch()
    return base / "file"


def a_place_where_nothing_can_be_made(_: Path) -> Path:
    return Path("/proc/doorward")


@pytest.mark.parametrize(
    "place",
    [a_file, a_place_where_nothing_can_be_made],
    ids=lambda place: place.__name__.replace("_", " "),
)
def test_a_state_directory_that_cannot_be_written_is_refused(place: object, tmp_path: Path) -> None:
    state: Path = place(tmp_path)  # type: ignore[operator]
    told = refused(state)
    assert f"the state directory {state} cannot be written" in told
    assert "give --state another one" in told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_directory_of_another_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "cannot be written (Permission denied)" in refused(tmp_path / "state")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "sidecar.example:0", "::ffff:192.0.2.1:0"])
def test_no_auth_is_refused_where_others_can_reach_it(listen: str, tmp_path: Path) -> None:
    options = ["--state", str(tmp_path / "state"), "--listen", listen, "--insecure-no-auth"]
    ended = CliRunner().invoke(serve, options)
    assert ended.exit_code == 2
    assert "only with a loopback address or a Unix socket" in ended.output
    assert not (tmp_path / "state").exists()


@pytest.fixture
def anonymous(sidecar: Start) -> Sidecar:
    return sidecar("--insecure-no-auth")


def ask(running: Sidecar, question: object, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    content = json.dumps(question).encode()
    status, _, body = running.request("POST", "/access/v1/evaluation", content, JSON | (headers or {}))
    return status, json.loads(body)


def asserting(*roles: str) -> dict[str, object]:
    return QUESTION | {"subject": {"type": "user", "id": "alice", "properties": {"roles": list(roles)}}}


def test_callers_without_a_key_may_decide_and_nothing_else(anonymous: Sidecar) -> None:
    assert ask(anonymous, QUESTION) == (200, {"decision": False})
    status, told = ask(anonymous, asserting("viewer"))
    assert (status, told["type"]) == (403, "https://doorward.dev/problems/not-permitted")
    assert "assert:roles" in str(told["detail"])
    status, told = ask(anonymous, QUESTION | {"context": {"explain": True}})
    assert status == 403
    assert "explain" in str(told["detail"])
    batch = json.dumps(QUESTION | {"evaluations": [{}, asserting("viewer")]}).encode()
    items = json.loads(anonymous.request("POST", "/access/v1/evaluations", batch, JSON)[2])["evaluations"]
    assert items[0] == {"decision": False}
    assert (items[1]["decision"], items[1]["context"]["error"]["status"]) == (False, 403)
    for method, path, scope in (("GET", "/v1/policy", "policy:read"), ("POST", "/v1/policy/reload", "policy:write")):
        status, _, body = anonymous.request(method, path, headers=JSON)
        assert status == 403
        assert scope in json.loads(body)["detail"]


def test_beside_callers_without_a_key_a_wrong_one_is_still_wrong(anonymous: Sidecar) -> None:
    right = {"Authorization": f"Bearer {anonymous.key}"}
    assert ask(anonymous, asserting("viewer"), right) == (200, {"decision": True})
    wrong = [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic d3Jvbmc6d3Jvbmc="},
        {"Authorization": ""},
        {"Authorization": "Bearer \xff"},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        right | {"X-API-Key": "wrong"},
    ]
    assert [ask(anonymous, QUESTION, headers)[0] for headers in wrong] == [401] * len(wrong)


def test_a_policy_repository_is_made_on_first_start_alone(sidecar: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORWARD_POLICY")
    first = sidecar()
    rules = first.state / "policy/policies/access.csv"
    assert f"made a policy repository in {first.state / 'policy'}" in first.log.read_text()
    rules.write_text(f"# mine\n{rules.read_text()}")
    assert first.stop() == 0
    again = sidecar()
    assert rules.read_text().startswith("# mine\n")
    assert again.log.read_text().count("made a policy repository") == 1


def test_a_named_folder_that_is_missing_is_not_made(sidecar: Start, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"exit 3[\s\S]*an empty tree"):
        sidecar("--policy", str(tmp_path / "missing"))
    assert not (tmp_path / "missing").exists()
