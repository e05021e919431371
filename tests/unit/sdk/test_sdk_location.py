from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from doorward_sdk import ConfigurationError, Unreachable
from doorward_sdk.location import Locator


@pytest.fixture(autouse=True)
def _holders() -> Iterator[None]:
    """Locks are held while a test runs, as by a sidecar."""
    yield
    while HELD:
        HELD.pop().close()


HELD: list[BinaryIO] = []


def hold(lock: Path, content: bytes) -> None:
    """Write a lock and hold it."""
    lock.write_bytes(content)
    file = lock.open("rb")
    if not HELD:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    HELD.append(file)


def state(folder: Path, address: str | None = "127.0.0.1:8642", key: str | None = "admin-key\n") -> dict[str, str]:
    """An environment with a state folder that holds these."""
    if address is not None:
        hold(folder / "lock", json.dumps({"pid": 1, "address": address}).encode())
    if key is not None:
        (folder / "admin.key").write_text(key)
    return {"DOORWARD_STATE": str(folder)}


def located(url: str | None, key: str | None, environment: dict[str, str]) -> tuple[str, str | None]:
    location = Locator(url, key, environment).locate()
    return str(location.address), location.key


def test_arguments_come_first(tmp_path: Path) -> None:
    environment = {**state(tmp_path), "DOORWARD_URL": "http://env", "DOORWARD_KEY": "env-key"}
    assert located("http://given", "given-key", environment) == ("http://given", "given-key")


def test_then_the_environment(tmp_path: Path) -> None:
    environment = {**state(tmp_path), "DOORWARD_URL": "http://env", "DOORWARD_KEY": "env-key"}
    assert located(None, None, environment) == ("http://env", "env-key")


@pytest.mark.parametrize("empty", [{}, {"DOORWARD_URL": "", "DOORWARD_KEY": ""}], ids=["unset", "empty"])
def test_then_the_state_folder(tmp_path: Path, empty: dict[str, str]) -> None:
    assert located(None, None, {**state(tmp_path), **empty}) == ("http://127.0.0.1:8642", "admin-key")


def test_a_unix_socket_may_stand_in_the_lock(tmp_path: Path) -> None:
    assert located(None, None, state(tmp_path, "unix:/run/d.sock")) == ("unix:/run/d.sock", "admin-key")


def test_the_state_folder_is_dot_doorward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".doorward").mkdir()
    state(tmp_path / ".doorward")
    locator = Locator(None, None, {})
    monkeypatch.chdir("/")
    assert locator.locate().key == "admin-key"


@pytest.mark.parametrize("url", ["http://elsewhere:8642", "http://127.0.0.1:8643", "https://127.0.0.1:8642"])
def test_the_admin_key_goes_nowhere_but_to_the_address_in_the_lock(tmp_path: Path, url: str) -> None:
    assert located(url, None, state(tmp_path)) == (url, None)
    assert located(None, None, {**state(tmp_path), "DOORWARD_URL": url}) == (url, None)


def test_the_admin_key_goes_to_the_address_in_the_lock_by_whatever_name(tmp_path: Path) -> None:
    assert located("http://127.0.0.1:8642", None, state(tmp_path))[1] == "admin-key"


def test_the_lock_of_a_sidecar_that_was_killed_names_nobody(tmp_path: Path) -> None:
    environment = state(tmp_path)
    HELD.pop().close()
    with pytest.raises(Unreachable, match="no process holds"):
        located(None, None, environment)
    assert located("http://127.0.0.1:8642", None, environment)[1] is None


def test_a_missing_key_is_no_key(tmp_path: Path) -> None:
    assert located(None, None, state(tmp_path, key=None)) == ("http://127.0.0.1:8642", None)


def test_a_sidecar_may_come_and_move_and_go(tmp_path: Path) -> None:
    locator = Locator(None, None, {"DOORWARD_STATE": str(tmp_path)})
    with pytest.raises(Unreachable, match="doorward serve"):
        locator.locate()
    state(tmp_path, "127.0.0.1:1", "one")
    assert str(locator.locate().address) == "http://127.0.0.1:1"
    state(tmp_path, "127.0.0.1:2", "two")
    assert locator.locate().key == "two"
    (tmp_path / "lock").unlink()
    with pytest.raises(Unreachable):
        locator.locate()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"pid": 1}', '{"address": 7}', '{"address": ""}', "\udcff"])
def test_a_lock_that_is_half_written_is_an_outage(tmp_path: Path, text: str) -> None:
    hold(tmp_path / "lock", text.encode(errors="surrogateescape"))
    with pytest.raises(Unreachable, match="lock"):
        Locator(None, None, {"DOORWARD_STATE": str(tmp_path)}).locate()


def test_a_lock_that_is_half_written_does_not_trouble_a_configured_address(tmp_path: Path) -> None:
    hold(tmp_path / "lock", b"{")
    assert located("http://given", None, {"DOORWARD_STATE": str(tmp_path)}) == ("http://given", None)


def test_a_key_file_without_a_key_is_an_outage_and_its_content_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"admin\.key") as outage:
        located(None, None, state(tmp_path, key="not a key"))
    assert "not a" not in str(outage.value)


@pytest.mark.parametrize(
    "environment",
    [{"DOORWARD_URL": "ftp://x"}, {"DOORWARD_KEY": "two words"}],
    ids=["address", "key"],
)
def test_a_wrong_environment_is_a_configuration_error(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Locator(None, None, environment)
