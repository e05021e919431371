"""The Makefile keeps what the documentation promises of it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISED = frozenset({"serve", "test", "check", "prove", "tools", "bench", "format", "clean", "help"})


def described_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## \S", (ROOT / "Makefile").read_text(), re.MULTILINE))


def targets_named_in(page: Path) -> set[str]:
    code = re.findall(r"```.*?```|`[^`\n]+`", page.read_text(), re.DOTALL)
    return {target for piece in code for target in re.findall(r"^\W*make ([a-z][a-z-]*)", piece, re.MULTILINE)}


def test_every_promised_target_is_there_and_described() -> None:
    assert described_targets() >= PROMISED


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sdk/*.md")],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_target_that_a_page_names_exists(page: Path) -> None:
    assert targets_named_in(page) <= described_targets()


def test_make_alone_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) ", shown, re.MULTILINE)) == described_targets()


def test_without_a_suitable_python_the_error_says_what_to_do(tmp_path: Path) -> None:
    made = subprocess.run(
        [ROOT / "tools" / "make-venv", tmp_path / "venv"],
        env={**os.environ, "PYTHON": "no-such-python"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 1
    assert "Doorward needs Python 3.11 or newer" in made.stderr
    assert "no-such-python: not there" in made.stderr
    assert not (tmp_path / "venv").exists()
