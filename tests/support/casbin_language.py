"""Policies of the whole Casbin language as plain data, and what they mean by the plainest reading.

Nothing here comes from the engine: each row is tried in its order, each role row is followed.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from support.casbin_oracle import MATCHING
from support.casbin_reference import ALLOW_BY_DEFAULT, DENY, Row

PRIORITY = "priority(p.eft) || deny"
SUBJECT_PRIORITY = "subjectPriority(p.eft) || deny"
ORDERED = {PRIORITY, SUBJECT_PRIORITY}
OPEN = "_"


@dataclass(frozen=True)
class Env:
    """What an expression is true or false of: the request by token, one row by column, who holds what."""

    request: Mapping[str, Any]
    row: Mapping[str, str]
    linked: Callable[[str, str, str, str], bool]
    conditions: Mapping[str, "Expr"]


@dataclass(frozen=True)
class Expr:
    """A matcher, a part of one, or a condition: its text, with `R.` and `P.` for `r.` and `p.`, and what it means."""

    text: str
    holds: Callable[[Env], bool] = field(compare=False, repr=False)

    def spelled(self, suffix: str) -> str:
        """Its text in a section set."""
        return self.text.replace("R.", f"r{suffix}.").replace("P.", f"p{suffix}.")


@dataclass(frozen=True, kw_only=True)
class Roles:
    """A role definition with its rows."""

    name: str
    domains: bool = False
    windows: bool = False
    pattern: str | None = None
    rows: tuple[Row, ...] = ()

    @property
    def text(self) -> str:
        """Its lines in the model."""
        places = ", ".join("_" * (2 + self.domains)) + ", (_, _)" * self.windows
        comment = f"# doorward: match {self.name} with {self.pattern}\n" if self.pattern else ""
        return f"{self.name} = {places}\n{comment}"

    def above(self, name: str, domain: str, now: float) -> set[str]:
        """What rows give to a name directly."""
        return {
            row[1]
            for row in self.rows
            if self._names(row[0], name)
            and (not self.domains or row[2] in {"*", domain})
            and (not self.windows or _epoch(row[-2], 0) < now < _epoch(row[-1], 1e12))
        }

    def _names(self, said: str, name: str) -> bool:
        return said == name or (self.pattern is not None and _matches(self.pattern, name, said))

    def held(self, name: str, domain: str, now: float) -> set[str]:
        """What it holds, through others too."""
        reached: set[str] = set()
        level = {name}
        while level:
            level = {role for one in level for role in self.above(one, domain, now)} - reached
            reached |= level
        return reached

    def level(self, name: str, domain: str) -> int:
        """How many links lead up to a name at most, by rows that say exactly this domain."""
        below = [row[0] for row in self.rows if row[1] == name and (row[2] if self.domains else "") == domain]
        return max((self.level(one, domain) + 1 for one in below), default=0)


@cache
def _epoch(text: str, otherwise: float) -> float:
    if text == OPEN:
        return otherwise
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC).timestamp()


@cache
def _matches(function: str, name: str, pattern: str) -> bool:
    return MATCHING[function](name, pattern)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One r, p, m: what is compared, and the rows with the lines they stand in."""

    suffix: str
    tokens: tuple[str, ...]
    columns: tuple[str, ...]
    matcher: Expr
    rules: tuple[Row, ...]
    conditions: Mapping[str, Expr]


@dataclass(frozen=True, kw_only=True)
class Language:
    """A whole policy: section sets, role definitions, one effect, and its file."""

    sections: Mapping[str, Section]
    roles: Mapping[str, Roles]
    effect: str
    rules: str
    lines: Mapping[str, tuple[int, ...]]

    @cached_property
    def model(self) -> str:
        """The model file."""
        parts = self.sections.values()
        roles = "".join(one.text for one in self.roles.values())
        return (
            f"{ALLOW_BY_DEFAULT if self.effect == DENY else ''}[request_definition]\n"
            + "".join(f"r{one.suffix} = {', '.join(one.tokens)}\n" for one in parts)
            + "\n[policy_definition]\n"
            + "".join(f"p{one.suffix} = {', '.join(one.columns)}\n" for one in parts)
            + (f"\n[role_definition]\n{roles}" if roles else "")
            + f"\n[policy_effect]\ne = {self.effect}\n\n[matchers]\n"
            + "".join(f"m{one.suffix} = {one.matcher.spelled(one.suffix)}\n" for one in parts)
        )

    def decide(self, suffix: str, request: Mapping[str, Any], now: float) -> tuple[bool, int | None]:
        """Whether it is allowed, and the line of the rule that decides."""
        found = [(effect, line) for line, effect in self.matching(suffix, request, now)]
        if self.effect in ORDERED:
            return (found[0][0] == "allow", found[0][1]) if found else (False, None)
        first = dict(reversed(found))
        if "deny" in first:
            return False, first["deny"]
        return "allow" in first or self.effect == DENY, first.get("allow")

    def matching(self, suffix: str, request: Mapping[str, Any], now: float) -> Iterator[tuple[int, str]]:
        """The line and the effect of each row that matches, in order. Raises KeyError at an absent attribute."""
        for row, line in self._ordered[suffix]:
            if self._matches(suffix, row, request, now):
                yield line, row.get("eft", "allow")

    def certain(self, suffix: str, request: Mapping[str, Any], now: float) -> dict[int, str]:
        """The line and the effect of each row that matches without an absent attribute being read, in order."""
        found: dict[int, str] = {}
        for row, line in self._ordered[suffix]:
            with suppress(KeyError):
                if self._matches(suffix, row, request, now):
                    found[line] = row.get("eft", "allow")
        return found

    def _matches(self, suffix: str, row: Mapping[str, str], request: Mapping[str, Any], now: float) -> bool:
        section = self.sections[suffix]

        def linked(definition: str, name: str, role: str, domain: str) -> bool:
            return name == role or role in self.roles[definition].held(name, domain, now)

        return section.matcher.holds(Env(request, row, linked, section.conditions))

    @cached_property
    def _ordered(self) -> dict[str, list[tuple[dict[str, str], int]]]:
        return {suffix: self._in_order(section) for suffix, section in self.sections.items()}

    def _in_order(self, section: Section) -> list[tuple[dict[str, str], int]]:
        fields = [dict(zip(section.columns, row, strict=True)) for row in section.rules]
        rows = list(zip(fields, self.lines[section.suffix], strict=True))
        if self.effect not in ORDERED:
            return rows

        def order(one: tuple[dict[str, str], int]) -> tuple[int, int]:
            row = one[0]
            level = 0
            if self.effect == SUBJECT_PRIORITY and self.roles["g"].domains == ("dom" in row):
                level = self.roles["g"].level(row["sub"], row.get("dom", ""))
            return int(row.get("priority", "0")), level

        return sorted(rows, key=order)


def both(parts: Sequence[Expr]) -> Expr:
    """All of them, joined by `&&`."""
    return Expr(" && ".join(part.text for part in parts), lambda env: all(part.holds(env) for part in parts))


def either(*parts: Expr) -> Expr:
    """One of them, in brackets."""
    return Expr(f"({' || '.join(part.text for part in parts)})", lambda env: any(part.holds(env) for part in parts))


def negated(part: Expr, spelling: str = "!({})") -> Expr:
    """Not this."""
    return Expr(spelling.format(part.text), lambda env: not part.holds(env))
