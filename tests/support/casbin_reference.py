"""A policy as plain data, and what it means by the plainest reading: every row is tried, in file order.

Nothing here comes from the engine: it is a second opinion, as stock Casbin is a third.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from doorward.domain.access import Question

ALLOW = "some(where (p.eft == allow))"
DENY = "!some(where (p.eft == deny))"
ALLOW_AND_DENY = f"{ALLOW} && {DENY}"
ALLOW_BY_DEFAULT = "# doorward: allow-by-default\n"

Row = tuple[str, ...]
Context = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """The text of a `when` cell, and what it means."""

    text: str
    holds: Callable[[Context], bool] = field(compare=False, repr=False)


TRUE = Condition("True", lambda _: True)


@dataclass(frozen=True)
class Asked:
    """A question put to one row: the request by token, the row by column, and whose role is whose."""

    request: Mapping[str, str]
    row: Mapping[str, str]
    held: frozenset[str]


@dataclass(frozen=True)
class Part:
    """One part of a matcher's conjunction: its text, and what it means."""

    text: str
    holds: Callable[[Asked], bool] = field(compare=False, repr=False)


EVAL = Part("eval(p.when)", lambda _: True)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A model: its columns and tokens in order, the parts of its matcher, its effect, the arity of `g`."""

    tokens: tuple[str, ...]
    columns: tuple[str, ...]
    parts: tuple[Part, ...]
    effect: str = ALLOW_AND_DENY
    role_arity: int = 0

    @cached_property
    def text(self) -> str:
        """The model file."""
        roles = f"[role_definition]\ng = {', '.join('_' * self.role_arity)}\n" if self.role_arity else ""
        return (
            f"{ALLOW_BY_DEFAULT if self.effect == DENY else ''}"
            f"[request_definition]\nr = {', '.join(self.tokens)}\n\n"
            f"[policy_definition]\np = {', '.join(self.columns)}\n\n"
            f"{roles}[policy_effect]\ne = {self.effect}\n\n"
            f"[matchers]\nm = {' && '.join(part.text for part in self.parts)}\n"
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A shape with rows. `text` is the policy file, `lines` where each `p` row stands in it."""

    shape: Shape
    rules: tuple[Row, ...]
    roles: tuple[Row, ...]
    conditions: Mapping[str, Condition]
    text: str
    lines: tuple[int, ...]

    def held(self, question: Question) -> frozenset[str]:
        """Every role that the subject holds in the question's tenant, through others too."""
        return held_roles(self.roles, question.sub, question.dom) if self.shape.role_arity else frozenset()

    def decide(self, question: Question) -> tuple[bool, int | None]:
        """Whether it is allowed, and the line of the rule that decides: the first deny, else the first allow."""
        shape = self.shape
        held = self.held(question)
        request = {token: getattr(question, token) for token in shape.tokens if token != "ctx"}  # noqa: S105
        context = question.context(held)
        first: dict[str, int] = {}
        for fields, line in zip(self.rules, self.lines, strict=True):
            row = dict(zip(shape.columns, fields, strict=True))
            asked = Asked(request, row, held)
            if not all(part.holds(asked) for part in shape.parts):
                continue
            if "when" in row and not self.conditions[row["when"]].holds(context):
                continue
            first.setdefault(row.get("eft", "allow"), line)
        if "deny" in first:
            return False, first["deny"]
        return "allow" in first or shape.effect == DENY, first.get("allow")


def held_roles(roles: Sequence[Row], subject: str, domain: str) -> frozenset[str]:
    """The names that can be reached from `subject` by the `g` rows of a domain and of `*`."""
    links = [(row[0], row[1]) for row in roles if len(row) == 2 or row[2] in {"*", domain}]
    reached = {subject}
    grew = True
    while grew:
        more = {role for holder, role in links if holder in reached} - reached
        reached |= more
        grew = bool(more)
    return frozenset(reached - {subject})


def equal(token: str, column: str) -> Callable[[Asked], bool]:
    """`r.TOKEN == p.COLUMN`."""
    return lambda asked: asked.request[token] == asked.row[column]


def pattern(token: str, column: str) -> Callable[[Asked], bool]:
    """`keyMatch(r.TOKEN, p.COLUMN)`."""
    return lambda asked: matches(asked.request[token], asked.row[column])


def role(column: str) -> Callable[[Asked], bool]:
    """`g(r.sub, p.COLUMN)`."""
    return lambda asked: asked.row[column] in asked.held or asked.row[column] == asked.request["sub"]


def star(column: str, otherwise: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    """`p.COLUMN == "*" || ...`."""
    return lambda asked: asked.row[column] == "*" or otherwise(asked)


def matches(text: str, wanted: str) -> bool:
    """Casbin's keyMatch with the `*` at the end."""
    return text == wanted or (wanted.endswith("*") and text.startswith(wanted[:-1]))


def seeded(seed: int) -> Random:
    """The same numbers for the same seed."""
    return Random(seed)  # noqa: S311 - test data, no secret
