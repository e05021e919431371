"""What an operator sets in the environment."""

from pathlib import Path

import pytest

from doorward.domain.git_address import GitAddress
from doorward.settings import cors_origins, database_address, policy_place, poll_seconds

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
