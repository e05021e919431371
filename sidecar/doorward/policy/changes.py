"""A tree that differs from the served one in a few lines of rules: its Snapshot from the one that is served."""

import dataclasses
from collections.abc import Callable
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.engine import Change, Problems, change_evaluators
from doorward.policy.beside import BESIDE, Beside, read_beside
from doorward.policy.snapshot import Snapshot, tenants_of
from doorward.policy.tree import ACCESS_RULES, Tree, is_test_file, read_text

MAX_LINES: Final = 1_000
_MAX_BYTES: Final = 1 << 20
_CHANGING: Final = BESIDE | {ACCESS_RULES}
_CHUNK: Final = 64 << 10  # compared at once: one call over a large file would hold all other threads


def change_snapshot(before: Snapshot, tree: Tree, pace: Callable[[], None]) -> Snapshot | None:
    """The snapshot of a tree that differs a little from the one before; None where it differs by more.

    Raises:
        PolicyInvalid: with every fault of the tree, as a whole load finds them.
    """
    old, new = before.tree.files, tree.files
    served = (path for path in (old.keys() | new.keys()) - _CHANGING if not is_test_file(path))
    if any(old.get(path) != new.get(path) for path in served):
        return None
    if not new[ACCESS_RULES].endswith(b"\n"):
        return None
    change = find_change(old[ACCESS_RULES], new[ACCESS_RULES], pace)
    if change is None:
        return None
    beside_faults: list[Problem] = []
    beside = _beside(before, tree, beside_faults)
    if beside is None:
        return None
    problems = Problems(ACCESS_RULES)
    sections = change_evaluators(before.sections, change, problems, pace)
    if sections is None and not problems:
        return None
    if sections is None or beside_faults:
        raise PolicyInvalid(sorted([*problems.all(), *beside_faults]))
    is_same = sections[""].domains is before.evaluator.domains
    return dataclasses.replace(
        before,
        revision=tree.revision,
        tree=tree,
        sections=sections,
        catalog=beside.catalog,
        plans=beside.plans,
        security=beside.security,
        flags=beside.flags,
        tenants=before.tenants if is_same else tenants_of(before.directory, sections[""]),
    )


def _beside(before: Snapshot, tree: Tree, faults: list[Problem]) -> Beside | None:
    """What stands beside the rules of the new tree; None where a file is no text: a whole load says what is wrong."""
    old, new = before.tree.files, tree.files
    if all(old.get(path) == new.get(path) for path in BESIDE):
        return Beside(catalog=before.catalog, plans=before.plans, security=before.security, flags=before.flags)
    no_texts: list[Problem] = []
    texts = {path: read_text(path, new[path], no_texts) for path in BESIDE if path in new}
    return None if no_texts else read_beside(texts, faults)


def find_change(old: bytes, new: bytes, pace: Callable[[], None] = lambda: None) -> Change | None:
    """The lines between what two files, whose lines all end, have in common at their beginning and at their end.

    None where they are many, or no text: a whole load says what is wrong with them then.
    """
    shorter = min(len(old), len(new))
    start = _length(shorter, lambda a, b: old[a:b] == new[a:b], pace)
    start = new.rfind(b"\n", 0, start) + 1
    ends = len(old), len(new)
    tail = _length(shorter - start, lambda a, b: old[ends[0] - b : ends[0] - a] == new[ends[1] - b : ends[1] - a], pace)
    if not (_begins_line(old, ends[0] - tail) and _begins_line(new, ends[1] - tail)):
        tail = ends[1] - (new.find(b"\n", ends[1] - tail) + 1)
    changed = old[start : ends[0] - tail], new[start : ends[1] - tail]
    if any(len(part) > _MAX_BYTES or part.count(b"\n") > MAX_LINES for part in changed):
        return None
    if start == 0 and changed[1].startswith(b"\xef\xbb\xbf"):
        return None
    try:
        text = changed[1].decode("utf-8")
    except UnicodeDecodeError:
        return None
    line = 1
    for at in range(0, start, _CHUNK):
        pace()
        line += new.count(b"\n", at, min(at + _CHUNK, start))
    return Change(line, changed[0].decode("utf-8"), text)


def _length(most: int, is_same: Callable[[int, int], bool], pace: Callable[[], None]) -> int:
    """How far two files are the same, up to `most` bytes: chunk by chunk, then by halving the one that differs."""
    same = 0
    while same < most and is_same(same, min(same + _CHUNK, most)):
        same = min(same + _CHUNK, most)
        pace()
    differs = min(same + _CHUNK, most)
    while differs - same > 1:
        middle = (same + differs) // 2
        if is_same(same, middle):
            same = middle
        else:
            differs = middle
    return same


def _begins_line(content: bytes, at: int) -> bool:
    return at == 0 or content[at - 1 : at] == b"\n"
