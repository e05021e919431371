"""A bare mirror of our own of one remote repository: made, fetched into, and made anew where it is damaged."""

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import MAX_FILE_BYTES, Git, GitExceeded, GitFailed
from doorward.sources.git.credentials import credential_environment, credential_settings
from doorward.sources.git.tips import Tip, ask_for_tip
from doorward.sources.git.tree import MAX_BYTES, MaxBytes, read_tree

__all__ = ["GitAddress", "Mirror"]

FETCH_SECONDS: Final = 120.0
_KEEP: Final = "+refs/doorward/accepted/*:refs/doorward/accepted/*"
_MANY_PACKS: Final = 20
_SLOW: Final = ("http.lowSpeedLimit=100", "http.lowSpeedTime=4", "http.followRedirects=initial")
_FETCH: Final = (
    "fetch.unpackLimit=1",  # every fetch is one pack: bounded as one file
    "fetch.fsck.zeroPaddedFilemode=ignore",  # harmless, and in the history of honest repositories
    "fetch.fsck.badTimezone=ignore",
    "fetch.fsck.missingSpaceBeforeDate=ignore",
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
        self._settings: tuple[str, ...] | None = None
        self.path = folder / f"{self._name}.git"
        self._old, self._new = folder / f"{self._name}.old", folder / f"{self._name}.new"
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
            PolicyInvalid: it has no such ref.
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
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    os.close(self._lock)

    def _git(self, repository: Path) -> Git:
        if self._settings is None:
            self._settings = (*_SLOW, *_FETCH, *credential_settings(self.address, self._folder))
        # Named, so that git never looks for a repository further up; what is none is none.
        environment = {"GIT_DIR": str(repository.absolute()), **credential_environment(self.address)}
        return Git(repository, self._settings, environment)

    def _is_whole(self, tip: Tip) -> bool:
        """Whether there is a mirror that git can work in."""
        if not self.path.exists() and self._old.exists():
            self._old.rename(self.path)  # a process ended between two steps of `_make`
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
        return git.run("rev-parse", "--verify", "--quiet", f"{self.tip_ref}^{{commit}}").decode().strip()

    def _make(self, tip: Tip) -> str:
        """Make the mirror beside its place, and put it there when it is whole."""
        new = self._new
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        git = self._git(new)
        git.run("init", "--quiet", "--bare", "--template=", f"--object-format={tip.object_format}")
        self._fetch_into(git, tip)
        commit = self._commit(git)
        if self.path.exists():
            with contextlib.suppress(GitFailed):  # the accepted commits, as far as they are whole
                git.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.path.absolute().as_uri(), _KEEP)
            shutil.rmtree(self._old, ignore_errors=True)
            self.path.rename(self._old)
        new.rename(self.path)
        shutil.rmtree(self._old, ignore_errors=True)
        return commit

    def _fetch_into(self, git: Git, tip: Tip) -> None:
        limit = self._max_pack_bytes
        try:
            git.run(
                "fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
                "--force", "--", self.address.url, f"+{tip.ref}:{self.tip_ref}", seconds=FETCH_SECONDS,
                max_file_bytes=limit,
            )  # fmt: skip
        except GitFailed as error:
            unfinished = list(git.repository.glob("objects/pack/tmp_*"))
            is_too_large = any(one.stat().st_size >= limit for one in unfinished)
            for one in unfinished:
                one.unlink(missing_ok=True)
            if is_too_large:
                message = (
                    f"git fetch brings more than {limit >> 20} MiB; follow a repository that holds the policy alone"
                )
                raise GitExceeded(message) from error
            raise

    def _clear_remains(self) -> None:
        """Remove what a git that was killed has left: nobody else works here now."""
        for folder in (self._old, self._new):
            shutil.rmtree(folder, ignore_errors=True)
        objects = self.path / "objects"
        locks = (one for one in self.path.rglob("*.lock") if objects not in one.parents)
        for one in (*locks, *objects.glob("pack/tmp_*"), *objects.glob("??/tmp_*")):
            one.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Put many packs into one, without what nothing leads to any more."""
        packs = self.path / "objects" / "pack"
        if sum(1 for _ in packs.glob("*.pack")) < _MANY_PACKS:
            return
        try:
            self.git.run("repack", "-a", "-d", "--quiet", seconds=FETCH_SECONDS)
            self.git.run("prune", "--expire=1.day.ago", seconds=FETCH_SECONDS)
        except GitFailed as error:
            _log.warning("the mirror %s could not be tidied: %s", self.path, error)
