"""Findings: one thing that lint has to tell, with its place; and the report of them all."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from doorward.policy.lint.codes import Code, Severity

Span = tuple[int, int]
"""Columns of a line, 0-based, the second excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell: what is wrong in a line, and what to write instead.

    `line` is 1-based, 0 where a whole file or tree is meant; `span` the columns of `source` that are meant.
    """

    code: Code
    path: str
    line: int
    message: str
    source: str | None = None
    span: Span | None = None

    def as_json(self) -> dict[str, object]:
        """Plain data; columns are 1-based, and the end is excluded."""
        span = self.span
        return {
            "code": self.code.code,
            "name": self.code.name,
            "severity": self.code.severity.value,
            "path": self.path,
            "line": self.line,
            "column": None if span is None else span[0] + 1,
            "end_column": None if span is None else span[1] + 1,
            "message": self.message,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything lint found in a tree. A tree that does not load has no revision, and errors alone.

    `overrides` is how many of a sidecar were held against its flags, `tenants` how many have plans there; None where
    none was asked.
    """

    findings: Sequence[Finding]
    revision: str | None = None
    rules: int = 0
    silenced: int = 0
    overrides: int | None = None
    tenants: int | None = None
    problems: Sequence[dict[str, object]] = field(default_factory=tuple)

    @property
    def loads(self) -> bool:
        """Whether the tree loads."""
        return self.revision is not None

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(one.code.severity is Severity.WARNING for one in self.findings)

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return len(self.findings) - self.warnings

    def as_json(self) -> dict[str, object]:
        """Plain data for programs."""
        found: dict[str, object] = {"loads": self.loads}
        if self.loads:
            found |= {"revision": self.revision, "rules": self.rules}
        if self.overrides is not None:
            found["overrides"] = self.overrides
        if self.tenants is not None:
            found["tenants"] = self.tenants
        return found | {
            "problems": list(self.problems),
            "findings": [one.as_json() for one in self.findings],
            "silenced": self.silenced,
        }
