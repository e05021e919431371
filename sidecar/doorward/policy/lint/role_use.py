"""Role rows with their lines: who is given which role, and what a role reaches through others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from doorward.engine import Evaluator, Row
from doorward.engine.model import RoleDefinition

ANYWHERE: Final = "*"


class RoleRow(NamedTuple):
    """One row: its line, who is given which role, in which tenant (`*`: in every one)."""

    line: int
    holder: str
    role: str
    domain: str


class Roles:
    """The rows of one role definition. `is_plain`: holders are names, and roles hold at all times."""

    def __init__(self, definition: RoleDefinition, rows: Sequence[RoleRow]) -> None:
        self.name = definition.name
        self.has_domains = definition.domains
        self.has_patterns = definition.pattern is not None
        self.is_plain = not definition.windows and not self.has_patterns
        self.rows = rows
        self.given = frozenset(row.role for row in rows)
        self.holders = frozenset(row.holder for row in rows)
        self.domains = frozenset(row.domain for row in rows)
        self._edges: dict[str, list[tuple[str, str]]] = {}
        for row in rows:
            self._edges.setdefault(row.holder, []).append((row.role, row.domain))
        self._reached: dict[tuple[str, str | None], frozenset[str]] = {}

    def reached(self, name: str, domain: str | None) -> frozenset[str]:
        """A name with all roles that it surely holds in `domain` (`*`: in every one; None: in some one)."""
        if name not in self._edges:
            return frozenset((name,))
        if domain is not None and domain not in self.domains:
            domain = ANYWHERE
        key = name, domain
        known = self._reached.get(key)
        if known is None:
            reached = {name}
            waiting = [name]
            while waiting:
                for role, where in self._edges.get(waiting.pop(), ()):
                    if role not in reached and (domain is None or where in (ANYWHERE, domain)):
                        reached.add(role)
                        waiting.append(role)
            known = self._reached[key] = frozenset(reached)
        return known


def read_roles(rows: Iterable[Row], evaluator: Evaluator) -> Mapping[str, Roles]:
    """The role rows among the rows of a file, by role definition."""
    definitions = evaluator.definitions
    found: dict[str, list[RoleRow]] = {name: [] for name in definitions}
    for row in rows:
        if row.kind in found:
            domain = row.fields[2] if definitions[row.kind].domains else ANYWHERE
            found[row.kind].append(RoleRow(row.line, row.fields[0], row.fields[1], domain))
    return {name: Roles(definition, found[name]) for name, definition in definitions.items()}
