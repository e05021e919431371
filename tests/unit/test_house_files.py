"""What is kept in git says nothing about the machine that it was written on."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.:}~-])/(?:work|root|Users)/")
REGISTRY_HOST = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.|docker\.io|ghcr\.io|artifactor[y]")
# Made by a run, not by a person.
GENERATED = frozenset({".venv", ".tools", ".doorward", "__pycache__"})


@cache
def kept_files() -> tuple[Path, ...]:
    """Tracked files, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def lines_that_match(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in kept_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert lines_that_match(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_that_match(REGISTRY_HOST) == []


def test_no_generated_file_is_kept() -> None:
    assert [path for path in kept_files() if GENERATED.intersection(path.relative_to(ROOT).parts)] == []


def test_every_script_that_is_called_by_name_can_be_executed() -> None:
    scripts = [path for path in kept_files() if path.read_bytes()[:2] == b"#!"]
    assert scripts
    assert [path for path in scripts if not path.stat().st_mode & 0o100] == []
