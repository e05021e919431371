"""The mirror: made, brought up to date, bounded, and made anew where it is damaged; against a real server."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import GitFailed
from doorward.sources.git.mirror import Mirror
from support.git_hostile import raw_tree
from support.git_repositories import Repository
from support.git_servers import HttpServer, SshServer
from support.trees import tree

FILES = tree()


def mirror_of(url: str, tmp_path: Path) -> Mirror:
    address = GitAddress.parse(url)
    assert address is not None
    return Mirror(address, tmp_path / "git")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_default_branch_is_followed(object_format: str, git_http: HttpServer, tmp_path: Path) -> None:
    repository = git_http.repository(object_format=object_format)
    mirror = mirror_of(git_http.url(), tmp_path)
    for rules in ("a", "b"):
        commit = repository.commit(tree(rules=f"p, {rules}, *, *, *, *, True, allow\n"))
        assert mirror.fetch() == commit
        assert mirror.ref == "refs/heads/main"
        assert mirror.read_tree(commit)["policies/access.csv"].startswith(f"p, {rules},".encode())


@pytest.mark.needs("sshd")
def test_a_repository_is_followed_over_ssh(git_ssh: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit(FILES)
    monkeypatch.setenv("GIT_SSH_COMMAND", git_ssh.command)
    mirror = mirror_of(git_ssh.url(repository.path), tmp_path)
    assert mirror.fetch() == commit
    assert mirror.read_tree(commit) == FILES


def test_a_branch_a_tag_and_a_folder_are_followed(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    first = repository.commit({f"services/pep/{name}": content for name, content in FILES.items()})
    repository.git("tag", "--annotate", "--message=one", "v1", first)
    second = repository.commit({"README": b"\n"}, branch="other")
    for ref, commit, full in (
        ("v1", first, "refs/tags/v1"),
        ("other", second, "refs/heads/other"),
        ("refs/heads/main", first, "refs/heads/main"),
    ):
        mirror = mirror_of(f"{repository.url}#{ref}:services/pep", tmp_path)
        assert (mirror.fetch(), mirror.ref) == (commit, full)
    mirror = mirror_of(f"{repository.url}#v1:services/pep", tmp_path)
    assert mirror.read_tree(mirror.fetch()) == FILES


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        pytest.param("#nowhere", "has no branch or tag 'nowhere'", id="a ref"),
        pytest.param("#main:nowhere", "nowhere: the commit has no such folder", id="a folder"),
        pytest.param("#main:README", "README: the commit has no such folder", id="a file for a folder"),
    ],
)
def test_what_does_not_exist_is_named(fragment: str, message: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    repository.commit({**FILES, "README": b"\n"})
    mirror = mirror_of(repository.url + fragment, tmp_path)
    with pytest.raises(PolicyInvalid, match=message):
        mirror.read_tree(mirror.fetch())


def test_an_empty_repository_is_named(tmp_path: Path) -> None:
    mirror = mirror_of(Repository(tmp_path / "policy.git").url, tmp_path)
    with pytest.raises(PolicyInvalid, match="is empty, or its HEAD names no branch"):
        mirror.fetch()


def cut(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size // 2)


DAMAGES = [
    pytest.param(lambda path: [cut(one) for one in path.glob("objects/pack/*.pack")], id="packs cut off"),
    pytest.param(lambda path: [one.unlink() for one in path.glob("objects/pack/*")], id="packs gone"),
    pytest.param(lambda path: (path / "HEAD").unlink(), id="no HEAD"),
    pytest.param(lambda path: (path / "config").write_bytes(b"\0[garbage"), id="garbage for its settings"),
    pytest.param(lambda path: shutil.rmtree(path / "refs"), id="no refs"),
    pytest.param(shutil.rmtree, id="all of it gone"),
    pytest.param(lambda path: path.rename(path.with_suffix(".old")), id="killed between two renames"),
    pytest.param(lambda path: (path / "refs/doorward/tip/x.lock").touch(), id="killed with a lock"),
    pytest.param(lambda path: path.with_suffix(".git.new").mkdir(), id="killed while it was made"),
    pytest.param(lambda path: path.with_suffix(".git.new").touch(), id="a file in the way of a new one"),
    pytest.param(lambda path: path.with_suffix(".old").touch(), id="a file in the way of the old one"),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("is_changed", [True, False], ids=["a new commit", "the same commit"])
def test_a_damaged_mirror_is_made_anew(damage: Callable[[Path], object], is_changed: bool, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.commit(FILES)
    mirror = mirror_of(repository.url, tmp_path)
    mirror.read_tree(mirror.fetch())
    damage(mirror.path)
    if is_changed:
        commit = repository.commit(tree(rules="p, other, *, *, *, *, True, allow\n"))
    mirror = mirror_of(repository.url, tmp_path)
    assert mirror.fetch() == commit
    assert len(mirror.read_tree(commit)) == len(FILES)
    assert sorted(path.suffix for path in (tmp_path / "git").iterdir()) == [".git", ".gitconfig", ".lock"]


def test_a_mirror_of_many_fetches_stays_small(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    mirror = mirror_of(repository.url, tmp_path)
    base = repository.commit(FILES)
    for _ in range(30):
        repository.commit({**FILES, "noise": os.urandom(200_000)}, onto=base)
        mirror.fetch()
    size = sum(path.stat().st_size for path in mirror.path.rglob("*") if path.is_file())
    assert size < 15 * 200_000


def test_a_fetch_that_brings_too_much_leaves_nothing(git_http: HttpServer, tmp_path: Path) -> None:
    repository = git_http.repository()
    good = repository.commit(FILES)
    address = GitAddress.parse(git_http.url())
    assert address is not None
    mirror = Mirror(address, tmp_path / "git", max_pack_bytes=1 << 20)
    assert mirror.fetch() == good
    repository.commit({**FILES, "noise": os.urandom(3 << 20)})
    for _ in range(3):
        with pytest.raises(GitFailed, match="brings more than 1 MiB"):
            mirror.fetch()
    assert len(mirror.read_tree(good)) == len(FILES)
    size = sum(path.stat().st_size for path in (tmp_path / "git").rglob("*") if path.is_file())
    assert size < 3 << 20
    repository.point(good)
    assert mirror.fetch() == good


def test_a_fetch_that_fails_leaves_no_file(git_http: HttpServer, tmp_path: Path) -> None:
    repository = git_http.repository()
    good = repository.commit(FILES)
    mirror = mirror_of(git_http.url(), tmp_path)
    assert mirror.fetch() == good
    before = sorted(mirror.path.rglob("*"))
    mirror.git.run("update-ref", "-d", mirror.tip_ref)
    repository.commit({**FILES, "noise": b"x"})
    mirror.git.run("update-ref", f"{mirror.tip_ref}/in-the-way", good)  # the pack comes, and then cannot be named
    with pytest.raises(GitFailed):
        mirror.fetch()
    assert [path for path in mirror.path.rglob("objects/*/*") if path not in before] == []


@pytest.mark.parametrize("mode", ["slow", "hang", "error", "garbage", "pack-slow"])
def test_a_server_that_does_not_behave_is_given_up_soon(mode: str, git_http: HttpServer, tmp_path: Path) -> None:
    git_http.repository().commit(FILES)
    git_http.behave(mode)
    started = time.monotonic()
    with pytest.raises(GitFailed):
        mirror_of(git_http.url(), tmp_path).fetch()
    assert time.monotonic() - started < 25
    git_http.behave("ok")
    assert mirror_of(git_http.url(), tmp_path).fetch()


def test_credentials_reach_the_server_and_nothing_else(
    git_http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git_http.repository().commit(FILES)
    git_http.behave("auth ann:s3cret%/pw")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    mirror = mirror_of(git_http.url(credentials="ann:s3cret%25%2Fpw@"), tmp_path)
    assert mirror.fetch() == commit
    with pytest.raises(GitFailed) as refused:
        mirror_of(git_http.url(credentials="ann:wr0ng@"), tmp_path).fetch()
    assert "wr0ng" not in str(refused.value)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "git").rglob("*") if path.is_file())
    assert b"s3cret" not in kept
    assert b"wr0ng" not in kept


@pytest.mark.parametrize("way", ["netrc", "helper"])
def test_the_operators_own_credentials_are_used(
    way: str, git_http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git_http.repository().commit(FILES)
    git_http.behave("auth ann:s3cret")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with pytest.raises(GitFailed):
        mirror_of(git_http.url(), tmp_path).fetch()
    if way == "netrc":
        (home / ".netrc").write_text(f"machine {git_http.host} login ann password s3cret\n")
    else:
        helper = r"""!printf 'username=ann\\npassword=s3cret\\n' #"""
        (home / ".gitconfig").write_text(f'[credential]\n\thelper = "{helper}"\n')
    assert mirror_of(git_http.url(), tmp_path).fetch() == commit


@pytest.mark.parametrize("is_packed", [True, False], ids=["a pack", "loose objects"])
@pytest.mark.parametrize("is_sound", [True, False], ids=["sound", "with a folder .git"])
def test_nothing_unchecked_is_taken_from_a_server_without_git(is_packed: bool, is_sound: bool, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    good = repository.commit(FILES)
    if not is_sound:
        entries = repository.git("ls-tree", "-z", good).split("\0")[:-1]
        raw = [(b"40000", b".git", repository.tree({"x": b"y"}))]
        raw += [(b"40000", line.split("\t")[1].encode(), line.split()[2]) for line in entries]
        repository.point(repository.commit_tree(raw_tree(repository, raw)))
    if is_packed:
        repository.git("repack", "-adq")
    repository.git("update-server-info")
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().partition(" port ")[2].split()[0]
        mirror = mirror_of(f"http://127.0.0.1:{port}/policy.git#main", tmp_path)
        try:
            if is_packed and is_sound:
                assert mirror.fetch() == good
            else:
                with pytest.raises(GitFailed, match="serves bare files" if not is_packed else "hasDotgit"):
                    mirror.fetch()
                assert not mirror.path.exists()
        finally:
            server.kill()


@pytest.mark.parametrize("user", ["joe", "jim"])
def test_the_operators_helper_is_asked_for_the_user_of_the_address(
    user: str, git_http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git_http.repository().commit(FILES)
    git_http.behave("auth joe:s3cret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    helper = r"""!f() { grep -q username=joe && printf 'password=s3cret\\n'; }; f"""
    (tmp_path / ".gitconfig").write_text(f'[credential]\n\tusername = ann\n\thelper = "{helper}"\n')
    mirror = mirror_of(git_http.url(credentials=f"{user}@"), tmp_path)
    if user == "joe":
        assert mirror.fetch() == commit
    else:
        with pytest.raises(GitFailed):
            mirror.fetch()


def test_the_operators_settings_are_in_no_argument(
    git_http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git_http.repository().commit(FILES)
    git_http.behave("auth ann:s3cret")
    helper = r"""!printf 'username=ann\\npassword=s3cret\\n' #"""
    (tmp_path / ".gitconfig").write_text(f'[credential]\n\thelper = "{helper}"\n')
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{tmp_path}/arguments\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    assert mirror_of(git_http.url(), tmp_path).fetch() == commit
    told = (tmp_path / "arguments").read_text()
    assert "core.hooksPath=/dev/null" in told
    assert "s3cret" not in told


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
@pytest.mark.parametrize("name", ["policy.git", 'odd "dir" \\ %41 ö', "work/.git"])
def test_a_repository_of_another_user_is_followed(name: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / name)
    commit = repository.commit(FILES)
    for path in (tmp_path, repository.path.parent, repository.path, *repository.path.rglob("*")):
        os.chown(path, 65534, 65534)
    (tmp_path / "link").symlink_to(repository.path)
    for url in (repository.url.removesuffix("/.git"), f"file://{tmp_path}/link"):
        mirror = mirror_of(url, tmp_path / "state")
        assert mirror.read_tree(mirror.fetch()) == FILES
    other = Repository(tmp_path / "other.git")
    os.chown(other.path, 65534, 65534)
    with pytest.raises(GitFailed, match="dubious ownership"):
        mirror.git.run("ls-remote", other.url)
    assert commit
