"""Where policy revisions come from: a directory, and the last good one kept on disk."""

from doorward.sources.directory import DirectorySource, read_tree
from doorward.sources.last_good import LastGood
from doorward.sources.starter import make_policy_repository

__all__ = ["DirectorySource", "LastGood", "make_policy_repository", "read_tree"]
