"""Lists that people keep by hand are true: programs, unused names, versions."""

import re
import tomllib
from pathlib import Path

import pytest

from support.needs import pytest_runtest_setup

ROOT = Path(__file__).resolve().parents[2]


def programs_installed_by_make_tools() -> set[str]:
    lines = (ROOT / "tools" / "programs").read_text().splitlines()
    return {line.split()[0] for line in lines if not line.startswith("#")}


def programs_needed_by_tests() -> set[str]:
    marks = re.compile(r"\bmark\.needs\(([^)]*)\)")
    return {
        program
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__)
        for arguments in marks.findall(path.read_text())
        for program in re.findall(r"[\"']([^\"']+)[\"']", arguments)
    }


def test_make_tools_installs_every_program_that_a_test_needs() -> None:
    assert programs_needed_by_tests() <= programs_installed_by_make_tools()


def test_a_test_whose_program_is_missing_is_skipped_and_says_which(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.needs("no-such-program"))
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program; `make tools` installs it"):
        pytest_runtest_setup(request.node)


def test_a_test_whose_programs_are_there_runs(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.needs("sh", "make"))
    pytest_runtest_setup(request.node)


def test_every_name_that_vulture_is_told_to_allow_still_exists() -> None:
    allowed = re.findall(r"^(\w+)$", (ROOT / "vulture_allowlist.py").read_text(), re.MULTILINE)
    code = " ".join(path.read_text() for folder in ("sidecar", "sdk") for path in (ROOT / folder).rglob("*.py"))
    assert allowed
    assert set(allowed) - set(re.findall(r"\w+", code)) == set()


def test_sidecar_sdk_and_image_carry_one_version() -> None:
    sidecar = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sdk = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text())["project"]
    image = re.search(r'image\.version="([^"]+)"', (ROOT / "Dockerfile").read_text())
    assert sdk["version"] == sidecar["version"]
    assert f"doorward-sdk=={sidecar['version']}" in sidecar["dependencies"]
    assert image is not None
    assert image[1] == sidecar["version"]
