"""Repositories for tests, made by git itself: committed to, rewritten, signed."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.trees import write_tree

Files = Mapping[str, bytes]


def run_git(folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
    """Run git as nobody in particular, with none of the machine's settings."""
    own = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        **(environment or {}),
    }
    ended = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, env=own, check=False)
    assert ended.returncode == 0, (arguments, ended.stderr.decode(errors="replace"))
    return ended.stdout.decode(errors="replace").strip()


class Repository:
    """A bare repository with one branch, `main`, that is written without a work tree."""

    def __init__(self, path: Path, object_format: str = "sha1") -> None:
        path.mkdir(parents=True)
        self.path = path
        self.git("init", "--quiet", "--bare", "--initial-branch=main", f"--object-format={object_format}")
        self.git("config", "http.receivepack", "true")

    @property
    def url(self) -> str:
        """It as a local repository."""
        return self.path.as_uri()

    def git(self, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
        """Run git in it."""
        return run_git(self.path, *arguments, given=given, environment=environment)

    def blob(self, content: bytes) -> str:
        """Write a blob."""
        return self.git("hash-object", "-w", "--stdin", given=content)

    def tree(self, files: Files) -> str:
        """Write the tree of plain files."""
        return self.tree_of([("100644", self.blob(content), name) for name, content in files.items()])

    def tree_of(self, entries: Sequence[tuple[str, str, str]]) -> str:
        """Write a tree of entries: mode, object, path."""
        index = {"GIT_INDEX_FILE": str(self.path / "index.new")}
        lines = "".join(f"{mode} {object_id}\t{name}\0" for mode, object_id, name in entries)
        self.git(
            "update-index", "-z", "--index-info", given=lines.encode("utf-8", "surrogateescape"), environment=index
        )
        tree = self.git("write-tree", "--missing-ok", environment=index)
        (self.path / "index.new").unlink()
        return tree

    def commit_tree(self, tree: str, *parents: str, environment: Mapping[str, str] | None = None) -> str:
        """Write a commit; it is on no branch yet."""
        named = [part for parent in parents for part in ("-p", parent)]
        return self.git("commit-tree", tree, *named, given=b"Change the policy\n", environment=environment)

    def point(self, commit: str, branch: str = "main") -> str:
        """Let the branch stand at a commit, wherever it stood before."""
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    @property
    def tip(self) -> str | None:
        """Where main stands."""
        found = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/main")
        return found or None

    def commit(self, files: Files, *, branch: str = "main", onto: str | None = None) -> str:
        """Commit files as the whole tree, onto what stands at main, or onto another commit."""
        base = onto or self.tip
        return self.point(self.commit_tree(self.tree(files), *([base] if base else [])), branch)


def clone(url: str, target: Path) -> Path:
    """A work tree of a repository."""
    run_git(target.parent, "clone", "--quiet", url, str(target))
    return target


def change(work: Path, files: Files, message: str = "Change the policy") -> str:
    """Write files in a work tree, commit and push."""
    write_tree(work, files)
    run_git(work, "add", "--all")
    run_git(work, "commit", "--quiet", "--message", message)
    run_git(work, "push", "--quiet", "origin", "HEAD")
    return run_git(work, "rev-parse", "HEAD")
