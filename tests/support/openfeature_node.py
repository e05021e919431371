"""Programs of node that ask a sidecar by OpenFeature's own clients."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from support.needs import find_program
from support.openfeature_cases import CLIENTS, Case

PROGRAMS: Final = Path(__file__).parent / "openfeature"
_SECONDS: Final = 60


def need_clients() -> None:
    """Skip the test where the clients are not installed."""
    if not (CLIENTS / "installed-lock.json").exists():
        pytest.skip("needs OpenFeature's clients; `make tools` installs them")


def what_to_ask(cases: Sequence[Case], key: str) -> str:
    """What the programs read: the header to send, and the cases."""
    return json.dumps({"headers": [["Authorization", f"Bearer {key}"]], "cases": [asdict(one) for one in cases]})


@contextmanager
def started(program: str, url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A program that waits for what to ask; it ends with the block."""
    node = find_program("node")
    assert node is not None
    command = [node, str(PROGRAMS / program), str(CLIENTS), url, *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answers_of(program: str, url: str, cases: Sequence[Case], key: str, *arguments: str) -> Any:
    """What a program answers in the end."""
    with started(program, url, *arguments) as process:
        printed, errors = process.communicate(what_to_ask(cases, key), timeout=_SECONDS)
    assert process.returncode == 0, errors
    return json.loads(printed)
