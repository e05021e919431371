"""A wheel holds what is no Python, whether it is built from a checkout or from the source archive."""

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
MIGRATIONS = "doorward/store/migrations"


def shipped_files() -> dict[str, bytes]:
    """The default tree, the templates of what stands around it, and the schema of the database."""
    places = [
        (ROOT, DEFAULT_TREE, ("models", "policies")),
        (ROOT / "sidecar" / AROUND_IT, AROUND_IT, ("",)),
        (ROOT / "sidecar" / MIGRATIONS, MIGRATIONS, ("sqlite", "postgresql")),
    ]
    return {
        f"{shipped}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for root, shipped, folders in places
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


def shipped_files_in_wheel_of(source: Path, target: Path) -> dict[str, bytes]:
    wheel = next(WheelBuilder(str(source)).build(directory=str(target), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if _is_shipped(name)}


def _is_shipped(name: str) -> bool:
    return name.startswith((DEFAULT_TREE, AROUND_IT)) or (name.startswith(MIGRATIONS) and name.endswith(".sql"))


def test_the_wheel_of_a_checkout_holds_what_is_no_python(tmp_path: Path) -> None:
    assert f"{AROUND_IT}/dot-github/workflows/policy.yml" in shipped_files()
    assert f"{MIGRATIONS}/postgresql/0001_records.sql" in shipped_files()
    assert shipped_files_in_wheel_of(ROOT, tmp_path) == shipped_files()


def test_the_wheel_of_the_source_archive_holds_what_is_no_python(tmp_path: Path) -> None:
    source_archive = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))
    subprocess.run(["tar", "-xzf", source_archive], cwd=tmp_path, check=True)
    unpacked = tmp_path / Path(source_archive).name.removesuffix(".tar.gz")
    assert shipped_files_in_wheel_of(unpacked, tmp_path) == shipped_files()
