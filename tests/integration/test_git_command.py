"""Running git: what it ends with, what it says, what it may use up; with the real git."""

from pathlib import Path

import pytest

from doorward.sources.git.command import Git, GitExceeded, GitFailed
from support.git_repositories import Repository


def test_a_failure_tells_what_git_ended_with(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    old = repository.commit({"README": b"1"})
    new = repository.commit({"README": b"2"})
    git = Git(repository.path)
    git.run("merge-base", "--is-ancestor", old, new)
    with pytest.raises(GitFailed) as no:
        git.run("merge-base", "--is-ancestor", new, old)
    with pytest.raises(GitFailed) as unknown:
        git.run("merge-base", "--is-ancestor", "0" * 40, old)
    with pytest.raises(GitExceeded) as killed:
        git.run("cat-file", "blob", f"{old}:README", max_output_bytes=0)
    assert (no.value.code, unknown.value.code, killed.value.code) == (1, 128, None)
