"""A wheel holds what `doorward init` writes, whether it is built from a checkout or from the source archive."""

import subprocess
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="hatchling is not installed")
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_TREE = "doorward/sources/default_tree"
AROUND_IT = "doorward/sources/policy_repository"


def policy_repository() -> dict[str, bytes]:
    """The default tree, and the templates of what stands around it."""
    places = [(ROOT, DEFAULT_TREE, ("models", "policies")), (ROOT / "sidecar" / AROUND_IT, AROUND_IT, ("",))]
    return {
        f"{shipped}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for root, shipped, folders in places
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


def policy_repository_in_wheel_of(source: Path, target: Path) -> dict[str, bytes]:
    wheel = next(WheelBuilder(str(source)).build(directory=str(target), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith((DEFAULT_TREE, AROUND_IT))}


def test_the_wheel_of_a_checkout_holds_what_init_writes(tmp_path: Path) -> None:
    assert f"{AROUND_IT}/dot-github/workflows/policy.yml" in policy_repository()
    assert policy_repository_in_wheel_of(ROOT, tmp_path) == policy_repository()


def test_the_wheel_of_the_source_archive_holds_what_init_writes(tmp_path: Path) -> None:
    source_archive = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))
    subprocess.run(["tar", "-xzf", source_archive], cwd=tmp_path, check=True)
    unpacked = tmp_path / Path(source_archive).name.removesuffix(".tar.gz")
    assert policy_repository_in_wheel_of(unpacked, tmp_path) == policy_repository()
