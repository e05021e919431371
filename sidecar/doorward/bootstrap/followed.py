"""Policies that change, by where they stand: what is served, followed, and committed to."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from doorward.bootstrap.policies import FolderPolicy, KeptPolicy, load_commit
from doorward.domain.git_address import GitAddress
from doorward.policy.tree import content_revision, max_bytes
from doorward.services.ports import LastGoodPolicy, PolicyRepository, PolicySource
from doorward.settings import Writing
from doorward.sources import DirectorySource, LastGood
from doorward.sources.git.command import end_all
from doorward.sources.git.policy import AcceptedPolicy, GitPolicy
from doorward.sources.git.remote import RemoteRepository
from doorward.sources.git.source import GitSource, Trust
from doorward.sources.git.work_tree import WorkTreeRepository
from doorward.sources.watching import watch

DIRECT: Final = Writing()


def work_tree(folder: Path, writing: Writing) -> WorkTreeRepository:
    """The work tree of a folder, to commit policy to. Nothing is looked at until something is written."""
    return WorkTreeRepository(folder, content_revision, review=writing.review, signing_key=writing.signing_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A policy that changes: its source, what to serve while that is broken, how to watch, to look at once, to end.

    `repository` is where changes of it are committed.
    """

    source: PolicySource
    last_good: LastGoodPolicy
    repository: PolicyRepository
    watch: Callable[[Callable[[], None], threading.Event], None]
    wake: Callable[[], None]
    end: Callable[[], None]


def followed_folder(folder: Path, state: Path, writing: Writing = DIRECT) -> Followed:
    """A folder, whose last good tree is kept in the state directory. A change that was left half done is finished."""
    repository = work_tree(folder, writing)
    repository.recover()
    watched = DirectorySource(folder)
    last_good = KeptPolicy(LastGood(state / "last-good", str(folder.resolve())))
    return Followed(
        source=FolderPolicy(watched),
        last_good=last_good,
        repository=repository,
        watch=partial(watch, watched),
        wake=_nothing,
        end=_nothing,
    )


def followed_repository(
    address: GitAddress, state: Path, trust: Trust, poll_seconds: float, writing: Writing = DIRECT
) -> Followed:
    """A branch of a git repository, mirrored in the state directory."""
    source = GitSource(address, state, time.time, max_bytes, trust=trust, poll_seconds=poll_seconds)
    return Followed(
        source=GitPolicy(source, load_commit),
        last_good=AcceptedPolicy(source, load_commit),
        repository=remote_branch(source, trust, writing),
        watch=source.watch,
        wake=source.wake,
        end=end_all,
    )


def remote_branch(source: GitSource, trust: Trust, writing: Writing) -> RemoteRepository:
    """The branch of a source, to commit policy to."""
    return RemoteRepository(source, trust, review=writing.review, signing_key=writing.signing_key)


def _nothing() -> None:
    """A folder's watcher looks by itself, and has nothing to end."""
