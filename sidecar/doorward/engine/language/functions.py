"""The functions that conditions and matchers may call, as Casbin means them, made safe.

Every function refuses wrong types with TypeError, so that a question it cannot answer is an error
and never a silent no. What matches texts with patterns stands in `patterns`.
"""

import datetime as dt
import functools
import ipaddress
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Final

from doorward.engine.language import patterns
from doorward.engine.language.expressions import ExpressionError
from doorward.engine.language.linear_regex import text_of


def truth(value: object) -> bool:
    """Exactly True or False pass; anything else is no truth value."""
    if value is True or value is False:
        return value
    raise TypeError(f"{type(value).__name__} where true or false is needed")


def length(value: object) -> int:
    """How many characters or elements."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise TypeError(f"{type(value).__name__} has no length")


def lower(value: object) -> str:
    """The text in lower case."""
    return text_of(value).lower()


def startswith(value: object, prefix: object) -> bool:
    """Does the text begin with `prefix`."""
    return text_of(value).startswith(text_of(prefix))


def endswith(value: object, suffix: object) -> bool:
    """Does the text end with `suffix`."""
    return text_of(value).endswith(text_of(suffix))


def contains(holder: object, item: object) -> bool:
    """Does a list hold the item, or a text the part."""
    if isinstance(holder, list | tuple):
        return item in holder
    return text_of(item) in text_of(holder)


def listed(value: object) -> object:
    """What `in` looks into: a list or an object. A text is none: a part of it would pass for an element."""
    if isinstance(value, list | tuple | dict):
        return value
    raise TypeError(f"`in` needs a list, not {type(value).__name__}; a part of a text is contains()")


def _hashable(value: object) -> str:
    """A text that is equal for equal strings and numbers.

    Texts hash by a secret of the process; numbers do not, and a caller could choose them to collide.
    """
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, int | float):
        return f"n{int(value)}" if value == int(value) else f"n{value!r}"
    raise TypeError("any_in compares strings and numbers, not lists or objects")


def any_in(left: object, right: object) -> bool:
    """Do two lists share an element."""
    if not isinstance(left, list | tuple) or not isinstance(right, list | tuple):
        raise TypeError("any_in needs two lists")
    return not {_hashable(item) for item in left}.isdisjoint([_hashable(item) for item in right])


def key_match(key: object, pattern: object) -> bool:
    """Casbin's keyMatch: equal, or the pattern ends with `*` and the key begins with what stands before.

    Deviation: a `*` elsewhere is an error; stock Casbin ignores what follows it.
    """
    key, pattern = text_of(key), text_of(pattern)
    star = pattern.find("*")
    if star < 0:
        return key == pattern
    if star != len(pattern) - 1:
        raise ValueError("`*` may stand only at the end of a keyMatch pattern")
    return key.startswith(pattern[:-1])


def _parsed_address(text: str) -> tuple[int, int, int | None]:
    """The version of an address, its number, and that of the IPv4 address inside."""
    parsed = ipaddress.ip_address(text)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return parsed.version, int(parsed), None if mapped is None else int(mapped)


def _parsed_network(text: str) -> tuple[int, int, int]:
    """The version of a network, the number of its first address and its mask."""
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ExpressionError(f"ipMatch: {text!r} is no address or network; write 10.0.0.0/8") from error
    return parsed.version, int(parsed.network_address), int(parsed.netmask)


_LONGEST_KEPT: Final = 64  # characters; a caller may write a zone of any length behind an address
_known_address: Final = functools.lru_cache(maxsize=4_096)(_parsed_address)  # 400 bytes each
_known_network: Final = functools.lru_cache(maxsize=65_536)(_parsed_network)


def check_network(text: str) -> None:
    """Raise ExpressionError unless the text is an address or a network."""
    _parsed_network(text)


def ip_match(address: object, network: object) -> bool:
    """Is the address in the network (or equal to the address); IPv4-mapped IPv6 counts as IPv4 too."""
    address, network = text_of(address), text_of(network)
    version, number, mapped = (_known_address if len(address) <= _LONGEST_KEPT else _parsed_address)(address)
    asked, first, mask = (_known_network if len(network) <= _LONGEST_KEPT else _parsed_network)(network)
    if version == asked:
        return number & mask == first
    return asked == 4 and mapped is not None and mapped & mask == first  # noqa: PLR2004 - IPv4


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


LITERAL_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    **patterns.PATTERN_CHECKS,
    "hour": _zone,
    "weekday": _zone,
}
"""Functions whose second argument must be a literal, with what checks it at load."""
