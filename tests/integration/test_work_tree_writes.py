"""Policy committed to a work tree: what is refused, what is kept, what must not run, and what a crash leaves."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from doorward.domain.errors import Busy, Conflict
from doorward.domain.policy_changes import Files, Note, Proposed, Written
from doorward.policy.tree import content_revision
from doorward.sources import read_tree
from doorward.sources.git import checkout as checkout_module
from doorward.sources.git.checkout import Checkout
from doorward.sources.git.command import GitFailed
from doorward.sources.git.work_tree import WorkTreeRepository
from support.policy_repositories import commit, git, head, work_tree
from support.trees import ACCESS_RULES, CATALOG, ROOT, RULES

NOTE = Note(subject="Create rule x", author="admin", reason="because")
ROW = "p, x, role:user, *, agents:*, x, True, allow\n"


def add_row(files: Files) -> Files:
    return {**files, ACCESS_RULES: files[ACCESS_RULES] + ROW.encode()}


def add_catalog(files: Files) -> Files:
    return {**add_row(files), CATALOG: b"roles: {}\n"}


def nothing_to_serve(_written: Written) -> None:
    pass


def write(
    folder: Path, edit: Callable[[Files], Files] = add_row, serve: Callable[[Written], None] = nothing_to_serve
) -> Written | Proposed:
    return WorkTreeRepository(folder, content_revision).change(edit, NOTE, serve)


def is_clean(folder: Path) -> bool:
    return git(folder, "status", "--porcelain") == ""


def state_of(folder: Path) -> tuple[str, str, Mapping[str, bytes]]:
    return git(folder, "for-each-ref"), git(folder, "status", "--porcelain"), read_tree(folder)


def test_a_change_is_a_commit_and_the_folder_follows(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    start = head(folder)
    served: list[Written] = []
    written = write(folder, add_catalog, served.append)
    assert served == [written]
    assert isinstance(written, Written)
    assert written == Written(commit=head(folder), revision=content_revision(read_tree(folder)))
    assert head(folder, "HEAD^") == start
    assert (folder / ACCESS_RULES).read_text() == RULES + ROW
    assert (folder / CATALOG).read_text() == "roles: {}\n"
    assert is_clean(folder)
    assert git(folder, "log", "-1", "--format=%an|%cn|%B").strip() == (
        f"admin|Doorward|Create rule x\n\nReason: because\nDoorward-Revision: {written.revision}"
    )
    assert git(folder, "diff", "--name-only", "HEAD^").split() == [ACCESS_RULES, CATALOG]


def test_a_policy_below_the_root_is_committed_where_it_stands(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "product", below="deploy/policy")
    write(folder / "deploy/policy")
    assert git(folder, "diff", "--name-only", "HEAD^").split() == [f"deploy/policy/{ACCESS_RULES}"]
    assert is_clean(folder)


def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    (folder / ACCESS_RULES).chmod(0o755)
    commit(folder, {})
    write(folder)
    assert (folder / ACCESS_RULES).stat().st_mode & 0o777 == 0o755
    assert git(folder, "ls-files", "-s", ACCESS_RULES).startswith("100755")
    assert is_clean(folder)


def no_work_tree(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    (folder / ".git").rename(tmp_path / "elsewhere")
    return folder


def bare(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    git(folder, "config", "core.bare", "true")
    return folder


def unborn(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    git(folder, "checkout", "--quiet", "--orphan", "new")
    return folder


def detached(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    git(folder, "checkout", "--quiet", "--detach")
    return folder


def merging(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    (folder / ".git/MERGE_HEAD").write_text(head(folder) + "\n")
    return folder


def changed(name: str, *, staged: bool = False) -> Callable[[Path], Path]:
    def make(tmp_path: Path) -> Path:
        folder = work_tree(tmp_path / "policy")
        (folder / name).write_text((folder / name).read_text() + "# more\n" if (folder / name).exists() else "a: b\n")
        if staged:
            git(folder, "add", name)
        return folder

    return make


def deleted(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    (folder / "README.md").unlink()
    return folder


def staged_and_put_back(tmp_path: Path) -> Path:
    folder = changed(ACCESS_RULES, staged=True)(tmp_path)
    (folder / ACCESS_RULES).write_text(RULES)
    return folder


def hidden_change(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    git(folder, "update-index", "--assume-unchanged", ACCESS_RULES)
    (folder / ACCESS_RULES).write_text(RULES + "# more\n")
    return folder


def a_link(tmp_path: Path) -> Path:
    folder = work_tree(tmp_path / "policy")
    (folder / ACCESS_RULES).rename(folder / "policies/real.txt")
    (folder / ACCESS_RULES).symlink_to("real.txt")
    return folder


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(no_work_tree, "no git work tree; make it one", id="no repository"),
        pytest.param(bare, "bare repository|work tree", id="a bare repository"),
        pytest.param(unborn, "no commit yet", id="no commit"),
        pytest.param(detached, "on no branch; `git switch", id="a detached head"),
        pytest.param(merging, "merge or the like is under way", id="a merge"),
        pytest.param(changed(ACCESS_RULES), rf"not clean \({ACCESS_RULES}", id="a changed rule"),
        pytest.param(changed(ACCESS_RULES, staged=True), "not clean", id="a staged rule"),
        pytest.param(changed(CATALOG), rf"not clean \({CATALOG}", id="a file of policy that is not committed"),
        pytest.param(changed("README.md"), r"not clean \(README", id="a changed file elsewhere"),
        pytest.param(changed("README.md", staged=True), r"not clean \(README", id="a staged file elsewhere"),
        pytest.param(deleted, r"not clean \(README", id="a deleted file"),
        pytest.param(staged_and_put_back, "not clean", id="staged, and put back in the folder"),
        pytest.param(hidden_change, "not clean", id="a change that git is told to overlook"),
        pytest.param(a_link, "not clean", id="a link in the place of a file"),
    ],
)
def test_a_work_tree_that_cannot_be_written_to_is_refused_and_stays(
    make: Callable[[Path], Path], says: str, tmp_path: Path
) -> None:
    folder = make(tmp_path)
    before = sorted(
        (path, path.read_bytes()) for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path)
    )
    with pytest.raises(Conflict, match=says):
        write(folder)
    after = sorted(
        (path, path.read_bytes()) for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path)
    )
    assert after == before


def test_untracked_files_elsewhere_do_not_matter(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    (folder / "notes.txt").write_text("mine")
    write(folder)
    assert git(folder, "status", "--porcelain") == "?? notes.txt\n"


def test_a_file_that_was_only_touched_is_not_changed(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    (folder / "README.md").write_text((folder / "README.md").read_text())
    write(folder)
    assert is_clean(folder)


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    canary = tmp_path / "canary"
    run = f"touch {canary}; cat"
    commit(
        folder, {".gitattributes": "* filter=evil diff=evil\n", "sub/.gitattributes": "* filter=more\n", "sub/x": "x\n"}
    )
    for name in ("evil", "more", "a=b"):
        for key in ("clean", "smudge", "process"):
            git(folder, "config", f"filter.{name}.{key}", run)
        git(folder, "config", f"filter.{name}.required", "true")
    for key in ("core.fsmonitor", "diff.evil.textconv", "diff.external", "core.editor", "core.pager", "gpg.program",
                "gpg.ssh.program", "core.sshCommand", "core.alternateRefsCommand", "credential.helper"):  # fmt: skip
        git(folder, "config", key, run)
    git(folder, "config", "commit.gpgSign", "true")
    git(folder, "config", "core.hooksPath", "hooks")
    for hook in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change", "pre-push"):
        for place in (folder / "hooks", folder / ".git/hooks"):
            place.mkdir(exist_ok=True)
            (place / hook).write_text(f"#!/bin/sh\ntouch {canary}\n")
            (place / hook).chmod(0o755)
    (folder / "README.md").touch()  # so that its content is looked at
    (folder / "sub/x").touch()
    canary.unlink(missing_ok=True)
    with contextlib.suppress(Conflict):
        write(folder)
    repository = WorkTreeRepository(folder, content_revision)
    repository.recover()
    repository.revisions(0, 10)
    repository.proposals()
    assert not canary.exists()


def test_a_commit_made_meanwhile_is_built_upon(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    calls = []

    def edit(files: Files) -> Files:
        if not calls:
            calls.append(commit(folder, {ACCESS_RULES: "# a person's\n" + RULES}))
        return add_row(files)

    write(folder, edit)
    assert head(folder, "HEAD^") == calls[0]
    assert (folder / ACCESS_RULES).read_text() == "# a person's\n" + RULES + ROW
    assert is_clean(folder)


def test_others_who_go_on_committing_are_not_waited_for_without_end(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    count = iter(range(100))

    def edit(files: Files) -> Files:
        commit(folder, {"README.md": f"{next(count)}\n"})
        return add_row(files)

    with pytest.raises(Busy, match="try again"):
        write(folder, edit)
    assert is_clean(folder)


def test_what_the_edit_refuses_changes_nothing(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    before = state_of(folder)

    def edit(_files: Files) -> Files:
        raise Conflict("it exists")

    with pytest.raises(Conflict, match="it exists"):
        write(folder, edit)
    assert state_of(folder) == before


def test_a_person_who_holds_the_index_is_waited_for_and_the_next_write_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = work_tree(tmp_path / "policy")
    monkeypatch.setattr(checkout_module, "_INDEX_TRIES", 2)
    real = Checkout.move

    def move(self: Checkout, *arguments: str) -> None:
        (folder / ".git/index.lock").touch()
        real(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Checkout, "move", move)
        write(folder)
    assert (folder / ACCESS_RULES).read_text() == RULES + ROW
    (folder / ".git/index.lock").unlink()
    write(folder, lambda files: add_row(add_row(files)))
    assert is_clean(folder)


class Killed(BaseException):
    """The process ends here."""


STEPS = ("journal", "move", "_follow", "_put", "_follow_in_index")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_what_the_next_writer_finishes(
    step: str, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = work_tree(tmp_path / "policy")
    real = getattr(Checkout, step)

    def dies(self: Checkout, *arguments: object, **more: object) -> object:
        if after:
            real(self, *arguments, **more)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Checkout, step, dies)
        with pytest.raises(Killed):
            write(folder, add_catalog)
    WorkTreeRepository(folder, content_revision).recover()
    moved = git(folder, "rev-list", "--count", "HEAD").strip() == "2"
    assert moved is (STEPS.index(step) > 1 or (step == "move" and after))
    assert is_clean(folder)
    assert (folder / ACCESS_RULES).read_text() == (RULES + ROW if moved else RULES)
    assert not (folder / ".git/doorward/journal.json").exists()
    write(folder, lambda files: {**files, ACCESS_RULES: files[ACCESS_RULES] + b"# next\n"})
    assert is_clean(folder)
    assert not list(folder.rglob("*.doorward-new"))


WRITER = """
import sys
from pathlib import Path
from doorward.policy.tree import content_revision
from doorward.sources.git.work_tree import WorkTreeRepository
from integration.test_work_tree_writes import NOTE, add_row, nothing_to_serve
WorkTreeRepository(Path(sys.argv[1]), content_revision).change(add_row, NOTE, nothing_to_serve)
"""


def test_a_git_that_outlives_its_killed_writer_is_waited_for(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    begun, programs = tmp_path / "begun", tmp_path / "bin"
    programs.mkdir()
    slow = f'case "$*" in *update-ref*) touch {begun}; sleep 1;; esac'
    (programs / "git").write_text(f'#!/bin/sh\n{slow}\nexec {shutil.which("git")} "$@"\n')
    (programs / "git").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "tests")}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], env=environment)
    deadline = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    writer.kill()
    writer.wait()
    write(folder, lambda files: {**files, ACCESS_RULES: files[ACCESS_RULES] + b"# next\n"})
    assert (folder / ACCESS_RULES).read_text() == RULES + ROW + "# next\n"
    assert git(folder, "rev-list", "--count", "HEAD").strip() == "3"
    assert is_clean(folder)


def test_a_change_that_a_person_made_after_a_kill_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = work_tree(tmp_path / "policy")

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Checkout, "_follow", dies)
        with pytest.raises(Killed):
            write(folder)
    (folder / ACCESS_RULES).write_text("# mine\n" + RULES)
    with pytest.raises(Conflict, match="not clean"):
        write(folder)
    assert (folder / ACCESS_RULES).read_text() == "# mine\n" + RULES


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"ref": 1}',
        json.dumps({"ref": "refs/heads/main", "old": "0", "new": "--help", "paths": ["../../x"]}),
    ],
)
def test_a_journal_that_is_not_ours_does_no_harm(content: str, tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    (folder / ".git/doorward").mkdir()
    (folder / ".git/doorward/journal.json").write_text(content)
    write(folder)
    assert is_clean(folder)


def test_one_writer_works_at_a_time_and_others_are_told_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = work_tree(tmp_path / "policy")
    monkeypatch.setattr(checkout_module, "WAIT_SECONDS", 0.2)

    def serve(_written: Written) -> None:
        with pytest.raises(Busy):
            write(folder)

    write(folder, serve=serve)
    assert git(folder, "rev-list", "--count", "HEAD").strip() == "2"


def test_in_review_a_branch_is_made_and_the_folder_stays_as_it_is(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    start = head(folder)
    (folder / "README.md").write_text("not committed\n")
    repository = WorkTreeRepository(folder, content_revision, review=True)
    made = repository.change(add_row, NOTE, nothing_to_serve)
    assert isinstance(made, Proposed)
    assert made.branch == f"doorward/create-rule-x-{made.commit[:10]}"
    assert head(folder, f"{made.branch}^") == head(folder) == start
    assert (folder / ACCESS_RULES).read_text() == RULES
    assert [(one.branch, one.commit, one.reason) for one in repository.proposals()] == [
        (made.branch, made.commit, "because")
    ]
    git(folder, "checkout", "--quiet", "README.md")
    git(folder, "merge", "--quiet", made.branch)
    assert repository.proposals() == []
    assert repository.revisions(0, 1)[0].commit == made.commit


def test_revisions_of_the_folder_are_in_the_order_of_its_commits(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    repository = WorkTreeRepository(folder, content_revision)
    first = repository.change(add_row, NOTE, nothing_to_serve)
    second = repository.change(add_row, NOTE, nothing_to_serve)
    assert isinstance(first, Written)
    assert isinstance(second, Written)
    commit(folder, {ACCESS_RULES: RULES + "# by hand\n"})
    by_hand = content_revision(read_tree(folder))
    assert repository.includes(first.revision, within=second.revision)
    assert repository.includes(first.revision, within=by_hand)
    assert not repository.includes(second.revision, within=first.revision)
    assert not repository.includes(by_hand, within=first.revision)
    assert not repository.includes("dir:0000000000000000", within=by_hand)


def test_a_commit_is_signed_with_the_key_that_is_given(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "policy")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    repository = WorkTreeRepository(folder, content_revision, signing_key=key)
    repository.change(add_row, NOTE, nothing_to_serve)
    assert "BEGIN SSH SIGNATURE" in git(folder, "cat-file", "commit", "HEAD")
    key.unlink()
    with pytest.raises((Conflict, GitFailed)):
        repository.change(add_row, NOTE, nothing_to_serve)
    assert is_clean(folder)


def test_another_gits_lock_on_the_index_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch would move on and the index stay behind: the next commit of a person would take the change back."""
    monkeypatch.setattr(checkout_module, "_INDEX_TRIES", 2)
    folder = work_tree(tmp_path / "policy")
    before = state_of(folder)
    lock = folder / ".git/index.lock"
    lock.touch()
    with pytest.raises(Conflict, match=r"(?s)another git works in .*index\.lock is there"):
        write(folder)
    lock.unlink()
    assert state_of(folder) == before
    write(folder)
    assert is_clean(folder)


def test_an_index_that_was_held_at_the_last_moment_follows_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout_module, "_INDEX_TRIES", 2)
    monkeypatch.setattr("doorward.sources.git.work_tree._RECOVERY_SECONDS", 0.05)
    folder = work_tree(tmp_path / "policy")
    lock = folder / ".git/index.lock"
    move = Checkout.move

    def moved(checkout: Checkout, *arguments: str) -> None:
        move(checkout, *arguments)
        lock.touch()

    monkeypatch.setattr(Checkout, "move", moved)
    write(folder)
    assert ROW in (folder / ACCESS_RULES).read_text()
    assert not is_clean(folder)
    lock.unlink()
    deadline = time.monotonic() + 10
    while not is_clean(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_clean(folder)
