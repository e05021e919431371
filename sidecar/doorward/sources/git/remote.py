"""A branch of a remote repository as the place where policy is committed: made in the mirror, pushed, never forced."""

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from doorward.domain.errors import Busy, Conflict, PolicyInvalid, SourceUnreadable
from doorward.domain.policy_changes import Edit, Logged, Note, Proposed, Written
from doorward.sources.git.command import GitFailed
from doorward.sources.git.commits import (
    Change,
    changed_files,
    commit_settings,
    is_ancestor,
    log,
    make_commit,
    open_proposals,
    proposal_branch,
)
from doorward.sources.git.source import GitSource, Trust

TRIES: Final = 20
PUSH_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = (0.02, 0.2)
_BRANCHES: Final = "refs/heads/"
_PROPOSALS: Final = "refs/heads/doorward/"
_REVISION: Final = "git:"
_OVERTAKEN: Final = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "stale info")
"""What git says where somebody else was faster."""


class RemoteRepository:
    """Commits policy to the branch that a source follows; with `review` to a new branch for every change."""

    def __init__(
        self, source: GitSource, trust: Trust, *, review: bool = False, signing_key: Path | None = None
    ) -> None:
        self._source = source
        self._mirror = source.mirror
        self._must_be_signed = trust.signers is not None
        self._review = review
        self._signing_key = signing_key

    def change(self, edit: Edit, note: Note, serve: Callable[[Written], None]) -> Written | Proposed:
        """Push an edited tree. Raises Conflict, Busy, SourceUnreadable, and what `edit` and `serve` raise."""
        if self._must_be_signed and self._signing_key is None and not self._review:
            raise Conflict("commits must be signed here; start with --signing-key FILE, or with --changes review")
        pushed: str | None = None
        for _ in range(TRIES):
            with self._working():
                tip = self._tip()
                if pushed is not None and is_ancestor(self._mirror.git, pushed, tip):
                    break  # it arrived, though the answer did not
                pushed = self._commit(tip, edit, note)
                if self._review:
                    branch = proposal_branch(note, pushed)
                    if self._push(pushed, _BRANCHES + branch, None):
                        return Proposed(commit=pushed, branch=branch)
                elif self._push(pushed, self._mirror.ref, tip):
                    break
            time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - spreads load, keeps no secret
        else:
            raise Busy("others kept pushing to the policy's branch; try again in a moment")
        written = Written(commit=pushed, revision=_REVISION + pushed)
        serve(written)
        return written

    def revisions(self, start: int, count: int) -> Sequence[Logged]:
        """The accepted commit and those before it."""
        accepted = self._source.accepted
        if accepted is None:
            return []
        with self._reading():
            found = log(self._mirror.git, accepted.commit, skip=start, count=count)
        return [replace(one, revision=_REVISION + one.commit) for one in found]

    def proposals(self) -> Sequence[Logged]:
        """The branches of proposals at the remote that its branch does not hold."""
        mine = f"refs/doorward/proposals/{self._mirror.id}/"
        with self._working():
            tip = self._mirror.fetch()
            spec = f"+{_PROPOSALS}*:{mine}*"
            self._mirror.git.run(
                "fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
                "--no-auto-gc", "--", self._mirror.address.url, spec, seconds=PUSH_SECONDS,
            )  # fmt: skip
            return open_proposals(self._mirror.git, mine, tip)

    def includes(self, revision: str, *, within: str) -> bool:
        """Whether a commit is another one, or led to it."""
        if not (revision.startswith(_REVISION) and within.startswith(_REVISION)):
            return False
        with self._reading():
            return is_ancestor(self._mirror.git, revision.removeprefix(_REVISION), within.removeprefix(_REVISION))

    def _tip(self) -> str:
        """The newest commit of the branch, which a change may stand on. Raises Conflict."""
        tip = self._source.newest()
        if not self._mirror.ref.startswith(_BRANCHES):
            raise Conflict(f"{self._mirror.ref} is no branch and cannot be changed; follow a branch: URL#BRANCH")
        self._check(tip, "the newest commit is refused, and nothing may stand on it")
        return tip

    def _commit(self, tip: str, edit: Edit, note: Note) -> str:
        before = self._mirror.read_tree(tip)
        files = changed_files(before, edit(before), self._mirror.address.folder)
        git = self._mirror.git.with_settings(commit_settings(self._signing_key))
        commit = make_commit(git, Change(parent=tip, files=files, note=note), signed=self._signing_key is not None)
        if not self._review:
            self._check(commit, "the change would be refused by those who follow the branch")
        return commit

    def _check(self, commit: str, meaning: str) -> None:
        try:
            self._source.check(commit)
        except PolicyInvalid as error:
            raise Conflict(f"{meaning}: {error.problems[0]}") from error

    def _push(self, commit: str, ref: str, known: str | None) -> bool:
        """Whether the remote took it; False where somebody else was faster. Raises Conflict where it refuses."""
        self._check_owner()
        git = self._mirror.git.with_settings(("advice.pushUpdateRejected=false",))
        try:
            git.run("push", "--", self._mirror.address.url, f"{commit}:{ref}", seconds=PUSH_SECONDS)
        except GitFailed as error:
            if "exists; cannot create" in str(error):
                raise Conflict(
                    f"{ref} cannot be made at the remote, where a branch has the name of its folder; rename that branch"
                ) from error
            there = self._at_remote(ref)
            if there == commit:  # it arrived, though the connection broke before the remote said so
                return True
            if there != known or any(sign in str(error) for sign in _OVERTAKEN):
                return False
            raise Conflict(
                f"the remote repository did not take the change: {error}; allow the credentials to push to {ref},"
                " or start with --changes review"
            ) from error
        return True

    def _check_owner(self) -> None:
        """A push to a repository on this machine runs its hooks, as this user: they must be this user's own."""
        path = self._mirror.address.local_path
        if path is not None and os.stat(path).st_uid not in {os.geteuid(), 0}:  # noqa: PTH116 - a text from a URL
            raise Conflict(
                f"{path} belongs to another user, whose hooks a push would run; follow it by ssh or https to change it"
            )

    def _at_remote(self, ref: str) -> str | None:
        """The commit of a branch at the remote, now; None where there is none."""
        listed = self._mirror.git.run("ls-remote", "--refs", "--", self._mirror.address.url, ref)
        return listed.decode(errors="replace").partition("\t")[0] or None

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """Work in the mirror alone; what git says of the remote is told as it is."""
        try:
            with self._mirror.locked():
                yield
        except (GitFailed, OSError) as error:
            raise SourceUnreadable(str(error)) from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except GitFailed as error:  # it is being made anew
            raise Busy(f"the mirror cannot be read now: {error}") from error
