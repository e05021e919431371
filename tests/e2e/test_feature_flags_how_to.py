"""The page about feature flags does what it says; so do the requirements' commands and example."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.policy import Tree, load_snapshot
from doorward_sdk import Doorward, configure
from doorward_sdk.enterprise.access_control import FeatureFlagType, access_control_manager, feature_flag_manager
from doorward_sdk.enterprise.multi_tenancy import tenant_manager
from support.needs import find_program
from support.openfeature_cases import CLIENTS
from support.openfeature_node import need_clients
from support.sidecars import Sidecar, Start
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, tree
from support.user_shell import Shell, blocks

HOW_TO = (ROOT / "docs/how-to/use-feature-flags.md").read_text()


@pytest.fixture
def running(sidecar: Start) -> Sidecar:
    return sidecar()


@pytest.fixture
def shell(running: Sidecar, tmp_path: Path) -> Shell:
    return Shell(running, tmp_path)


def test_every_command_and_program_of_the_page_runs(shell: Shell) -> None:
    printed = ""
    for language, block in blocks(HOW_TO, "sh", "python"):
        printed += shell.run(["bash", "-euc", block] if language == "sh" else [sys.executable, "-c", block])
    assert "\nfalse\n" in printed
    assert "\ntrue\n" in printed
    assert "decided by   override" in printed
    assert "initech has no value of its own of beta_features any more" in printed
    assert "the feature 'beta_features' is off" in printed


def test_the_file_of_the_page_loads_and_says_what_the_page_says() -> None:
    ((_, text),) = blocks(HOW_TO, "yaml")
    files = tree(directory="tenants: [acme]\n") | {PLANS_MODEL: PLANS_CONF.encode(), PLANS: PLANS_CSV.encode()}
    catalog = "policies/catalog.yaml"
    files[catalog] = (ROOT / catalog).read_bytes()
    flags = load_snapshot(Tree(files | {FLAGS: text.encode()})).flags
    enterprise = {"tenant": {"id": "acme", "plan": "enterprise"}, "context": {}, "subject": {}, "env": {}}
    assert flags.evaluate("beta_features", enterprise, 0.0).value is True
    basic = {"tenant": {"id": "tenant-1", "plan": "basic"}, "context": {}, "subject": {}, "env": {}}
    assert flags.evaluate("beta_features", basic, 0.0).reason == "DEFAULT"
    assert flags.evaluate("beta_features", basic, 1.9e9).reason == "SPLIT"


@pytest.mark.needs("node")
def test_the_program_of_node_runs(shell: Shell, running: Sidecar) -> None:
    need_clients()
    shell.run(["bash", "-euc", blocks(HOW_TO, "sh")[0][1]])
    node = find_program("node")
    assert node is not None
    ((_, program),) = blocks(HOW_TO, "js")
    with Doorward(running.url, running.key, timeout=5) as client:
        client.flags.set_override("beta_features", "initech", value=True)
    environment = {"DOORWARD_URL": running.url, "DOORWARD_KEY": running.key}
    assert shell.run([node, "--input-type=module", "-e", program], CLIENTS, **environment) == "true\n"


def test_the_requirements_commands_do_what_they_say(shell: Shell) -> None:
    def doorward(*arguments: str) -> str:
        return shell.run(["doorward", *arguments])

    tenant = json.loads(doorward("tenants", "create", "--name", "Acme", "--domain", "acme.com", "--json"))["id"]
    about = ("--description", "Beta features", "--type", "boolean", "--default-value", "false")
    doorward("features", "create", "--name", "beta_features", *about)
    assert doorward("features", "get", "beta_features", "--tenant-id", tenant) == "false\n"
    doorward("features", "set-override", "beta_features", "--tenant-id", tenant, "--value", "true")
    assert doorward("features", "get", "beta_features", "--tenant-id", tenant) == "true\n"


@pytest.fixture
def host(running: Sidecar) -> Iterator[Doorward]:
    with Doorward(running.url, running.key, timeout=5) as client:
        configure(client)
        yield client
        configure(None)
        tenant_manager.set_current_tenant(None)


@pytest.mark.usefixtures("host")
def test_the_requirements_example_does_what_it_says() -> None:
    tenant = tenant_manager.create_tenant(name="Acme Corporation", domain="acme.com", plan="professional")
    flag = feature_flag_manager.create_feature_flag(
        name="beta_features",
        description="Enable beta features",
        flag_type=FeatureFlagType.BOOLEAN,
        default_value=False,
    )
    assert (flag.name, flag.flag_type, flag.default_value) == ("beta_features", FeatureFlagType.BOOLEAN, False)
    assert feature_flag_manager.get_flag_value("beta_features", tenant.id) is False
    assert feature_flag_manager.set_tenant_override("beta_features", tenant.id, True) is True
    assert feature_flag_manager.get_flag_value("beta_features", tenant.id) is True
    assert feature_flag_manager.get_flag_value("beta_features") is False
    tenant_manager.set_current_tenant(tenant)
    assert tenant_manager.is_feature_enabled("beta_features")
    assert tenant_manager.is_feature_enabled("analytics")
    assert not tenant_manager.is_feature_enabled("dedicated_support")
    assert feature_flag_manager.remove_tenant_override("beta_features", tenant.id) is True
    assert feature_flag_manager.remove_tenant_override("beta_features", tenant.id) is False
    assert feature_flag_manager.set_tenant_override("no_such_flag", tenant.id, True) is False
    assert not tenant_manager.is_feature_enabled("beta_features")

    rule = access_control_manager.create_access_rule(
        name="agent_creation",
        description="Allow agent creation",
        resource="agents",
        action="create",
        conditions={"min_role": "user"},
    )
    assert (rule.name, rule.resource, rule.action) == ("agent_creation", "agents", "create")
    asked = {"user_id": "user123", "resource": "agents", "action": "create", "tenant_id": tenant.id}
    assert access_control_manager.check_access(**asked, user_role="user") is True
    assert access_control_manager.check_access(**asked, user_role="viewer") is False
    assert access_control_manager.check_access(**asked) is False
