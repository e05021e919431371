"""Where snapshots come from: folders, the last good tree, commits."""

from collections.abc import Mapping
from pathlib import Path

from doorward.bootstrap.memory import without_collector
from doorward.domain.errors import PolicyInvalid, Problem
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.services.ports import Pace
from doorward.sources import DirectorySource, LastGood, read_tree
from doorward.sources.git.policy import GitPolicy, StillCommit
from doorward.sources.git.source import GitSource


class FolderPolicy:
    """A folder as a source of snapshots."""

    def __init__(self, folder: DirectorySource) -> None:
        self.name = folder.name
        self.is_remote = False
        self._folder = folder

    def load(self, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """Read the folder when it is quiet, and make a snapshot of it."""
        files = self._folder.read()
        with without_collector():
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

    @property
    def answered_at(self) -> None:
        """It is not kept: a folder always answers."""

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


class AcceptedUntilChanged:
    """The accepted commit as a source of snapshots; after a change of our own, what the repository has then."""

    def __init__(self, source: GitSource) -> None:
        self.name = source.name
        self.is_remote = False
        self._accepted = StillCommit(source, load_commit)
        self._newest = GitPolicy(source, load_commit)

    def load(self, pace: Pace, previous: Snapshot | None) -> Snapshot:
        """Read it from the mirror; fetch only where something is served already."""
        return self._accepted.load(pace, None) if previous is None else self._newest.load(pace, previous)


def load_folder(folder: Path) -> Snapshot:
    """Read and validate the policy tree in a folder.

    Raises:
        PolicyInvalid: with every fault of the tree.
    """
    if not folder.is_dir():
        raise PolicyInvalid([Problem(path=str(folder), line=0, message="no such folder; `doorward init` makes one")])
    return load_snapshot(Tree(read_tree(folder)))


def load_commit(files: Mapping[str, bytes], revision: str, pace: Pace, previous: Snapshot | None) -> Snapshot:
    """A commit's files as a snapshot. Raises PolicyInvalid."""
    with without_collector():
        return load_snapshot(Tree(files, revision), pace, previous)
