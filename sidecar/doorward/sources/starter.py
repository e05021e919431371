"""`doorward init`: a policy repository that a team can start from."""

import os
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from doorward.domain.errors import StateUnusable

_README: Final = """# Policy

Who may do what, declared in [Casbin](https://casbin.org) files and reviewed like code.

| file | what it says |
|---|---|
| `models/access.conf` | the Casbin model: how a rule is compared with a question |
| `policies/access.csv` | access rules (`p`) and roles (`g`) |
| `policies/directory.yaml` | known tenants, subjects, resources and actions |

    doorward policy lint .       # does it load?
    doorward policy show .       # who may do what, as a table
    doorward check --policy . --subject user:alice --role viewer --action view --resource agents:1 --explain
"""
_GIT_SECONDS: Final = 30


def make_policy_repository(target: Path) -> list[str]:
    """Write the default tree into `target` and make it a git repository with a first commit.

    Returns:
        The relative paths that were written.

    Raises:
        StateUnusable: `target` holds files already, or git is missing or fails.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StateUnusable(f"{target} is not empty; name a new folder, or remove what is in it")
    if shutil.which("git") is None:
        raise StateUnusable("git is not installed; install it, or give --policy a folder that has a policy")
    target.mkdir(parents=True, exist_ok=True)
    with as_file(files("doorward.sources") / "default_tree") as defaults:
        for folder in ("models", "policies"):
            shutil.copytree(defaults / folder, target / folder)
    (target / "README.md").write_text(_README, encoding="utf-8")
    _git(target, "init", "--quiet", "--initial-branch", "main")
    _git(target, "add", "--all")
    _git(target, "commit", "--quiet", "--message", "Start from Doorward's default policy")
    return sorted(
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file() and ".git" not in path.parts
    )


def _git(target: Path, *arguments: str) -> None:
    identity = [
        "-c",
        "user.name=Doorward",
        "-c",
        "user.email=doorward@localhost",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    command = ["git", "-C", str(target), *identity, "-c", "commit.gpgSign=false", *arguments]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_GIT_SECONDS, env=environment)  # noqa: S603
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()
        raise StateUnusable(f"git {arguments[0]} failed in {target}: {message}") from error
    except subprocess.TimeoutExpired as error:
        raise StateUnusable(f"git {arguments[0]} took longer than {_GIT_SECONDS} s in {target}; try again") from error
