"""Inputs that atheris breeds for coverage break no promise of a reader: no crash, no hang, no memory without end."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import SCALE
from fuzz.readers import READERS

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
SECONDS = round(300 * SCALE) if SCALE >= 1 else max(2, round(40 * SCALE))
# Instrumenting a reader takes longer than a short run. A tree has every kind of file in it.
FUZZED = READERS if SCALE >= 1 else ["tree", "model", "condition"]
needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="needs atheris, which is not made for this platform or Python"
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The runner, without the coverage tool: atheris counts branches in the same bytecode."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [sys.executable, str(FUZZ / "run.py"), *arguments], check=False, capture_output=True, text=True, env=environment
    )


@needs_atheris
@pytest.mark.parametrize("reader", FUZZED)
def test_fuzzing_finds_no_input_that_breaks_a_promise(reader: str, tmp_path: Path) -> None:
    done = run(reader, "--seconds", str(SECONDS), "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "nothing found" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_has_seeds_and_words(reader: str) -> None:
    assert list((FUZZ / "corpus" / reader).iterdir())
    assert (FUZZ / "dictionaries" / f"{reader}.dict").read_text()
