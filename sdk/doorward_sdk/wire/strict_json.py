"""JSON as the wire wants it: no NaN, no duplicate members, nothing that is not JSON."""

from __future__ import annotations

import json

from doorward_sdk.errors import MalformedAnswer, MalformedQuestion


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return members


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant)


def encode(value: object) -> bytes:
    """A value as JSON.

    Raises:
        MalformedQuestion: it holds something that JSON cannot say.
    """
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedQuestion(f"attributes, context and body must be JSON values: {error}") from None


def decode(text: bytes) -> object:
    """The value that JSON text says.

    Raises:
        MalformedAnswer: it is not strict JSON.
    """
    try:
        return _DECODER.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"the answer is not JSON: {error}") from error
