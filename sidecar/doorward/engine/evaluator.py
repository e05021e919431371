"""The evaluator: one immutable policy, answering questions.

The rule that decides is the first matching deny in file order, else the first matching allow.
Denials and allowances are indexed apart, because most policies have few of the former.
"""

import copy
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from doorward.domain.access import NO_TENANT, Decision, DecisionError, Effect, Question
from doorward.engine.conditions import AbsentAttribute
from doorward.engine.index import Node, Rule, compares, rules_below
from doorward.engine.model import Model, PolicyEffect
from doorward.engine.roles import RoleGraph
from doorward.engine.search import compile_search

RANK_BITS: Final = 32
"""The rules of a whole build have ranks this many bits apart: so often may the gap between two be halved."""

_RULES_A_STEP: Final = 1_000
_NO_ROLES: Final[frozenset[str]] = frozenset()


def token_reader(tokens: Sequence[str]) -> Callable[[Question], Sequence[str]]:
    """Reads the request's values from a question in the model's own order (`ctx` as an empty place)."""
    names = [token if token != "ctx" else "act" for token in tokens]  # noqa: S105 - a Casbin token
    read: Callable[[Question], Any] = attrgetter(*names)
    if len(names) > 1:
        return read
    return lambda question: (read(question),)


class Evaluator:
    """Answers questions from one policy. Immutable but for a cache of role closures."""

    def __init__(  # noqa: PLR0913 - the parts of a policy
        self,
        *,
        model: Model,
        rules: Sequence[Rule],
        lines: Sequence[int],
        roles: RoleGraph,
        index: Node,
        path: str,
    ) -> None:
        self.model = model
        self.rules = rules
        self.roles = roles
        self.path = path
        self.lines = lines
        self.index = index
        self._search, self._matches = compile_search(model)
        self._read = token_reader(model.tokens)
        self._name_column = model.column("rule")
        self._asks_roles = model.role_subject is not None
        self._by_tenant = model.role_domain is not None
        self._default = model.effect is PolicyEffect.DENY_OVERRIDE
        self._subjects = self._named("sub")
        self._rule_domains = self._named("dom")
        self.domains = roles.domains | self._rule_domains  # every tenant that is named, `*` where it stands

    def changed(  # noqa: PLR0913 - the parts that differ
        self,
        *,
        rules: Sequence[Rule],
        lines: Sequence[int],
        index: Node,
        gone: Sequence[Rule],
        new: Sequence[Rule],
        pace: Callable[[], None],
    ) -> "Evaluator":
        """The same model and roles with other rules, of which some are `gone` and some `new`."""
        other = copy.copy(self)
        other.rules, other.lines, other.index = rules, lines, index
        other._rename(gone, new, pace)  # noqa: SLF001 - one of our own, not yet given to anybody
        return other

    def decide(self, question: Question) -> Decision:
        """Answer one question. Never raises: what cannot be decided is a denial with an error."""
        held = self.held_roles(question)
        pending: list[Rule] = []
        deny, allow = self._search(self.index, self._read(question), held, pending)
        if pending:
            return self._decide_with_conditions(question, held, deny, allow, pending)
        if deny is not None:
            return Decision(False, self.name(deny))
        if allow is not None:
            return Decision(True, self.name(allow))
        return Decision(self._default)

    def held_roles(self, question: Question) -> frozenset[str]:
        """Every role the subject holds in the question's tenant, through others too."""
        if not self._asks_roles:
            return _NO_ROLES
        domain = question.dom if self._by_tenant else NO_TENANT
        return self.roles.roles(question.sub, domain, question.asserted)

    def name(self, rule: Rule) -> str:
        """How answers call a rule: by its `rule` column, else by its place."""
        if self._name_column is not None:
            return rule.fields[self._name_column]
        return f"{self.path}:{self.line(rule)}"

    def line(self, rule: Rule) -> int:
        """The 1-based line of a rule in its file."""
        return self.lines[self._position(rule)]

    def _position(self, rule: Rule) -> int:
        """Where it stands among the rules: where its rank says, until a change before it moves it."""
        at = rule.rank >> RANK_BITS
        if 0 <= at < len(self.rules) and self.rules[at] is rule:
            return at
        return bisect_left(self.rules, rule.rank, key=_rank)

    def knows_role(self, name: str) -> bool:
        """Whether a role row or a rule's subject column names it."""
        return self.roles.knows(name) or name in self._subjects

    def _named(self, token: str) -> frozenset[str]:
        """Everything that rules say in the columns that are compared with a token."""
        columns = self._columns(token)
        return frozenset(rule.fields[column] for column in columns for rule in self.rules)

    def _columns(self, token: str) -> frozenset[int]:
        return frozenset(one.column for one in self.model.constraints if self.model.tokens[one.token] == token)

    def _rename(self, gone: Sequence[Rule], new: Sequence[Rule], pace: Callable[[], None]) -> None:
        """Note the names that a change brings, and forget those that nothing says any more."""
        domains = self._named_now("dom", self._rule_domains, gone, new, pace)
        if domains is not self._rule_domains:
            self._rule_domains = domains
            self.domains = self.roles.domains | domains
        self._subjects = self._named_now("sub", self._subjects, gone, new, pace)

    def _named_now(
        self, token: str, before: frozenset[str], gone: Sequence[Rule], new: Sequence[Rule], pace: Callable[[], None]
    ) -> frozenset[str]:
        """What `_named` would find, from what it found before a few rules changed."""
        columns = self._columns(token)
        come = {rule.fields[column] for column in columns for rule in new}
        doubtful = {rule.fields[column] for column in columns for rule in gone} - come
        for start in range(0, len(self.rules), _RULES_A_STEP):
            if not doubtful:
                break
            pace()
            doubtful -= {
                rule.fields[column] for column in columns for rule in self.rules[start : start + _RULES_A_STEP]
            }
        if not doubtful and come <= before:
            return before
        return (before | come) - doubtful

    def effect(self, rule: Rule) -> Effect:
        """What the rule does when it matches."""
        return Effect.ALLOW if rule.allows else Effect.DENY

    def field(self, rule: Rule, column: str, otherwise: str) -> str:
        """What a rule says in a column, `otherwise` where the model has no such column."""
        position = self.model.column(column)
        return otherwise if position is None else rule.fields[position]

    def matching(self, question: Question) -> tuple[list[Rule], list[Rule]]:
        """The denying and the allowing rules whose columns match, each in file order, conditions aside."""
        values = self._read(question)
        held = self.held_roles(question)
        below = rules_below(self.index, values, held)
        found = sorted((rule for rule in below if self._matches(rule, values, held)), key=_rank)
        return [rule for rule in found if not rule.allows], [rule for rule in found if rule.allows]

    def rules_near(self, question: Question, limit: int) -> Iterator[Rule]:
        """At most `limit` rules for the question's resource and action, whoever and whichever tenant they are for.

        They come in file order; where there are more, which of them is not said.
        """
        values = self._read(question)
        free = frozenset(position for position, token in enumerate(self.model.tokens) if token in {"sub", "dom"})
        found = rules_below(self.index, values, _NO_ROLES, free)
        return iter(sorted(islice((rule for rule in found if self._fits(rule, values, free)), limit), key=_rank))

    def _fits(self, rule: Rule, values: Sequence[str], free: frozenset[int]) -> bool:
        """Whether the rule matches in every indexed column but those of the `free` tokens."""
        return all(
            compares(one, rule.fields[one.column], values[one.token])
            for one in self.model.constraints
            if one.token not in free
        )

    def differs_in(self, rule: Rule, question: Question) -> frozenset[str]:
        """The tokens in which a rule does not match the question."""
        values = self._read(question)
        held = self.held_roles(question)
        return frozenset(
            self.model.tokens[one.token]
            for one in self.model.constraints
            if not compares(one, rule.fields[one.column], values[one.token], held)
        )

    def _decide_with_conditions(
        self, question: Question, held: frozenset[str], deny: Rule | None, allow: Rule | None, pending: list[Rule]
    ) -> Decision:
        """The first denial that holds, or that cannot be told, denies; else the first allowance that holds allows."""
        pending.sort(key=_rank)
        context: dict[str, Any] | None = None
        absent: list[str] = []
        for allows, certain in ((False, deny), (True, allow)):
            for rule in pending:
                if rule.allows is not allows or (certain is not None and rule.rank > certain.rank):
                    continue
                if context is None:
                    context = question.context(held)
                holds = self._holds(rule, context, absent)
                if isinstance(holds, DecisionError):
                    return Decision(False, None, tuple(absent), holds)
                if holds or (holds is None and not allows):  # what cannot be told opens no door
                    return Decision(allows, self.name(rule), tuple(absent))
            if certain is not None:
                return Decision(allows, self.name(certain), tuple(absent))
        return Decision(self._default, None, tuple(absent))

    def _holds(self, rule: Rule, context: dict[str, Any], absent: list[str]) -> bool | DecisionError | None:
        """Whether the rule's condition is true; None where an attribute is absent."""
        try:
            return rule.condition is None or rule.condition.holds(context)
        except AbsentAttribute as missing:
            path = str(missing.args[0])
            if path not in absent:
                absent.append(path)
            return None
        except Exception as failure:  # noqa: BLE001 - whatever fails in a condition denies this question alone
            return DecisionError(500, f"rule {self.name(rule)}: its condition failed: {_reason(failure)}")


def _reason(failure: Exception) -> str:
    """What failed, without the attribute values that a message may quote."""
    kind = type(failure).__name__
    return f"{kind}: {failure}" if isinstance(failure, TypeError) else kind


def _rank(rule: Rule) -> int:
    return rule.rank
