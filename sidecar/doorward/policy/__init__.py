"""A tree of files to a validated Snapshot. The only room that knows YAML."""

from doorward.policy.loading import load_snapshot
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import Tree

__all__ = ["Snapshot", "Tree", "load_snapshot"]
