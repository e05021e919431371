"""The settings of the requirements: what stands in the environment and in the file, and what of it counts."""

import json
import re
from pathlib import Path

import pytest

from doorward.configuration import Configuration, read_configuration
from doorward.domain.security import PasswordPolicy, SecurityPolicies, SessionPolicy
from doorward.settings import state_folder
from doorward_sdk.location import state_folder as sdk_state_folder
from support.trees import ROOT

FULL = {
    "multi_tenancy": {"storage_path": "data/tenants", "default_plan": "basic"},
    "user_management": {
        "storage_path": "data/users",
        "password_policy": {
            "min_length": 8,
            "require_uppercase": True,
            "require_lowercase": True,
            "require_numbers": True,
            "require_special_chars": True,
        },
    },
    "billing": {"storage_path": "data/billing", "usage_tracking": {"enabled": True, "retention_days": 2555}},
    "security": {"storage_path": "data/security", "audit_logging": {"enabled": True, "retention_days": 2555}},
}
"""The file that the requirements show."""


def read(tmp_path: Path, file: object = None, **environment: str) -> Configuration:
    if file is not None:
        path = tmp_path / "doorward.json"
        path.write_text(file if isinstance(file, str) else json.dumps(file))
        environment["DOORWARD_CONFIG"] = str(path)
    return read_configuration(environment)


def test_the_file_of_the_requirements_is_read_whole(tmp_path: Path) -> None:
    found = read(tmp_path, FULL)
    assert (found.default_plan, found.database_folder, found.usage_days) == ("basic", Path("data/users"), 2555)
    assert found.security(SecurityPolicies()) == SecurityPolicies()
    assert [one.rpartition(": ")[2] for one in found.unheeded] == [
        "multi_tenancy.storage_path",
        "billing.storage_path",
        "security.storage_path",
        "security.audit_logging.enabled",
        "security.audit_logging.retention_days",
    ]


def test_the_environment_goes_before_the_file_and_each_value_says_where_it_is_from(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        FULL,
        BMAD_BILLING_DEFAULT_PLAN="professional",
        BMAD_BILLING_USAGE_TRACKING_ENABLED="False",
        BMAD_SECURITY_PASSWORD_MIN_LENGTH="12",  # noqa: S106 - a setting
        BMAD_SECURITY_SESSION_TIMEOUT_MINUTES="5",
        BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS="2555",
    )
    assert (found.default_plan, found.usage_days) == ("professional", 40)
    held = found.security(SecurityPolicies(passwords=PasswordPolicy(min_length=20, history=3)))
    assert (held.passwords, held.sessions) == (
        PasswordPolicy(min_length=12, history=3),
        SessionPolicy(timeout_minutes=5),
    )
    assert found.origins["multi_tenancy.default_plan"] == "BMAD_BILLING_DEFAULT_PLAN"
    assert found.origins["billing.usage_tracking.retention_days"].endswith(
        "doorward.json: billing.usage_tracking.retention_days"
    )
    assert "BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS" in found.unheeded


def test_nothing_set_changes_nothing_and_a_name_that_nobody_knows_is_told() -> None:
    assert read_configuration({"DOORWARD_CONFIG": "", "BMAD_BILLING_DEFAULT_PLAN": ""}) == Configuration()
    found = read_configuration(
        {"BMAD_BILLING_DEFAULT_PLAM": "x", "BMAD_ENTERPRISE_STORAGE_PATH": "y", "BMAD_OTHER": "z"}
    )
    assert (found.default_plan, found.unheeded) == (None, ("BMAD_BILLING_DEFAULT_PLAM",))


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("BMAD_BILLING_USAGE_TRACKING_ENABLED", "yes", "must be true or false"),
        ("BMAD_BILLING_DEFAULT_PLAN", "a b", "must be the name of a plan"),
        ("BMAD_SECURITY_PASSWORD_MIN_LENGTH", "0", "from 1 to 256"),
        ("BMAD_SECURITY_PASSWORD_MIN_LENGTH", "eight", "must be a whole number of characters"),
        ("BMAD_SECURITY_SESSION_TIMEOUT_MINUTES", "true", "must be a whole number of minutes"),
        ("BMAD_SECURITY_AUDIT_LOG_RETENTION_DAYS", "9999999999999", "from 1 to 36500"),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused(variable: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"{variable} .*{told}"):
        read_configuration({variable: value})


@pytest.mark.parametrize(
    ("file", "told"),
    [
        pytest.param(
            {"billing": {"usage_tracking": {"retention_days": 39}}}, "retention_days must be .* from 40", id="few"
        ),
        pytest.param({"billing": {"usage_tracking": {"enabled": 1}}}, "enabled must be true or false", id="a number"),
        pytest.param({"billing": {"usage": {}}}, "billing.usage is no setting; there are", id="an unknown object"),
        pytest.param({"colour": "red"}, "colour is no setting", id="an unknown member"),
        pytest.param({"billing": 5}, "billing is no setting", id="a number for an object"),
        pytest.param(
            {"multi_tenancy": {"default_plan": {}}}, "default_plan must be the name", id="an object for a text"
        ),
        pytest.param({"multi_tenancy": {"storage_path": ""}}, "must be the path", id="no path"),
        pytest.param({"security": {"session_timeout_minutes": 5}}, "is no setting", id="what is a variable alone"),
        pytest.param("[]", "must hold a JSON object", id="a list"),
        pytest.param("{", "cannot be read", id="half a file"),
        pytest.param('{"billing": {}, "billing": {}}', "stands twice", id="twice"),
        pytest.param('{"billing": NaN}', "NaN is no JSON", id="no number"),
        pytest.param("[" * 100_000, "cannot be read", id="too deep"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_name(tmp_path: Path, file: object, told: str) -> None:
    with pytest.raises(ValueError, match=rf"doorward\.json.*{told}"):
        read(tmp_path, file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read: .*No such file"):
        read_configuration({"DOORWARD_CONFIG": str(tmp_path / "none.json")})


@pytest.mark.parametrize("folder", [state_folder, sdk_state_folder])
def test_the_state_is_where_either_variable_says(folder: object) -> None:
    assert callable(folder)
    assert folder({"BMAD_ENTERPRISE_STORAGE_PATH": "/data"}) == Path("/data")
    assert folder({"BMAD_ENTERPRISE_STORAGE_PATH": "/data", "DOORWARD_STATE": "/state"}) == Path("/state")
    assert folder({}) == Path(".doorward")


def test_every_setting_of_the_requirements_is_documented() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text()
    documented = set(re.findall(r"`(BMAD_[A-Z_]+)`", text)) | set(
        re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE)
    )

    def names(value: object, above: str) -> set[str]:
        if not isinstance(value, dict):
            return {above}
        return {one for name, below in value.items() for one in names(below, f"{above}.{name}".strip("."))}

    variables = {f"BMAD_BILLING_{one}" for one in ("DEFAULT_PLAN", "USAGE_TRACKING_ENABLED")}
    variables |= {
        f"BMAD_SECURITY_{one}" for one in ("AUDIT_LOG_RETENTION_DAYS", "PASSWORD_MIN_LENGTH", "SESSION_TIMEOUT_MINUTES")
    }
    assert documented == names(FULL, "") | variables | {"BMAD_ENTERPRISE_STORAGE_PATH"}
