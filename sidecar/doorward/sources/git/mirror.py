"""A bare mirror of our own of one remote repository: made, fetched into, and made anew where it is damaged."""

import contextlib
import fcntl
import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import MAX_FILE_BYTES, Git, GitExceeded, GitFailed
from doorward.sources.git.credentials import credential_environment
from doorward.sources.git.keeping import keep_accepted, refuse_another_hash
from doorward.sources.git.objects import ObjectFiles, remove
from doorward.sources.git.ownership import owner_environment
from doorward.sources.git.tips import Tip, ask_for_tip
from doorward.sources.git.tree import MAX_BYTES, MaxBytes, read_tree

__all__ = ["GitAddress", "Mirror"]

FETCH_SECONDS: Final = 120.0
_TIDY_SECONDS: Final = 300.0
_SLOW: Final = ("http.lowSpeedLimit=100", "http.lowSpeedTime=4", "http.followRedirects=initial")
_HARMLESS: Final = ("zeroPaddedFilemode", "badTimezone", "missingSpaceBeforeDate")
"""Faults that are in the history of honest repositories."""
_FETCH: Final = (
    "fetch.unpackLimit=1",  # every fetch is one pack: bounded as one file
    *(f"fetch.fsck.{fault}=ignore" for fault in _HARMLESS),
)
_log = logging.getLogger("doorward.policy")


class Mirror:
    """The mirror of an address's repository in `folder`, which may hold those of others too.

    Whoever works in it does so within `locked()`.
    """

    def __init__(
        self,
        address: GitAddress,
        folder: Path,
        max_bytes: MaxBytes = lambda _path: MAX_BYTES,
        max_pack_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        """Nothing is made or fetched yet.

        `max_bytes` says how large a file of the policy may be, by its path; `max_pack_bytes` what a fetch may bring.
        """
        self.address = address
        self.ref = ""
        self._folder = folder
        self._name = hashlib.sha256(address.url.encode()).hexdigest()[:20]
        self._max_bytes = max_bytes
        self._max_pack_bytes = max_pack_bytes
        self._thread = threading.RLock()
        self._depth = self._lock = 0
        self._environment: dict[str, str] | None = None
        self.path = folder / f"{self._name}.git"
        self._old, self._new = folder / f"{self._name}.old", folder / f"{self._name}.git.new"
        self._files = ObjectFiles(self.path)
        # One of the refs that keep what is followed: another ref or folder of this repository has its own.
        self.id = hashlib.sha256(str(address).encode()).hexdigest()[:20]
        self.tip_ref = f"refs/doorward/tip/{self.id}"

    @property
    def git(self) -> Git:
        """Where commands for the mirror are run."""
        return self._git(self.path)

    def fetch(self) -> str:
        """Bring the followed ref up to date; the mirror is made at first, and made anew where it is damaged.

        Returns:
            The id of the commit at its tip.

        Raises:
            GitFailed: the repository does not answer, not in time, or with more than a fetch may bring.
            PolicyInvalid: it has no such ref, or one that names no commit.
        """
        with self.locked():
            tip = ask_for_tip(self._git(self._folder), self.address)
            self.ref = tip.ref
            if not self._is_whole(tip):
                return self._make(tip)
            self._clear_remains()
            if self._has(tip):
                with contextlib.suppress(GitFailed):
                    return self._commit(self.git)
                return self.make_anew()
            try:
                self._fetch_into(self.git, tip)
            except GitExceeded:
                raise
            except GitFailed:
                if self.git.succeeds("fsck", "--connectivity-only", "--no-dangling", "--no-progress"):
                    raise
                return self.make_anew()
            self._tidy()
            return self._commit(self.git)

    def make_anew(self) -> str:
        """Replace a damaged mirror. Returns the commit at the tip. Raises as `fetch`."""
        with self.locked():
            _log.warning("the mirror %s is damaged; it is made anew", self.path)
            tip = ask_for_tip(self._git(self._folder), self.address)
            self.ref = tip.ref
            return self._make(tip)

    def read_tree(self, commit: str) -> dict[str, bytes]:
        """The files of models/ and policies/ at a commit, by path relative to the address's folder.

        Raises:
            PolicyInvalid: what stands there is no policy, whatever the files say.
            GitFailed: the mirror lacks the commit, or is damaged.
        """
        with self.locked():
            return read_tree(self.git, commit, self.address.folder, self._max_bytes)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other thread and process out of the mirror meanwhile; whoever has it may take it again."""
        with self._thread:
            if not self._depth:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lock = os.open(self._folder / f"{self._name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._depth += 1
            try:
                if self._depth == 1 and not self.path.exists() and self._old.exists():
                    self._old.rename(self.path)  # a process ended between two steps of `_make`
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    os.close(self._lock)

    def _git(self, repository: Path) -> Git:
        if self._environment is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._environment = {
                **credential_environment(self.address, self._folder),
                **owner_environment(self.address, self._folder / f"{self._name}.gitconfig"),
            }
        # Named, so that git never looks for a repository further up; what is none is none.
        environment = {"GIT_DIR": str(repository.absolute()), **self._environment}
        return Git(repository, (*_SLOW, *_FETCH), environment)

    def _is_whole(self, tip: Tip) -> bool:
        """Whether there is a mirror that git can work in."""
        try:
            return self.git.run("rev-parse", "--show-object-format").decode().strip() == tip.object_format
        except (GitFailed, OSError):
            return False

    def _has(self, tip: Tip) -> bool:
        try:
            return self.git.run("rev-parse", "--verify", "--quiet", self.tip_ref).decode().strip() == tip.object_id
        except GitFailed:
            return False

    def _commit(self, git: Git) -> str:
        try:
            return git.run("rev-parse", "--verify", "--quiet", f"{self.tip_ref}^{{commit}}").decode().strip()
        except GitFailed:
            kind = git.run("cat-file", "-t", f"{self.tip_ref}^{{}}").decode().strip()
            if kind in ("", "commit"):
                raise
        message = f"{self.ref} names no commit but a {kind}; let it stand at a commit, or follow another branch or tag"
        raise PolicyInvalid([Problem(path=str(self.address), line=0, message=message)])

    def _make(self, tip: Tip) -> str:
        """Make the mirror beside its place, and put it there when it is whole."""
        refuse_another_hash(self.path, tip.object_format)
        new = self._new
        remove(new)
        new.mkdir(mode=0o700)
        try:
            git = self._git(new)
            git.run("init", "--quiet", "--bare", "--template=", f"--object-format={tip.object_format}")
            self._fetch_into(git, tip)
            if self.path.exists():
                room = max(self._max_pack_bytes, 2 * self._files.packed_bytes)
                keep_accepted(self.path, git, room)
        except GitFailed:
            remove(new)
            raise
        if self.path.exists():
            remove(self._old)
            self.path.rename(self._old)
        new.rename(self.path)
        remove(self._old)
        return self._commit(self.git)

    def _fetch_into(self, git: Git, tip: Tip) -> None:
        limit = self._max_pack_bytes
        files = ObjectFiles(git.repository)
        before = files.listed()
        try:
            git.run(
                "fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
                "--force", "--", self.address.url, f"+{tip.ref}:{self.tip_ref}", seconds=FETCH_SECONDS,
                max_file_bytes=limit,
            )  # fmt: skip
            if self.address.is_http:
                self._check_brought(git, files.listed() - before)
        except GitFailed as error:
            if files.remove_since(before) >= limit:
                message = (
                    f"git fetch brings more than {limit >> 20} MiB; follow a repository that holds the policy alone"
                )
                raise GitExceeded(message) from error
            raise

    def _check_brought(self, git: Git, new: frozenset[Path]) -> None:
        """Refuse what a server without git has brought: git checks nothing of it, and bounds only its single files."""
        packs = [one for one in new if one.suffix == ".pack"]
        if len(packs) > 1 or any(one.parent.name != "pack" for one in new):
            raise GitFailed(f"{self.address.url} serves bare files; serve it by git (git http-backend), or over ssh")
        for pack in packs:
            faults = ",".join(f"{fault}=ignore" for fault in _HARMLESS)
            git.run("index-pack", "--verify", f"--strict={faults}", str(pack.absolute()), seconds=FETCH_SECONDS)

    def _clear_remains(self) -> None:
        """Remove what a git that was killed has left: nobody else works here now."""
        for one in (self._old, self._new):
            remove(one)
        self._files.clear_remains()

    def _tidy(self) -> None:
        """Put many packs into one, without what nothing leads to any more."""
        if not self._files.are_too_many:
            return
        before = self._files.listed()
        try:
            # What fitted into several files fits into one: a limit below that would stand in the way for ever.
            room = max(self._max_pack_bytes, 2 * self._files.packed_bytes)
            self.git.run("repack", "-a", "-d", "--quiet", seconds=_TIDY_SECONDS, max_file_bytes=room)
            self.git.run("prune", "--expire=1.day.ago", seconds=_TIDY_SECONDS)
        except GitFailed as error:
            _log.warning("the mirror %s could not be tidied: %s", self.path, error)
            if before <= self._files.listed():
                self._files.remove_since(before)
