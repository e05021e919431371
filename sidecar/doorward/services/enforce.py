"""Enforce: a question by position, as Casbin's own enforce() takes it, checked before the policy sees it."""

import re
from collections.abc import Mapping, Sequence
from itertools import count, takewhile
from typing import Any, Final

from doorward.domain.access import MAX_ID_BYTES, Decision
from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, NotPermitted
from doorward.services.ports import Clock, PolicySnapshot

MAX_TEXT_BYTES: Final = 4_096
"""Of a text that is neither subject nor tenant: a path, say."""
_MAIN: Final = ""
_CONTEXT: Final = "ctx"
_NAMES: Final = frozenset({"sub", "dom"})
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_INSTEAD: Final[Mapping[type, str]] = {
    bool: 'is a boolean; send a string, like "true"',
    int: 'is a number; send a string, like "7"',
    float: 'is a number; send a string, like "7"',
    list: "is an array; send one string",
    dict: "is an object; send a string, its name",
}


class EnforceService:
    """Answers questions by position from a given policy snapshot."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def decide(
        self,
        values: Sequence[Any],
        section: str | None,
        caller: Caller,
        policy: PolicySnapshot,
        address: str = "",
    ) -> Decision:
        """Answer one question: `values` stand for the tokens of `r`, or of `rN` where `section` is `N`.

        A token `ctx` is filled by Doorward: its value is an object or null, and may be left out at the end.

        Raises:
            NotPermitted: the key is bound to a tenant.
            BadRequest: there is no such section, or the values do not fit its tokens.
        """
        if caller.tenant is not None:
            message = "this key is bound to a tenant, and values by position name any; use a key that is bound to none"
            raise NotPermitted(message)
        section = _MAIN if section is None else _known(section, policy)
        tokens = policy.tokens(section) or ()
        given = _fitted(values, tokens, f"r{section} = {', '.join(tokens)}")
        if None in given:
            position = given.index(None)
            raise BadRequest(f"request[{position}] ({tokens[position]}) is null; send a value")
        for position in policy.text_tokens(section):
            _check_text(position, tokens[position], given[position])
        return policy.enforce(given, section, self._clock(), address)


def _known(section: str, policy: PolicySnapshot) -> str:
    """The section, if it is one that is named by its number. Raises BadRequest."""
    if section != _MAIN and policy.tokens(section) is not None:
        return section
    last = sum(1 for _ in takewhile(lambda number: policy.tokens(str(number)) is not None, count(2))) + 1
    there = {1: "this policy has the main ones alone", 2: 'there is "2"'}.get(last, f'there are "2" to "{last}"')
    raise BadRequest(f"sections is {section[:20]!r}, and {there}; leave it out for r, p, e and m")


def _fitted(values: Sequence[Any], tokens: Sequence[str], definition: str) -> Sequence[Any]:
    """One value a token, and an object for `ctx`: empty where it is null, or last and left out. Raises BadRequest."""
    place = tokens.index(_CONTEXT) if _CONTEXT in tokens else None
    may_be_short = place == len(tokens) - 1
    given = [*values, None] if may_be_short and len(values) == place else [*values]
    if len(given) != len(tokens):
        takes = f"{place} values, and an object for ctx if you like" if may_be_short else f"{len(tokens)}"
        raise BadRequest(f"request has {len(given)} values; {definition} takes {takes}")
    if place is not None and given[place] is None:
        given[place] = {}
    if place is not None and not isinstance(given[place], dict):
        raise BadRequest(f"request[{place}] (ctx) must be an object, which becomes ctx.context; or send null")
    return given


def _check_text(position: int, token: str, value: object) -> None:
    """Raise BadRequest unless the value is a text that may be compared with names and patterns."""
    if not isinstance(value, str):
        raise BadRequest(f"request[{position}] ({token}) {_INSTEAD[type(value)]}; the policy compares {token} as text")
    longest = MAX_ID_BYTES if token in _NAMES else MAX_TEXT_BYTES
    if not value or value.isspace():
        instead = "; the tenant of no tenant is '-'" if token == "dom" else ""  # noqa: S105 - a token of Casbin
        raise BadRequest(f"request[{position}] ({token}) is blank; give 1 to {longest} bytes{instead}")
    if _CONTROL.search(value):
        raise BadRequest(f"request[{position}] ({token}) holds a control character; remove it")
    if len(value) > longest or (not value.isascii() and len(value.encode()) > longest):
        raise BadRequest(f"request[{position}] ({token}) is longer than {longest} bytes")
