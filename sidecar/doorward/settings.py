"""What an operator sets; read once, frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.domain.address import Listen

DEFAULT_LISTEN: Final = "127.0.0.1:8642"
DEFAULT_STATE: Final = ".doorward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything `doorward serve` needs to know."""

    policy: Path
    state: Path
    listen: Listen
    public_base_url: str | None = None
    no_auth: bool = False


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """DOORWARD_STATE, else `.doorward`."""
    return Path(environment.get("DOORWARD_STATE") or DEFAULT_STATE)


def policy_folder(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """DOORWARD_POLICY, else `policy` in the state directory."""
    given = environment.get("DOORWARD_POLICY")
    return Path(given) if given else state / "policy"
