"""A checked Casbin model: what a question and a rule are made of, how they are compared, how effects combine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ALLOW_BY_DEFAULT: Final = "# doorward: allow-by-default"
AUTHZEN_TOKENS: Final = frozenset({"sub", "dom", "obj", "act", "ctx"})
CTX: Final = "ctx"
STARS_ALONE: Final = frozenset({"dom", "act"})
"""Tokens and columns in which keyMatch's `*` stands alone: `acme*` would open `acme-evil`."""


class PolicyEffect(StrEnum):
    """How the effects of matching rules become one decision."""

    ALLOW_OVERRIDE = "some rule allows"
    ALLOW_AND_DENY = "some rule allows and none denies"
    DENY_OVERRIDE = "no rule denies"
    PRIORITY = "the first rule that matches decides"
    SUBJECT_PRIORITY = "the first rule that matches decides, by the level of its subject"

    @property
    def is_ordered(self) -> bool:
        """Whether one rule wins by its place, whatever its effect."""
        return self in {PolicyEffect.PRIORITY, PolicyEffect.SUBJECT_PRIORITY}


# Stock Casbin compares these texts character by character, and refuses any other spelling.
EFFECTS: Final[Mapping[str, PolicyEffect]] = {
    "some(where (p.eft == allow))": PolicyEffect.ALLOW_OVERRIDE,
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))": PolicyEffect.ALLOW_AND_DENY,
    "!some(where (p.eft == deny))": PolicyEffect.DENY_OVERRIDE,
    "priority(p.eft) || deny": PolicyEffect.PRIORITY,
    "subjectPriority(p.eft) || deny": PolicyEffect.SUBJECT_PRIORITY,
}


class Comparison(StrEnum):
    """How a matcher compares a column of a rule with a token of the request."""

    EQUAL = "equal"
    PATTERN = "pattern"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One part of the matcher that an index can use: a column, a value of the request, how they are compared.

    `value` is a token's position, or that of a derived value; `token` always the token's. `star` says
    that `*` in the column matches anything; `function` names the pattern's, `role` the role call.
    """

    column: int
    token: int
    comparison: Comparison
    star: bool
    value: int
    function: str = ""
    role: int = -1


@dataclass(frozen=True, slots=True)
class PatternColumn:
    """A column that a function of the matcher takes as its pattern, and the token it is compared with, if it is one."""

    column: int
    function: str
    token: int | None
    star: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    """One `g = ...`: whether its rows name a tenant and a time window, and what matches patterns in their holders."""

    name: str
    line: int
    domains: bool = False
    windows: bool = False
    pattern: str | None = None

    @property
    def arity(self) -> int:
        """How many fields its rows have."""
        return 2 + self.domains + 2 * self.windows


@dataclass(frozen=True, slots=True)
class RoleCall:
    """A `g(r.X, ..., r.D)` of the matcher: whose roles, and in which tenant: a token's position, a text, or none."""

    definition: str
    token: int
    domain: int | str | None


@dataclass(frozen=True, slots=True)
class Unindexed:
    """A part of the matcher that no index can use: every rule that the other parts leave is tried with it."""

    part: str
    reason: str


@dataclass(slots=True)
class Model:
    """One section set of a model file: `r`, `p`, `e` and `m`, or `r2`, `p2` and `m2`, checked.

    `matcher`, `rest` and `opens` are source over `v` (values of the request), `rule` (one rule),
    `h0`, `h1` (sets of roles), `c` (literals), `x` (context) and `q` (conditions of a rule).

    matcher: the parts that read no attribute; `parts` has them one by one, each with what an index can
    make of it. rest: the parts that read attributes, None where only whole conditions follow. opens:
    where it is true of a request, every rule matches.
    """

    suffix: str = ""
    tokens: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    effect: PolicyEffect = PolicyEffect.ALLOW_AND_DENY
    matcher: str = "True"
    parts: tuple[tuple[str, Constraint | None], ...] = ()
    rest: str | None = None
    opens: str | None = None
    literals: tuple[object, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    patterns: tuple[PatternColumn, ...] = ()
    derived: tuple[tuple[int, str], ...] = ()
    role_calls: tuple[RoleCall, ...] = ()
    condition_columns: tuple[int, ...] = ()
    type_columns: frozenset[int] = frozenset()  # of those below, the ones where `TYPE:*` is a type as a whole
    star_columns: frozenset[int] = frozenset()  # those in which the matcher takes `*` alone for anything
    plain_columns: tuple[int, ...] = ()  # those in which `*` would be a name like any other
    text_tokens: frozenset[int] = frozenset()
    enforce_only: str | None = None
    unindexed: tuple[Unindexed, ...] = ()
    lines: dict[str, int] = field(default_factory=dict)
    text: str = ""  # of the matcher, as the file has it

    def column(self, name: str) -> int | None:
        """The position of a column, or None."""
        return self.columns.index(name) if name in self.columns else None

    @property
    def has_ctx(self) -> bool:
        """Whether questions carry `r.ctx`."""
        return CTX in self.tokens

    @property
    def priority_column(self) -> int | None:
        """The column whose number orders rules before their place does; None where effects are not ordered."""
        return self.column("priority") if self.effect.is_ordered else None

    @property
    def idle_priority_column(self) -> int | None:
        """The column `priority` where effects are not ordered; stock Casbin sorts rules by it all the same."""
        return None if self.effect.is_ordered else self.column("priority")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A whole model file: its section sets by suffix, the main one under `""`, and its role definitions by name."""

    sections: Mapping[str, Model]
    roles: Mapping[str, RoleDefinition]
