"""Which rules cover which: found by looking up what is wider than each cell, never by comparing all pairs.

A rule covers another if it matches every question that the other one matches. Rules without a
condition are kept in nested maps, one level a column; a rule's coverers are at the ends of the ways
that lead through wider cells: the cell itself, `*`, shorter prefixes, roles that the cell's role holds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from doorward.engine.index.rules import Rule
from doorward.engine.language import patterns
from doorward.engine.model import Comparison
from doorward.policy.lint.role_use import Roles
from doorward.policy.lint.shape import NO_CONDITION, Column, Section

_ORDER: Final = {"obj": 0, "act": 1, "sub": 2, "dom": 3}
_ALIKE: Final = 16  # of patterns that begin alike, so many of the shortest, which are the widest, are tried
_MATCHES: Final[Mapping[str, Callable[[object, str], bool]]] = {
    "keyMatch2": patterns.key_match2,
    "keyMatch3": patterns.key_match3,
    "keyMatch5": patterns.key_match5,
}
_LITERAL_ENDS: Final = ":{*"

Key = tuple[str, ...]


class Cover(NamedTuple):
    """The rules that cover one: the first of the same effect, and the first of the other. Positions, or None."""

    same: int | None
    other: int | None


class CoverIndex:
    """The unconditional rules of a section, by their cells; without those that are `left_out`."""

    def __init__(self, section: Section, roles: Mapping[str, Roles], left_out: Callable[[Section, int], bool]) -> None:
        self._section = section
        self._roles = roles
        columns = sorted(section.columns, key=lambda one: _ORDER.get(one.token, len(_ORDER)))
        free = [column for column in columns if column.position in section.free]
        self._columns: Sequence[Column] = [column for column in columns if column not in free]
        self._exact: Sequence[int] = section.free
        self._wider_prefixes = [_Prefixes(section, column) for column in self._columns]
        self._wider: list[dict[Key, Key]] = [{} for _ in self._columns]
        self._root: dict[Any, Any] = {}
        for number, rule in enumerate(section.rules):
            if section.condition(rule) == NO_CONDITION and not left_out(section, number):
                self._add(number, rule)

    def cells(self, rule: Rule) -> Key:
        """What a rule says in every column that decides when it matches, conditions aside."""
        fields = rule.fields
        return (*(fields[at] for at in self._exact), *(fields[column.position] for column in self._columns))

    def _add(self, number: int, rule: Rule) -> None:
        node = self._root
        for cell in self.cells(rule):
            node = node.setdefault(cell, {})
        known: int | None = node.get(rule.allows)
        if known is None or self._section.rules[known].rank > rule.rank:
            node[rule.allows] = number

    def covers(self, number: int) -> Cover:
        """The first rules without a condition that cover the rule at a position, other than itself."""
        rule = self._section.rules[number]
        nodes: list[dict[Any, Any]] = [self._root]
        for at in self._exact:
            nodes = [node[rule.fields[at]] for node in nodes if rule.fields[at] in node]
        for level, column in enumerate(self._columns):
            wider = self._wider_cells(level, column, rule)
            nodes = [node[cell] for node in nodes for cell in wider if cell in node]
            if not nodes:
                break
        return Cover(self._first(nodes, number, allows=rule.allows), self._first(nodes, number, allows=not rule.allows))

    def _first(self, leaves: Iterable[dict[Any, Any]], number: int, *, allows: bool) -> int | None:
        rules = self._section.rules
        found = [leaf[allows] for leaf in leaves if allows in leaf and leaf[allows] != number]
        return min(found, key=lambda one: rules[one].rank, default=None)

    def _wider_cells(self, level: int, column: Column, rule: Rule) -> Key:
        """Every cell in a column that matches at least what the rule's cell matches."""
        cell = rule.fields[column.position]
        domain = rule.fields[column.domain] if isinstance(column.domain, int) else column.domain or "*"
        key = (cell, domain) if column.how is Comparison.ROLE else (cell,)
        known = self._wider[level].get(key)
        if known is None:
            found = {cell}
            if column.star:
                found.add("*")
            if column.how is Comparison.ROLE and cell != "*":
                roles = self._roles.get(column.roles)
                if roles is not None and roles.is_plain:
                    found |= roles.reached(cell, domain)
            elif column.how is Comparison.PATTERN:
                found.update(self._wider_prefixes[level].wider(cell))
            known = self._wider[level][key] = tuple(found)
        return known


class _Prefixes:
    """The patterns in a column, to find those that are wider than another."""

    def __init__(self, section: Section, column: Column) -> None:
        self._function = column.function
        self._by_prefix: dict[str, list[str]] = {}
        if column.how is not Comparison.PATTERN:
            return
        for cell in {rule.fields[column.position] for rule in section.rules}:
            if self._function == "keyMatch":
                if cell.endswith("*"):
                    self._by_prefix[cell[:-1]] = [cell]
            elif self._function in _MATCHES and any(mark in cell for mark in _LITERAL_ENDS):
                self._by_prefix.setdefault(_literal(cell), []).append(cell)
        for alike in self._by_prefix.values():
            alike.sort(key=len)
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def wider(self, cell: str) -> Iterable[str]:
        """The patterns that match whatever `cell` matches."""
        text = cell.removesuffix("*") if self._function == "keyMatch" else cell
        for length in self._lengths if self._by_prefix else ():
            if length > len(text):
                break
            for pattern in self._by_prefix.get(text[:length], ())[:_ALIKE]:
                if self._function == "keyMatch" or self._covers(pattern, cell):
                    yield pattern

    def _covers(self, pattern: str, cell: str) -> bool:
        """Whether a path pattern matches another one taken as a text, and so all that it matches."""
        if pattern == "*" or cell == "*":
            return pattern == "*"
        if "*" in cell and not (cell.endswith("/*") and pattern.endswith("/*") and cell.count("*") == 1):
            return False
        if "*" in cell and pattern.count("/") > cell.count("/"):
            return False
        try:
            return _MATCHES[self._function](cell, pattern)
        except ValueError:
            return False


def _literal(pattern: str) -> str:
    """What a path pattern begins with before its first sign."""
    ends = [at for mark in _LITERAL_ENDS if (at := pattern.find(mark)) >= 0]
    return pattern[: min(ends, default=len(pattern))]
