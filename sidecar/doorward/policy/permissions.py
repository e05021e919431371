"""The permissions that a policy names: an action on a type as a whole, from its rules and its directory."""

import re
from collections.abc import Iterator
from typing import Final

from doorward.domain.access import ANY
from doorward.engine import Evaluator
from doorward.engine.index.rules import cell_of
from doorward.policy.directory import Directory

Pair = tuple[str, str]
_RULES_A_STEP: Final = 1_000  # one call over all rules would hold all other threads
_TYPE: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*):")


def permission_pairs(evaluator: Evaluator, directory: Directory) -> tuple[Pair, ...]:
    """(action, type), sorted: of each rule that names both, and of each action that the directory lists.

    A rule for every action or every type names none; it answers for those that others name.
    """
    said = {(action, kind) for action, resource in _cells(evaluator) if (kind := _type_of(resource)) is not None}
    listed = {(action, kind) for kind, actions in directory.actions.items() for action in actions}
    return tuple(sorted(pair for pair in said | listed if ANY not in pair[0]))


def _cells(evaluator: Evaluator) -> Iterator[Pair]:
    """What rules say about action and resource, each pair once; nothing where the model knows no such columns."""
    action, resource = evaluator.compared_column("act"), evaluator.compared_column("obj")
    if action is None or resource is None:
        return iter(())
    found: set[Pair] = set()
    for start in range(0, len(evaluator.rules), _RULES_A_STEP):
        some = evaluator.rules[start : start + _RULES_A_STEP]
        found.update(zip(map(cell_of(action), some), map(cell_of(resource), some), strict=True))
    return iter(found)


def _type_of(resource: str) -> str | None:
    found = _TYPE.match(resource)
    return None if found is None else found[1]
