"""The test files of a tree to policy tests: strictly, every fault with its file and line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.engine import Problems
from doorward.policy.loading import load_snapshot
from doorward.policy.policy_tests.cases import PolicyTest
from doorward.policy.policy_tests.entries import read_entry
from doorward.policy.policy_tests.pieces import Refused
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import MAX_YAML_BYTES, Tree, is_test_file, read_text
from doorward.policy.yaml_reader import Located, read_yaml

_TOP: Final = "tests"
_SHAPE: Final = "`tests:` and below it entries that begin with `- name:`"


def load_with_tests(tree: Tree) -> tuple[Snapshot, Sequence[PolicyTest]]:
    """A tree as those see it who review it: the policy, and its tests.

    Raises:
        PolicyInvalid: with every fault of the policy and of the test files.
    """
    tests, faults = read_tests(tree.files)
    try:
        snapshot = load_snapshot(tree)
    except PolicyInvalid as error:
        raise PolicyInvalid(sorted([*error.problems, *faults])) from None
    if faults:
        raise PolicyInvalid(sorted(faults))
    return snapshot, tests


def read_tests(files: Mapping[str, bytes]) -> tuple[list[PolicyTest], list[Problem]]:
    """The tests of all test files, in the order of files and lines; and what is wrong with the files."""
    tests: list[PolicyTest] = []
    faults: list[Problem] = []
    places: dict[str, str] = {}
    for path in sorted(filter(is_test_file, files)):
        problems = Problems(path)
        for one in _read_file(path, files[path], problems, faults):
            place = places.setdefault(one.name, f"{path}:{one.line}")
            if place != f"{path}:{one.line}":
                problems.add(one.line, f"a test is called {one.name!r} at {place} already; give each its own name")
            tests.append(one)
        faults += problems.all()
    return tests, faults


def _read_file(path: str, content: bytes, problems: Problems, faults: list[Problem]) -> Iterator[PolicyTest]:
    if len(content) > MAX_YAML_BYTES:
        problems.add(0, f"larger than {MAX_YAML_BYTES >> 20} MiB; split it into several files")
        return
    text = read_text(path, content, faults)
    top = None if text is None else read_yaml(text, problems)
    if top is None:
        return
    for key in top:
        if key != _TOP:
            problems.add(top.lines[key], f"unknown key {key!r}; a test file has {_SHAPE}")
    for entry in _entries(top, problems):
        try:
            yield read_entry(path, entry)
        except Refused as refused:
            problems.add(refused.line, str(refused))


def _entries(top: Located, problems: Problems) -> Iterator[Located]:
    entries: Any = top.get(_TOP)
    line = top.lines.get(_TOP, 1)
    if not isinstance(entries, list):
        problems.add(line, f"a test file has {_SHAPE}")
        return
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, Located):
            yield entry
        else:
            problems.add(line, f"entry {number} of `tests` is no mapping; begin it with `- name:`")
