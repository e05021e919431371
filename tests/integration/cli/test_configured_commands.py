"""What is configured counts for commands that answer themselves: plans, passwords, places."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.sources import make_policy_repository

Run = Callable[..., Result]
TENANT = ("tenants", "create", "--name", "Acme", "--domain", "acme.com", "--id", "acme", "--json")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_POLICY", "DOORWARD_DATABASE", "DOORWARD_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BMAD_ENTERPRISE_STORAGE_PATH", str(tmp_path / "state"))
    make_policy_repository(tmp_path / "state/policy")
    return lambda *arguments: CliRunner().invoke(main, [*arguments])


def test_a_file_says_where_the_database_is_which_plan_tenants_get_and_what_passwords_must_be_like(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "doorward.json"
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    settings = {
        "multi_tenancy": {"default_plan": "professional"},
        "user_management": {"storage_path": str(tmp_path / "data/users"), "password_policy": {"min_length": 20}},
    }
    file.write_text(json.dumps(settings))

    made = run(*TENANT)
    judged = run("security", "validate-password", "--password", "SecurePass123!")

    assert json.loads(made.output)["plan"] == "professional", made.output
    assert (tmp_path / "data/users/doorward.db").exists()
    assert not (tmp_path / "state/doorward.db").exists()
    told = {one["name"]: one for one in json.loads(run("settings", "--json").output)["items"]}
    assert told["multi_tenancy.default_plan"]["value"] == "professional"
    assert told["multi_tenancy.default_plan"]["origin"] == f"{file}: multi_tenancy.default_plan"
    assert (judged.exit_code, "at least 20 characters" in judged.output) == (1, True), judged.output


def test_a_default_plan_that_is_not_declared_is_told_as_that(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BMAD_BILLING_DEFAULT_PLAN", "gold")
    refused = run(*TENANT)
    assert refused.exit_code == 2
    assert "plan is missing, and the default one cannot be had: the plan 'gold' is not declared" in refused.output
    assert run(*TENANT, "--plan", "basic").exit_code == 0


def test_a_setting_that_makes_no_sense_ends_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BMAD_BILLING_USAGE_TRACKING_ENABLED", "sometimes")
    refused = run(*TENANT)
    assert (refused.exit_code, "BMAD_BILLING_USAGE_TRACKING_ENABLED must be true or false" in refused.output) == (
        2,
        True,
    )


def test_settings_are_shown_with_where_they_are_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BMAD_BILLING_USAGE_TRACKING_ENABLED", "false")
    monkeypatch.setenv("BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS", "365")

    shown = run("settings")

    assert shown.exit_code == 0, shown.output
    rows = {line.split()[0]: line.split()[1:] for line in shown.output.splitlines()}
    assert rows["multi_tenancy.default_plan"] == ["basic", "built-in"]
    assert rows["billing.usage_tracking.enabled"] == ["false", "BMAD_BILLING_USAGE_TRACKING_ENABLED"]
    assert rows["security.session_timeout_minutes"] == ["30", "policies/security.yaml"]
    assert rows["security.audit_logging.retention_days"] == [
        "365", "BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS,", "not", "heeded", "yet"
    ]  # fmt: skip
    assert rows["billing.storage_path"] == ["not", "heeded", "yet"]
