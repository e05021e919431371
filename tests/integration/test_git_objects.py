"""The files of a mirror's object store: what a killed git left is removed, and too many are told."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from doorward.sources.git.objects import ObjectFiles

MIB = 1 << 20


def store(tmp_path: Path, files: Mapping[str, int]) -> ObjectFiles:
    for name, size in files.items():
        file = tmp_path / "objects" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.truncate(file, size)
    return ObjectFiles(tmp_path)


def left(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_what_a_killed_git_left_is_removed(tmp_path: Path) -> None:
    good = ("pack/pack-1.pack", "pack/pack-1.idx", "pack/pack-1.rev", "ab/cd", "info/alternates.lock")
    bad = (
        "pack/pack-1.keep", "pack/tmp_pack_x", "pack/.tmp-1-pack-2.idx", "pack/pack-2.pack.temp", "pack/pack-3.pack",
        "ab/tmp_obj_x", "ab/cd.temp",
    )  # fmt: skip
    files = store(tmp_path, dict.fromkeys((*good, *bad), 1))
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "main.lock").touch()
    files.clear_remains()
    assert left(tmp_path) == sorted(f"objects/{name}" for name in good)


def test_what_is_new_is_removed(tmp_path: Path) -> None:
    files = store(tmp_path, {"pack/pack-1.pack": 1})
    before = files.listed()
    store(tmp_path, {"pack/pack-2.pack": 7, "pack/pack-2.idx": 1, "pack/pack-2.keep": 0, "ab/cd": 1})
    assert files.remove_since(before) == 7
    assert left(tmp_path) == ["objects/pack/pack-1.pack"]


@pytest.mark.parametrize(
    ("sizes", "are_too_many"),
    [
        pytest.param([1] * 19, False, id="few"),
        pytest.param([1] * 20, True, id="many"),
        pytest.param([500 * MIB], False, id="one that is large"),
        pytest.param([500 * MIB, 20 * MIB], False, id="a large one and a small one"),
        pytest.param([100 * MIB] * 3, True, id="several that are large"),
    ],
)
def test_many_packs_or_large_ones_are_too_many(sizes: list[int], are_too_many: bool, tmp_path: Path) -> None:
    files = store(tmp_path, {f"pack/pack-{number}.pack": size for number, size in enumerate(sizes)})
    assert files.are_too_many is are_too_many
    assert files.packed_bytes == sum(sizes)
