"""`python -m doorward_sdk.enterprise`: make what the managers need, or say that it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from doorward_sdk.client import Doorward
from doorward_sdk.errors import DoorwardError, NotPermitted, Unreachable
from doorward_sdk.location import state_folder

if TYPE_CHECKING:
    from typing import TextIO

_SECONDS = 10.0
_OK, _UNREACHABLE = 0, 5
_FIRST_TENANT = 'doorward tenants create --name "Default Tenant" --domain default.com --plan enterprise'


def main() -> int:
    """Say how the sidecar stands that answers; where none runs, make the state that `doorward serve` starts from.

    What is there already is left as it is. Exit codes as of the command `doorward`: 5 where a sidecar that is named
    does not answer, or the key does not permit what the managers do.
    """
    try:
        with Doorward(timeout=_SECONDS) as client:
            return _told(client)
    except Unreachable as failure:
        if os.environ.get("DOORWARD_URL"):
            return _failed(str(failure), "start it, or unset DOORWARD_URL to use the state folder of this machine")
        return _made(state_folder(os.environ))
    except NotPermitted as failure:
        return _failed(str(failure), "set DOORWARD_KEY to a key with policy:read and admin:tenants, bound to no tenant")
    except DoorwardError as failure:
        return _failed(str(failure), "mend that, and run this again")


def _told(client: Doorward) -> int:
    """What the managers work on."""
    plans, roles = [plan.name for plan in client.plans.list()], [role.name for role in client.roles()]
    tenant = next(client.tenants.list(), None)
    _say(f"a sidecar answers; plans: {', '.join(plans) or 'none'}; roles: {', '.join(roles) or 'none'}")
    _say("ready" if tenant is not None else f"next: {_FIRST_TENANT}")
    return _OK


def _made(state: Path) -> int:
    """A policy repository, a database and a first key, by the command `doorward` where it is installed here."""
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    command = shutil.which("doorward", path=os.pathsep.join(places))
    if command is None:
        return _failed(
            "no sidecar answers, and there is no command `doorward`", "pip install doorward, or set DOORWARD_URL"
        )
    policy = state / "policy"
    if not os.environ.get("DOORWARD_POLICY") and not policy.exists():
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _run(command, "init", str(policy))
        if made:
            return made
        _say(f"made {policy}, a policy repository with the default roles and plans")
    made = _run(command, "tenants", "list", "--json")  # opens the database, which it makes, with a first key
    if made:
        return made
    _say(f"{state} has a database and a first key")
    _say("next: doorward serve")
    _say(f"      {_FIRST_TENANT}")
    return _OK


def _run(*command: str) -> int:
    """The exit code of a command; what it says of errors is seen."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode  # noqa: S603 - our own


def _failed(problem: str, fix: str) -> int:
    _say(f"error: {problem}\n  next: {fix}", sys.stderr)
    return _UNREACHABLE


def _say(line: str, where: TextIO | None = None) -> None:
    (where or sys.stdout).write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
