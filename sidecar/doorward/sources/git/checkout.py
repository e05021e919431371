"""One work tree of git: where it stands, whether it is clean, and how its files follow its branch."""

import contextlib
import fcntl
import logging
import os
import random
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from doorward.domain.errors import Busy, Conflict
from doorward.sources.git.command import Git, GitFailed
from doorward.sources.git.commits import blobs_of, commit_of, is_ancestor
from doorward.sources.git.moves import Move
from doorward.sources.git.tree import MAX_BYTES, object_id

WAIT_SECONDS: Final = 20.0
_INDEX_TRIES: Final = 20
_TRY_SECONDS: Final = 0.05
_OURS: Final = "doorward"
_NEW: Final = ".doorward-new"
_ABSENT: Final = "absent"
_NO_FILTER: Final = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
_log = logging.getLogger("doorward.policy")


class Checkout:
    """A work tree and its git folder. `prefix` is where the policy stands in it, empty at the root."""

    def __init__(self, git: Git, top: Path, git_folder: Path, prefix: str) -> None:
        self.git = git
        self.top = top
        self.git_folder = git_folder
        self.prefix = prefix
        self._own = git_folder / _OURS
        self._journal = self._own / "journal.json"

    @classmethod
    def of(cls, folder: Path, git: Git) -> "Checkout":
        """The work tree that holds a folder. Raises Conflict where there is a repository and no work tree."""
        if not folder.is_dir():
            raise Conflict(f"the policy folder {folder} does not exist")
        inside = git.run("rev-parse", "--is-inside-work-tree", "--absolute-git-dir").decode().splitlines()
        if inside[0] != "true":
            raise Conflict(f"{folder} is in a bare repository; serve it with --policy {Path(inside[1]).as_uri()}")
        top = Path(os.fsdecode(git.run("rev-parse", "--show-toplevel").removesuffix(b"\n")))
        here = folder.resolve()
        if not here.is_relative_to(top.resolve()):
            raise Conflict(f"{folder} is not in its repository's work tree {top}; correct core.worktree")
        prefix = here.relative_to(top.resolve()).as_posix()
        safe = git.at(top).with_environment({"GIT_LITERAL_PATHSPECS": "1", **_without_filters(git)})
        return cls(safe, top, Path(inside[1]), "" if prefix == "." else prefix)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out, of this process and of others, also while a git of one that was killed still works.

        Raises:
            Busy: the others take longer than WAIT_SECONDS.
        """
        self._own.mkdir(exist_ok=True)
        lock = os.open(self._own / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while not _taken(lock):
                if time.monotonic() > deadline:
                    raise Busy("other changes of this policy take long; try again in a moment")
                time.sleep(random.uniform(_TRY_SECONDS / 5, _TRY_SECONDS))  # noqa: S311 - no secret
            self.git = self.git.with_files((lock,))
            yield
        finally:
            self.git = self.git.with_files(())
            os.close(lock)

    def branch(self) -> str:
        """The branch that is checked out. Raises Conflict where there is none."""
        try:
            return self.git.run("symbolic-ref", "--quiet", "HEAD").decode().strip()
        except GitFailed as error:
            raise Conflict(f"the work tree {self.top} is on no branch; `git switch BRANCH` puts it on one") from error

    def move(self, ref: str, new: str, old: str, why: str) -> None:
        """Let a branch lead to another commit, if it still leads to the old one. Raises GitFailed."""
        self.git.run("update-ref", "-m", f"doorward: {why}", ref, new, old)

    def changed_path(self, head: str) -> str | None:
        """A tracked file whose state differs from the last commit, in the index or in the folder."""
        quiet = ("--name-only", "-z", "--ignore-submodules=all", "--no-ext-diff", "--no-textconv")
        # Files that were only touched count as changed until the index is brought up to date; others stay in the list.
        with contextlib.suppress(GitFailed):
            self.git.run("update-index", "-q", "--refresh", "--ignore-submodules")
        for command in (("diff-index", "--cached", *quiet, head), ("diff-files", *quiet)):
            changed = self.git.run(*command, "--")
            if changed:
                return os.fsdecode(changed.split(b"\0", 1)[0]).encode(errors="replace").decode()
        return None

    def check_index_is_free(self) -> None:
        """Raise Conflict where another git holds the index, or has left its lock behind."""
        lock = self.git_folder / "index.lock"
        for _ in range(_INDEX_TRIES):
            if not lock.exists():
                return
            time.sleep(_TRY_SECONDS)
        raise Conflict(
            f"another git works in {self.top} ({lock} is there); try again, or remove that file if none is running"
        )

    @property
    def has_journal(self) -> bool:
        """Whether a move was begun and not finished."""
        return self._journal.exists()

    @contextlib.contextmanager
    def journal(self, move: Move) -> Iterator[None]:
        """Note a move before it is made, so that whoever comes after a crash finishes it."""
        move.write(self._journal)
        yield

    def finish(self) -> None:
        """Let files and index follow the move in the journal, if its branch was moved; then forget it."""
        if not self.has_journal:
            return
        move = Move.read(self._journal)
        head = None if move is None else commit_of(self.git, move.ref)
        if move is not None and head is not None and is_ancestor(self.git, move.new, head):
            old, new = (blobs_of(self.git, one, move.paths) for one in (move.old, move.new))
            now = new if head == move.new else blobs_of(self.git, head, move.paths)
            self._follow(tuple(path for path in move.paths if now.get(path) == new.get(path)), old, new)
            try:
                self._follow_in_index(move.paths, old, new)
            except GitFailed as error:  # the files are right; whoever comes next tries again
                _log.warning("the index of %s is behind its branch: %s", self.top, error)
                return
        self._journal.unlink()

    def _follow(self, paths: Sequence[str], old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Let files follow that are still what the old commit says; what a person changed is left alone."""
        for path in paths:
            if not self._is_inside(path):
                continue
            target = self.top / path
            target.with_name(f".{target.name}{_NEW}").unlink(missing_ok=True)
            if _blob_of(target, next(iter({**old, **new}.values()), "")) == old.get(path, _ABSENT):
                self._put(target, new.get(path))

    def _follow_in_index(self, paths: Sequence[str], old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Bring the entries of the index up to date that are still those of the old commit."""
        listed = self.git.run("ls-files", "-s", "-z", "--full-name", "--", *paths).decode(errors="surrogateescape")
        entries = dict(self._entry(line) for line in listed.split("\0")[:-1])
        lines = []
        for path in paths:
            mode, blob = entries.get(path, ("100644", _ABSENT))
            if blob == old.get(path, _ABSENT):
                lines.append(f"{mode} {new[path]}\t{path}\0" if path in new else f"0 {'0' * len(blob)}\t{path}\0")
        for attempt in range(_INDEX_TRIES):
            try:
                self.git.run("update-index", "-z", "--index-info", given="".join(lines).encode())
                break
            except GitFailed as error:  # a person's git holds the index for a moment
                if "index.lock" not in str(error) or attempt == _INDEX_TRIES - 1:
                    raise
                time.sleep(_TRY_SECONDS)

    def _entry(self, line: str) -> tuple[str, tuple[str, str]]:
        about, _, path = line.partition("\t")
        mode, blob, _ = about.split(" ")
        return path, (mode, blob)

    def _is_inside(self, path: str) -> bool:
        return (self.top / path).parent.resolve().is_relative_to(self.top.resolve())

    def _put(self, target: Path, blob: str | None) -> None:
        """Put a file in its place in one step; it survives a crash."""
        if blob is None:
            target.unlink(missing_ok=True)
            return
        content = self.git.run("cat-file", "blob", blob, max_output_bytes=MAX_BYTES)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(f".{target.name}{_NEW}")
        with new.open("wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)


def _without_filters(git: Git) -> dict[str, str]:
    """Variables that empty every filter of the repository's own settings: git runs them whenever it hashes a file."""
    try:
        printed = git.run("config", "--includes", "-z", "--name-only", "--get-regexp", r"^filter\..*")
    except GitFailed as error:
        if error.code != 1:
            raise  # a filter that was not seen would run
        return {}  # there is none
    names = sorted({name.rpartition(".")[0] for name in os.fsdecode(printed).split("\0") if name})
    settings = [(f"{name}.{key}", value) for name in names for key, value in _NO_FILTER]
    return {
        "GIT_CONFIG_COUNT": str(len(settings)),
        **{f"GIT_CONFIG_KEY_{at}": key for at, (key, _) in enumerate(settings)},
        **{f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(settings)},
    }


def _blob_of(target: Path, alike: str) -> str:
    """What git names the content of a file, in as many digits as another name has; `absent` where there is none."""
    try:
        with os.fdopen(os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            return object_id("blob", file.read(), len(alike))
    except FileNotFoundError:
        return _ABSENT
    except OSError:
        return "no plain file"


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
