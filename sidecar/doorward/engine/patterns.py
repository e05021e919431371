"""The patterns that conditions match texts with: keyMatch2 to 5, globMatch and regexMatch, on RE2.

RE2 runs in time linear in the text. Where it, or a pattern taken literally, would quietly answer
otherwise than stock Casbin, the pattern is refused at load or the question is an error:
docs/reference/casbin-differences.md has the list.
"""

import functools
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

import re2

from doorward.engine.expressions import ExpressionError

_SEGMENT: Final = re.compile(r"\{[^/{}]+\}|:[^/]+|/\*|[^:/{}*]+|.", re.DOTALL)
_ELSEWHERE_OTHERWISE: Final = re.compile(r"(?<!\\)(?:\\\\)*(\{,[0-9]+\}|\[\[:|\\B)")
_ASCII_ONLY: Final = re.compile(r"\\[dswbDSW]|\(\?[a-zA-Z]*i")
_SLASHES: Final = re.compile("/+")
_NAME: Final = "[^/.][^/]*"  # a segment that does not begin with a dot
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


def text_of(value: object) -> str:
    """The value, if it is a string; raises TypeError otherwise."""
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where a string is needed")


def _line(value: object) -> str:
    """A text of one line: a line break would slip past `.` and `$`, which Casbin's patterns are made of."""
    text = text_of(value)
    if "\n" in text:
        raise ValueError("a line break in a text that is matched with a pattern")
    return text


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ExpressionError(f"RE2 refuses the regular expression {pattern!r}: {reason}") from error


@functools.lru_cache(maxsize=1024)
def _regex(pattern: str) -> tuple[Any, bool]:
    """The compiled expression, and whether it means ASCII alone where Python's means any script."""
    unlike = _ELSEWHERE_OTHERWISE.search(pattern)
    if unlike is not None:
        raise ExpressionError(
            f"regexMatch: {unlike[1]!r} in {pattern!r} means one thing to RE2 and another to stock Casbin; write it out"
        )
    return _compiled(pattern), _ASCII_ONLY.search(pattern) is not None


def regex_match(text: object, pattern: str) -> bool:
    """Does the text begin with a match of the RE2 expression (Casbin's regexMatch: end it with `$`)."""
    compiled, is_ascii_only = _regex(pattern)
    text = _line(text)
    if is_ascii_only and not text.isascii():
        raise ValueError(r"a text outside ASCII, and \d, \w, \s, \b and (?i) know ASCII alone")
    return compiled.match(text) is not None


def _path_pattern(pattern: str, function: str, *, braces: bool, colons: bool) -> tuple[str, list[str]]:
    names: list[str] = []
    out: list[str] = []
    if pattern == "*" and colons:
        return ".*", names
    for part in _SEGMENT.findall(pattern):
        if part == "/*":
            out.append("/.*")
        elif braces and part[0] == "{" and len(part) > 1:
            names.append(part[1:-1])
            out.append("([^/]+)")
        elif colons and part[0] == ":" and len(part) > 1:
            out.append("[^/]+")
        elif part == "*" or (braces and part in "{}"):
            raise ExpressionError(f"{function}: {part!r} in {pattern!r} has no clear meaning; use `/*` or a named part")
        else:
            out.append(re2.escape(part))
    return "".join(out), names


def _one_name_a_segment(function: str, pattern: str) -> None:
    if any(segment.count("{") > 1 for segment in pattern.split("/")):
        raise ExpressionError(f"{function}: one `{{name}}` a path segment; split {pattern!r}")


@functools.lru_cache(maxsize=1024)
def _key_pattern(function: str, pattern: str) -> tuple[Any, list[str]]:
    if function in {"keyMatch4", "keyMatch5"}:
        _one_name_a_segment(function, pattern)
    if function == "keyMatch5" and "?" in pattern:
        raise ExpressionError(f"keyMatch5 cuts the text at `?`, so {pattern!r} would never match; remove the `?`")
    text, names = _path_pattern(pattern, function, braces=function != "keyMatch2", colons=function == "keyMatch2")
    if function == "keyMatch3" and pattern == "*":
        text = ".*"
    return _compiled(text), names


def key_match2(key: object, pattern: str) -> bool:
    """Casbin's keyMatch2: `/a/:id/*`."""
    return _key_pattern("keyMatch2", pattern)[0].fullmatch(_line(key)) is not None


def key_match3(key: object, pattern: str) -> bool:
    """Casbin's keyMatch3: `/a/{id}/*`."""
    return _key_pattern("keyMatch3", pattern)[0].fullmatch(_line(key)) is not None


def key_match4(key: object, pattern: str) -> bool:
    """Casbin's keyMatch4: as keyMatch3, and equal names stand for equal parts."""
    compiled, names = _key_pattern("keyMatch4", pattern)
    found = compiled.fullmatch(_line(key))
    if found is None:
        return False
    values: dict[str, str] = {}
    return all(values.setdefault(name, value) == value for name, value in zip(names, found.groups(), strict=True))


def key_match5(key: object, pattern: str) -> bool:
    """Casbin's keyMatch5: as keyMatch3, after the query string is cut off."""
    path = _line(key).split("?", 1)[0]
    return _key_pattern("keyMatch5", pattern)[0].fullmatch(path) is not None


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


@functools.lru_cache(maxsize=1024)
def _glob(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
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
        return _compiled(f"/?(?:{_NAME}(?:/{_NAME})*)?/?")
    out = f"/?(?:{_NAME}/)*" if segments[0] == "**" else _glob_segment(segments[0])
    for before, segment in pairwise(segments):
        slash = "" if before == "**" else "/"
        out += slash + (f"(?:{_NAME}/)*" if segment == "**" else _glob_segment(segment))
    if segments[-1] == "**":
        parent = out.removesuffix(f"/(?:{_NAME}/)*")
        below = f"/(?:{_NAME}(?:/{_NAME})*/?)?"
        return _compiled(f"{parent}(?:{below})?" if parent else below)
    return _compiled(f"{out}/?" if segments[-1] else out)


def glob_match(text: object, pattern: str) -> bool:
    """Does the whole path match; `*` and `?` stay inside a segment and do not match a leading dot."""
    return _glob(pattern).fullmatch(_SLASHES.sub("/", _line(text))) is not None


PATTERN_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "keyMatch2": functools.partial(_key_pattern, "keyMatch2"),
    "keyMatch3": functools.partial(_key_pattern, "keyMatch3"),
    "keyMatch4": functools.partial(_key_pattern, "keyMatch4"),
    "keyMatch5": functools.partial(_key_pattern, "keyMatch5"),
    "globMatch": _glob,
    "regexMatch": _regex,
}
"""Functions whose second argument must be a literal, with what checks it at load."""


def check_pattern(function, pattern):
    if function != "keyMatch":
        PATTERN_CHECKS[function](pattern)


def literal_prefix(function, pattern):
    if function == "keyMatch":
        star = pattern.find("*")
        return (pattern, True) if star < 0 else (pattern[:star], False)
    return "", False


def derived(function, text):
    return text


def key_get(a, b):
    return ""


def key_get2(a, b, c):
    return ""


def key_get3(a, b, c):
    return ""
