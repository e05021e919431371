"""Which policy tree a command reads, and what to give instead of a path where there is none."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from doorward.bootstrap import load_folder
from doorward.cli.serving.places import served_place
from doorward.domain.errors import PolicyInvalid, Problem
from doorward.policy import Snapshot, Tree
from doorward.policy.policy_tests import PolicyTest, load_with_tests
from doorward.sources import read_tree

_USUAL_PLACES: Final = ("policy", ".doorward/policy")


def chosen(tree: Path | None) -> Path:
    """The tree that is named, else DOORWARD_POLICY, else the current folder.

    Raises:
        click.BadParameter: DOORWARD_POLICY names a repository, which is no folder.
    """
    place = tree or served_place(None, else_folder=Path())
    if isinstance(place, Path):
        return place
    message = f"{place} is a git repository; clone it, and name the folder"
    raise click.BadParameter(message, param_hint="DOORWARD_POLICY")


def loaded(folder: Path, command: str) -> Snapshot:
    """The policy of a folder. Raises PolicyInvalid, also where the tree stands elsewhere, and says where."""
    _require_place(folder, command)
    return load_folder(folder)


def reviewed(folder: Path, command: str) -> tuple[Snapshot, Sequence[PolicyTest]]:
    """The policy of a folder and its tests. Raises as `loaded`, also where a test file cannot be read."""
    _require_place(folder, command)
    return load_with_tests(Tree(read_tree(folder)))


def _require_place(folder: Path, command: str) -> None:
    fault = _wrong_place(folder, command)
    if fault is not None:
        raise PolicyInvalid([Problem(path=str(folder), line=0, message=fault)])


def _wrong_place(folder: Path, command: str) -> str | None:
    """What to give in the place of a path that is no tree; None where there is one."""
    if folder.is_file():
        return "it is a file; give the folder that holds models/ and policies/"
    if not folder.is_dir():
        return "no such folder; `doorward init` makes one"
    if _holds_tree(folder):
        return None
    below = next((place for name in _USUAL_PLACES if _holds_tree(place := folder / name)), None)
    if below is not None:
        return f"no tree, but there is one below; next: doorward policy {command} {below}"
    if os.access(folder, os.R_OK) and any(folder.iterdir()):
        return (
            "neither models/ nor policies/ is in it; give the folder that holds them (`doorward init` makes a new one)"
        )
    return None


def _holds_tree(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("models", "policies"))
