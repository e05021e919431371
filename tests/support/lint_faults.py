"""Faults planted into realistic trees: what is put where, and which code must be found in which line."""

from collections.abc import Mapping
from typing import NamedTuple

from doorward.domain.errors import PolicyInvalid
from doorward.policy import Tree
from doorward.policy.lint import Live, Report, lint, report_problems
from doorward.policy.policy_tests import load_with_tests

NOW = 1_790_000_000.0
"""A day in September 2026."""


class Fault(NamedTuple):
    """One fault: into which tree, what of which file is replaced by what (an empty `old`: put at the end)."""

    name: str
    tree: str
    path: str
    old: str
    new: str
    code: str
    marked: str = ""
    """The text that must be underlined; empty: not looked at."""


def plant(files: Mapping[str, bytes], fault: Fault) -> tuple[dict[str, bytes], int]:
    """The tree with the fault, and the line where the fault stands."""
    planted = dict(files)
    text = planted[fault.path].decode()
    if fault.old:
        assert text.count(fault.old) >= 1, f"{fault.old!r} is not in the tree"
        at = text.index(fault.old)
        text = text.replace(fault.old, fault.new, 1)
    else:
        at = len(text) + fault.new.rfind("\n", 0, -1) + 1
        text += fault.new
    planted[fault.path] = text.encode()
    return planted, text.count("\n", 0, at) + 1


def report_of(files: Mapping[str, bytes], live: Live | None = None) -> Report:
    """What lint finds in a tree, whether it loads or not."""
    try:
        snapshot, _ = load_with_tests(Tree(files))
        return lint(snapshot, NOW, live)
    except PolicyInvalid as error:
        return report_problems(error.problems, files)
