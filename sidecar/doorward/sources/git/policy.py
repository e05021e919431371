"""A followed branch as a source of snapshots: fetched, trusted, read, loaded, noted as accepted, in this order."""

import logging
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from doorward.domain.errors import DoorwardError, PolicyInvalid, Problem
from doorward.services.ports import Pace, PolicySnapshot
from doorward.sources.git.source import GitSource

_log = logging.getLogger("doorward.policy")
_PREFIX: Final = "git:"
Snapshot = TypeVar("Snapshot", bound=PolicySnapshot)
Load = Callable[[Mapping[str, bytes], str, Pace, Snapshot | None], Snapshot]
"""Makes a snapshot of files: with their revision, the pace, and the snapshot that is served until then."""


class GitPolicy(Generic[Snapshot]):
    """The newest commit of a git source as a snapshot."""

    def __init__(self, source: GitSource, load: Load[Snapshot]) -> None:
        self.name = source.name
        self.is_remote = True
        self._source = source
        self._load = load
        self._refused: PolicyInvalid | None = None

    def load(self, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """Fetch, and make a snapshot of the tip where it is another one. Raises as PolicySource says."""
        commit = self._source.newest()
        revision = _PREFIX + commit
        if previous is not None and previous.revision == revision:
            return previous
        try:
            self._source.check(commit)
            snapshot = self._loaded(commit, revision, pace, previous)
            self._source.accept(commit)
        except PolicyInvalid as error:
            raise PolicyInvalid(error.problems, revision) from error
        return snapshot

    def _loaded(self, commit: str, revision: str, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """A commit never changes: one whose files do not load is not loaded again."""
        if self._refused is not None and self._refused.revision == revision:
            raise self._refused
        files = self._source.read(commit)
        try:
            return self._load(files, revision, pace, previous)
        except PolicyInvalid as error:
            self._refused = PolicyInvalid(error.problems, revision)
            raise


class AcceptedPolicy(Generic[Snapshot]):
    """The commit that was accepted last, from the mirror: what a restart serves while there is nothing newer."""

    def __init__(self, source: GitSource, load: Load[Snapshot]) -> None:
        self._source = source
        self._load = load

    @property
    def answered_at(self) -> float | None:
        """When the commit was accepted; the source may have answered since."""
        try:
            accepted = self._source.accepted
        except DoorwardError:
            return None
        return None if accepted is None else accepted.at

    def save(self, _snapshot: Snapshot) -> None:
        """Nothing is left to do: the commit was noted before it was served."""

    def load(self) -> Snapshot | None:
        """Its snapshot, verified again; None where there is none, or it is damaged or no longer trusted."""
        try:
            accepted = self._source.accepted
            if accepted is None:
                return None
            self._source.check(accepted.commit)
            files = self._source.mirror.read_tree(accepted.commit)
            return self._load(files, _PREFIX + accepted.commit, _at_full_speed, None)
        except DoorwardError as error:
            _log.warning("the accepted policy cannot be served: %s", error)
            return None


class StillCommit(Generic[Snapshot]):
    """The accepted commit as a source of snapshots: nothing is fetched, and nothing else is accepted."""

    def __init__(self, source: GitSource, load: Load[Snapshot]) -> None:
        self.name = source.name
        self.is_remote = False
        self._accepted = AcceptedPolicy(source, load)

    def load(self, _pace: Pace, _previous: Snapshot | None) -> Snapshot:
        """Read it from the mirror. Raises PolicyInvalid where it is not there, or no longer trusted."""
        snapshot = self._accepted.load()
        if snapshot is None:
            message = (
                "nothing of it has been accepted in the state directory that can be served; `doorward serve` fetches it"
            )
            raise PolicyInvalid([Problem(path=self.name, line=0, message=message)])
        return snapshot


def _at_full_speed() -> None:
    """Nobody is being served yet, so nobody has to be let through."""
