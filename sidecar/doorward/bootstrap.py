"""The one place where concrete parts meet."""

import contextlib
import ctypes
import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import flask

from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import PolicyInvalid, Problem, SourceUnreadable
from doorward.domain.git_address import GitAddress
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.policy.edit import Editor
from doorward.policy.tree import content_revision, max_bytes
from doorward.services.access import AccessService
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.enforce import EnforceService
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import LastGoodPolicy, Pace, PolicyRepository, PolicySource
from doorward.services.revisions import Revisions
from doorward.settings import Writing
from doorward.sources import DirectorySource, LastGood, read_tree
from doorward.sources.git.command import end_all
from doorward.sources.git.policy import AcceptedPolicy, GitPolicy, StillCommit
from doorward.sources.git.remote import RemoteRepository
from doorward.sources.git.source import GitSource, Trust
from doorward.sources.git.work_tree import WorkTreeRepository
from doorward.web.access import AccessEndpoints
from doorward.web.change_routes import ChangeEndpoints
from doorward.web.door import Door
from doorward.web.endpoints import Gate
from doorward.web.enforce import EnforceEndpoints
from doorward.web.flask_app import create_app
from doorward.web.http import Headers
from doorward.web.metrics import Meter, Metrics
from doorward.web.openapi import describe
from doorward.web.operation import OperationEndpoints
from doorward.web.policy import PolicyEndpoints
from doorward.web.policy_changes import PolicyChangeEndpoints
from doorward.web.roles import RoleEndpoints
from doorward.web.routes import all_endpoints, openapi_endpoint
from doorward.web.rules import RuleEndpoints
from doorward.web.webhook import Webhook

Handle = Callable[[str, str, Headers, bytes], tuple[int, Headers, bytes]]

_DIRECT: Final = Writing()
DEFAULT_BASE_URL: Final = "https://127.0.0.1:8642"


class Pacer:
    """Lets other threads run while a policy is built: works for a slice of time, then rests."""

    def __init__(self, slice_seconds: float = 0.002, rest_seconds: float = 0.001) -> None:
        self._slice = slice_seconds
        self._rest = rest_seconds
        self._since = 0.0

    def __call__(self) -> None:
        """Rest if the slice is used up; costs a clock read otherwise."""
        if time.perf_counter() - self._since >= self._slice:
            time.sleep(self._rest)
            self._since = time.perf_counter()


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector off while many objects are made, and off them afterwards.

    A collection that walks a million rules stops everybody for most of a second, and finds nothing:
    a policy is freed by its last reference.
    """
    gc.collect(1)  # what requests left behind lately must not be frozen
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
        _return_memory()


def _return_memory() -> None:
    """Give what loading has freed back to the system, where the C library can (glibc): a sixth of a large policy."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class FolderPolicy:
    """A folder as a source of snapshots."""

    def __init__(self, folder: DirectorySource) -> None:
        self.name = folder.name
        self.is_remote = False
        self._folder = folder

    def load(self, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """Read the folder when it is quiet, and make a snapshot of it."""
        files = self._folder.read()
        with _without_collector():
            return load_snapshot(Tree(files), pace, previous)


class StillPolicy:
    """A folder that nobody is writing to as a source of snapshots."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.is_remote = False
        self._folder = folder

    def load(self, _pace: Pace, _previous: Snapshot | None) -> Snapshot:
        """Read the folder as it stands."""
        return load_folder(self._folder)


class KeptPolicy:
    """The last good tree on disk as a snapshot."""

    def __init__(self, kept: LastGood) -> None:
        self._kept = kept

    def save(self, snapshot: Snapshot) -> None:
        """Keep the snapshot's files."""
        self._kept.write(snapshot.revision, snapshot.tree.files)

    def load(self) -> Snapshot | None:
        """The kept snapshot, or None where its files are gone, changed or no longer load."""
        found = self._kept.read()
        if found is None:
            return None
        revision, files = found
        tree = Tree(files)
        if tree.revision != revision:
            return None
        try:
            return load_snapshot(tree)
        except PolicyInvalid:
            return None


@dataclass(slots=True)
class Application:
    """A sidecar without a server: its front door, its Flask application, its policy."""

    policy: PolicyService
    door: Door
    flask: flask.Flask
    draining: bool = field(default=False)

    def start(self) -> None:
        """Load the first policy. Raises PolicyInvalid where there is none to serve."""
        self.policy.start()

    def follow(self) -> None:
        """Read the policy again; what cannot be read or does not load is logged and shown, and changes nothing."""
        with contextlib.suppress(PolicyInvalid, SourceUnreadable):
            self.policy.reload()

    def drain(self) -> None:
        """Say from now on that no new requests should be sent."""
        self.draining = True


def build_application(  # noqa: PLR0913 - the parts that differ
    source: PolicySource,
    authenticator: Authenticator,
    *,
    last_good: LastGoodPolicy | None = None,
    repository: PolicyRepository | None = None,
    public_base_url: str | Callable[[], str] = DEFAULT_BASE_URL,
    pace: Pace = lambda: None,
    webhook: Webhook | None = None,
) -> Application:
    """Put the parts together. The policy is not loaded yet: call `policy.start()`."""
    policy = PolicyService(source, last_good, time.time, pace)
    meter = Meter()
    gate = Gate(authenticator, meter, Revisions(policy, repository).wait)
    application: Application
    access = AccessEndpoints(AccessService(time.time), policy, meter)
    enforce = EnforceEndpoints(EnforceService(time.time), policy, meter)
    changing = PolicyChangeService(Editor(pace, lambda: _snapshot_of(policy)), repository, policy)
    changes = ChangeEndpoints(
        rules=RuleEndpoints(policy, changing),
        roles=RoleEndpoints(policy, changing),
        history=PolicyChangeEndpoints(policy, changing),
    )
    operation = OperationEndpoints(
        policy,
        Metrics(meter, policy),
        public_base_url if callable(public_base_url) else lambda: public_base_url,
        lambda: application.draining,
    )
    endpoints = all_endpoints(access, enforce, PolicyEndpoints(policy, webhook), changes, operation)
    endpoints.append(openapi_endpoint(lambda: description))
    description = describe(endpoints)
    app = create_app(endpoints, gate)
    application = Application(policy=policy, door=Door(endpoints, gate, app.wsgi_app), flask=app)
    return application


def _snapshot_of(policy: PolicyService) -> Snapshot | None:
    """What is served, where it is one of ours."""
    served = policy.current
    return served if isinstance(served, Snapshot) else None


def folder_application(
    policy: Path, authenticator: Authenticator, *, public_base_url: str = DEFAULT_BASE_URL, writing: Writing = _DIRECT
) -> Application:
    """An application that serves a folder and keeps nothing. Raises PolicyInvalid."""
    application = build_application(
        StillPolicy(policy),
        authenticator,
        repository=_work_tree(policy, writing),
        public_base_url=public_base_url,
    )
    application.start()
    return application


def in_process(policy: Path) -> Handle:
    """Answer requests from a policy folder in this process, with every scope and no key. For tests.

    Raises:
        PolicyInvalid: the folder does not load.
    """
    everything = Authenticator({}, anonymous=Caller("in-process", ALL_SCOPES))
    return folder_application(policy, everything).door.handle


def make_authenticator(admin_key: str, *, no_auth: bool) -> Authenticator:
    """Knows the admin key; with `no_auth`, callers without a key may decide and read flags."""
    anonymous = Caller("anonymous", frozenset({Scope.DECIDE, Scope.FLAGS_READ})) if no_auth else None
    return Authenticator({key_hash(admin_key): Caller("admin", ALL_SCOPES)}, anonymous)


def load_folder(folder: Path) -> Snapshot:
    """Read and validate the policy tree in a folder.

    Raises:
        PolicyInvalid: with every fault of the tree.
    """
    if not folder.is_dir():
        raise PolicyInvalid([Problem(path=str(folder), line=0, message="no such folder; `doorward init` makes one")])
    return load_snapshot(Tree(read_tree(folder)))


def _work_tree(folder: Path, writing: Writing) -> WorkTreeRepository:
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


def followed_folder(folder: Path, state: Path, writing: Writing = _DIRECT) -> Followed:
    """A folder, whose last good tree is kept in the state directory. A change that was left half done is finished."""
    repository = _work_tree(folder, writing)
    repository.recover()
    watched = DirectorySource(folder)
    last_good = KeptPolicy(LastGood(state / "last-good", str(folder.resolve())))
    return Followed(
        source=FolderPolicy(watched),
        last_good=last_good,
        repository=repository,
        watch=watched.watch,
        wake=_nothing,
        end=_nothing,
    )


def followed_repository(
    address: GitAddress, state: Path, trust: Trust, poll_seconds: float, writing: Writing = _DIRECT
) -> Followed:
    """A branch of a git repository, mirrored in the state directory."""
    source = GitSource(address, state, time.time, max_bytes, trust=trust, poll_seconds=poll_seconds)
    return Followed(
        source=GitPolicy(source, _load_commit),
        last_good=AcceptedPolicy(source, _load_commit),
        repository=_remote(source, trust, writing),
        watch=source.watch,
        wake=source.wake,
        end=end_all,
    )


def _remote(source: GitSource, trust: Trust, writing: Writing) -> RemoteRepository:
    return RemoteRepository(source, trust, review=writing.review, signing_key=writing.signing_key)


class _AcceptedUntilChanged:
    """The accepted commit as a source of snapshots; after a change of our own, what the repository has then."""

    def __init__(self, source: GitSource) -> None:
        self.name = source.name
        self.is_remote = False
        self._accepted = StillCommit(source, _load_commit)
        self._newest = GitPolicy(source, _load_commit)

    def load(self, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """Read it from the mirror; fetch only where something is served already."""
        return self._accepted.load(pace, None) if previous is None else self._newest.load(pace, previous)


def accepted_application(
    address: GitAddress, state: Path, trust: Trust, authenticator: Authenticator, writing: Writing = _DIRECT
) -> Application:
    """An application that serves what was accepted last of a repository; nothing is fetched until it is changed.

    Raises:
        PolicyInvalid: there is nothing that a sidecar has accepted, or it is damaged or no longer trusted.
    """
    source = GitSource(address, state, time.time, max_bytes, trust=trust)
    repository = _remote(source, trust, writing)
    application = build_application(_AcceptedUntilChanged(source), authenticator, repository=repository)
    application.start()
    return application


def _nothing() -> None:
    """A folder's watcher looks by itself, and has nothing to end."""


def _load_commit(files: Mapping[str, bytes], revision: str, pace: Pace, previous: Snapshot | None) -> Snapshot:
    with _without_collector():
        return load_snapshot(Tree(files, revision), pace, previous)
