"""Regular expressions in linear time and bounded memory, on RE2, and the texts that they are asked of."""

import functools
from typing import Any, Final

import re2

from doorward.engine.language.expressions import ExpressionError

_KEPT: Final = 4_096  # 3.5 KB each as a rule, 64 KiB at most: 14 MB, at most 256 MiB
_KEPT_LARGE: Final = 64  # of those that need more: 1 MiB each at most


def _options(memory: int) -> Any:  # noqa: ANN401 - re2 has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    return options


_SMALL: Final = _options(1 << 16)
_LARGE: Final = _options(1 << 20)


def text_of(value: object) -> str:
    """The value, if it is a string; raises TypeError otherwise."""
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where a string is needed")


def line_of(value: object) -> str:
    """A text of one line: a line break would slip past `.` and `$`, which Casbin's patterns are made of.

    Raises:
        TypeError: it is no text.
        ValueError: it has a line break, or half a character.
    """
    text = text_of(value)
    if "\n" in text:
        raise ValueError("a line break in a text that is matched with a pattern")
    if not text.isascii():
        text.encode()
    return text


def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """The compiled expression. Raises ExpressionError where RE2 refuses it."""
    found = _small(pattern)
    return _large(pattern) if found is None else found


@functools.lru_cache(maxsize=_KEPT)
def _small(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    try:
        return re2.compile(pattern, _SMALL)
    except re2.error:
        return None


@functools.lru_cache(maxsize=_KEPT_LARGE)
def _large(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    try:
        return re2.compile(pattern, _LARGE)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ExpressionError(f"RE2 refuses the regular expression {pattern!r}: {reason}") from error
