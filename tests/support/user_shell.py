"""The shell of somebody who reads a page of the documentation: its commands and programs, run as they stand."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support.sidecars import Sidecar


def blocks(page: str, *languages: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page in these languages, each with its language, in their order."""
    named = "|".join(languages)
    return re.findall(rf"^```({named})\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)


class Shell:
    """Runs what a page shows, beside one sidecar."""

    def __init__(self, running: Sidecar, folder: Path) -> None:
        programs = folder / "bin"
        programs.mkdir()
        (programs / "doorward").write_text(
            f"#!{sys.executable}\nfrom doorward.cli import main\nmain(prog_name='doorward')\n"
        )
        (programs / "doorward").chmod(0o755)
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DOORWARD_")},
            "DOORWARD_STATE": str(running.state),
            "PATH": f"{programs}:{os.environ['PATH']}",
        }

    def run(self, program: Sequence[str], folder: Path | None = None, **environment: str) -> str:
        ran = subprocess.run(
            program,
            cwd=folder or self._folder,
            env=self._environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, f"{program}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout
