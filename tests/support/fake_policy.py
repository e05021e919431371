"""A policy that answers as it is told, and remembers what it was asked by position."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from doorward.domain.access import Decision, Explanation, Question
from doorward.domain.catalog import Catalog
from doorward.domain.flags import DeclaredFlags
from doorward.domain.plans import Plan
from doorward.domain.security import SecurityPolicies
from doorward.engine.flags import Flags


class Shape(NamedTuple):
    """The tokens of a section, and the positions of those that are texts."""

    tokens: tuple[str, ...]
    texts: frozenset[int] = frozenset()


class Asked(NamedTuple):
    """One question by position."""

    values: list[Any]
    section: str
    now: float
    address: str


ALLOWED = Decision(True, "a-rule")


@dataclass
class FakePolicy:
    """A PolicySnapshot of any shape."""

    shapes: Mapping[str, Shape]
    answer: Decision = ALLOWED
    enforce_only: str | None = None
    revision: str = "dir:fake"
    tenants: frozenset[str] = frozenset()
    rule_count: int = 0
    plans: Mapping[str, Plan] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    security: SecurityPolicies = field(default_factory=SecurityPolicies)
    flags: Flags = field(default_factory=lambda: Flags(DeclaredFlags()))
    roles: frozenset[str] = frozenset()
    rows: Mapping[str, tuple[tuple[str, str, str], ...]] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    asked: list[Asked] = field(default_factory=list)

    def decide(self, _question: Question) -> Decision:
        return self.answer

    def explain(self, _question: Question, notes: tuple[str, ...] = ()) -> Explanation:
        raise AssertionError(f"nobody asks it why: {notes}")

    def enforce(self, values: Sequence[Any], section: str, now: float, address: str) -> Decision:
        self.asked.append(Asked(list(values), section, now, address))
        return self.answer

    def tokens(self, section: str) -> tuple[str, ...] | None:
        shape = self.shapes.get(section)
        return None if shape is None else shape.tokens

    def text_tokens(self, section: str) -> frozenset[int]:
        return self.shapes[section].texts

    def subject_attributes(self, _subject: str) -> Mapping[str, Any]:
        return {}

    def resource_attributes(self, _resource: str) -> Mapping[str, Any]:
        return {}

    def knows_role(self, role: str) -> bool:
        return self.declares_role(role.removeprefix("role:"))

    def declares_role(self, name: str) -> bool:
        return name in self.roles

    def role_rows(self, subject: str) -> Sequence[tuple[str, str, str]]:
        return self.rows.get(subject, ())

    def has_role_in(self, subject: str, tenant: str) -> bool:
        return any(where in {tenant, "*"} for _, where, _ in self.role_rows(subject))

    def held_roles(self, subject: str, tenant: str, given: Sequence[str], _now: float) -> frozenset[str]:
        return frozenset(given) | {role for role, where, _ in self.role_rows(subject) if where in {tenant, "*"}}

    def role_names(self, subject: str, tenant: str, asserted: Sequence[str], _now: float) -> list[str]:
        return sorted(self.held_roles(subject, tenant, [one.removeprefix("role:") for one in asserted]))

    has_timed_roles = False

    def rule_places(self, _names: set[str]) -> Mapping[str, str]:
        return {}

    def permission_pairs(self) -> Sequence[tuple[str, str]]:
        return self.pairs


class FakeSource:
    """Gives one policy."""

    name = "fake"
    is_remote = False

    def __init__(self, policy: FakePolicy) -> None:
        self._policy = policy

    def load(self, _pace: Callable[[], None], _previous: object) -> FakePolicy:
        return self._policy
