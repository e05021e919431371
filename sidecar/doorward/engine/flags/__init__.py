"""Declared flags to Flags, which answer: conditions compiled once, splits by a hash that never changes."""

from doorward.engine.flags.evaluation import Flags
from doorward.engine.flags.rules import READABLE, USER

__all__ = ["READABLE", "USER", "Flags"]
