"""The patterns that policies match texts with: globMatch and regexMatch here, paths in `path_patterns`; all by name.

Where RE2, or a pattern taken literally, would quietly answer otherwise than stock Casbin, the
pattern is refused at load or the question is an error: docs/reference/casbin-differences.md has the
list.
"""

import functools
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import re2

from doorward.engine.language.expressions import ExpressionError
from doorward.engine.language.linear_regex import compiled, line_of, text_of
from doorward.engine.language.path_patterns import (
    check_path_pattern,
    check_star,
    key_get,
    key_get2,
    key_get3,
    key_match2,
    key_match3,
    key_match4,
    key_match5,
)
from doorward.engine.language.stock_regex import check_read_alike

__all__ = [
    "PATTERN_CHECKS",
    "check_pattern",
    "derived",
    "glob_match",
    "key_get",
    "key_get2",
    "key_get3",
    "key_match2",
    "key_match3",
    "key_match4",
    "key_match5",
    "literal_prefix",
    "regex_match",
    "text_of",
]

_SPACES: Final = re.compile(r"\\[sS]")
_NO_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_NO_ASCII_OR_ODD_SPACE: Final = re.compile(r"[^\x00-\x7f]|[\x0b\x1c-\x1f]")
_ASCII_ONLY: Final = re.compile(r"\\[dswbDSW]|\(\?[a-zA-Z]*i")
_WORDS: Final = re.compile(r"\^(?:\((?:\?:)?([A-Za-z0-9_/-]+(?:\|[A-Za-z0-9_/-]+)*)\)|([A-Za-z0-9_/-]+))\$")
_SLASHES: Final = re.compile("/+")
_NAME: Final = "[^/.][^/]*"  # a segment that does not begin with a dot
_KEPT: Final = 4_096


@functools.lru_cache(maxsize=_KEPT)
def _misread(pattern: str) -> re.Pattern[str] | None:
    """Characters that the expression takes for something else than Python's would; None if there are none."""
    if _SPACES.search(pattern):
        return _NO_ASCII_OR_ODD_SPACE
    return _NO_ASCII if _ASCII_ONLY.search(pattern) else None


def _check_regex(pattern: str) -> None:
    compiled(pattern)
    check_read_alike(pattern)


@functools.lru_cache(maxsize=_KEPT)
def _words(pattern: str) -> frozenset[str] | None:
    """The words of an expression that is nothing but `^(GET|POST)$`; None of any other."""
    found = _WORDS.fullmatch(pattern)
    return None if found is None else frozenset((found[1] or found[2]).split("|"))


def regex_match(text: object, pattern: str) -> bool:
    """Does the text begin with a match of the RE2 expression (Casbin's regexMatch: end it with `$`)."""
    words = _words(pattern)
    if words is not None:  # methods and the like: four times as fast
        return line_of(text) in words
    misread = _misread(pattern)
    expression = compiled(pattern)
    line = line_of(text)
    if misread is not None and misread.search(line):
        raise ValueError(r"a text outside ASCII, and \d, \w, \s, \b and (?i) know ASCII alone, or an odd space for \s")
    return expression.match(line) is not None


def _glob_segment(segment: str) -> str:
    """One segment with `*` and `?`; neither stands for a dot that begins it."""
    body = "".join({"*": "[^/]*", "?": "[^/]"}.get(mark) or re2.escape(mark) for mark in segment[1:])
    match segment[:1]:
        case "?":
            return f"[^/.]{body}"
        case "*" if segment == "*" or segment[1] == ".":
            return f"{_NAME}{body}"
        case "*":
            return f"(?:{_NAME}{body}|{_glob_segment(segment[1:])})"
    return f"{re2.escape(segment[:1])}{body}"


@functools.lru_cache(maxsize=_KEPT)
def _glob_source(pattern: str) -> str:
    """A glob as a regular expression. Raises ExpressionError where it is refused."""
    if any(mark in pattern for mark in "{}[]\\"):
        raise ExpressionError(f"globMatch: {pattern!r} may use `*`, `**` as a whole segment and `?` alone")
    if pattern.startswith("*/"):
        raise ExpressionError(f"globMatch: stock Casbin ignores the `*` that begins {pattern!r}; write `?*/...`")
    segments = pattern.split("/")
    if any("**" in segment and segment != "**" for segment in segments):
        raise ExpressionError(f"globMatch: `**` must be a whole segment in {pattern!r}")
    if "//" in pattern or "**/**" in pattern or pattern.endswith("**/"):
        raise ExpressionError(f"globMatch: {pattern!r} has an empty segment or a doubled `**`; remove it")
    if pattern == "**":
        return f"/?(?:{_NAME}(?:/{_NAME})*)?/?"
    out = f"/?(?:{_NAME}/)*" if segments[0] == "**" else _glob_segment(segments[0])
    for before, segment in pairwise(segments):
        slash = "" if before == "**" else "/"
        out += slash + (f"(?:{_NAME}/)*" if segment == "**" else _glob_segment(segment))
    if segments[-1] == "**":
        parent = out.removesuffix(f"/(?:{_NAME}/)*")
        below = f"/(?:{_NAME}(?:/{_NAME})*/?)?"
        return f"{parent}(?:{below})?" if parent else below
    return f"{out}/?" if segments[-1] else out


def _check_glob(pattern: str) -> None:
    compiled(_glob_source(pattern))


def glob_match(text: object, pattern: str) -> bool:
    """Does the whole path match; `*` and `?` stay inside a segment and do not match a leading dot."""
    expression = compiled(_glob_source(pattern))
    return expression.fullmatch(_single_slashes(line_of(text))) is not None


def _single_slashes(text: str) -> str:
    return _SLASHES.sub("/", text) if "//" in text else text


PATTERN_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    **{
        name: functools.partial(check_path_pattern, name)
        for name in ("keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "keyGet2", "keyGet3")
    },
    "globMatch": _check_glob,
    "regexMatch": _check_regex,
}
"""Functions whose second argument must be a literal, with what checks it at load."""

_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    **PATTERN_CHECKS,
    "keyMatch": functools.partial(check_star, "keyMatch"),
    "keyGet": functools.partial(check_star, "keyGet"),
}


def check_pattern(function: str, pattern: str) -> None:
    """Raise ExpressionError where a function, by its Casbin name, refuses the pattern."""
    _CHECKS[function](pattern)


_BEFORE: Final[Mapping[str, Callable[[str], re.Match[str] | None]]] = {
    "keyMatch": re.compile(r"[^*]*").match,
    "keyMatch2": re.compile(r"[^:*]*").match,
    "keyMatch3": re.compile(r"[^{*]*").match,
    "keyMatch4": re.compile(r"[^{*]*").match,
    "keyMatch5": re.compile(r"[^{*]*").match,
    "globMatch": re.compile(r"[^*?]*").match,
}
_REGEX_BEGINNING: Final = re.compile(r"\^?((?:[^\\.+*?()|\[\]{}^$]|\\[!-/:-@\[-^`{-~])*)")
_UNDOES_THE_LAST: Final = re.compile(r"[*+?{]")
"""What may make the character before it optional."""


def literal_prefix(function: str, pattern: str) -> tuple[str, bool]:
    """The text with which all that a checked pattern matches begins, and whether it matches that text alone.

    It is a beginning of the text that `derived` makes of the question's.
    """
    if function == "regexMatch":
        return _regex_prefix(pattern)
    found = _BEFORE[function](pattern)
    prefix = pattern if found is None else found[0]
    is_whole = len(prefix) == len(pattern)
    if function == "globMatch":
        if pattern.endswith("/**") and len(prefix) == len(pattern) - 2:
            return prefix[:-1] or "/", False  # the folder itself matches too
        return prefix, is_whole and pattern[-1:] in {"", "/"}  # a slash may follow others
    return prefix, is_whole


def _regex_prefix(pattern: str) -> tuple[str, bool]:
    found = _REGEX_BEGINNING.match(pattern)
    if found is None or "|" in pattern:
        return "", False
    plain: str = found[1]
    is_whole = pattern[found.end() :] == "$"
    if _UNDOES_THE_LAST.match(pattern, found.end()):
        plain = "".join(re.findall(r"\\?.", plain, re.DOTALL)[:-1])
    return re.sub(r"\\(.)", r"\1", plain) if "\\" in plain else plain, is_whole


def derived(function: str, text: str) -> str:
    """What of a text begins with the `literal_prefix` of each pattern that matches it."""
    if function == "keyMatch5":
        return text.partition("?")[0]
    if function == "globMatch":
        return _single_slashes(text)
    return text
