"""The functions that conditions and matchers may call, as Casbin means them, made safe.

Every function refuses wrong types with TypeError, so that a question it cannot answer is an error
and never a silent no. Regular expressions run on RE2, in time linear in the text.
"""

import datetime as dt
import functools
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any, Final

import re2

from doorward.engine.expressions import ExpressionError

_SEGMENT: Final = re.compile(r"\{[^/{}]+\}|:[^/]+|/\*|[^:/{}*]+|.", re.DOTALL)
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


def truth(value: object) -> bool:
    """Exactly True or False pass; anything else is no truth value."""
    if value is True or value is False:
        return value
    raise TypeError(f"{type(value).__name__} where true or false is needed")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where a string is needed")


def length(value: object) -> int:
    """How many characters or elements."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise TypeError(f"{type(value).__name__} has no length")


def lower(value: object) -> str:
    """The text in lower case."""
    return _text(value).lower()


def startswith(value: object, prefix: object) -> bool:
    """Does the text begin with `prefix`."""
    return _text(value).startswith(_text(prefix))


def endswith(value: object, suffix: object) -> bool:
    """Does the text end with `suffix`."""
    return _text(value).endswith(_text(suffix))


def contains(holder: object, item: object) -> bool:
    """Does a list hold the item, or a text the part."""
    if isinstance(holder, list | tuple):
        return item in holder
    return _text(item) in _text(holder)


def any_in(left: object, right: object) -> bool:
    """Do two lists share an element."""
    if not isinstance(left, list | tuple) or not isinstance(right, list | tuple):
        raise TypeError("any_in needs two lists")
    try:
        return not set(left).isdisjoint(right)
    except TypeError as error:
        raise TypeError("any_in compares strings and numbers, not lists or objects") from error


def key_match(key: object, pattern: object) -> bool:
    """Casbin's keyMatch: equal, or the pattern ends with `*` and the key begins with what stands before.

    Deviation: a `*` elsewhere is an error; stock Casbin ignores what follows it.
    """
    key, pattern = _text(key), _text(pattern)
    star = pattern.find("*")
    if star < 0:
        return key == pattern
    if star != len(pattern) - 1:
        raise ValueError("`*` may stand only at the end of a keyMatch pattern")
    return key.startswith(pattern[:-1])


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    try:
        return re2.compile("(?s)" + pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ExpressionError(f"RE2 refuses the regular expression {pattern!r}: {reason}") from error


def regex_match(text: object, pattern: str) -> bool:
    """Does the text begin with a match of the RE2 expression (Casbin's regexMatch: end it with `$`)."""
    return _compiled(pattern).match(_text(text)) is not None


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
    text, names = _path_pattern(pattern, function, braces=function != "keyMatch2", colons=function == "keyMatch2")
    if function == "keyMatch3" and pattern == "*":
        text = ".*"
    return _compiled(text), names


def key_match2(key: object, pattern: str) -> bool:
    """Casbin's keyMatch2: `/a/:id/*`."""
    return _key_pattern("keyMatch2", pattern)[0].fullmatch(_text(key)) is not None


def key_match3(key: object, pattern: str) -> bool:
    """Casbin's keyMatch3: `/a/{id}/*`."""
    return _key_pattern("keyMatch3", pattern)[0].fullmatch(_text(key)) is not None


def key_match4(key: object, pattern: str) -> bool:
    """Casbin's keyMatch4: as keyMatch3, and equal names stand for equal parts."""
    compiled, names = _key_pattern("keyMatch4", pattern)
    found = compiled.fullmatch(_text(key))
    if found is None:
        return False
    values: dict[str, str] = {}
    return all(values.setdefault(name, value) == value for name, value in zip(names, found.groups(), strict=True))


def key_match5(key: object, pattern: str) -> bool:
    """Casbin's keyMatch5: as keyMatch3, after the query string is cut off."""
    path = _text(key).split("?", 1)[0]
    return _key_pattern("keyMatch5", pattern)[0].fullmatch(path) is not None


@functools.lru_cache(maxsize=1024)
def _glob(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    if any(mark in pattern for mark in "{}[]\\"):
        raise ExpressionError(f"globMatch: {pattern!r} may use `*`, `**` as a whole segment and `?` alone")
    segments = pattern.split("/")
    if any("**" in segment and segment != "**" for segment in segments):
        raise ExpressionError(f"globMatch: `**` must be a whole segment in {pattern!r}")
    hidden_safe = "[^/.][^/]*"
    out = []
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "**":
            out.append(f"(?:{hidden_safe}(?:/{hidden_safe})*)?" if last else f"(?:{hidden_safe}/)*")
            continue
        text = "".join({"*": "[^/]*", "?": "[^/]"}.get(mark) or re2.escape(mark) for mark in segment)
        if segment == "*":
            text = hidden_safe
        elif segment[:1] == "*":
            text = f"(?:{hidden_safe})?" + text.removeprefix("[^/]*")
        elif segment[:1] == "?":
            text = "[^/.]" + text.removeprefix("[^/]")
        out.append(text if last else text + "/")
    return _compiled("".join(out))


def glob_match(text: object, pattern: str) -> bool:
    """Does the whole path match; `*` and `?` stay inside a segment and do not match a leading dot."""
    return _glob(pattern).fullmatch(_text(text)) is not None


@functools.lru_cache(maxsize=4096)
def check_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network of an address or CIDR text; raises ExpressionError if it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ExpressionError(f"ipMatch: {text!r} is no address or network; write 10.0.0.0/8") from error


def ip_match(address: object, network: object) -> bool:
    """Is the address in the network (or equal to the address); IPv4-mapped IPv6 counts as IPv4."""
    parsed = ipaddress.ip_address(_text(address))
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed in check_network(_text(network))


@functools.lru_cache(maxsize=256)
def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ExpressionError(f"{name!r} is no time zone; write one like 'Europe/Berlin' or 'UTC'") from error


def _local(time: object, zone: str) -> dt.datetime:
    if isinstance(time, bool) or not isinstance(time, int | float):
        raise TypeError("a time is seconds since 1970, like r.ctx.env.time")
    return dt.datetime.fromtimestamp(time, _zone(zone))


def hour(time: object, zone: str) -> int:
    """The hour of the day, 0 to 23, of epoch seconds in a zone."""
    return _local(time, zone).hour


def weekday(time: object, zone: str) -> int:
    """The day of the week, Monday 0 to Sunday 6, of epoch seconds in a zone."""
    return _local(time, zone).weekday()


PATTERN_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "keyMatch2": functools.partial(_key_pattern, "keyMatch2"),
    "keyMatch3": functools.partial(_key_pattern, "keyMatch3"),
    "keyMatch4": functools.partial(_key_pattern, "keyMatch4"),
    "keyMatch5": functools.partial(_key_pattern, "keyMatch5"),
    "globMatch": _glob,
    "regexMatch": _compiled,
    "hour": _zone,
    "weekday": _zone,
}
"""Functions whose second argument must be a literal, with what checks it at load."""
