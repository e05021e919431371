"""The last good tree on disk: what was written is read, a crash amid writing loses nothing, damage is found."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from doorward.bootstrap import KeptPolicy
from doorward.policy import Tree, load_snapshot
from doorward.sources import LastGood
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, RULES, tree

Files = Mapping[str, bytes]
FIRST = tree(directory="tenants: [acme]\n")
SECOND = tree(rules=f"# second\n{RULES}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state/last-good"


@pytest.fixture
def kept(folder: Path) -> LastGood:
    folder.parent.mkdir()
    return LastGood(folder)


def keep(kept: LastGood, files: Files) -> str:
    revision = Tree(files).revision
    kept.write(revision, files)
    return revision


def test_nothing_is_kept_at_first(kept: LastGood) -> None:
    assert kept.read() is None
    assert KeptPolicy(kept).load() is None


def test_what_was_written_last_is_read_and_the_one_before_is_gone(kept: LastGood, folder: Path) -> None:
    keep(kept, FIRST)
    revision = keep(kept, SECOND)
    assert kept.read() == (revision, dict(SECOND))
    assert LastGood(folder).read() == (revision, dict(SECOND))
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


def test_the_same_tree_can_be_kept_again(kept: LastGood) -> None:
    revision = keep(kept, FIRST)
    assert keep(kept, FIRST) == revision
    assert kept.read() == (revision, dict(FIRST))


def test_a_snapshot_is_kept_and_answers_as_before(kept: LastGood) -> None:
    snapshot = load_snapshot(Tree(FIRST))
    KeptPolicy(kept).save(snapshot)
    again = KeptPolicy(kept).load()
    assert again is not None
    assert (again.revision, again.tenants, again.rule_count) == (snapshot.revision, {"acme"}, 5)


class Crash(Exception):  # noqa: N818 - it stands for the end of the process
    """The process ends here."""


def crash_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the process before one of its operations on the disk."""
    left = [step]

    def counted(operation: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise Crash
            return operation(*arguments, **options)

        return call

    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "mkdir"), (Path, "open"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))


@pytest.mark.parametrize("step", range(0, 40, 2))
def test_a_crash_amid_writing_leaves_the_old_or_the_new_one(
    step: int, kept: LastGood, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = keep(kept, FIRST)
    with monkeypatch.context() as patch:
        crash_at(step, patch)
        try:
            new = keep(kept, SECOND)
        except Crash:
            new = Tree(SECOND).revision
    found = LastGood(folder).read()
    assert found in [(old, dict(FIRST)), (new, dict(SECOND))]
    assert keep(kept, SECOND) == new
    assert kept.read() == (new, dict(SECOND))
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


def inside(folder: Path) -> Path:
    """The folder of the kept files."""
    name: str = json.loads((folder / "current").read_text())["folder"]
    return folder / name


def swap_two_files(folder: Path) -> None:
    model, rules = (inside(folder) / name for name in (ACCESS_MODEL, ACCESS_RULES))
    content = model.read_bytes()
    model.write_bytes(rules.read_bytes())
    rules.write_bytes(content)


def point(where: Path, **changes: object) -> None:
    pointer = json.loads((where / "current").read_text())
    (where / "current").write_text(json.dumps(pointer | changes))


def flip_a_bit(folder: Path) -> None:
    path = inside(folder) / ACCESS_RULES
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)


def link_out(folder: Path) -> None:
    path = inside(folder) / DIRECTORY
    path.unlink()
    path.symlink_to("/etc/hostname")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit flipped": flip_a_bit,
    "a file emptied": lambda folder: (inside(folder) / ACCESS_RULES).write_bytes(b""),
    "a file gone": lambda folder: (inside(folder) / DIRECTORY).unlink(),
    "a file more": lambda folder: (inside(folder) / "policies/more.csv").write_bytes(b"x\n"),
    "two files swapped": swap_two_files,
    "a link in a file's place": link_out,
    "a folder in a file's place": lambda folder: (
        (inside(folder) / DIRECTORY).unlink(),
        (inside(folder) / DIRECTORY).mkdir(),
    ),
    "all files gone": lambda folder: shutil.rmtree(inside(folder)),
    "the pointer gone": lambda folder: (folder / "current").unlink(),
    "the pointer empty": lambda folder: (folder / "current").write_bytes(b""),
    "the pointer is no UTF-8": lambda folder: (folder / "current").write_bytes(b"\xff"),
    "the pointer is an array": lambda folder: (folder / "current").write_bytes(b"[1]"),
    "the pointer names nothing": lambda folder: (folder / "current").write_bytes(b"{}"),
    "the pointer is a folder": lambda folder: ((folder / "current").unlink(), (folder / "current").mkdir()),
    "the pointer leads out": lambda folder: point(folder, folder="../.."),
    "the pointer leads to the root": lambda folder: point(folder, folder="/"),
    "the pointer names another revision": lambda folder: point(folder, revision="dir:0000000000000000"),
    "the pointer names no revision": lambda folder: point(folder, revision=None),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_copy_is_as_none(damage: Callable[[Path], object], kept: LastGood, folder: Path) -> None:
    keep(kept, FIRST)
    damage(folder)
    assert KeptPolicy(kept).load() is None


def test_a_copy_that_no_longer_loads_is_as_none(kept: LastGood) -> None:
    keep(kept, tree(rules="pp, what an older release took\n"))
    assert KeptPolicy(kept).load() is None


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(folder: Path, kept: LastGood) -> None:
    folder.write_text("a file")
    with pytest.raises(OSError, match=r"exists|directory"):
        keep(kept, FIRST)
    assert kept.read() is None
