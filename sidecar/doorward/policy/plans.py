"""models/plans.conf and policies/plans.csv: which features a plan has and how much of each limit."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from doorward.domain.errors import BadRequest
from doorward.domain.names import check_name
from doorward.domain.plans import MAX_AMOUNT, UNLIMITED, Per, PlanLimit, PlanRows
from doorward.engine import Problems, Row, read_definitions, read_rows
from doorward.engine.roles.graph import MAX_CHAIN
from doorward.policy.fields import listed

DEFINITIONS: Final[Mapping[str, str]] = {
    "r": "plan, limit, per, amount",
    "r2": "plan, feature",
    "p": "plan, limit, per, amount",
    "p2": "plan, feature",
    "g": "_, _",
    "e": "some(where (p.eft == allow))",
    "m": "r.plan == p.plan && r.limit == p.limit && r.per == p.per && atMost(r.amount, p.amount)",
    "m2": "g(r2.plan, p2.plan) && r2.feature == p2.feature",
}
"""The one model that plans are read by."""
MAX_PLANS: Final = 1_000
MAX_FEATURES: Final = 100_000
_SHAPES: Final = {"p": "p, PLAN, LIMIT, PER, AMOUNT", "p2": "p2, PLAN, FEATURE", "g": "g, PLAN, INHERITED"}
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
_FREE: Final = re.compile(r"\s*(==|[,()])\s*")
_Given = Mapping[str, Mapping[str, int]]  # by plan, what rows give it, with their lines


_SECTIONS: Final = {
    "request_definition": ("r", "r2"),
    "policy_definition": ("p", "p2"),
    "role_definition": ("g",),
    "policy_effect": ("e",),
    "matchers": ("m", "m2"),
}


def model_text() -> str:
    """The one model as a file."""
    sections = (
        "".join([f"[{section}]\n", *(f"{key} = {DEFINITIONS[key]}\n" for key in keys)])
        for section, keys in _SECTIONS.items()
    )
    return "\n".join(sections)


def check_plan_model(text: str, problems: Problems) -> None:
    """Note where a model differs from the one that plans are read by; blanks aside."""
    before = len(problems.found)
    read = read_definitions(text, problems)
    if len(problems.found) > before:
        return
    for key, wanted in DEFINITIONS.items():
        line, value = read.get(key, (0, None))
        if value is None:
            problems.add(0, f"`{key}` is missing; plans are read by one model alone, write `{key} = {wanted}`")
        elif _normal(key, value) != _normal(key, wanted):
            problems.add(line, f"`{key} = {value}`: plans are read by one model alone, write `{key} = {wanted}`")
    for key, (line, _) in read.items():
        if key not in DEFINITIONS:
            problems.add(line, f"`{key}` is not known here; plans are read by one model alone, remove it")


def _normal(key: str, value: str) -> str:
    """A definition as all ways to space it are; stock Casbin compares effects letter by letter, and needs `a && b`."""
    return value if key == "e" else _FREE.sub(r"\1", " ".join(value.split()))


def read_plans(text: str, problems: Problems) -> Mapping[str, PlanRows]:
    """What rows say of each plan that they name; faults go to `problems` and what they spoil is left out."""
    reader = _Reader(problems)
    for row in read_rows(text, problems):
        reader.read(row)
    return reader.plans()


@dataclass(slots=True)
class _Reader:
    """Collects rows by plan."""

    problems: Problems
    names: dict[str, int] = field(default_factory=dict)  # with the line that names each first
    limits: dict[str, dict[tuple[str, Per], PlanLimit]] = field(default_factory=dict)
    features: dict[str, dict[str, int]] = field(default_factory=dict)
    inherited: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def read(self, row: Row) -> None:
        """Take one row; its faults go to the problems."""
        shape = _SHAPES.get(row.kind)
        if shape is None:
            self.problems.add(row.line, f"unknown row type {row.kind!r}; there are {listed([*_SHAPES])}")
            return
        if len(row.fields) != shape.count(","):
            has = f"a {row.kind} row has {shape.count(',')} fields after its type, this one {len(row.fields)}"
            self.problems.add(row.line, f"{has}; write `{shape}`")
            return
        if self._is_named(row, "plan", row.fields[0]):
            self.names.setdefault(row.fields[0], row.line)
        match row.kind:
            case "p":
                self._limit(row)
            case "p2":
                self._feature(row)
            case _:
                self._inherit(row)

    def _limit(self, row: Row) -> None:
        plan, limit, per, amount = row.fields
        is_named = self._is_named(row, "limit", limit)
        period = next((one for one in Per if one.value == per), None)
        if period is None:
            self.problems.add(row.line, f"per must be {listed([*Per], 'or')}, not {per!r}")
        count = None if amount == UNLIMITED else self._amount(row, amount)
        if is_named and period is not None and self._is_first(row, ("p", plan, limit, per)):
            self.limits.setdefault(plan, {})[limit, period] = PlanLimit(limit=limit, per=period, amount=count)

    def _amount(self, row: Row, text: str) -> int:
        if not _AMOUNT.match(text) or int(text) > MAX_AMOUNT:
            fix = f"a whole number from 0 to {MAX_AMOUNT}, or {UNLIMITED}"
            self.problems.add(row.line, f"an amount is {fix}, not {text!r}")
            return 0
        return int(text)

    def _feature(self, row: Row) -> None:
        plan, feature = row.fields
        if self._is_named(row, "feature", feature) and self._is_first(row, ("p2", plan, feature)):
            self.features.setdefault(plan, {})[feature] = row.line

    def _inherit(self, row: Row) -> None:
        plan, inherited = row.fields
        if not self._is_named(row, "inherited plan", inherited):
            return
        self.names.setdefault(inherited, row.line)
        if plan == inherited:
            self.problems.add(row.line, f"{plan} inherits from itself; remove the row")
        elif self._is_first(row, ("g", plan, inherited)):
            self.inherited.setdefault(plan, {})[inherited] = row.line

    def _is_named(self, row: Row, what: str, value: str) -> bool:
        try:
            check_name(what, value)
        except BadRequest as error:
            self.problems.add(row.line, f"{error}, not {value!r}")
            return False
        return True

    def _is_first(self, row: Row, key: tuple[str, ...]) -> bool:
        first = self.seen.setdefault(key, row.line)
        if first != row.line:
            self.problems.add(row.line, f"{', '.join(key)} stands in line {first} already; keep one")
        return first == row.line

    def plans(self) -> Mapping[str, PlanRows]:
        """Every plan that was named."""
        if len(self.names) > MAX_PLANS:
            self.problems.add(0, f"more than {MAX_PLANS} plans; take out those that nobody has")
            return {}
        features = _closed([*self.names], self.features, self.inherited, self.problems)
        return {
            name: PlanRows(features=features.get(name, ()), limits=tuple(self.limits.get(name, {}).values()), line=line)
            for name, line in self.names.items()
        }


def _closed(names: Sequence[str], own: _Given, inherited: _Given, problems: Problems) -> Mapping[str, tuple[str, ...]]:
    """The features of each plan: its own, then those it inherits; from those that inherit nothing upwards."""
    closed: dict[str, tuple[str, ...]] = {}
    waiting = names
    count = 0
    for _ in range(MAX_CHAIN + 1):
        ready = [name for name in waiting if all(one in closed for one in inherited.get(name, ()))]
        for name in ready:
            found = dict.fromkeys(own.get(name, ()))
            for one in inherited.get(name, ()):
                found |= dict.fromkeys(closed[one])
            closed[name] = tuple(found)
            count += len(found)
            if count > MAX_FEATURES:
                problems.add(0, f"more than {MAX_FEATURES} features of plans, inherited ones included; inherit less")
                return closed
        waiting = [name for name in waiting if name not in closed]
    if waiting:
        problems.add(*_way_without_end(waiting[0], inherited, closed))
    return closed


def _way_without_end(plan: str, inherited: _Given, closed: Container[str]) -> tuple[int, str]:
    """The line and the words for a plan that inherits in a circle, or over too many others."""
    way = [plan]
    while True:
        above = next((one for one in inherited.get(way[-1], ()) if one not in closed), None)
        if above is None:
            message = f"plans inherit over more than {MAX_CHAIN} others, and Casbin stops there; shorten it"
            return next(iter(inherited[way[-1]].values())), message
        line = inherited[way[-1]][above]
        if above in way:
            circle = " -> ".join([*way[way.index(above) :], above])
            return line, f"plans inherit in a circle: {circle}; remove one of the rows"
        way.append(above)
