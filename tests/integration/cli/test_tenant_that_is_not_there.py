"""Commands about a tenant that is not there say so, and end alike."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.sources import make_policy_repository

ABOUT_A_TENANT = [
    "tenants show nobody",
    "tenants update nobody --name x",
    "tenants suspend nobody",
    "tenants delete nobody",
    "tenants purge nobody --yes",
    "tenants limits nobody",
    "tenants set-limit nobody max_agents 5",
    "tenants remove-limit nobody max_agents",
    "billing show --tenant-id nobody",
    "billing subscribe --tenant-id nobody --plan-id basic",
    "billing cancel --tenant-id nobody",
    "billing record-payment --tenant-id nobody --status paid",
    "billing record-usage --tenant-id nobody --metric api_calls",
    "usage check nobody max_agents",
    "usage consume nobody max_agents",
    "usage return nobody x",
    "usage show nobody",
    "usage history nobody api_calls",
    "usage thresholds nobody",
    "features get analytics --tenant-id nobody",
    "features explain analytics --tenant-id nobody",
    "features set-override analytics --tenant-id nobody --value true",
]
LISTS = ["users list nobody", "billing subscriptions --tenant-id nobody", "tenants list --domain nobody.com"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    make_policy_repository(state / "policy")
    return state


@pytest.fixture(autouse=True)
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_POLICY", "DOORWARD_DATABASE", "DOORWARD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(folder))


def run(command: str) -> Result:
    return CliRunner().invoke(main, command.split())


@pytest.mark.parametrize("command", ABOUT_A_TENANT)
def test_a_command_about_a_tenant_that_is_not_there_ends_with_1_and_names_it(command: str) -> None:
    result = run(command)
    assert (result.exit_code, "'nobody'" in result.stderr) == (1, True), result.output


@pytest.mark.parametrize("command", LISTS)
def test_a_list_that_finds_nothing_is_empty(command: str) -> None:
    result = run(command)
    assert (result.exit_code, "none" in result.stderr) == (0, True), result.output


def test_nothing_to_check_is_not_told_as_checked() -> None:
    result = run("usage reconcile nobody")
    assert (result.exit_code, result.stdout) == (0, "nothing is counted of a tenant nobody\n")


def test_a_rate_is_written_as_in_a_plan_too() -> None:
    assert run("tenants create --id acme --name Acme --domain acme.com").exit_code == 0
    assert run("tenants set-limit acme api_calls 5 --per second").exit_code == 0
    assert "rate/second" in run("tenants limits acme").stdout
    assert run("tenants remove-limit acme api_calls --per rate/second").exit_code == 0
    wrong = run("tenants set-limit acme api_calls 5 --per week")
    assert (wrong.exit_code, "'week' is not one of" in wrong.stderr) == (2, True)
