"""Policy pushed to a remote repository: on the newest commit, never forced, signed where it must be."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from doorward.domain.errors import Busy, Conflict, SourceUnreadable
from doorward.domain.git_address import GitAddress
from doorward.domain.policy_changes import Files, Note, Proposed, Written
from doorward.policy.tree import max_bytes
from doorward.sources.git import remote as remote_module
from doorward.sources.git.remote import RemoteRepository
from doorward.sources.git.signatures import Signers
from doorward.sources.git.source import NO_SIGNATURES, GitSource, Trust
from support.git_repositories import Repository
from support.git_servers import HttpServer, SshServer
from support.policy_repositories import commit, git, head, remote, work_tree
from support.trees import ACCESS_RULES, RULES, tree

NOTE = Note(subject="Create rule x", author="admin", reason="because")
ROW = "p, x, role:user, *, agents:*, x, True, allow\n"


def add_row(files: Files) -> Files:
    return {**files, ACCESS_RULES: files[ACCESS_RULES] + ROW.encode()}


def nothing_to_serve(_written: Written) -> None:
    pass


class Place:
    """A remote, a person's clone of it, and what a sidecar would write with."""

    def __init__(self, folder: Path, below: str = "") -> None:
        self.person = work_tree(folder / "person", below=below)
        self.remote = remote(folder / "remote.git", self.person)
        git(self.person, "remote", "add", "origin", str(self.remote))
        self.folder = folder
        self.below = below

    def source(self, ref: str = "main", trust: Trust = NO_SIGNATURES, name: str = "state") -> GitSource:
        address = GitAddress.parse(f"{self.remote.as_uri()}#{ref}:{self.below}".rstrip(":"))
        assert address is not None
        return GitSource(address, self.folder / name, time.time, max_bytes, trust=trust)

    def repository(
        self, trust: Trust = NO_SIGNATURES, *, review: bool = False, key: Path | None = None
    ) -> RemoteRepository:
        return RemoteRepository(self.source(trust=trust), trust, review=review, signing_key=key)

    def push(self, files: dict[str, str]) -> str:
        git(self.person, "fetch", "--quiet", "origin")
        git(self.person, "reset", "--quiet", "--hard", "origin/main")
        made = commit(self.person, files)
        git(self.person, "push", "--quiet", "origin", "main")
        return made

    def rules(self, name: str = "main") -> str:
        return git(self.remote, "show", f"{name}:{self.below}{'/' if self.below else ''}{ACCESS_RULES}")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_change_stands_on_the_newest_commit(place: Place) -> None:
    repository = place.repository()
    newest = place.push({ACCESS_RULES: "# a person's\n" + RULES})
    served: list[Written] = []
    written = repository.change(add_row, NOTE, served.append)
    assert (
        served
        == [written]
        == [Written(commit=head(place.remote, "main"), revision=f"git:{head(place.remote, 'main')}")]
    )
    assert head(place.remote, "main^") == newest
    assert place.rules() == "# a person's\n" + RULES + ROW
    assert (
        git(place.remote, "log", "-1", "--format=%an|%cn|%B", "main").strip()
        == "admin|Doorward|Create rule x\n\nReason: because"
    )


def test_a_policy_in_a_folder_is_written_there(tmp_path: Path) -> None:
    place = Place(tmp_path, below="deploy/policy")
    place.repository().change(add_row, NOTE, nothing_to_serve)
    assert place.rules() == RULES + ROW
    assert git(place.remote, "diff", "--name-only", "main^", "main").split() == [f"deploy/policy/{ACCESS_RULES}"]


def test_an_overtaken_push_is_made_again_on_top(place: Place) -> None:
    overtakes = iter([{"README.md": "1\n"}, {ACCESS_RULES: "# two\n" + RULES}])

    def edit(files: Files) -> Files:
        files_of_person = next(overtakes, None)
        if files_of_person is not None:
            place.push(files_of_person)
        return add_row(files)

    place.repository().change(edit, NOTE, nothing_to_serve)
    assert place.rules() == "# two\n" + RULES + ROW
    assert git(place.remote, "rev-list", "--count", "--merges", "main").strip() == "0"


def test_others_who_go_on_pushing_are_not_waited_for_without_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_module, "TRIES", 2)
    numbers = iter(range(10))

    def edit(files: Files) -> Files:
        place.push({"README.md": f"{next(numbers)}\n"})
        return add_row(files)

    with pytest.raises(Busy, match="kept pushing"):
        place.repository().change(edit, NOTE, nothing_to_serve)
    assert place.rules() == RULES


def test_what_the_remote_refuses_is_told_in_its_words(place: Place) -> None:
    hook = place.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(
        Conflict, match=r"did not take the change: .*remote: main is protected.*hook declined.*--changes review"
    ):
        place.repository().change(add_row, NOTE, nothing_to_serve)
    assert place.rules() == RULES


def test_a_remote_that_is_gone_is_told(place: Place) -> None:
    place.remote.rename(place.folder / "away")
    with pytest.raises(SourceUnreadable):
        place.repository().change(add_row, NOTE, nothing_to_serve)


def test_a_push_whose_answer_was_lost_counts(place: Place) -> None:
    hook = place.remote / "hooks/post-receive"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    written = place.repository().change(add_row, NOTE, nothing_to_serve)
    assert written.commit == head(place.remote, "main")
    assert git(place.remote, "rev-list", "--count", "main").strip() == "2"


def test_a_tag_cannot_be_changed(place: Place) -> None:
    git(place.remote, "tag", "v1", "main")
    repository = RemoteRepository(place.source("v1"), NO_SIGNATURES)
    with pytest.raises(Conflict, match=r"refs/tags/v1 is no branch .*URL#BRANCH"):
        repository.change(add_row, NOTE, nothing_to_serve)


def test_nothing_stands_on_a_commit_that_is_refused(place: Place) -> None:
    source = place.source()
    source.accept(source.newest())
    git(place.person, "commit", "--quiet", "--amend", "--message", "Rewritten")
    git(place.person, "push", "--quiet", "--force", "origin", "main")
    with pytest.raises(Conflict, match=r"newest commit is refused.*does not descend"):
        RemoteRepository(source, NO_SIGNATURES).change(add_row, NOTE, nothing_to_serve)


def test_in_review_a_branch_is_pushed_and_the_followed_one_stays(place: Place) -> None:
    repository = place.repository(review=True)
    made = repository.change(add_row, NOTE, nothing_to_serve)
    assert isinstance(made, Proposed)
    assert place.rules() == RULES
    assert place.rules(made.branch) == RULES + ROW
    assert [(one.branch, one.subject) for one in repository.proposals()] == [(made.branch, "Create rule x")]
    git(place.person, "fetch", "--quiet", "origin")
    git(place.person, "merge", "--quiet", f"origin/{made.branch}")
    git(place.person, "push", "--quiet", "origin", "main")
    assert repository.proposals() == []


@pytest.fixture
def signing(tmp_path: Path) -> tuple[Trust, Callable[[str], Path]]:
    allowed = tmp_path / "allowed"

    def make(name: str) -> Path:
        key = tmp_path / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True)
        return key

    ours = make("ours").with_suffix(".pub").read_text()
    allowed.write_text(f'doorward namespaces="git" {ours}')
    return Trust(signers=Signers(allowed)), make


def sign_start(place: Place, key: Path) -> None:
    """Make the first commit a signed one."""
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}")
    git(place.person, *settings, "commit", "--quiet", "--amend", "--no-edit", "-S")
    git(place.person, "push", "--quiet", "--force", "origin", "main")


def test_where_commits_must_be_signed_ours_is(place: Place, signing: tuple[Trust, Callable[[str], Path]]) -> None:
    trust, _ = signing
    key = place.folder / "ours"
    sign_start(place, key)
    written = place.repository(trust, key=key).change(add_row, NOTE, nothing_to_serve)
    place.source(trust=trust).newest()
    place.source(trust=trust).check(written.commit)


def test_without_a_key_a_change_is_refused_where_commits_must_be_signed(
    place: Place, signing: tuple[Trust, Callable[[str], Path]]
) -> None:
    trust, _ = signing
    sign_start(place, place.folder / "ours")
    with pytest.raises(Conflict, match="--signing-key FILE"):
        place.repository(trust).change(add_row, NOTE, nothing_to_serve)


def test_a_change_that_nobody_would_follow_is_not_pushed(
    place: Place, signing: tuple[Trust, Callable[[str], Path]]
) -> None:
    trust, make = signing
    sign_start(place, place.folder / "ours")
    with pytest.raises(Conflict, match="would be refused by those who follow"):
        place.repository(trust, key=make("strange")).change(add_row, NOTE, nothing_to_serve)
    assert place.rules() == RULES


def test_revisions_are_the_accepted_commits_and_their_order_is_that_of_descent(place: Place) -> None:
    source = place.source()
    repository = RemoteRepository(source, NO_SIGNATURES)
    start = head(place.remote, "main")
    written = repository.change(add_row, NOTE, nothing_to_serve)
    assert isinstance(written, Written)
    source.accept(written.commit)
    assert [one.revision for one in repository.revisions(0, 10)] == [written.revision, f"git:{start}"]
    assert repository.includes(f"git:{start}", within=written.revision)
    assert not repository.includes(written.revision, within=f"git:{start}")
    assert not repository.includes("git:" + "0" * 40, within=written.revision)
    assert not repository.includes("dir:0000000000000000", within=written.revision)


def written_to(url: str, folder: Path, *, review: bool = False) -> Written | Proposed:
    address = GitAddress.parse(f"{url}#main")
    assert address is not None
    source = GitSource(address, folder / "state", time.time, max_bytes)
    return RemoteRepository(source, NO_SIGNATURES, review=review).change(add_row, NOTE, nothing_to_serve)


@pytest.mark.parametrize("review", [False, True], ids=["direct", "review"])
def test_a_change_is_pushed_over_http(git_http: HttpServer, tmp_path: Path, review: bool) -> None:
    repository = git_http.repository()
    repository.commit(tree())
    git_http.behave("auth ann:s3cret")
    made = written_to(git_http.url(credentials="ann:s3cret@"), tmp_path, review=review)
    branch = made.branch if isinstance(made, Proposed) else "main"
    assert repository.git("show", f"{branch}:{ACCESS_RULES}") + "\n" == RULES + ROW
    assert (repository.tip == made.commit) is not review


def test_wrong_credentials_are_told_without_repeating_them(git_http: HttpServer, tmp_path: Path) -> None:
    git_http.repository().commit(tree())
    git_http.behave("auth ann:s3cret")
    with pytest.raises(SourceUnreadable) as refused:
        written_to(git_http.url(credentials="ann:wr0ng@"), tmp_path)
    assert "wr0ng" not in str(refused.value)


@pytest.mark.needs("sshd")
def test_a_change_is_pushed_over_ssh(git_ssh: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository(tmp_path / "policy.git")
    repository.commit(tree())
    monkeypatch.setenv("GIT_SSH_COMMAND", git_ssh.command)
    assert written_to(git_ssh.url(repository.path), tmp_path).commit == repository.tip
