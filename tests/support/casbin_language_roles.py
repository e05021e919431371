"""Random role definitions with their rows: tenants, time windows, patterns, no circles."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from support.casbin_language import Roles
from support.casbin_language_names import (
    DOMAINS,
    EVERY_NAME,
    KIND_PATTERNS,
    KINDS,
    MANY_THINGS,
    MANY_USERS,
    ROLES,
    SUBJECT_PATTERNS,
    THINGS,
    TIMES,
    USERS,
)
from support.casbin_oracle import MATCHING
from support.casbin_reference import Row


@st.composite
def definitions(draw: st.DrawFn, *, plain: bool) -> dict[str, Roles]:
    """The role definitions with their rows. Plain ones, for levels, have no patterns and no windows."""
    found: dict[str, Roles] = {}
    windows = not plain and draw(st.integers(0, 5)) == 0
    names = ["g"] if plain else draw(st.sampled_from([[], ["g"], ["g"], ["g", "g2"], ["g", "g2"]]))
    for name in names:
        patterns = SUBJECT_PATTERNS if name == "g" else KIND_PATTERNS
        pattern = None if plain or windows or draw(st.booleans()) else draw(st.sampled_from(sorted(patterns)))
        domains = draw(st.booleans())
        holders = (*USERS, *ROLES) if name == "g" else (*THINGS, *KINDS)
        given = ROLES if name == "g" else KINDS
        rows = draw(
            role_rows(
                holders, given, patterns[pattern] if pattern else (), domains=domains, windows=windows, plain=plain
            )
        )
        if pattern is not None:
            rows = _without_nested_patterns(rows, pattern, given)
        found[name] = Roles(name=name, domains=domains, windows=windows, pattern=pattern, rows=rows)
    return found


@st.composite
def role_rows(  # noqa: PLR0913 - what a definition says
    draw: st.DrawFn,
    holders: Sequence[str],
    given: Sequence[str],
    patterns: Sequence[str],
    *,
    domains: bool,
    windows: bool,
    plain: bool,
) -> tuple[Row, ...]:
    """Rows without circles: a role holds only roles that stand after it."""
    rows: dict[Row, Row] = {}
    stars = [] if windows or plain else ["*"]
    for _ in range(draw(st.integers(0, 9))):
        holder = draw(st.sampled_from([*holders, *patterns, *patterns]))
        later = given[given.index(holder) + 1 :] if holder in given else given
        if not later:
            continue
        where = (draw(st.sampled_from([*DOMAINS, *stars])),) if domains else ()
        edge = (holder, draw(st.sampled_from(later)), *where)
        rows.setdefault(edge, (*edge, *(_window(draw) if windows else ())))
    return tuple(rows.values())


def _window(draw: st.DrawFn) -> tuple[str, str]:
    first, last = sorted(draw(st.lists(st.sampled_from(TIMES), min_size=2, max_size=2, unique=True)))
    return draw(st.sampled_from([(first, last), (first, last), ("_", last), (first, "_"), ("_", "_")]))


def _without_nested_patterns(rows: tuple[Row, ...], pattern: str, given: Sequence[str]) -> tuple[Row, ...]:
    """Rows where no pattern matches the text of one that means more, and no pattern gives a role to itself.

    Stock Casbin lets the wider pattern hold what the narrower one holds, by its text.
    """
    matches = MATCHING[pattern]
    kept: list[Row] = []
    for row in rows:
        rank = [at for at, name in enumerate(given) if name != row[0] and matches(name, row[0])]
        if rank and max(rank) >= given.index(row[1]):
            continue
        others = {one[0] for one in rows if one[0] != row[0]}
        if all(not matches(row[0], other) or _means_less(row[0], other, pattern) for other in others):
            kept.append(row)
    return tuple(kept)


def _means_less(narrow: str, wide: str, pattern: str) -> bool:
    matches = MATCHING[pattern]
    return all(matches(name, wide) for name in EVERY_NAME if matches(name, narrow) or name == narrow)


def with_many(random: Random, roles: Roles, *, plain: bool) -> Roles:
    """The same roles, held by many users and things more; plain ones, for levels, in one tenant each."""
    if roles.windows:
        return roles
    names, given = (MANY_USERS, ROLES) if roles.name == "g" else (MANY_THINGS, KINDS)
    places = DOMAINS if plain else (*DOMAINS, "*")
    more = [(name, random.choice(given), *([random.choice(places)] if roles.domains else [])) for name in names]
    return replace(roles, rows=(*roles.rows, *more))
