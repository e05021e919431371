"""Rows of a role definition to its graph: each row is checked, and what they make together."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from doorward.engine.language import patterns
from doorward.engine.language.expressions import ExpressionError
from doorward.engine.model import RoleDefinition
from doorward.engine.problems import Problems
from doorward.engine.roles.chains import check_chains
from doorward.engine.roles.graph import ANYWHERE, Assignment, Edge, Holding, RoleGraph, Roles, shared_holdings
from doorward.engine.roles.patterns import PatternRoleGraph, PatternTable, is_pattern, is_wild
from doorward.engine.roles.windows import Grant, WindowedRoles, read_time
from doorward.engine.rows import Row

_SHAPE: Final = "YYYY-MM-DD HH:MM:SS"
_MOST_ALIKE: Final = 500
_WHOEVER: Final = "whoever matches"


def change_roles(
    before: RoleGraph,
    definition: RoleDefinition,
    rows: tuple[Iterable[Row], Iterable[Row]],
    problems: Problems,
    pace: Callable[[], None],
) -> RoleGraph | None:
    """The graph without some rows and with others; faults of new rows go to `problems`.

    None where the new rows make a circle or an over-long chain: a whole build says which.
    """
    gone, new = rows
    reader = RoleRowReader(definition, problems)
    edges = [edge for row in new if (edge := reader.edge(row)) is not None]
    if problems:
        return None
    silent = RoleRowReader(definition, Problems(problems.path))
    less = Counter(edge for row in gone if (edge := silent.edge(row)) is not None)
    more = Counter(edges)
    changed = before.changed((less - more).elements(), (more - less).elements(), pace)
    together = Problems(problems.path)
    check_chains(changed.edges, changed.given, dict, together)
    return None if together else changed


class RoleRowReader:
    """Collects the edges of one role definition, row by row; circles, over-long chains and faults go to `problems`."""

    def __init__(self, definition: RoleDefinition, problems: Problems) -> None:
        self._definition = definition
        self._problems = problems
        self._held: dict[str, tuple[Edge, ...] | list[Edge]] = {}  # lists where rows give more than one
        self._shared: dict[tuple[Edge, ...], tuple[Edge, ...]] = {}
        self._members: list[str] = []  # of each row, with its line: compact, because only faults ask
        self._lines = array("I")
        self._given: set[str] = set()
        self._windows: dict[tuple[str, str, str], Grant] = {}

    def read(self, row: Row) -> None:
        """Add one row; its faults go to the problems."""
        edge = self.edge(row)
        if edge is None:
            return
        member, role, domain = edge
        held = self._held.get(member)
        if held is None:
            one = ((role, domain),)
            self._held[member] = self._shared.setdefault(one, one)
        elif isinstance(held, list):
            held.append((role, domain))
        else:
            self._held[member] = [*held, (role, domain)]
        self._given.add(role)
        self._members.append(member)
        self._lines.append(row.line)

    def _line_of(self) -> dict[Assignment, int]:
        """The line of each assignment; of the last row that makes it."""
        places: Counter[str] = Counter()
        found: dict[Assignment, int] = {}
        for member, line in zip(self._members, self._lines, strict=True):
            role, domain = self._held[member][places[member]]
            places[member] += 1
            found[member, role, domain] = line
        return found

    def edge(self, row: Row) -> tuple[str, str, str] | None:
        """Holder, role and domain of a row, or None where it is faulty."""
        line, fields, definition = row.line, row.fields, self._definition
        if len(fields) != definition.arity:
            has = f"a {definition.name} row has {definition.arity} fields after its type"
            self._problems.add(line, f"{has}, this one {len(fields)}")
            return None
        member, role = fields[0], fields[1]
        domain = fields[2] if definition.domains else ANYWHERE
        before = len(self._problems.found)
        self._check_names(line, member, role)
        if "*" in domain and domain != ANYWHERE:
            self._problems.add(
                line, f"`*` must stand alone in a tenant column, not in {domain!r}; write one row a tenant"
            )
        if member == role:
            self._problems.add(line, f"{member} is given to itself; remove the row")
        if definition.windows:
            self._read_window(row, (member, role, domain))
        return (member, role, domain) if len(self._problems.found) == before else None

    def _check_names(self, line: int, member: str, role: str) -> None:
        function = self._definition.pattern
        if function is None:
            if "*" in member or "*" in role:
                self._problems.add(line, "`*` is no subject or role here; write a row for each, or `*` as p.sub")
            return
        if is_wild(function, role):
            hint = "; `:` begins a part there, so use keyMatch3" if ":" in role and function == "keyMatch2" else ""
            self._problems.add(
                line, f"a role is a name, and {role!r} is a pattern of {function}{hint}; only holders may be patterns"
            )
        try:
            patterns.check_pattern(function, member)
        except ExpressionError as error:
            self._problems.add(line, str(error))

    def _read_window(self, row: Row, edge: tuple[str, str, str]) -> None:
        start, end = row.fields[-2:]
        if self._definition.domains and edge[2] == ANYWHERE:
            self._problems.add(row.line, "stock Casbin knows no `*` beside time windows; write one row a tenant")
        if edge in self._windows:
            self._problems.add(
                row.line, f"{edge[0]} has {edge[1]} already, and of two windows Casbin keeps the last; keep one"
            )
        try:
            window = read_time(start, float("-inf")), read_time(end, float("inf"))
        except ValueError:
            self._problems.add(
                row.line, f"{start!r} to {end!r} is no time window; write {_SHAPE} in UTC, `_` for an open end"
            )
            return
        if window[0] >= window[1]:
            self._problems.add(row.line, f"the role is held at no time: {start} is not before {end}")
        self._windows[edge] = Grant(edge[1], edge[2], *window)

    def graph(self) -> Roles:
        """The graph of what was read; circles and over-long chains go to the problems."""
        function = self._definition.pattern
        edges = shared_holdings((member, tuple(held)) for member, held in self._held.items())
        if function is not None:
            return self._pattern_graph(function, edges)
        check_chains(edges, self._given, self._line_of, self._problems)
        if not self._definition.windows:
            return RoleGraph(edges)
        grants: dict[str, list[Grant]] = {}
        for (member, _, _), grant in self._windows.items():
            grants.setdefault(member, []).append(grant)
        return WindowedRoles({member: tuple(held) for member, held in grants.items()})

    def _pattern_graph(self, function: str, edges: Mapping[str, Holding]) -> Roles:
        matched = {name for name in edges if is_pattern(function, name)}
        names = {name: held for name, held in edges.items() if name not in matched}
        table = PatternTable(function, {name: edges[name].edges for name in edges if name in matched})
        if table.most_alike > _MOST_ALIKE:
            self._problems.add(
                0,
                f"more than {_MOST_ALIKE} patterns of {self._definition.name} begin alike and spell out no segment,"
                " so each name would be tried with all of them; begin them with a text of their own",
            )
            return PatternRoleGraph(names, table)
        taken = table.taken_for_name()
        if taken is not None:
            line = next((line for (member, _, _), line in self._line_of().items() if member == taken[0]), 0)
            self._problems.add(
                line,
                f"stock Casbin takes {taken[0]!r} itself for a name that {taken[1]!r} matches;"
                " write one of them so that it does not",
            )
        if not self._problems:
            # A role's name may match patterns too, so roles are looked at with what they get that way, in all tenants.
            above = {role: [*names.get(role, ()), *table.held(role)] for role in self._given}
            chains = {role: tuple((one, ANYWHERE) for one, _ in held) for role, held in above.items() if held}
            chains[_WHOEVER] = tuple((role, ANYWHERE) for role in sorted(self._given))
            check_chains(chains, self._given, self._line_of, self._problems)
        return PatternRoleGraph(names, table)
