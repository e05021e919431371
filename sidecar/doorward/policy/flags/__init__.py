"""policies/flags.yaml to declared flags: all faults at once, each with its line."""

from doorward.policy.flags.file import read_flags

__all__ = ["read_flags"]
