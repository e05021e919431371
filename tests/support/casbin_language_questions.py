"""Questions to a generated policy: made from one of its rows, token for token what the row means or nearly that."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from support.casbin_conditions import ATTRIBUTES
from support.casbin_language import Roles
from support.casbin_language_names import (
    ACTS,
    ADDRESSES,
    DOMAINS,
    KINDS,
    MANY_THINGS,
    MANY_USERS,
    OTHER_ACTS,
    OTHER_DOMAINS,
    OTHER_THINGS,
    ROLES,
    STRANGERS,
    TAGS,
    THINGS,
    TIMES,
    USERS,
)
from support.casbin_language_policies import CTX, Generated

POOLS: Mapping[str, Sequence[Any]] = {
    "sub": (*USERS, *ROLES[:3], *STRANGERS, *MANY_USERS[::10]),
    "dom": (*DOMAINS, *OTHER_DOMAINS),
    "obj": (*THINGS, *KINDS[:2], *OTHER_THINGS, *MANY_THINGS[::7]),
    "act": (*ACTS, *OTHER_ACTS),
    "addr": ADDRESSES,
    "level": (0, 1, 2, 2.5, 3),
}
ADDRESS = "10.0.0.7"
_PEOPLE = st.fixed_dictionaries({
    "age": st.sampled_from([9, 10, 18, 19, 60, 70]),
    "active": st.booleans(),
    "tags": st.lists(st.sampled_from(TAGS), max_size=2),
    "home": st.fixed_dictionaries({"city": st.sampled_from(["Graz", "Linz", "Wels"])}),
})  # fmt: skip
_THINGS = st.fixed_dictionaries({
    "owner": st.sampled_from(USERS[:3]),
    "size": st.integers(0, 4),
    "labels": st.lists(st.sampled_from(TAGS), max_size=2),
})  # fmt: skip
_CALLERS = st.fixed_dictionaries({
    "path": st.sampled_from(THINGS), "n": st.integers(0, 3), "tags": st.lists(st.sampled_from(TAGS), max_size=2),
})  # fmt: skip


@dataclass(frozen=True)
class Put:
    """A question: its section set, its values by token, when; where it is AuthZEN's, the attributes it gives."""

    section: str
    values: Mapping[str, Any]
    now: float
    attributes: Mapping[str, Mapping[str, Any]]


@st.composite
def questions(draw: st.DrawFn, made: Generated) -> Put:
    """A question to one of the section sets."""
    suffix = draw(st.sampled_from(sorted(made.language.sections)))
    section, outline = made.language.sections[suffix], made.outlines[suffix]
    row = dict(zip(section.columns, draw(st.sampled_from(section.rules)), strict=True))
    parts = {part.column: part for part in made.parts[suffix]}
    named: dict[str, Any] = {}
    for name, called in outline.names.items():
        said = outline.columns[name]
        value = draw(st.sampled_from(POOLS[name]))
        if said in row and said in parts and draw(st.integers(0, 5)):
            hits = [*parts[said].hits(row[said])]
            if parts[said].role:
                hits += _holders(made.language.roles[parts[said].role], row[said], POOLS[name])
            value = draw(st.sampled_from([one for one in hits if one != "*"] or [value]))
        if name in outline.objects:
            below = draw(_PEOPLE if name == "sub" else _THINGS)
            value = {**below, "name" if name == "sub" else "path": value}
        named[called] = value
    if CTX in section.tokens and not made.authzen:
        named[CTX] = draw(_CALLERS)
    now = _epoch(draw(st.sampled_from(TIMES))) + draw(st.sampled_from([-1, 0, 1, 3_600]))
    attributes = draw(ATTRIBUTES) if made.authzen else {}
    return Put(suffix, {token: named.get(token) for token in section.tokens}, now, attributes)


def _holders(roles: Roles, role: str, names: Sequence[str]) -> list[str]:
    """Who holds a role somewhere, at some time; often, because most do not."""
    places = DOMAINS if roles.domains else ("",)
    return [name for name in names for where in places if role in roles.held(name, where, _epoch(TIMES[1]) + 1)] * 3


@cache
def _epoch(text: str) -> float:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC).timestamp()


@st.composite
def with_gaps(draw: st.DrawFn, put: Put) -> Put:
    """The same question with some attributes left out."""
    given = {token: _thinned(draw, value) if token != CTX else value for token, value in put.values.items()}
    attributes = {section: _thinned(draw, value) for section, value in put.attributes.items()}
    return Put(put.section, given, put.now, attributes)


def _thinned(draw: st.DrawFn, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: one for name, one in value.items() if draw(st.integers(0, 4))}
