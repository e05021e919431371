"""Where a role comes from: the role rows of one subject, with their lines, found in the text of the rules."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

from doorward.engine import Evaluator, Problems, read_rows
from doorward.engine.roles.graph import ANYWHERE
from doorward.engine.roles.patterns import PatternRoleGraph
from doorward.policy.tree import ACCESS_RULES

RoleRow = tuple[str, str, str]
"""A role's bare name, the tenant (`*`: all), and `policies/access.csv:LINE`."""
_ROLE: Final = "role:"
_AFTER_A_FIELD: Final = (b",", b" ", b"\t")
_CHUNK: Final = 1 << 20  # searched at once: one call over a large file would hold all other threads


def role_rows(evaluator: Evaluator, content: bytes, subject: str) -> tuple[RoleRow, ...]:
    """The rows that give roles to a subject itself or to a pattern that it matches, in file order."""
    definition = evaluator.definitions.get("g")
    holders = frozenset(_holders(evaluator, subject))
    if definition is None or not holders:
        return ()
    names = [holder.encode() for holder in holders]
    ended = [name + mark for name in names for mark in _AFTER_A_FIELD]  # many names may begin with this one
    found = []
    for line, text in _lines_with_any(content, ended) or _lines_with_any(content, names):
        for row in read_rows(text, Problems(ACCESS_RULES), first_line=line):
            if row.kind == "g" and row.fields[0] in holders:
                tenant = row.fields[2] if definition.domains else ANYWHERE
                found.append((row.fields[1].removeprefix(_ROLE), tenant, f"{evaluator.path}:{row.line}"))
    return tuple(found)


def _holders(evaluator: Evaluator, subject: str) -> Iterator[str]:
    """Whom rows must name, as far as the graph knows that there is such a row."""
    graph = evaluator.roles
    if graph.holds_any(subject, None):
        yield subject
    if isinstance(graph, PatternRoleGraph):
        with contextlib.suppress(ValueError):  # a name that no pattern can be matched with
            yield from graph.table.matching(subject)


def _lines_with_any(content: bytes, words: Sequence[bytes]) -> Sequence[tuple[int, str]]:
    """The lines in which one of the texts stands, with their numbers, in order."""
    return sorted({one for word in words for one in _lines_with(content, word)})


def _lines_with(content: bytes, word: bytes) -> Iterator[tuple[int, str]]:
    line = 1
    counted = 0
    for at in _places(content, word):
        start = content.rfind(b"\n", 0, at) + 1
        for step in range(counted, start, _CHUNK):
            line += content.count(b"\n", step, min(step + _CHUNK, start))
        counted = start
        yield line, content[start : content.find(b"\n", at) + 1].decode("utf-8")


def _places(content: bytes, word: bytes) -> Iterator[int]:
    start = 0
    while start < len(content):
        end = min(start + _CHUNK, len(content))
        at = content.find(word, start, end + len(word) - 1)
        if at >= 0:
            yield at
        start = end if at < 0 else at + 1
