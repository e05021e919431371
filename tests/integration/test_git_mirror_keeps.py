"""A mirror that is made anew: what was accepted is still there, or the old one stays."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import GitFailed
from doorward.sources.git.mirror import Mirror
from support.git_repositories import Repository, run_git
from support.trees import tree

FILES = tree()
OTHER = tree(rules="p, other, *, *, *, *, True, allow\n")


def mirror_of(url: str, folder: Path) -> Mirror:
    address = GitAddress.parse(url)
    assert address is not None
    return Mirror(address, folder)


def accepted(repository: Repository, folder: Path) -> tuple[Mirror, str]:
    """A mirror whose accepted commit stands on another one, and a repository that has neither any more."""
    repository.commit({**FILES, "noise": b"old"})
    commit = repository.commit(FILES)
    mirror = mirror_of(f"{repository.url}#main", folder)
    assert mirror.fetch() == commit
    mirror.git.run("update-ref", f"refs/doorward/accepted/{mirror.id}", commit)
    repository.point(repository.commit_tree(repository.tree(OTHER)))
    return mirror, commit


def unpack(path: Path) -> None:
    """Let every object be a file of its own."""
    packs = [one.read_bytes() for one in path.glob("objects/pack/*.pack")]
    shutil.rmtree(path / "objects" / "pack")
    for pack in packs:
        subprocess.run(["git", "unpack-objects", "-q"], cwd=path, input=pack, check=True)


def object_file(mirror: Mirror, commit: str, name: str) -> Path:
    found = run_git(mirror.path, "rev-parse", f"{commit}{name}")
    return mirror.path / "objects" / found[:2] / found[2:]


def lose_history(mirror: Mirror, commit: str) -> None:
    unpack(mirror.path)
    object_file(mirror, commit, "~1:noise").unlink()


LOSSES = [
    pytest.param(lambda *_: None, id="whole"),
    pytest.param(lambda mirror, _: (mirror.path / "HEAD").unlink(), id="without HEAD"),
    pytest.param(lambda mirror, _: (mirror.path / "config").write_bytes(b"\0[garbage"), id="with garbage for settings"),
    pytest.param(lose_history, id="with holes in its history"),
]


@pytest.mark.parametrize("folder", ["git", 'odd "dir": %41 ö#x'])
@pytest.mark.parametrize("lose", LOSSES)
def test_what_was_accepted_is_kept(lose: Callable[[Mirror, str], None], folder: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    mirror, commit = accepted(repository, tmp_path / folder)
    lose(mirror, commit)
    assert mirror.make_anew() == repository.tip
    assert mirror.read_tree(commit) == FILES
    assert mirror.git.run("rev-parse", f"refs/doorward/accepted/{mirror.id}").decode().strip() == commit
    assert repository.commit(FILES) == mirror.fetch()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
def test_what_was_accepted_is_kept_from_a_mirror_of_another_user(tmp_path: Path) -> None:
    mirror, commit = accepted(Repository(tmp_path / "policy.git"), tmp_path / "git")
    for path in (mirror.path, *mirror.path.rglob("*")):
        os.chown(path, 65534, 65534)
    mirror.make_anew()
    assert mirror.read_tree(commit) == FILES


def test_a_mirror_stays_while_what_was_accepted_cannot_be_brought_along(tmp_path: Path) -> None:
    mirror, commit = accepted(Repository(tmp_path / "policy.git"), tmp_path / "git")
    unpack(mirror.path)
    blob = object_file(mirror, commit, ":policies/access.csv")
    blob.chmod(0o600)
    whole = blob.read_bytes()
    blob.write_bytes(whole[:-4])
    with pytest.raises(GitFailed, match=f"{commit}, which was accepted, cannot be taken along"):
        mirror.make_anew()
    blob.write_bytes(whole)
    assert mirror.read_tree(commit) == FILES
    assert not list((tmp_path / "git").glob("*.new"))


def test_what_is_lost_already_keeps_nothing_from_being_made_anew(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    mirror, _ = accepted(repository, tmp_path / "git")
    shutil.rmtree(mirror.path / "objects")
    assert mirror.make_anew() == repository.tip


def test_a_repository_of_another_hash_does_not_replace_what_was_accepted(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    mirror, commit = accepted(repository, tmp_path / "git")
    shutil.rmtree(repository.path)
    other = Repository(repository.path, "sha256").commit(FILES)
    with pytest.raises(GitFailed, match="names objects by sha256 now"):
        mirror.fetch()
    assert mirror.read_tree(commit) == FILES
    shutil.rmtree(mirror.path)
    assert mirror.fetch() == other


def test_a_mirror_that_was_put_aside_is_read(tmp_path: Path) -> None:
    mirror, commit = accepted(Repository(tmp_path / "policy.git"), tmp_path / "git")
    mirror.path.rename(mirror.path.with_suffix(".old"))
    assert mirror_of(str(mirror.address), tmp_path / "git").read_tree(commit) == FILES


def test_a_ref_that_names_no_commit_is_told_and_fetched_once(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    repository.git("tag", "v1", repository.commit(FILES))
    mirror = mirror_of(f"{repository.url}#v1", tmp_path / "git")
    mirror.fetch()
    repository.git("tag", "--force", "--annotate", "--message=x", "v1", repository.blob(b"x"))
    for one in (mirror, mirror_of(f"{repository.url}#v1", tmp_path / "fresh")):
        made = set()
        for _ in range(3):
            with pytest.raises(PolicyInvalid, match="refs/tags/v1 names no commit but a blob"):
                one.fetch()
            made.add(one.path.stat().st_ino)
        assert len(made) == 1
