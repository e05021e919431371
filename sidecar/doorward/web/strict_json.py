"""JSON as RFC 8259 and AuthZEN want it: no duplicate names, no NaN or infinity, no lone surrogates.

Python's decoder takes all of these, faster ones take duplicates; so the standard decoder is
hooked, and texts with escapes are walked once more.
"""

import json
import math
from collections import Counter
from typing import Any, Final, NoReturn

from doorward.domain.errors import BadRequest

_ESCAPE: Final = b"\\u"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise BadRequest(f"the member {twice[:100]!r} stands twice in one object; keep one")
    return made


def _no_constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is no JSON; send a number, a string or null")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadRequest(f"the number {text[:40]} is too large")
    return number


_decode: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite).decode


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be one JSON object.

    Raises:
        BadRequest: it is anything else; the message says what.
    """
    if not body:
        raise BadRequest("the body is empty; send a JSON object")
    value = decode_value(body)
    if not isinstance(value, dict):
        raise BadRequest(f"the body is a JSON {_kind(value)}; send an object")
    return value


def decode_value(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON says
    """Decode a body that must be JSON. Raises BadRequest; the message says what is wrong."""
    try:
        value = _decode(body.decode("utf-8"))
        if _ESCAPE in body:
            _check_texts(value)
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise BadRequest(f"the body is no JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise BadRequest("the body is nested too deeply") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise BadRequest("the body holds a number with too many digits") from error
    return value


def _kind(value: object) -> str:
    return {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")


def _check_texts(value: object) -> None:
    """Refuse NUL characters and lone surrogates wherever they stand."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            if "\x00" in one:
                raise BadRequest("a text holds the NUL character (\\u0000); remove it")
            if not one.isascii() and any("\ud800" <= mark <= "\udfff" for mark in one):
                raise BadRequest("a text holds a lone surrogate (\\ud800 to \\udfff); send valid Unicode")
