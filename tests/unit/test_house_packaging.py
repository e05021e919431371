"""A wheel holds the default policy, whether it is built from a checkout or from the source archive."""

import subprocess
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="hatchling is not installed")
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_TREE = "doorward/sources/default_tree"


def default_policy() -> dict[str, bytes]:
    return {
        f"{DEFAULT_TREE}/{path.relative_to(ROOT).as_posix()}": path.read_bytes()
        for folder in ("models", "policies")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }


def default_policy_in_wheel_of(source: Path, target: Path) -> dict[str, bytes]:
    wheel = next(WheelBuilder(str(source)).build(directory=str(target), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith(DEFAULT_TREE)}


def test_the_wheel_of_a_checkout_holds_the_default_policy(tmp_path: Path) -> None:
    assert default_policy_in_wheel_of(ROOT, tmp_path) == default_policy()


def test_the_wheel_of_the_source_archive_holds_the_default_policy(tmp_path: Path) -> None:
    source_archive = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))
    subprocess.run(["tar", "-xzf", source_archive], cwd=tmp_path, check=True)
    unpacked = tmp_path / Path(source_archive).name.removesuffix(".tar.gz")
    assert default_policy_in_wheel_of(unpacked, tmp_path) == default_policy()
