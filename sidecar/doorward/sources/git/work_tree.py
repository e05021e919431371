"""A folder in a git work tree as the place where policy is committed: one writer at a time, and only if it is clean.

A commit is made apart, the branch is moved to it if nobody else moved it, then the files and their entries in
the index follow. A journal in the git folder says what is under way, so that whoever comes next finishes it.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from doorward.domain.errors import Busy, Conflict, PolicyInvalid
from doorward.domain.policy_changes import Edit, Files, Logged, Note, Proposed, Written
from doorward.sources.directory import read_tree as read_folder
from doorward.sources.git.checkout import WAIT_SECONDS, Checkout
from doorward.sources.git.command import Git, GitFailed
from doorward.sources.git.commits import (
    Change,
    changed_files,
    commit_of,
    commit_settings,
    log,
    make_commit,
    open_proposals,
    proposal_branch,
)
from doorward.sources.git.moves import Move
from doorward.sources.git.tree import MAX_BYTES, MaxBytes, read_tree

TRIES: Final = 5
_HISTORY: Final = 500
_FATAL: Final = 128
_RECOVERIES: Final = 600
_RECOVERY_SECONDS: Final = 1.0
_NO_TRANSPORT: Final = tuple(f"protocol.{name}.allow=never" for name in ("file", "http", "https", "ssh"))
"""Nothing is fetched for a work tree, also not what a partial clone lacks."""
_UNDER_WAY: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")


class WorkTreeRepository:
    """Commits policy to the work tree that holds `folder`.

    `name` says what a tree is called; with `review` every change becomes a branch, and the folder stays as it is.
    """

    def __init__(
        self,
        folder: Path,
        name: Callable[[Files], str],
        *,
        review: bool = False,
        signing_key: Path | None = None,
        max_bytes: MaxBytes = lambda _path: MAX_BYTES,
    ) -> None:
        self._folder = folder
        self._name = name
        self._review = review
        self._signed = signing_key is not None
        self._git = Git(folder, (*commit_settings(signing_key), *_NO_TRANSPORT))
        self._max_bytes = max_bytes
        self._writing = threading.Lock()

    def change(self, edit: Edit, note: Note, serve: Callable[[Written], None]) -> Written | Proposed:
        """Commit an edited tree. Raises Conflict, Busy, and what `edit` and `serve` raise."""
        with _explained(self._folder):
            checkout = Checkout.of(self._folder, self._git)
            with self._alone(), checkout.locked():
                if self._review:
                    return self._propose(checkout, edit, note)
                checkout.check_index_is_free()
                checkout.finish()
                written = self._commit(checkout, edit, note, serve)
                if checkout.has_journal:
                    threading.Thread(target=self._keep_recovering, name="journal", daemon=True).start()
                return written

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Queue the threads of this process, so that other processes have a fair part. Raises Busy."""
        if not self._writing.acquire(timeout=WAIT_SECONDS):
            raise Busy("other changes of this policy take long; try again in a moment")
        try:
            yield
        finally:
            self._writing.release()

    def _keep_recovering(self) -> None:
        """Finish what another git stood in the way of, before somebody commits the old index."""
        for _ in range(_RECOVERIES):
            time.sleep(_RECOVERY_SECONDS)
            if not self.recover():
                return

    def recover(self) -> bool:
        """Finish what a process that was killed left half done; nothing where the folder is no work tree.

        Returns:
            Whether something is left to be done.
        """
        with contextlib.suppress(GitFailed, Conflict, Busy, OSError):
            checkout = Checkout.of(self._folder, self._git)
            if checkout.has_journal:
                with checkout.locked():
                    checkout.finish()
            return checkout.has_journal
        return False

    def revisions(self, start: int, count: int) -> Sequence[Logged]:
        """Commits of the branch, the newest first; none where the folder is no work tree."""
        return _history(lambda: log(self._git, "HEAD", skip=start, count=count))

    def proposals(self) -> Sequence[Logged]:
        """The branches of proposals that the branch does not hold yet."""
        return _history(lambda: open_proposals(self._git, "refs/heads/doorward/", "HEAD"))

    def includes(self, revision: str, *, within: str) -> bool:
        """Whether the branch came by a revision before it came by the other one."""
        if revision == within:
            return True
        names = [one.revision for one in self.revisions(0, _HISTORY)]
        if revision not in names:
            return False
        if within in names:
            return names.index(within) <= names.index(revision)
        return within == self._tip_name()

    def _tip_name(self) -> str | None:
        with contextlib.suppress(GitFailed, PolicyInvalid, Conflict):
            checkout = Checkout.of(self._folder, self._git)
            return self._name(self._committed(checkout, "HEAD"))
        return None

    def _committed(self, checkout: Checkout, commit: str) -> Files:
        try:
            return read_tree(checkout.git, commit, checkout.prefix, self._max_bytes)
        except PolicyInvalid as error:
            raise Conflict(
                f"{self._folder} is not committed as a policy ({error.problems[0]}); commit it first"
            ) from error

    def _propose(self, checkout: Checkout, edit: Edit, note: Note) -> Proposed:
        head = self._head(checkout)
        before = self._committed(checkout, head)
        files = changed_files(before, edit(before), checkout.prefix)
        commit = make_commit(checkout.git, Change(parent=head, files=files, note=note), signed=self._signed)
        branch = proposal_branch(note, commit)
        checkout.move(f"refs/heads/{branch}", commit, "0" * len(commit), note.subject)
        return Proposed(commit=commit, branch=branch)

    def _commit(self, checkout: Checkout, edit: Edit, note: Note, serve: Callable[[Written], None]) -> Written:
        for _ in range(TRIES):
            branch, head = checkout.branch(), self._head(checkout)
            before = self._clean(checkout, head)
            after = edit(before)
            files, revision = changed_files(before, after, checkout.prefix), self._name(after)
            change = Change(parent=head, files=files, note=note, revision=revision)
            commit = make_commit(checkout.git, change, signed=self._signed)
            with checkout.journal(Move(ref=branch, old=head, new=commit, paths=tuple(files))):
                try:
                    checkout.move(branch, commit, head, note.subject)
                except GitFailed:
                    if commit_of(checkout.git, branch) == head:
                        raise
                    continue  # somebody committed meanwhile
                checkout.finish()
            written = Written(commit=commit, revision=revision)
            serve(written)
            return written
        raise Busy(f"others kept committing to {self._folder}; try again in a moment")

    def _head(self, checkout: Checkout) -> str:
        head = commit_of(checkout.git, "HEAD")
        if head is None:
            raise Conflict(f"the branch of {self._folder} has no commit yet; commit the policy first")
        return head

    def _clean(self, checkout: Checkout, head: str) -> Files:
        """The committed policy, where the folder holds exactly that and nothing else is changed. Raises Conflict."""
        if any((checkout.git_folder / name).exists() for name in _UNDER_WAY):
            raise Conflict(f"a merge or the like is under way in {checkout.top}; finish it, or abort it")
        committed = self._committed(checkout, head)
        try:
            found = read_folder(self._folder)
        except PolicyInvalid as error:
            raise _dirty(checkout.top, str(error.problems[0])) from error
        different = sorted(path for path in committed.keys() | found.keys() if committed.get(path) != found.get(path))
        if different:
            raise _dirty(checkout.top, different[0])
        changed = checkout.changed_path(head)
        if changed is not None:
            raise _dirty(checkout.top, changed)
        return committed


def _dirty(top: Path, what: str) -> Conflict:
    return Conflict(
        f"the work tree {top} is not clean ({what} differs from the last commit); commit or discard that first"
    )


def _history(read: Callable[[], Sequence[Logged]]) -> Sequence[Logged]:
    """No repository and no commit have no history; that git takes too long is another thing. Raises Busy."""
    try:
        return read()
    except GitFailed as error:
        if error.code != _FATAL or "dubious ownership" in str(error):
            raise Busy(f"the history cannot be read now: {error}") from error
        return []


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """What git says about a folder it cannot work in, in words of the product."""
    try:
        yield
    except GitFailed as error:
        said = str(error)
        if "not a git repository" in said:
            fix = "make it one (git init, git add, git commit), or serve it with --policy GIT_URL"
            raise Conflict(f"the policy folder {folder} is no git work tree; {fix}") from error
        if "dubious ownership" in said:
            raise Conflict(
                f"the work tree of {folder} belongs to another user; run the sidecar as its owner"
            ) from error
        raise Conflict(f"the change could not be committed in {folder}: {said}") from error
    except OSError as error:
        raise Conflict(f"the work tree of {folder} cannot be written: {error.strerror}") from error
