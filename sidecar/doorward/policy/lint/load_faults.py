"""Faults that keep a tree from loading, as findings: the code says which part of the tree is at fault."""

from collections.abc import Mapping, Sequence
from typing import Final

from doorward.domain.errors import Problem
from doorward.policy.lint import codes
from doorward.policy.lint.codes import Code
from doorward.policy.lint.fault_cells import FaultyCells
from doorward.policy.lint.findings import Finding, Report
from doorward.policy.lint.sources import Sources
from doorward.policy.tree import (
    ACCESS_MODEL,
    ACCESS_RULES,
    CATALOG,
    DIRECTORY,
    FLAGS,
    PLANS,
    PLANS_MODEL,
    SECURITY,
    is_test_file,
)

_OF_FILES: Final = (
    "starts with a byte order mark",
    "not UTF-8",
    "does not end with a newline",
    "missing;",
    "larger than",
)
_BY_PATH: Final[Mapping[str, Code]] = {
    ACCESS_MODEL: codes.MODEL,
    ACCESS_RULES: codes.ROW,
    CATALOG: codes.CATALOG,
    DIRECTORY: codes.DIRECTORY,
    FLAGS: codes.FLAGS,
    PLANS_MODEL: codes.PLANS,
    PLANS: codes.PLANS,
    SECURITY: codes.SECURITY,
}


def report_problems(problems: Sequence[Problem], files: Mapping[str, bytes]) -> Report:
    """The report of a tree that does not load; `files` are those that could be read."""
    sources = Sources(files)
    cells = FaultyCells(files)
    findings = [_finding(problem, sources, cells) for problem in problems]
    return Report(
        findings=findings,
        problems=tuple(
            {"path": one.path, "line": one.line, "message": one.message, "code": one.code.code, "name": one.code.name}
            for one in findings
        ),
    )


def _finding(problem: Problem, sources: Sources, cells: FaultyCells) -> Finding:
    source = sources.line(problem.path, problem.line)
    span = None
    if source is not None and source.strip():
        span = cells.span(problem, source) or (len(source) - len(source.lstrip()), len(source.rstrip()))
    return Finding(
        code=_code(problem, source or ""),
        path=problem.path,
        line=problem.line,
        message=problem.message,
        source=source,
        span=span,
    )


def _code(problem: Problem, source: str) -> Code:
    code = codes.TESTS if is_test_file(problem.path) else _BY_PATH.get(problem.path)
    if code is None or problem.message.startswith(_OF_FILES):
        return codes.FILES
    if code is codes.ROW and problem.message.startswith("condition:"):
        return codes.CONDITION
    if code is codes.ROW and source.lstrip().startswith("g"):
        return codes.ROLE
    return code
