"""What checks look at: a loaded policy with its texts; and where they put what they find."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from doorward.domain.catalog import Catalog
from doorward.domain.flag_overrides import FlagOverride
from doorward.domain.flags import DeclaredFlags, Flag
from doorward.domain.plan_use import PlanUse
from doorward.domain.security import SecurityPolicies
from doorward.engine import Problems, read_rows
from doorward.policy.directory import Directory
from doorward.policy.lint.codes import Code
from doorward.policy.lint.findings import Finding, Span
from doorward.policy.lint.role_use import Roles, read_roles
from doorward.policy.lint.shape import Section, sections_of
from doorward.policy.lint.sources import Sources, field_span, word_span
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import ACCESS_RULES, DIRECTORY
from doorward.policy.yaml_reader import Located, read_yaml

ANY: Final = "*"
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOverride:
    """A tenant's own value of a flag as a sidecar has it, and whether it counts in the policy that is served there."""

    override: FlagOverride
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a sidecar has recorded that depends on policy: values of flags, and plans that tenants have.

    Whether a plan is declared is said of the policy that is served there.
    """

    overrides: Sequence[LiveOverride] = ()
    plans: Sequence[PlanUse] = ()


@dataclass(slots=True)
class Examined:
    """A loaded policy in lint's terms. `declared` is directory.yaml as it is written, with lines.

    `now` is epoch seconds; None leaves out what depends on the day. `live` is a sidecar's, empty if none was asked.
    """

    sources: Sources
    sections: Mapping[str, Section]
    roles: Mapping[str, Roles]
    directory: Directory
    declared: Located
    catalog: Catalog
    plans: Collection[str]
    security: SecurityPolicies
    flags: DeclaredFlags
    now: float | None
    declares_role: Callable[[str], bool]
    find_flag: Callable[[str], Flag | None]
    live: Live
    findings: list[Finding] = field(default_factory=list)

    def row(self, code: Code, line: int, column: int | None, message: str, *, part: str = "") -> None:
        """Note something about a row.

        `column` counts its fields after the type, None means the whole row; `part` is the text of
        the field that is meant, if not all of it.
        """
        source = self.sources.line(ACCESS_RULES, line) or ""
        span: Span | None = (len(source) - len(source.lstrip()), len(source.rstrip()))
        if column is not None:
            span = field_span(source, column + 1)
        at = source.find(part, span[0]) if part and span is not None else -1
        if at >= 0:
            span = at, at + len(part)
        self.note(code, ACCESS_RULES, line, span, message)

    def word(self, code: Code, path: str, line: int, word: str, message: str) -> None:
        """Note something about a word in a line of any file."""
        source = self.sources.line(path, line)
        self.note(code, path, line, None if source is None else word_span(source, word), message)

    def note(self, code: Code, path: str, line: int, span: Span | None, message: str) -> None:
        """Note something about some columns of a line."""
        source = self.sources.line(path, line)
        self.findings.append(Finding(code=code, path=path, line=line, message=message, source=source, span=span))

    def declared_part(self, key: str) -> Located:
        """A part of directory.yaml, empty where it is left out."""
        part = self.declared.get(key)
        return part if isinstance(part, Located) else Located(0)


def examine(snapshot: Snapshot, now: float | None, live: Live) -> Examined:
    """Make ready what checks look at."""
    files = snapshot.tree.files
    rows = read_rows(files[ACCESS_RULES].decode("utf-8"), Problems(ACCESS_RULES))
    declared = read_yaml(files[DIRECTORY].decode("utf-8"), Problems(DIRECTORY)) if DIRECTORY in files else None
    return Examined(
        sources=Sources(files),
        sections=sections_of(snapshot),
        roles=read_roles(rows, snapshot.evaluator),
        directory=snapshot.directory,
        declared=Located(0) if declared is None else declared,
        catalog=snapshot.catalog,
        plans=snapshot.plans.keys(),
        security=snapshot.security,
        flags=snapshot.flags.declared,
        now=now,
        declares_role=snapshot.declares_role,
        find_flag=snapshot.flags.find,
        live=live,
    )


def type_of(name: str) -> str | None:
    """The type in `TYPE:ID`; None where there is none."""
    kind, colon, _ = name.partition(":")
    return kind if colon and _TYPE.fullmatch(kind) else None
