"""Reading a commit's files: each object on the way must be what its name says, each name stand once."""

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.sources.git.command import Git, GitFailed
from doorward.sources.git.tree import MAX_BYTES, read_tree
from support.git_hostile import raw_tree
from support.git_repositories import Repository
from support.trees import tree

FILES = tree()
FOLDER = "services/pep"


def read(repository: Repository, commit: str, folder: str = "") -> dict[str, bytes]:
    return read_tree(Git(repository.path), commit, folder, lambda _path: MAX_BYTES)


def forge(repository: Repository, victim: str, forged: str) -> None:
    """Let an object be what another one is."""
    kind = repository.git("cat-file", "-t", forged)
    content = subprocess.run(
        ["git", "cat-file", kind, forged], cwd=repository.path, capture_output=True, check=True
    ).stdout
    name = repository.git("rev-parse", victim)
    file = repository.path / "objects" / name[:2] / name[2:]
    file.chmod(0o600)
    file.write_bytes(zlib.compress(f"{kind} {len(content)}\0".encode() + content))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("folder", ["", FOLDER])
@pytest.mark.parametrize("what", ["", ":", ":{}", ":{}policies", ":{}policies/more", ":{}policies/access.csv"])
def test_a_forged_object_is_not_read(what: str, folder: str, object_format: str, tmp_path: Path) -> None:
    prefix = f"{folder}/" if folder else ""
    repository = Repository(tmp_path / "policy.git", object_format)
    files = {**FILES, "policies/more/a.csv": b"# one\n"}
    wanted = repository.commit({prefix + name: content for name, content in files.items()})
    others = {**files, "policies/more/a.csv": b"# two\n", "policies/access.csv": b"p, x, *, *, *, *, True, allow\n"}
    forged = repository.commit_tree(repository.tree({prefix + name: content for name, content in others.items()}))
    assert read(repository, wanted, folder) == files
    suffix = what.format(prefix).removesuffix("/")
    forge(repository, wanted + suffix, forged + suffix)
    with pytest.raises(GitFailed, match=r"damaged|corrupt|mismatch"):
        read(repository, wanted, folder)


def test_a_missing_tree_is_no_empty_one(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit(FILES)
    name = repository.git("rev-parse", f"{commit}:policies")
    shutil.rmtree(repository.path / "objects" / name[:2])
    with pytest.raises(GitFailed):
        read(repository, commit)


@pytest.mark.parametrize("where", ["policies", "policies/access.csv", "models"])
def test_a_name_that_stands_twice_is_refused(where: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    folder, _, file = where.partition("/")
    twice = [(b"100644", b"access.csv", repository.blob(one)) for one in (b"# one\n", b"# two\n")]
    entries = [(b"40000", name, repository.tree({"a.csv": b"# a\n"})) for name in (b"models", b"policies")]
    entries += [] if file else [(b"40000", folder.encode(), repository.tree({"b.csv": b"# b\n"}))]
    if file:
        entries[1] = (b"40000", b"policies", raw_tree(repository, twice))
    commit = repository.commit_tree(raw_tree(repository, entries))
    with pytest.raises(PolicyInvalid, match=f"^{where}: the name stands in its folder twice; remove one of them$"):
        read(repository, commit)


def test_modes_of_old_gits_are_read(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    policies = raw_tree(repository, [(b"100664", b"access.csv", repository.blob(b"# one\n"))])
    commit = repository.commit_tree(raw_tree(repository, [(b"040000", b"policies", policies)]))
    assert read(repository, commit) == {"policies/access.csv": b"# one\n"}
