"""Comments that silence one line: `# doorward: ignore unknown-role: assigned by the identity provider`."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Final

from doorward.policy.lint import codes
from doorward.policy.lint.codes import Code, Severity
from doorward.policy.lint.findings import Finding, Span
from doorward.policy.lint.sources import Sources
from doorward.policy.tree import ACCESS_MODEL

_SPOKEN: Final = re.compile(
    r"(?P<mark>[#;]+)\s*doorward(?=\s*(?::|match\b|ignore\b|silence\b|allow))(?P<said>.*)", re.IGNORECASE
)
_DIRECTIVE: Final = re.compile(r"\s*:\s*(?P<word>[a-z-]+)(?P<rest>.*)", re.IGNORECASE)
_OF_THE_MODEL: Final = frozenset({"match", "allow-by-default"})
_SHAPE: Final = "# doorward: ignore NAME: why"


def said_to_doorward(line: str) -> tuple[str, str] | None:
    """What a line tells Doorward: a word in small letters, and the rest.

    None for a line that is no comment or speaks of other things; an empty word for a comment that begins like a
    directive and is none: without its colon, or behind a `;`.
    """
    spoken = _SPOKEN.match(line.strip())
    if spoken is None:
        return None
    directive = _DIRECTIVE.fullmatch(spoken["said"])
    if directive is None or spoken["mark"] != "#":
        return "", spoken["said"]
    return directive["word"].lower(), directive["rest"]


@dataclass(slots=True)
class _Ignore:
    """One code that a comment silences in the line below."""

    code: Code
    path: str
    line: int
    below: int
    span: Span | None
    used: bool = field(default=False)


class Ignores:
    """The silencing comments of a tree."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._found: dict[tuple[str, int, str], list[_Ignore]] = {}
        self.faults: list[Finding] = []
        for path in sources.paths:
            for number, line in enumerate(sources.lines(path), start=1):
                said = said_to_doorward(line)
                if said is not None:
                    self._read(path, number, line, *said)

    def apply(self, findings: Iterable[Finding], unlooked: Container[Code] = ()) -> tuple[list[Finding], int]:
        """The findings that stay, with those about the comments themselves; and how many were silenced.

        Nothing is said of comments that silence a code that was not looked for.
        """
        kept: list[Finding] = []
        silenced = 0
        for one in findings:
            ignores = self._found.get((one.path, one.line, one.code.code), ())
            for ignore in ignores:
                ignore.used = True
            if ignores:
                silenced += 1
            else:
                kept.append(one)
        kept += self.faults
        unused = (one for ignores in self._found.values() for one in ignores if not one.used)
        kept += [self._unused(one) for one in unused if one.code not in unlooked]
        return kept, silenced

    def _read(self, path: str, number: int, line: str, word: str, rest: str) -> None:
        if word in _OF_THE_MODEL and path == ACCESS_MODEL:
            return
        if word != "ignore":
            self._fault(path, number, line, f"this says nothing to Doorward; write `{_SHAPE}`, or begin otherwise")
            return
        names, colon, reason = rest.partition(":")
        if not colon or not reason.strip():
            self._fault(path, number, line, f"a reason is missing; write `{_SHAPE}`")
            return
        below = self._line_below(path, number)
        for text in names.split(","):
            name = text.strip()
            code = codes.find_code(name)
            if code is None:
                self._fault(path, number, line, f"{name!r} is no code of lint; `doorward policy lint --list` has them")
            elif code.severity is Severity.ERROR:
                self._fault(path, number, line, f"{code.name} is an error, and no comment silences those; remove it")
            else:
                at = line.find(name)
                ignore = _Ignore(code, path, number, below, (at, at + len(name)))
                self._found.setdefault((path, below, code.code), []).append(ignore)

    def _line_below(self, path: str, number: int) -> int:
        """The first line below that is no comment; comments may be stacked."""
        lines = self._sources.lines(path)
        below = number
        while below < len(lines) and lines[below].lstrip().startswith("#"):
            below += 1
        return below + 1

    def _fault(self, path: str, number: int, line: str, message: str) -> None:
        self.faults.append(
            Finding(code=codes.INVALID_IGNORE, path=path, line=number, message=message, source=line, span=_whole(line))
        )

    def _unused(self, one: _Ignore) -> Finding:
        message = (
            f"nothing to silence: line {one.below} has no {one.code.name}; remove the comment, or put it right above"
        )
        return Finding(
            code=codes.UNUSED_IGNORE,
            path=one.path,
            line=one.line,
            message=message,
            source=self._sources.line(one.path, one.line),
            span=one.span,
        )


def _whole(line: str) -> Span:
    start = len(line) - len(line.lstrip())
    return start, max(len(line.rstrip()), start + 1)
