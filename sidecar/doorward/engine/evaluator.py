"""The evaluator: one immutable policy, answering questions.

The rule that decides is the first matching deny in file order, else the first matching allow.
Denials and allowances are indexed apart, because most policies have few of the former.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

from doorward.domain.access import NO_TENANT, Decision, DecisionError, Effect, Question
from doorward.engine import functions
from doorward.engine.conditions import AbsentAttribute
from doorward.engine.index import Leaf, Node, Rule, compares, find_leaves, rules_below
from doorward.engine.model import Model, PolicyEffect
from doorward.engine.roles import RoleGraph

Scan = Callable[[Leaf, Sequence[str], frozenset[str], list[Rule]], Rule | None]
_NO_ROLES: Final[frozenset[str]] = frozenset()
_SCAN: Final = """
def scan(rules, v, held, pending):
    for rule in rules:
        f = rule.fields
        if {matcher}:
            if rule.condition is None:
                return rule
            pending.append(rule)
    return None
"""


def compile_scan(model: Model) -> Scan:
    """The loop that verifies candidates: the model's matcher, compiled once.

    It returns the first match without a condition, and appends those with one to `pending`.
    """
    namespace: dict[str, Any] = {
        "__builtins__": {},
        "c": model.literals,
        "key_match": functions.key_match,
        "truth": functions.truth,
    }
    # The matcher's source is made of the engine's own words: checked names, lifted literals.
    exec(compile(_SCAN.format(matcher=model.matcher), "<matcher>", "exec"), namespace)  # noqa: S102
    scan: Scan = namespace["scan"]
    return scan


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
        allows: Node,
        denies: Node,
        path: str,
    ) -> None:
        self.model = model
        self.rules = rules
        self.roles = roles
        self.path = path
        self._lines = lines
        self._allows = allows
        self._denies = denies
        self._scan = compile_scan(model)
        self._read = token_reader(model.tokens)
        self._name_column = model.column("rule")
        self._asks_roles = model.role_subject is not None
        self._by_tenant = model.role_domain is not None
        self._default = model.effect is PolicyEffect.DENY_OVERRIDE

    def decide(self, question: Question) -> Decision:
        """Answer one question. Never raises: what cannot be decided is a denial with an error."""
        values = self._read(question)
        held = self.held_roles(question)
        pending: list[Rule] = []
        rule = None
        if self._denies:
            rule = self._search(self._denies, values, held, pending)
            if pending:
                return self._decide_slowly(question, values, held, rule, pending)
            if rule is not None:
                return Decision(False, self.name(rule))
        if self._allows:
            rule = self._search(self._allows, values, held, pending)
            if pending:
                return self._with_conditions(question, held, rule, pending, None, ())
        if rule is not None:
            return Decision(True, self.name(rule))
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

    @cached_property
    def role_names(self) -> frozenset[str]:
        """Every name that a role row or a rule's subject column gives to a role or subject."""
        column = self.model.column("sub")
        named = frozenset() if column is None else frozenset(rule.fields[column] for rule in self.rules)
        return self.roles.names | named

    @cached_property
    def domains(self) -> frozenset[str]:
        """Every tenant that a rule or a role row names, `*` included where it stands."""
        columns = {one.column for one in self.model.constraints if self.model.tokens[one.token] == "dom"}
        return self.roles.domains | frozenset(rule.fields[column] for column in columns for rule in self.rules)

    def effect(self, rule: Rule) -> Effect:
        """What the rule does when it matches."""
        column = self.model.column("eft")
        return Effect.ALLOW if column is None else Effect(rule.fields[column])

    def field(self, rule: Rule, column: str, otherwise: str) -> str:
        """What a rule says in a column, `otherwise` where the model has no such column."""
        position = self.model.column(column)
        return otherwise if position is None else rule.fields[position]

    def matching(self, question: Question) -> tuple[list[Rule], list[Rule]]:
        """The denying and the allowing rules whose columns match, each in file order, conditions aside."""
        values = self._read(question)
        held = self.held_roles(question)
        return self._all(self._denies, values, held), self._all(self._allows, values, held)

    def rules_near(self, question: Question, limit: int) -> Iterator[Rule]:
        """At most `limit` rules for the question's resource and action, whoever and whichever tenant they are for."""
        values = self._read(question)
        free = frozenset(position for position, token in enumerate(self.model.tokens) if token in {"sub", "dom"})
        found = chain(rules_below(self._denies, values, free), rules_below(self._allows, values, free))
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

    def _all(self, node: Node, values: Sequence[str], held: frozenset[str]) -> list[Rule]:
        found: list[Rule] = []
        for leaf in find_leaves(node, values, held):
            for rule in leaf:
                hit = self._scan((rule,), values, held, found)
                if hit is not None:
                    found.append(hit)
        return sorted(found, key=_rank)

    def _search(self, node: Node, values: Sequence[str], held: frozenset[str], pending: list[Rule]) -> Rule | None:
        best: Rule | None = None
        for leaf in find_leaves(node, values, held):
            rule = self._scan(leaf, values, held, pending)
            if rule is not None and (best is None or rule.rank < best.rank):
                best = rule
        return best

    def _decide_slowly(
        self,
        question: Question,
        values: Sequence[str],
        held: frozenset[str],
        rule: Rule | None,
        pending: list[Rule],
    ) -> Decision:
        """Denials with conditions: the first that holds, or cannot be told, denies."""
        context = question.context(held)
        absent: list[str] = []
        for one in _in_order(rule, pending):
            outcome = self._holds(one, context, absent)
            if isinstance(outcome, DecisionError):
                return Decision(False, None, tuple(absent), outcome)
            if outcome is not False:  # true, or undecided: an absent attribute does not open a door
                return Decision(False, self.name(one), tuple(absent))
        if not self._allows:
            return Decision(self._default, None, tuple(absent))
        pending = []
        rule = self._search(self._allows, values, held, pending)
        return self._with_conditions(question, held, rule, pending, context, absent)

    def _with_conditions(  # noqa: PLR0913, PLR0917 - what the search left
        self,
        question: Question,
        held: frozenset[str],
        rule: Rule | None,
        pending: list[Rule],
        context: dict[str, Any] | None,
        known_absent: Sequence[str],
    ) -> Decision:
        """Allowances with conditions: the first that holds allows; an undecided one does not."""
        absent = list(known_absent)
        if pending and context is None:
            context = question.context(held)
        for one in _in_order(rule, pending):
            outcome = self._holds(one, context or {}, absent)
            if isinstance(outcome, DecisionError):
                return Decision(False, None, tuple(absent), outcome)
            if outcome is True:
                return Decision(True, self.name(one), tuple(absent))
        return Decision(self._default, None, tuple(absent))

    def _holds(self, rule: Rule, context: dict[str, Any], absent: list[str]) -> bool | DecisionError | None:
        """Whether the rule's condition is true; None where an attribute is absent."""
        if rule.condition is None:
            return True
        try:
            return rule.condition.holds(context)
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


def _in_order(best: Rule | None, pending: list[Rule]) -> list[Rule]:
    """The rules whose conditions must be asked, in file order, up to the first that has none."""
    if len(pending) > 1:
        pending.sort(key=_rank)
    if best is None:
        return pending
    return [*(rule for rule in pending if rule.rank < best.rank), best]
