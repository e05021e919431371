"""A tree to a Snapshot: a pure function of the files. All faults of a tree are reported at once.

A snapshot that was loaded before is a shortcut and changes nothing about the answer. Policy tests are left
aside; `policy_tests` reads them.
"""

from collections import deque
from collections.abc import Callable

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.engine import Evaluator, Problems, build_evaluators, read_model, read_rows
from doorward.policy.beside import read_beside
from doorward.policy.changes import change_snapshot
from doorward.policy.directory import Directory, read_directory
from doorward.policy.snapshot import Snapshot, tenants_of
from doorward.policy.tree import (
    ACCESS_MODEL,
    ACCESS_RULES,
    DIRECTORY,
    KNOWN_FILES,
    MAX_FILES,
    PLANS,
    PLANS_MODEL,
    REQUIRED_FILES,
    TESTS,
    Tree,
    is_test_file,
    max_bytes,
    read_text,
)


def load_snapshot(tree: Tree, pace: Callable[[], None] = lambda: None, previous: Snapshot | None = None) -> Snapshot:
    """Validate a tree and make it ready to answer.

    Args:
        tree: the files.
        pace: called every few hundred rows, so that a serving process can let other threads run.
        previous: a snapshot of an earlier tree. Where little of it changed, its parts are used again.

    Raises:
        PolicyInvalid: with every fault of the tree, each with file, line and fix.
    """
    faults = _file_faults(tree)
    if faults:
        raise PolicyInvalid(faults)
    if previous is not None and (changed := change_snapshot(previous, tree, pace)) is not None:
        return changed
    texts = {path: read_text(path, content, faults) for path, content in tree.files.items() if not is_test_file(path)}
    sections = _read_access(texts[ACCESS_MODEL], texts[ACCESS_RULES], faults, pace)
    directory = Directory()
    if (text := texts.get(DIRECTORY)) is not None:
        problems = Problems(DIRECTORY)
        directory = read_directory(text, problems)
        faults += problems.all()
    beside = read_beside(texts, faults)
    if faults or sections is None:
        raise PolicyInvalid(sorted(faults))
    return Snapshot(
        revision=tree.revision,
        tree=tree,
        sections=sections,
        directory=directory,
        catalog=beside.catalog,
        plans=beside.plans,
        security=beside.security,
        flags=beside.flags,
        tenants=tenants_of(directory, sections[""]),
    )


def _file_faults(tree: Tree) -> list[Problem]:
    """What is wrong with the set of files, before any of them is read."""
    if not tree.files:
        message = (
            "an empty tree; a policy needs models/access.conf and policies/access.csv (`doorward init` makes them)"
        )
        return [Problem(path=".", line=0, message=message)]
    if len(tree.files) > MAX_FILES:
        return [Problem(path=".", line=0, message=f"more than {MAX_FILES} files in models/ and policies/")]
    faults = [
        Problem(path=path, line=0, message="missing; every policy tree has it (`doorward init` makes one)")
        for path in REQUIRED_FILES
        if path not in tree.files
    ]
    faults += _faults_of_the_pair(tree)
    known = ", ".join([*sorted(KNOWN_FILES), TESTS])
    for path, content in tree.files.items():
        if path not in KNOWN_FILES and not is_test_file(path):
            message = f"unknown file; remove it or move it out of models/ and policies/ (known: {known})"
            faults.append(Problem(path=path, line=0, message=message))
        elif len(content) > max_bytes(path):
            faults.append(
                Problem(path=path, line=0, message=f"larger than {max_bytes(path) >> 20} MiB; split the policy")
            )
    return faults


def _faults_of_the_pair(tree: Tree) -> list[Problem]:
    """Plans stand in two files: one of them alone is a typing error, or half a change."""
    there = [path for path in (PLANS_MODEL, PLANS) if path in tree.files]
    if len(there) != 1:
        return []
    missing = PLANS if there == [PLANS_MODEL] else PLANS_MODEL
    return [Problem(path=missing, line=0, message=f"missing; {there[0]} needs it: add it, or remove that one too")]


def _read_access(
    model_text: str | None, rules_text: str | None, faults: list[Problem], pace: Callable[[], None]
) -> dict[str, Evaluator] | None:
    model_problems = Problems(ACCESS_MODEL)
    rule_problems = Problems(ACCESS_RULES)
    model = None if model_text is None else read_model(model_text, model_problems)
    sections = None
    if rules_text is not None:
        rows = read_rows(rules_text, rule_problems, pace)
        if model is not None:
            sections = build_evaluators(model, rows, rule_problems, pace)
        else:
            deque(rows, maxlen=0)  # for what is wrong with them
    faults += [*model_problems.all(), *rule_problems.all()]
    return sections
