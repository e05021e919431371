"""What an operator sets in the environment."""

from pathlib import Path

import pytest

from doorward.domain.git_address import GitAddress
from doorward.settings import cors_origins, database_address, policy_place, poll_seconds, usage_webhook

STATE_POLICY = Path("state/policy")


@pytest.mark.parametrize(("given", "seconds"), [("", 30.0), ("0.1", 0.1), ("5", 5.0), ("86400", 86_400.0)])
def test_a_poll_interval_is_read(given: str, seconds: float) -> None:
    assert poll_seconds({"DOORWARD_POLL_SECONDS": given}) == seconds
    assert poll_seconds({}) == 30.0


@pytest.mark.parametrize("given", ["0", "-1", "0.05", "86401", "inf", "nan", "soon", "1s"])
def test_a_poll_interval_that_makes_no_sense_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"give seconds from 0\.1 to 86400"):
        poll_seconds({"DOORWARD_POLL_SECONDS": given})


def test_what_is_named_goes_before_the_environment_and_that_before_the_default() -> None:
    environment = {"DOORWARD_POLICY": "https://example.org/policy#main"}
    assert policy_place("tree", STATE_POLICY, environment) == Path("tree")
    assert policy_place(None, STATE_POLICY, environment) == GitAddress("https://example.org/policy", "main")
    assert policy_place(None, STATE_POLICY, {}) == STATE_POLICY
    with pytest.raises(ValueError, match="is not used"):
        policy_place(None, STATE_POLICY, {"DOORWARD_POLICY": "ext::sh"})


def test_a_database_is_what_is_given_else_what_the_environment_says_else_a_file_of_the_state() -> None:
    environment = {"DOORWARD_DATABASE": "postgresql://db/doorward"}
    assert str(database_address(Path("state"), "sqlite:x.db", environment)) == "sqlite:x.db"
    assert str(database_address(Path("state"), None, environment)) == "postgresql://db/doorward"
    assert str(database_address(Path("state"), None, {})) == "sqlite:state/doorward.db"
    with pytest.raises(ValueError, match="give sqlite:PATH"):
        database_address(Path("state"), "doorward.db", {})


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("", ()),
        ("https://app.example.com", ("https://app.example.com",)),
        (" http://localhost:3000 ,https://a.b,, https://a.b", ("http://localhost:3000", "https://a.b")),
        ("http://[::1]:3000", ("http://[::1]:3000",)),
    ],
)
def test_origins_are_read(given: str, origins: tuple[str, ...]) -> None:
    assert cors_origins({"DOORWARD_CORS_ORIGINS": given}) == origins
    assert cors_origins({}) == ()


@pytest.mark.parametrize("given", ["*", "null", "app.example.com", "https://a.b/", "https://A.b", "https://a.b?x"])
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        cors_origins({"DOORWARD_CORS_ORIGINS": given})


def webhook_environment(folder: Path, secret: str, url: str = "https://billing.example.com/doorward") -> dict[str, str]:
    (folder / "secret").write_text(secret)
    return {"DOORWARD_USAGE_WEBHOOK_URL": url, "DOORWARD_USAGE_WEBHOOK_SECRET_FILE": str(folder / "secret")}


def test_the_secret_of_the_usage_webhook_is_text_or_what_standard_webhooks_writes(tmp_path: Path) -> None:
    assert usage_webhook({}) is None
    plain = usage_webhook(webhook_environment(tmp_path, "a secret of twenty-four bytes\n"))
    coded = usage_webhook(webhook_environment(tmp_path, "whsec_" + "QUJD" * 8))
    assert plain is not None
    assert coded is not None
    assert plain.secret == b"a secret of twenty-four bytes"
    assert coded.secret == b"ABC" * 8
    assert "twenty" not in repr(plain)


@pytest.mark.parametrize(
    ("secret", "url", "fault"),
    [
        ("short", "https://a.example/", "less than 24 bytes"),
        ("whsec_####", "https://a.example/", "must be base64"),
        ("x" * 40, "ftp://a.example/", "is no URL of a webhook"),
        ("x" * 40, "https:///path", "is no URL of a webhook"),
        ("x" * 40, "https://user@a.example/", "is no URL of a webhook"),
        ("x" * 40, "https://a.example:99999/", "is no URL of a webhook"),
        ("x" * 40, "https://a.example/\nx", "is no URL of a webhook"),
        ("x" * 40, "", "set both"),
    ],
)
def test_a_usage_webhook_that_cannot_be_is_refused(tmp_path: Path, secret: str, url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        usage_webhook(webhook_environment(tmp_path, secret, url))


def test_a_secret_that_is_not_there_is_said(tmp_path: Path) -> None:
    given = webhook_environment(tmp_path, "x" * 40) | {"DOORWARD_USAGE_WEBHOOK_SECRET_FILE": str(tmp_path / "none")}
    with pytest.raises(ValueError, match="cannot be read"):
        usage_webhook(given)
