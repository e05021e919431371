"""Asking a repository where its branch stands, whatever else stands in it."""

from pathlib import Path

import pytest

from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import Git
from doorward.sources.git.tips import Tip, ask_for_tip
from support.git_repositories import Repository


def tip_of(repository: Repository, ref: str = "") -> Tip:
    address = GitAddress.parse(repository.url + ref)
    assert address is not None
    return ask_for_tip(Git(repository.path), address)


@pytest.mark.parametrize("ref", ["", "#main"], ids=["HEAD", "main"])
@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "x", ""])
def test_a_branch_whose_name_ends_alike_changes_nothing(sign: str, ref: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit({"README": b"\n"})
    other = repository.commit_tree(repository.tree({}))
    for name in ("HEAD", "refs/heads/main", "refs/tags/main"):
        repository.git("update-ref", f"refs/heads/any{sign}/{name}", other)
        repository.git("update-ref", f"refs/heads/any{sign}{other}/{name}", other)
    assert tip_of(repository, ref) == Tip("refs/heads/main", commit)


def test_many_branches_whose_names_end_alike_change_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit({"README": b"\n"})
    names = (f"refs/heads/{'x' * 200}{number}/HEAD" for number in range(6_000))
    lines = [f"{commit} {name}\n" for name in [*names, "refs/heads/main"]]
    (repository.path / "packed-refs").write_text(
        "# pack-refs with: peeled fully-peeled sorted \n" + "".join(sorted(lines))
    )
    assert tip_of(repository) == Tip("refs/heads/main", commit)
