"""Casbin's path patterns, keyMatch2 to keyMatch5 and keyGet to keyGet3.

A pattern is compared segment by segment, and nothing is kept of it, so that any number of rules may
have one of their own. RE2 reads what is unusual: `/*` before the end, two names in a segment.
"""

import functools
import re
from collections.abc import Callable
from typing import Any, Final

import re2

from doorward.engine.language.expressions import ExpressionError
from doorward.engine.language.linear_regex import compiled, line_of, text_of

_COLONS: Final = frozenset({"keyMatch2", "keyGet2"})  # functions whose names are `:name`; others have `{name}`
_ONE_NAME: Final = frozenset({"keyMatch4", "keyMatch5"})
_COLON_PARTS: Final = re.compile(r":[^/]+|/\*|[^:/*]+|.", re.DOTALL)
_BRACE_PARTS: Final = re.compile(r"\{[^/{}]+\}|/\*|[^/{}*]+|.", re.DOTALL)
_is_usual: Final[Callable[[str, int, int], object]] = re.compile(
    r"[^{}*]*+(?:\{[^/{}]++\}[^/{}*]*+(?:/[^{}*]*+|\Z))*+\Z"
).match  # one whole name a segment, no star: of what stands before `/*` at the end of a pattern with braces
Found = list[tuple[str, str]]  # names, with what they stand for
_LONG: Final = 1_000  # characters that RE2 certainly takes


def key_match2(key: object, pattern: str) -> bool:
    """Casbin's keyMatch2: `/a/:id/*`."""
    text = key if key.__class__ is str and key.isascii() and "\n" not in key else line_of(key)
    star = pattern.find("*")
    if star < 0:
        end = len(pattern)
    elif star == len(pattern) - 1 and pattern[star - 1] == "/":
        end = star
    else:
        return pattern == "*" or matches_by_regex("keyMatch2", text, pattern)
    at = done = 0  # how far the text and the pattern are compared
    colon = pattern.find(":")
    while colon >= 0:
        slash = pattern.find("/", colon, end)
        if slash == colon + 1 or colon + 1 == end:  # it begins no name
            colon = pattern.find(":", colon + 1)
            continue
        if not text.startswith(pattern[done:colon], at):
            return False
        begin = at + colon - done
        at = text.find("/", begin)
        if at < 0:
            at = len(text)
        if at <= begin:
            return False
        done = slash if slash >= 0 else end
        colon = pattern.find(":", done)
    return text[at:] == pattern[done:] if star < 0 else text.startswith(pattern[done:end], at)


def key_match3(key: object, pattern: str) -> bool:
    """Casbin's keyMatch3: `/a/{id}/*`."""
    text = key if key.__class__ is str and key.isascii() and "\n" not in key else line_of(key)
    return _matches_braces("keyMatch3", text, pattern)


def key_match4(key: object, pattern: str) -> bool:
    """Casbin's keyMatch4: as keyMatch3, and equal names stand for equal parts."""
    text = key if key.__class__ is str and key.isascii() and "\n" not in key else line_of(key)
    found: Found = []
    return _matches_braces("keyMatch4", text, pattern, found) and (len(found) <= 1 or _agree(found))


def key_match5(key: object, pattern: str) -> bool:
    """Casbin's keyMatch5: as keyMatch3, after the query string is cut off."""
    text = key if key.__class__ is str and key.isascii() and "\n" not in key else line_of(key)
    if "?" in pattern:
        _pattern_source("keyMatch5", pattern)
    return _matches_braces("keyMatch5", text.partition("?")[0] if "?" in text else text, pattern)


def _matches_braces(function: str, text: str, pattern: str, found: Found | None = None) -> bool:
    """Whether a pattern with braces matches; what its names stand for is added to `found`."""
    below = pattern.endswith("/*")
    end = len(pattern) - below
    if not _is_usual(pattern, 0, end):
        return matches_by_regex(function, text, pattern, found)
    at = done = 0  # how far the text and the pattern are compared
    brace = pattern.find("{")
    while brace >= 0:
        if not text.startswith(pattern[done:brace], at):
            return False
        begin = at + brace - done
        at = text.find("/", begin)
        if at < 0:
            at = len(text)
        close = pattern.find("}", brace)
        done = pattern.find("/", close, end)
        if done < 0:
            done = end
        after = done - close - 1  # characters of the segment after its name
        stop = at - after
        if stop <= begin or (after and not text.startswith(pattern[close + 1 : done], stop)):
            return False
        if found is not None:
            found.append((pattern[brace + 1 : close], text[begin:stop]))
        brace = pattern.find("{", done)
    return text.startswith(pattern[done:end], at) if below else text[at:] == pattern[done:]


def key_get(key: object, pattern: object) -> str:
    """Casbin's keyGet: what `*` at the end of the pattern stands for; empty where nothing matches."""
    text, pattern = text_of(key), text_of(pattern)
    check_star("keyGet", pattern)
    return text[len(pattern) - 1 :] if pattern.endswith("*") and text.startswith(pattern[:-1]) else ""


def key_get2(key: object, pattern: str, name: str) -> str:
    """Casbin's keyGet2: what `:name` of a keyMatch2 pattern stands for; empty where nothing matches."""
    text = line_of(key)
    if "*" in pattern[:-1]:
        found: Found = []
        return _named(name, found) if matches_by_regex("keyGet2", text, pattern, found) else ""
    if key_match2(text, pattern):
        for segment, part in zip(pattern.split("/"), text.split("/"), strict=False):
            at = segment.find(":")
            if at >= 0 and segment[at + 1 :] == name != "":
                return part[at:]
    return ""


def key_get3(key: object, pattern: str, name: str) -> str:
    """Casbin's keyGet3: what `{name}` of a keyMatch3 pattern stands for; empty where nothing matches."""
    found: Found = []
    return _named(name, found) if _matches_braces("keyGet3", line_of(key), pattern, found) else ""


def _named(name: str, found: Found) -> str:
    for known, value in found:
        if known == name:
            return value
    return ""


def _agree(found: Found) -> bool:
    """Whether equal names stand for equal parts."""
    values = dict(found)
    return len(values) == len(found) or all(values[name] == value for name, value in found)


@functools.lru_cache(maxsize=1024)
def _pattern_source(function: str, pattern: str) -> tuple[str, tuple[str, ...]]:
    """A path pattern as a regular expression, and its names. Raises ExpressionError where it is refused."""
    if function in _ONE_NAME and any(segment.count("{") > 1 for segment in pattern.split("/")):
        raise ExpressionError(f"{function}: one `{{name}}` a path segment; split {pattern!r}")
    if function == "keyMatch5" and "?" in pattern:
        raise ExpressionError(f"keyMatch5 cuts the text at `?`, so {pattern!r} would never match; remove the `?`")
    has_colons = function in _COLONS
    if pattern == "*" and has_colons:
        return ".*", ()
    named = "([^/]+?)" if function == "keyGet3" else "([^/]+)"
    names: list[str] = []
    out: list[str] = []
    for part in (_COLON_PARTS if has_colons else _BRACE_PARTS).findall(pattern):
        if part == "/*":
            out.append("/.*")
        elif len(part) > 1 and part[0] == (":" if has_colons else "{"):
            names.append(part[1:] if has_colons else part[1:-1])
            out.append(named)
        elif part == "*" or (not has_colons and part in "{}"):
            raise ExpressionError(f"{function}: {part!r} in {pattern!r} has no clear meaning; use `/*` or a named part")
        else:
            out.append(re2.escape(part))
    return "".join(out), tuple(names)


def matches_by_regex(function: str, text: str, pattern: str, found: Found | None = None) -> bool:
    """Whether any path pattern matches; what its names stand for is added to `found`. The reference for the rest."""
    source, names = _pattern_source(function, pattern)
    match: Any = compiled(source).fullmatch(text)
    if match is None:
        return False
    if found is not None:
        found += zip(names, match.groups(), strict=True)
    return True


def check_path_pattern(function: str, pattern: str) -> None:
    """Raise ExpressionError where a path pattern is refused."""
    if not pattern.isascii():
        _check_characters(function, pattern)
    if function in _COLONS:
        is_usual: object = "*" not in pattern or pattern == "*" or (pattern.endswith("/*") and "*" not in pattern[:-1])
    else:
        is_usual = _is_usual(pattern, 0, len(pattern) - pattern.endswith("/*"))
        is_usual = is_usual and not (function == "keyMatch5" and "?" in pattern)
    if not is_usual:
        source, _ = _pattern_source(function, pattern)
        if len(pattern) > _LONG:
            compiled(source)


def check_star(function: str, pattern: str) -> None:
    """Raise ExpressionError where `*` stands before the end: stock Casbin would ignore what follows it."""
    if "*" in pattern[:-1]:
        raise ExpressionError(f"{function}: `*` may stand only at the end of {pattern!r}; split the rule")


def _check_characters(function: str, pattern: str) -> None:
    try:
        pattern.encode()
    except UnicodeEncodeError as error:
        raise ExpressionError(f"{function}: {pattern!r} holds half a character, which no text does") from error
