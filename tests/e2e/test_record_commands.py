"""Tenants, users, keys and sessions by commands, the SDK and the managers: on a running sidecar, and where none runs."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward_sdk import Doorward, NotFound, PreconditionFailed, configure
from doorward_sdk.enterprise.billing import billing_manager
from doorward_sdk.enterprise.multi_tenancy import tenant_manager
from doorward_sdk.enterprise.user_management import permission_manager, role_manager, user_manager
from support.policy_repositories import work_tree
from support.sidecars import Sidecar, Start, doorward_command, start_sidecar
from support.trees import ROOT

Run = Callable[..., Result]
HOW_TO = (ROOT / "docs/how-to/manage-tenants-and-users.md").read_text()
SECURE = "SecurePass123!"
DEFAULT_TREE = {
    str(path.relative_to(ROOT)): path.read_bytes()
    for name in ("models", "policies")
    for path in (ROOT / name).rglob("*")
    if path.is_file()
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory that commands find, on a policy that can be written to."""
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_CHANGES"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "state"
    monkeypatch.setenv("DOORWARD_STATE", str(folder))
    monkeypatch.setenv("DOORWARD_POLICY", str(work_tree(tmp_path / "policy", DEFAULT_TREE)))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def running(state: Path) -> Iterator[Sidecar]:
    server = start_sidecar(state, "--policy", os.environ["DOORWARD_POLICY"])
    yield server
    assert server.stop() == 0


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(params=["a sidecar runs", "none runs"])
def run(state: Path, request: pytest.FixtureRequest) -> Run:
    if request.param == "a sidecar runs":
        request.getfixturevalue("running")
    assert state.parent.is_dir()
    return command


def made(ended: Result) -> dict[str, object]:
    """The JSON of a command that went well."""
    assert ended.exit_code == 0, ended.output
    value: dict[str, object] = json.loads(ended.stdout)
    return value


def test_the_commands_of_the_requirements_run(run: Run) -> None:
    tenant = made(
        run("tenants", "create", "--name", "Acme Corp", "--domain", "acme.com", "--plan", "professional", "--json")
    )
    assert "Acme Corp" in run("tenants", "list").output
    updated = made(run("tenants", "update", str(tenant["id"]), "--plan", "enterprise", "--json"))
    assert (updated["plan"], updated["version"]) == ("enterprise", 2)
    names = ("--first-name", "John", "--last-name", "Doe", "--tenant-id", str(tenant["id"]))
    user = made(
        run(
            *("users", "create", "--email", "john@acme.com", "--username", "john", *names),
            *("--password", SECURE, "--json"),
        )
    )
    assert "john@acme.com" in run("users", "list", str(tenant["id"])).output
    suspended = run("users", "update", str(user["id"]), "--status", "suspended")
    assert suspended.exit_code == 0
    assert made(run("users", "update", str(user["id"]), "--status", "active", "--json"))["status"] == "active"
    plans = run("billing", "plans").output
    assert all(one in plans for one in ("basic", "max_agents 20", "api_calls 50000/hour", "custom_integrations"))
    assert run("security", "validate-password", "--password", "MyPassword123!").exit_code == 0
    assert run("security", "validate-password", "--password", "password").exit_code == 1


def test_what_is_refused_says_why(run: Run) -> None:
    assert run("tenants", "create", "--id", "acme", "--name", "A", "--domain", "acme.com").exit_code == 0
    taken = run("tenants", "create", "--name", "B", "--domain", "ACME.com")
    assert taken.exit_code == 1
    assert "acme.com" in taken.stderr.casefold()
    unknown = run("tenants", "update", "acme", "--plan", "no-such-plan")
    assert unknown.exit_code in {1, 2}
    assert "no-such-plan" in unknown.stderr
    stale = run("tenants", "update", "acme", "--name", "B", "--if-version", "7")
    assert stale.exit_code == 1
    assert run("users", "show", "nobody").exit_code == 1
    names = ("--username", "ann", "--first-name", "A", "--last-name", "B", "--tenant-id", "acme")
    weak = run("users", "create", "--email", "a@acme.com", *names, "--password", "short")
    assert weak.exit_code == 1
    assert weak.stderr.count("\n  ") > 1
    nowhere = run("users", "create", "--email", "a@acme.com", *names[:-1], "nowhere", "--no-password")
    assert nowhere.exit_code in {1, 2}
    assert made(run("users", "list", "--json"))["items"] == []


def test_a_key_works_until_it_is_revoked(running: Sidecar) -> None:
    key = made(command("keys", "create", "--name", "gate", "--scope", "decide", "--expires-in", "1h", "--json"))
    with Doorward(running.url, str(key["key"]), timeout=5) as client:
        assert client.check("user:x", "view", "agents:1", roles=()).error is None
        rotated = made(command("keys", "rotate", str(key["id"]), "--json"))
        assert len(rotated["secrets"]) == 2  # type: ignore[arg-type]
        assert command("keys", "rotate", str(key["id"])).exit_code == 1
        assert client.check("user:x", "view", "agents:1").error is None
        assert command("keys", "revoke", str(key["id"])).exit_code == 0
        error = client.check("user:x", "view", "agents:1").error
        assert error is not None
        assert error.status == 401
    assert str(key["key"]) not in command("keys", "list", "--json").output


def test_the_encryption_key_is_rotated(run: Run) -> None:
    run("tenants", "create", "--id", "acme", "--name", "A", "--domain", "acme.com")
    lines = [
        json.dumps(
            {"id": f"u{n}", "tenant_id": "acme", "email": f"u{n}@acme.com", "username": f"u{n}", "first_name": "A", "last_name": "B"}
        )
        for n in range(700)
    ]  # fmt: skip
    Path("users.jsonl").write_text("\n".join(lines))
    assert run("users", "import", "users.jsonl").stdout == "700 created, 0 there already, 0 refused\n"
    before = made(run("encryption", "status", "--json"))
    assert run("encryption", "rotate").exit_code == 0
    after = made(run("encryption", "status", "--json"))
    assert after["key_id"] != before["key_id"]
    assert after["sealed_with_others"] == 0
    assert made(run("users", "show", "u699", "--json"))["email"] == "u699@acme.com"


def test_an_import_that_is_killed_goes_on_and_imports_everything_once(running: Sidecar) -> None:
    assert running.url
    command("tenants", "create", "--id", "acme", "--name", "A", "--domain", "acme.com")
    count = 6000
    rows = "".join(f"u{n},acme,u{n}@acme.com,u{n},A,B\n" for n in range(count))
    Path("users.csv").write_text("id,tenant_id,email,username,first_name,last_name\n" + rows)
    killed = 0
    while killed < 3:
        process = subprocess.Popen(
            doorward_command("users", "import", "users.csv"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        _wait_for_line(Path("users.csv.progress"), 600 * (killed + 1), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1
    ended = command("users", "import", "users.csv")
    assert ended.exit_code == 0, ended.output
    assert f"{count:,} created, 0 there already, 0 refused" in ended.stdout
    with Doorward(timeout=10) as client:
        assert sum(1 for _ in client.users.list(tenant="acme")) == count


def _wait_for_line(progress: Path, line: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the import ended before it was killed"
        if progress.exists() and json.loads(progress.read_text())["line"] >= line:
            return
        time.sleep(0.002)
    raise AssertionError("the import does not get on")


@pytest.mark.usefixtures("running")
def test_the_managers_do_what_the_requirements_show() -> None:
    with Doorward(timeout=5) as client:
        configure(client)
        try:
            tenant = tenant_manager.create_tenant(name="Acme Corporation", domain="acme.com", plan="professional")
            tenant_manager.set_current_tenant(tenant)
            assert tenant_manager.is_feature_enabled("analytics")
            assert not tenant_manager.is_feature_enabled("dedicated_support")
            assert [tenant_manager.check_limit("max_agents", used) for used in (19, 20)] == [True, False]
            limits = {"max_agents": 3, "api_calls": {"per": "hour", "amount": 10}}
            plan = billing_manager.create_plan("startup", "For the first year", 24.5, 245.0, ["analytics"], limits)
            assert (plan.id, plan.price_monthly, plan.limits) == ("startup", 24.5, limits)
            started = tenant_manager.create_tenant(name="New", domain="new.com", plan=plan.id)
            assert started.limits == {"max_agents": 3, "api_calls": 10}
            user = user_manager.create_user(
                email="john.doe@acme.com",
                username="johndoe",
                first_name="John",
                last_name="Doe",
                tenant_id=tenant.id,
                password=SECURE,
            )
            role = role_manager.create_role(
                name="developer",
                description="Software developer role",
                permissions=["view_agents", "create_agents", "execute_agents"],
            )
            assert not permission_manager.has_permission(user.id, "create_agents")
            updated = user_manager.update_user(user.id, role_ids=[role.id])
            assert updated is not None
            assert updated.role_ids == ["developer"]
            assert permission_manager.has_permission(user.id, "create_agents")
            assert permission_manager.has_all_permissions(user.id, ["view_agents", "execute_agents"])
            assert not permission_manager.has_any_permission(user.id, ["delete_agents"])
            assert permission_manager.get_user_permissions(user.id) >= {"view_agents", "create_agents"}
            assert user_manager.authenticate_user("John.Doe@ACME.com", SECURE) == updated
            assert user_manager.authenticate_user("john.doe@acme.com", "wrong") is None
            assert user_manager.delete_user(user.id) is True
            assert user_manager.get_user(user.id) is None
            assert user_manager.list_users_by_tenant(tenant.id) == []
        finally:
            configure(None)
            tenant_manager.set_current_tenant(None)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("viewer", {"view_agents", "view_workflows"}, {"execute_agents", "execute_workflows", "delete_agents"}),
        ("user", {"view_agents", "execute_agents", "view_workflows", "execute_workflows"}, {"delete_agents"}),
        ("admin", {"view_agents", "execute_agents", "execute_workflows", "delete_agents", "make_coffee"}, set()),
    ],
)
@pytest.mark.usefixtures("running")
def test_the_default_roles_hold(role: str, may: set[str], may_not: set[str]) -> None:
    with Doorward(timeout=5) as client:
        tenant = client.tenants.create("Acme", "acme.com", id="acme")
        user = client.users.create("a@acme.com", "a", "A", "B", tenant.id, roles=[role])
        assert {one for one in may | may_not if client.users.has_permission(user.id, one)} == may
        listed = {one.permission for one in client.users.permissions(user.id)}
        assert may - {"delete_agents", "make_coffee"} <= listed
        assert not listed & may_not


@pytest.mark.usefixtures("running")
def test_a_session_lives_from_login_to_revocation() -> None:
    with Doorward(timeout=5) as client:
        client.tenants.create("Acme", "acme.com", id="acme")
        user = client.users.create("a@acme.com", "ann", "A", "B", "acme", SECURE)
        begun = client.sessions.create(username="ANN", tenant_id="acme", password=SECURE, user_agent="curl")
        assert begun.user.id == user.id
        found = client.sessions.introspect(begun.token)
        assert found
        assert found.session is not None
        assert found.session.user_agent == "curl"
        rotated = client.sessions.rotate(begun.token)
        assert not client.sessions.introspect(begun.token)
        assert client.sessions.introspect(rotated.token)
        assert [one.id for one in client.sessions.list(user=user.id)] == [rotated.session.id]
        assert client.sessions.revoke(rotated.token)
        assert not client.sessions.introspect(rotated.token)
        with pytest.raises(NotFound):
            client.sessions.rotate(rotated.token)


@pytest.mark.usefixtures("running")
def test_a_change_by_an_outdated_version_is_refused() -> None:
    with Doorward(timeout=5) as client:
        tenant = client.tenants.create("Acme", "acme.com")
        newer = client.tenants.update(tenant.id, if_match=tenant.version, name="A")
        with pytest.raises(PreconditionFailed):
            client.tenants.update(tenant.id, if_match=tenant.version, name="B")
        assert client.tenants.get(tenant.id) == newer


@pytest.mark.usefixtures("running")
def test_what_a_client_changed_counts_in_its_next_question() -> None:
    with Doorward(timeout=5) as client:
        client.tenants.create("Acme", "acme.com", id="acme")
        user = client.users.create("a@acme.com", "a", "A", "B", "acme")
        for _ in range(25):
            client.users.give_role(user.id, "user")
            assert client.check(f"user:{user.id}", "execute", "agents:1", tenant="acme")
            client.users.take_role(user.id, "user")
            assert not client.check(f"user:{user.id}", "execute", "agents:1", tenant="acme")


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(sh|python)\n(.*?)^```$", HOW_TO, flags=re.DOTALL | re.MULTILINE)


def test_the_how_to_does_what_it_says(sidecar: Start, tmp_path: Path) -> None:
    running = sidecar()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "doorward").write_text(
        f"#!{sys.executable}\nfrom doorward.cli import main\nmain(prog_name='doorward')\n"
    )
    (programs / "doorward").chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")},
        "DOORWARD_STATE": str(running.state),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    printed = ""
    for language, block in blocks():
        program = ["bash", "-euc", block] if language == "sh" else [sys.executable, "-c", block]
        ran = subprocess.run(
            program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, f"{block}\n{ran.stdout}\n{ran.stderr}"
        printed += ran.stdout
    assert "John" in printed
    assert "john is logged in until" in printed
    assert "2 created, 0 there already, 0 refused" in printed
    assert "ALLOWED  user:john may delete agents:7 in acme" in printed
