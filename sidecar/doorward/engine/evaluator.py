"""The evaluator: one immutable policy, answering questions.

The rule that decides is the first matching deny in file order, else the first matching allow.
Denials and allowances are indexed apart, because most policies have few of the former.
"""

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
        self._lines = lines
        self._index = index
        self._search, self._matches = compile_search(model)
        self._read = token_reader(model.tokens)
        self._name_column = model.column("rule")
        self._asks_roles = model.role_subject is not None
        self._by_tenant = model.role_domain is not None
        self._default = model.effect is PolicyEffect.DENY_OVERRIDE
        self._subjects = self._named("sub")
        self.domains = roles.domains | self._named("dom")  # every tenant that is named, `*` where it stands

    def decide(self, question: Question) -> Decision:
        """Answer one question. Never raises: what cannot be decided is a denial with an error."""
        held = self.held_roles(question)
        pending: list[Rule] = []
        deny, allow = self._search(self._index, self._read(question), held, pending)
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
        return self._lines[rule.rank]

    def knows_role(self, name: str) -> bool:
        """Whether a role row or a rule's subject column names it."""
        return self.roles.knows(name) or name in self._subjects

    def _named(self, token: str) -> frozenset[str]:
        """Everything that rules say in the columns that are compared with a token."""
        columns = {one.column for one in self.model.constraints if self.model.tokens[one.token] == token}
        return frozenset(rule.fields[column] for column in columns for rule in self.rules)

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
        below = rules_below(self._index, values, held)
        found = sorted((rule for rule in below if self._matches(rule, values, held)), key=_rank)
        return [rule for rule in found if not rule.allows], [rule for rule in found if rule.allows]

    def rules_near(self, question: Question, limit: int) -> Iterator[Rule]:
        """At most `limit` rules for the question's resource and action, whoever and whichever tenant they are for."""
        values = self._read(question)
        free = frozenset(position for position, token in enumerate(self.model.tokens) if token in {"sub", "dom"})
        found = rules_below(self._index, values, _NO_ROLES, free)
        return islice((rule for rule in found if self._fits(rule, values, free)), limit)

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
