"""Roles given to patterns: `g2, /books/:id, books` gives the role to every name that matches.

Stock Casbin does this where code registers a matching function for the role definition.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from doorward.engine.index.tree import parents_of
from doorward.engine.language import calls, patterns
from doorward.engine.language.segments import SEGMENTED, literal_segment
from doorward.engine.roles.graph import ANYWHERE, NO_ROLES, NOTHING_HELD, Edge, Holding, RoleGraph

_NAMES_KEPT: Final = 10_000
_PLAIN: Final = re.compile(r"[A-Za-z0-9_/:@ -]*")
_ANYTHING: Final = frozenset({"*", "**", ".*", "^.*$", "^.*", ".*$"})


class _Alike:
    """Patterns that begin with the same literal text, by the next segment that each spells out."""

    def __init__(self, function: str, prefix: str, found: Sequence[str]) -> None:
        self._others: list[str] = []
        self._by_segment: dict[int, dict[str, list[str]]] = {}
        for pattern in found:
            segment = literal_segment(function, pattern, prefix.count("/")) if function in SEGMENTED else None
            if segment is None:
                self._others.append(pattern)
            else:
                self._by_segment.setdefault(segment[0], {}).setdefault(segment[1], []).append(pattern)

    def may_match(self, text: str) -> Iterator[str]:
        """The patterns to try with a text."""
        yield from self._others
        if self._by_segment:
            parts = text.split("/")
            for position, patterns_by_text in self._by_segment.items():
                if position < len(parts):
                    yield from patterns_by_text.get(parts[position], ())

    def __len__(self) -> int:
        return len(self._others)


class PatternTable:
    """What is given to patterns, found by the literal text with which a name that matches must begin."""

    def __init__(self, function: str, edges: Mapping[str, tuple[Edge, ...]]) -> None:
        self.edges = edges
        self._function = function
        self._matches = calls.FUNCTIONS[function].call
        by_prefix: dict[str, list[str]] = {}
        for pattern in edges:
            by_prefix.setdefault(patterns.literal_prefix(function, pattern)[0], []).append(pattern)
        self._prefixes = sorted(by_prefix)
        self._alike = [_Alike(function, prefix, by_prefix[prefix]) for prefix in self._prefixes]
        self._parents = parents_of(self._prefixes, lambda: None)
        self.held = lru_cache(maxsize=_NAMES_KEPT)(self._held)

    @property
    def most_alike(self) -> int:
        """How many patterns must all be tried with one name, at most, of those that begin alike."""
        return max(map(len, self._alike), default=0)

    def _held(self, name: str) -> tuple[Edge, ...]:
        """What the patterns that a name matches are given. Raises ValueError for a name that cannot be matched."""
        found: list[Edge] = []
        for pattern in self.matching(name):
            found += self.edges[pattern]
        return tuple(dict.fromkeys(found)) if found else NOTHING_HELD

    def matching(self, name: str) -> Iterator[str]:
        """The patterns that a name matches."""
        text = patterns.derived(self._function, name)
        at = bisect_right(self._prefixes, text) - 1
        while at >= 0 and not text.startswith(self._prefixes[at]):
            at = self._parents[at]
        while at >= 0:
            for pattern in self._alike[at].may_match(text):
                if self._matches(name, pattern):
                    yield pattern
            at = self._parents[at]

    def taken_for_name(self) -> tuple[str, str] | None:
        """A pattern that another one matches as if it were a name, though not all names that it matches.

        Stock Casbin then gives the other's roles to whatever the first one matches.
        """
        if self._function == "keyMatch":
            return None  # what begins with the longer begins with the shorter
        is_regex = self._function == "regexMatch"
        for pattern in self.edges:
            if not is_regex and "*" not in pattern:
                continue  # its parts are narrower than those that match their text
            for other in self.matching(pattern):
                if other != pattern and other not in _ANYTHING and not self._is_wider(other, pattern):
                    return pattern, other
        return None

    def _is_wider(self, other: str, pattern: str) -> bool:
        """Whether one pattern, which matches the text of another, surely matches all that the other matches."""
        if self._function != "regexMatch":
            return "/*" in other and "/*" in pattern
        is_open = "$" not in other.removesuffix(".*$")
        if is_open and _PLAIN.fullmatch(pattern):
            return True  # whatever begins with a plain text matches what matches that text
        beginning = other.removeprefix("^").removesuffix("$").removesuffix(".*") if is_open else "$"
        is_beginning = _PLAIN.fullmatch(beginning) is not None
        return is_beginning and patterns.literal_prefix(self._function, pattern)[0].startswith(beginning)


class PatternRoleGraph(RoleGraph):
    """Roles by name and by pattern."""

    def __init__(self, edges: Mapping[str, Holding], table: PatternTable) -> None:
        super().__init__(edges)
        self.table = table
        distinct = set(table.edges.values())
        self.domains = self.domains | {domain for held in distinct for _, domain in held if domain != "*"}
        self.given = self.given | {role for held in distinct for role, _ in held}

    def held(self, name: str) -> tuple[Edge, ...]:
        """What rows give to a name, and to the patterns that it matches."""
        return super().held(name) + self.table.held(name)

    def holds_any(self, name: str, domain: str | None) -> bool:
        """Whether any row gives a role to the name or to a pattern that it matches, in the domain or in all."""
        if super().holds_any(name, domain):
            return True
        try:
            held = self.table.held(name)
        except ValueError:  # a name that no pattern can be matched with
            return False
        return any(domain is None or at in (domain, ANYWHERE) for _, at in held)

    def roles(self, name: str, domain: str, asserted: Sequence[str] = (), _now: float = 0.0) -> frozenset[str]:
        """Every role that `name` holds in `domain`, through others too, and those of `asserted` roles."""
        held = self.held(name)
        return self._joined(held, domain, asserted) if held or asserted else NO_ROLES

    def assignments(self) -> Iterator[tuple[str, str, str]]:
        """Every row: who, or what pattern, holds which role in which tenant."""
        yield from super().assignments()
        for pattern, held in self.table.edges.items():
            for role, domain in held:
                yield pattern, role, domain


def is_pattern(function: str, text: str) -> bool:
    """Whether a name in a role row may match other names than itself."""
    return function in {"keyMatch5", "globMatch", "regexMatch"} or not patterns.literal_prefix(function, text)[1]


def is_wild(function: str, text: str) -> bool:
    """Whether a text can be meant for nothing but a pattern of the function."""
    if function == "regexMatch":
        return "*" in text
    if function == "globMatch":
        return "*" in text or "?" in text
    return "*" in text or not patterns.literal_prefix(function, text)[1]
