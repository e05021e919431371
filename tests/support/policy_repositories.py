"""Git repositories for tests: work trees with a policy, bare remotes, commits made by people."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.trees import tree, write_tree

_PERSON = {
    "GIT_AUTHOR_NAME": "Person",
    "GIT_AUTHOR_EMAIL": "person@example.com",
    "GIT_COMMITTER_NAME": "Person",
    "GIT_COMMITTER_EMAIL": "person@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person does, and return what it printed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **_PERSON}
    ended = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env=environment)
    return ended.stdout


def commit(folder: Path, files: Mapping[str, str], message: str = "By hand") -> str:
    """Write files and commit everything; returns the commit."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return head(folder)


def head(folder: Path, name: str = "HEAD") -> str:
    """The commit that a name stands for."""
    return git(folder, "rev-parse", name).strip()


def work_tree(folder: Path, files: Mapping[str, bytes] | None = None, below: str = "") -> Path:
    """A work tree on the branch main whose only commit has a policy, in a folder of it if `below` names one."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    write_tree(folder / below, tree() if files is None else files)
    commit(folder, {"README.md": "# Policy\n"}, "Start")
    return folder


def remote(folder: Path, start: Path) -> Path:
    """A bare repository with what a work tree has."""
    git(start, "clone", "--quiet", "--bare", str(start), str(folder))
    return folder
