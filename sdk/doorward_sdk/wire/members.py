"""Members of JSON objects from the wire, each of the type that it has to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Callable, TypeVar
from urllib.parse import quote

from doorward_sdk.errors import MalformedAnswer

if TYPE_CHECKING:
    from doorward_sdk.records.recorded import Limit, Limits

Members = Mapping[str, object]
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?Z\Z")
_Item = TypeVar("_Item")


def path_of(collection: str, name: str, *below: str) -> str:
    """The path of one thing of a collection, or of something below it."""
    return "/".join([collection, quote(name, safe=""), *(quote(one, safe="") for one in below)])


def members_of(value: object) -> Members:
    """The members of an object. Raises MalformedAnswer."""
    if not isinstance(value, Mapping):
        raise MalformedAnswer("the answer is no object where one belongs")
    return value


def text_in(told: Members, name: str) -> str:
    """A text. Raises MalformedAnswer."""
    value = told.get(name)
    if not isinstance(value, str):
        raise MalformedAnswer(f"the answer has no text {name!r}")
    return value


def text_or_none_in(told: Members, name: str) -> str | None:
    """A text, or None. Raises MalformedAnswer."""
    return None if told.get(name) is None else text_in(told, name)


def number_in(told: Members, name: str) -> int:
    """A whole number. Raises MalformedAnswer."""
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedAnswer(f"the answer has no number {name!r}")
    return value


def number_or_none_in(told: Members, name: str) -> int | None:
    """A whole number, or None. Raises MalformedAnswer."""
    return None if told.get(name) is None else number_in(told, name)


def limit_in(told: Members, name: str) -> Limit:
    """A number or `unlimited`. Raises MalformedAnswer."""
    value = told.get(name)
    if value == "unlimited":
        return "unlimited"
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise MalformedAnswer(f"{name!r} of the answer is neither a number nor unlimited")


def limits_in(told: Members, name: str) -> Limits:
    """A number or `unlimited`, or several of these by what they are counted in. Raises MalformedAnswer."""
    several = told.get(name)
    return {per: limit_in(several, per) for per in several} if isinstance(several, Mapping) else limit_in(told, name)


def flag_in(told: Members, name: str) -> bool:
    """True or false. Raises MalformedAnswer."""
    value = told.get(name)
    if not isinstance(value, bool):
        raise MalformedAnswer(f"the answer does not say whether {name!r}")
    return value


def list_in(told: Members, name: str) -> list[object]:
    """A list. Raises MalformedAnswer."""
    value = told.get(name)
    if not isinstance(value, list):
        raise MalformedAnswer(f"the answer has no list {name!r}")
    return value


def texts_in(told: Members, name: str) -> tuple[str, ...]:
    """A list of texts. Raises MalformedAnswer."""
    values = list_in(told, name)
    texts = tuple(one for one in values if isinstance(one, str))
    if len(texts) != len(values):
        raise MalformedAnswer(f"the answer's list {name!r} holds other things than texts")
    return texts


def time_in(told: Members, name: str) -> datetime:
    """A time, aware and in UTC. Raises MalformedAnswer."""
    value = text_in(told, name)
    try:
        if _TIME.match(value):
            return datetime.fromisoformat(value[:-1] + "+00:00")  # noqa: FURB162 - a Z is read since 3.11
    except ValueError:
        pass  # the thirteenth month, told below
    raise MalformedAnswer(f"the answer has no time {name!r}, like 2026-11-28T03:46:10.123Z")


def time_or_none_in(told: Members, name: str) -> datetime | None:
    """A time, or None for never. Raises MalformedAnswer."""
    return None if told.get(name) is None else time_in(told, name)


def object_or_none_in(told: Members, name: str, read: Callable[[object], _Item]) -> _Item | None:
    """An object, or None. Raises MalformedAnswer."""
    value = told.get(name)
    return None if value is None else read(value)
