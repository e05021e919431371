"""The git source: a branch that is polled, whose tip must be trusted before it is read."""

import logging
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem, SourceUnreadable
from doorward.domain.git_address import GitAddress
from doorward.sources.git.accepted import Accepted, AcceptedRecord
from doorward.sources.git.command import GitExceeded, GitFailed
from doorward.sources.git.mirror import Mirror
from doorward.sources.git.signatures import Signers
from doorward.sources.git.tree import MaxBytes, object_id

POLL_SECONDS: Final = 30.0
_JITTER: Final = 0.1
_MAX_COMMIT_BYTES: Final = 1 << 20
_IS_NOT: Final = 1
"""How `merge-base --is-ancestor` ends for no."""
_REST_SECONDS: Final = 1.0
"""Between two looks that were asked for, so that whoever replays a webhook does not load the git host."""
_ROLLBACK: Final = re.compile(r"[0-9a-f]{7,64}")
_log = logging.getLogger("doorward.policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a tip must bring: an allowed signature, if there are signers; and descent, but for one named commit."""

    signers: Signers | None = None
    allow_rollback: str | None = None


NO_SIGNATURES: Final = Trust()


class GitSource:
    """One branch (or tag) of a repository, mirrored in the state directory."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        address: GitAddress,
        state: Path,
        clock: Callable[[], float],
        max_bytes: MaxBytes,
        *,
        trust: Trust = NO_SIGNATURES,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Nothing is fetched yet. `state` is the state directory."""
        self.name = str(address)
        self.mirror = Mirror(address, state / "git", max_bytes)
        self._record = AcceptedRecord(state / "git" / f"{self.mirror.id}.accepted", self.name)
        self._clock = clock
        self._trust = trust
        self._poll_seconds = poll_seconds
        self._woken = threading.Event()
        self._made_anew_for = ""

    def newest(self) -> str:
        """The commit at the tip, fetched.

        Raises:
            SourceUnreadable: the repository does not answer as it should.
            PolicyInvalid: it has no such branch or tag.
        """
        try:
            return self.mirror.fetch()
        except (GitFailed, OSError) as error:
            raise SourceUnreadable(str(error)) from error

    def read(self, commit: str) -> dict[str, bytes]:
        """The policy's files at a commit; from a new mirror, where this one is damaged.

        Raises:
            PolicyInvalid: there is no policy to be had from the commit.
            SourceUnreadable: the mirror is damaged, and cannot be made anew now.
        """
        try:
            return self.mirror.read_tree(commit)
        except GitExceeded as error:
            raise SourceUnreadable(str(error)) from error
        except GitFailed as error:
            if self._made_anew_for == commit:
                raise _refused(commit, f"cannot be read: {error}") from error
        self._make_anew_for(commit)
        return self.read(commit)

    @property
    def accepted(self) -> Accepted | None:
        """The commit that was accepted last. Raises StateUnusable where its record is damaged."""
        return self._record.read()

    def check(self, commit: str) -> None:
        """Refuse a commit that is not trusted.

        Raises:
            PolicyInvalid: it does not descend from the accepted one, or no allowed key signed it.
            SourceUnreadable: the mirror is damaged, and cannot be made anew now.
            StateUnusable: nobody knows which commit was accepted.
        """
        accepted = self.accepted
        if accepted is not None and accepted.commit == commit:
            self._check_signature(commit, accepted.at)
            return
        with self.mirror.locked():
            if accepted is not None and not self._follows(accepted.commit, commit):
                message = (
                    f"does not descend from {accepted.commit}, which was accepted last, so it would roll changes back;"
                    f" commit on top of that one, or start once with --allow-rollback {commit}"
                )
                raise _refused(commit, message)
            self._check_signature(commit, None)

    def accept(self, commit: str) -> None:
        """Note, so that it survives a crash, that a commit loads and is trusted: before it is served.

        Raises:
            PolicyInvalid: it cannot be noted; to serve it would leave no guard against a rollback of it.
        """
        known = self.accepted
        if known is not None and known.commit == commit:
            return
        try:
            with self.mirror.locked():
                self.mirror.git.run("update-ref", f"refs/doorward/accepted/{self.mirror.id}", commit)
            self._record.write(Accepted(commit=commit, at=self._clock()))
        except (GitFailed, OSError) as error:
            raise _refused(commit, f"cannot be noted as accepted in the state directory: {error}") from error

    def watch(self, changed: Callable[[], None], stop: threading.Event) -> None:
        """Call `changed` every poll interval, and when woken, until `stop` is set. Blocks; run it in a thread."""
        rest = min(_REST_SECONDS, self._poll_seconds)
        looked = -rest
        while not stop.is_set():
            spread = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, keeps no secret
            self._woken.wait(self._poll_seconds * spread)
            self._woken.clear()
            stop.wait(max(0.0, looked + rest - time.monotonic()))
            if not stop.is_set():
                looked = time.monotonic()
                changed()

    def wake(self) -> None:
        """Look for a new tip now; many calls meanwhile are one."""
        self._woken.set()

    def _follows(self, accepted: str, commit: str) -> bool:
        if self._descends(accepted, commit):
            return True
        git = self.mirror.git
        allowed = self._trust.allow_rollback
        if allowed is None or not _ROLLBACK.fullmatch(allowed) or not commit.startswith(allowed):
            return False
        try:
            is_named = git.run("rev-parse", "--verify", "--quiet", f"{allowed}^{{commit}}").decode().strip() == commit
        except GitFailed:  # the beginning of several ids
            return False
        if is_named:
            _log.warning("rolling back from %s to %s, as --allow-rollback says", accepted, commit)
        return is_named

    def _descends(self, accepted: str, commit: str) -> bool:
        try:
            self.mirror.git.run("merge-base", "--is-ancestor", accepted, commit)
        except GitExceeded as error:
            raise SourceUnreadable(str(error)) from error  # it is not known, so it is neither yes nor no
        except GitFailed as error:
            if error.code == _IS_NOT:
                return False
            if self._made_anew_for == commit:
                return False  # the accepted commit is gone from the repository
            _log.warning("whether %s descends from %s cannot be told: %s", commit, accepted, error)
        else:
            return True
        self._make_anew_for(commit)
        return self._descends(accepted, commit)

    def _make_anew_for(self, commit: str) -> None:
        """Make the mirror anew, once for a commit: what is missing then is missing in the repository."""
        try:
            self.mirror.make_anew()
        except (GitFailed, OSError) as error:
            raise SourceUnreadable(str(error)) from error
        self._made_anew_for = commit

    def _check_signature(self, commit: str, at: float | None) -> None:
        if self._trust.signers is None:
            return
        try:
            with self.mirror.locked():
                raw = self.mirror.git.run("cat-file", "commit", commit, max_output_bytes=_MAX_COMMIT_BYTES)
        except GitFailed as error:
            raise _refused(commit, f"cannot be read: {error}") from error
        if object_id("commit", raw, len(commit)) != commit:
            raise _refused(commit, "is not what git calls it: the mirror is damaged")
        fault = self._trust.signers.fault(raw, at, len(commit))
        if fault is not None:
            raise _refused(commit, fault)


def _refused(commit: str, message: str) -> PolicyInvalid:
    return PolicyInvalid([Problem(path=f"commit {commit}", line=0, message=message)])
