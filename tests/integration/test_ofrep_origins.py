"""Pages of other origins: those that are allowed may ask for flags and read the answers, others learn nothing."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from doorward.bootstrap import build_application, make_authenticator
from doorward.bootstrap.policies import StillPolicy
from doorward.web.serving.door import Door
from support.flag_trees import flag_tree
from support.trees import write_tree

APP = "https://app.example.com"
ALL = "/ofrep/v1/evaluate/flags"
Answer = tuple[int, Mapping[str, str], bytes]


def door_for(tmp_path: Path, *origins: str) -> Door:
    policy = StillPolicy(write_tree(tmp_path / "policy", flag_tree()))
    application = build_application(policy, make_authenticator("key", no_auth=False), cors_origins=origins)
    application.start()
    return application.door


def ask(door: Door, method: str, path: str, origin: str | None, key: str = "key") -> Answer:
    sent = [] if origin is None else [("Origin", origin)]
    if method == "POST":
        sent += [("Content-Type", "application/json"), ("X-API-Key", key)]
    status, headers, body = door.handle(method, path, sent, b"{}")
    return status, dict(headers), body


@pytest.mark.parametrize("path", [ALL, f"{ALL}/web/search%20engine"], ids=["all", "one"])
def test_a_browser_is_told_what_it_may_send_without_a_key(tmp_path: Path, path: str) -> None:
    status, headers, body = ask(door_for(tmp_path, APP), "OPTIONS", path, APP)

    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == APP
    assert headers["access-control-allow-methods"] == "POST"
    allowed = {name.strip().lower() for name in headers["access-control-allow-headers"].split(",")}
    assert allowed == {"content-type", "authorization", "x-api-key", "if-none-match"}
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None, APP + ".evil.example"])
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_another_origin_is_allowed_nothing(tmp_path: Path, method: str, origin: str | None) -> None:
    _, headers, _ = ask(door_for(tmp_path, APP), method, ALL, origin)

    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        pytest.param(ALL, "key", 200, id="an answer"),
        pytest.param(f"{ALL}/nobody", "key", 404, id="no flag"),
        pytest.param(ALL, "wrong", 401, id="a wrong key"),
    ],
)
def test_a_page_may_read_answers_and_errors(tmp_path: Path, path: str, key: str, status: int) -> None:
    found, headers, _ = ask(door_for(tmp_path, APP, "https://b.example"), "POST", path, APP, key)

    assert found == status
    assert headers["access-control-allow-origin"] == APP
    assert {name.strip() for name in headers["access-control-expose-headers"].split(",")} == {"ETag", "Retry-After"}


@pytest.mark.parametrize("path", [ALL, "/access/v1/evaluation"])
def test_nobody_is_allowed_anything_by_itself(tmp_path: Path, path: str) -> None:
    door = door_for(tmp_path)

    assert ask(door, "OPTIONS", path, APP)[0] == 405
    assert "vary" not in ask(door, "POST", ALL, APP)[1]


def test_other_endpoints_allow_nothing(tmp_path: Path) -> None:
    door = door_for(tmp_path, APP)

    assert ask(door, "OPTIONS", "/access/v1/evaluation", APP)[0] == 405
    assert not [name for name in ask(door, "POST", "/access/v1/evaluation", APP)[1] if name.startswith("access-")]
