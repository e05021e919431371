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


URL, SECRET = "DOORWARD_USAGE_WEBHOOK_URL", "DOORWARD_USAGE_WEBHOOK_SECRET_FILE"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("whsec_" + "QUJD" * 8 + "\n", b"ABC" * 8, id="as Standard Webhooks writes it"),
        pytest.param("a secret of 24 bytes, ok", b"a secret of 24 bytes, ok", id="any other text"),
    ],
)
def test_a_webhook_of_usage_has_a_url_and_a_secret(tmp_path: Path, text: str, secret: bytes) -> None:
    file = tmp_path / "secret"
    file.write_text(text)
    hook = usage_webhook({URL: "https://billing.example.com:8443/a?b=c", SECRET: str(file)})
    assert hook is not None
    assert (hook.url, hook.secret) == ("https://billing.example.com:8443/a?b=c", secret)
    assert secret.decode() not in repr(hook)
    assert usage_webhook({}) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "a.example",
        "https://",
        "http://a:0/",
        "http://a:99999/",
        "http://a/ b",
        "http://a/#b",
        "http://\u00e4/",
    ],
)
def test_a_url_that_is_none_of_a_webhook_is_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="is none of a webhook") as raised:
        usage_webhook({URL: url, SECRET: str(tmp_path)})
    assert repr(url) in str(raised.value)


def test_a_password_in_the_url_of_a_webhook_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a user") as raised:
        usage_webhook({URL: "https://user:hunter2@a.example/", SECRET: str(tmp_path)})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "too short", "whsec_QUJD", "whsec_%%%%", "geheimniss\u00e4" * 4])
def test_a_secret_that_is_none_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secret"
    file.write_text(text)
    with pytest.raises(ValueError, match="secret") as raised:
        usage_webhook({URL: "https://a.example/", SECRET: str(file)})
    assert not text or text not in str(raised.value)


def test_one_of_url_and_secret_is_not_enough(tmp_path: Path) -> None:
    for environment in ({URL: "https://a.example/"}, {SECRET: str(tmp_path)}):
        with pytest.raises(ValueError, match="set both"):
            usage_webhook(environment)
    with pytest.raises(ValueError, match="cannot be read"):
        usage_webhook({URL: "https://a.example/", SECRET: str(tmp_path / "gone")})
