"""`doorward init`: a policy repository that a team can push as it is.

The tree is `default_tree`; everything around it is `policy_repository`, where `dot-` stands for the dot that a name
begins with, so that no packager takes it for hidden.
"""

import os
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from doorward.domain.errors import StateUnusable
from doorward.sources.git.command import Git, GitFailed

HOOKS: Final = ".githooks"
_DOT: Final = "dot-"
_AUTHOR: Final = ("user.name=Doorward", "user.email=doorward@localhost")
_SUBJECT: Final = "Start from Doorward's default policy"


def make_policy_repository(target: Path) -> list[str]:
    """Write the default tree and what a team needs around it into `target`, and commit it on the branch main.

    Returns:
        The relative paths that were written.

    Raises:
        StateUnusable: `target` holds files already, or git is missing or fails; nothing is left behind then.
    """
    if shutil.which("git") is None:
        raise StateUnusable("git is not installed; install it, or give --policy a folder that has a policy")
    try:
        was_there = target.exists()
        if was_there and (not target.is_dir() or any(target.iterdir())):
            raise StateUnusable(f"{target} is not empty; name a new folder, or remove what is in it")
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnusable(f"{target} cannot be made: {error.strerror}; name another folder") from error
    try:
        written = sorted(_write(target))
        _commit(Git(target, _AUTHOR))
    except BaseException as error:
        _leave(target, was_there=was_there)
        if isinstance(error, GitFailed | OSError):
            raise StateUnusable(f"no policy repository could be made in {target}: {error}") from error
        raise
    return written


def _write(target: Path) -> Iterator[str]:
    """Write every file; yields their paths."""
    ours = files("doorward.sources")
    with as_file(ours / "default_tree") as tree, as_file(ours / "policy_repository") as around:
        for source in (tree, around):
            for path in _files_below(source):
                name = _name(path.relative_to(source))
                place = target / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
                if name.parts[0] == HOOKS:
                    place.chmod(place.stat().st_mode | 0o111)
                yield name.as_posix()


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file; in a checkout, the folders of the default tree are links to those at its root."""
    for base, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        yield from (Path(base, name) for name in names if not name.startswith("."))


def _name(path: Path) -> Path:
    return Path(*(f".{part.removeprefix(_DOT)}" if part.startswith(_DOT) else part for part in path.parts))


def _commit(git: Git) -> None:
    git.run("init", "--quiet", "--initial-branch", "main")
    git.run("config", "core.hooksPath", HOOKS)
    git.run("add", "--all")
    git.run("update-index", "--chmod=+x", f"{HOOKS}/pre-commit")
    git.run("commit", "--quiet", "--no-verify", "--message", _SUBJECT)


def _leave(target: Path, *, was_there: bool) -> None:
    """Remove what was made in a folder that was empty."""
    for path in target.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if not was_there:
        target.rmdir()
