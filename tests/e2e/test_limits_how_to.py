"""The page about limits does what it says, against a real sidecar; so does the module that initialises."""

import subprocess
import sys
from pathlib import Path

from doorward_sdk import Doorward
from support.sidecars import Start
from support.trees import ROOT
from support.user_shell import Shell, blocks

HOW_TO = (ROOT / "docs/how-to/hold-limits.md").read_text()


def test_every_command_and_program_of_the_page_runs(sidecar: Start, tmp_path: Path) -> None:
    running = sidecar()
    shell = Shell(running, tmp_path)
    printed = ""
    for language, block in blocks(HOW_TO, "sh", "python"):
        printed += shell.run(["bash", "-euc", block] if language == "sh" else [sys.executable, "-c", block])

    for line in (
        "ALLOWED  consumed under the id first-agent",
        "returned 1 of max_agents",
        "given back: it does not start",
        "refused: the limit 'max_agents' has no room: 5 of 5 are used; the plan professional has room",
        "denied: user:nobody may not create agents:*",
        "workflow 1 of 10",
        "room for 500 MB is kept",
        "stored 420",
        "taken",
    ):
        assert line in printed, printed
    assert [f"started {name}" in printed for name in "abcdef"] == [True] * 5 + [False]
    with Doorward(running.url, running.key, timeout=5) as client:
        assert client.limit("max_agents", tenant="globex").used == 5
        assert client.usage.get("agent_executions", tenant="globex").total == 5
    ready = shell.run([sys.executable, "-m", "doorward_sdk.enterprise"])
    assert "plans: basic, enterprise, professional; roles: admin, user, viewer" in ready
    assert ready.endswith("ready\n")


def test_what_the_managers_need_is_made_where_no_sidecar_runs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "DOORWARD_STATE": str(state)}
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-m", "doorward_sdk.enterprise"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert "next: doorward serve" in ran.stdout
        assert ran.stderr == ""
    assert {"admin.key", "doorward.db", "master.key", "policy"} <= {one.name for one in state.iterdir()}
    assert state.stat().st_mode & 0o077 == 0
