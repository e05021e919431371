"""The evaluator: one immutable policy, answering questions.

The rule that decides is the first matching deny in file order, else the first matching allow; where
effects are ordered, the first that matches.
"""

import copy
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from doorward.domain.access import NO_TENANT, Decision, DecisionError, Effect, Question
from doorward.domain.facts import FactsMissing
from doorward.engine.asked import Asked, Stored, enforced_context, value_reader, with_derived
from doorward.engine.index.ranks import file_rank
from doorward.engine.index.rules import Rule, cell_of, place_of_rule, rank_of
from doorward.engine.index.search import compile_matcher, is_of_the_subject
from doorward.engine.index.tree import Held, Level, Node, level_order, rules_below, surely_differs
from doorward.engine.language.calls import AbsentAttribute
from doorward.engine.language.conditions import Condition
from doorward.engine.language.functions import truth
from doorward.engine.model import Model, PolicyEffect, RoleDefinition
from doorward.engine.named import named_after, named_in
from doorward.engine.roles.graph import ANYWHERE, NO_ROLES, RoleGraph, Roles

_NO_GRAPH: Final = RoleGraph({})


class Evaluator:
    """Answers questions from one section set of a policy. Immutable but for caches of role closures."""

    def __init__(  # noqa: PLR0913 - the parts of a policy
        self,
        *,
        model: Model,
        rules: Sequence[Rule],
        lines: Sequence[int],
        definitions: Mapping[str, RoleDefinition],
        graphs: Mapping[str, Roles],
        index: Node,
        path: str,
    ) -> None:
        self.model = model
        self.definitions = definitions
        self.rules = rules
        self.path = path
        self.lines = lines
        self.index = index
        self._built_whole = True
        self._follow(graphs)
        self._read = value_reader(model)
        self._enforce_only = model.enforce_only
        name = model.column("rule")
        self._name_of = None if name is None else cell_of(name)
        asks = [is_of_the_subject(model, call) for call in model.role_calls]
        self._subject_call = asks.index(True) if any(asks) else None
        self._is_ordered = model.effect.is_ordered
        self._default = model.effect is PolicyEffect.DENY_OVERRIDE
        self._unnamed = Decision(self._default)
        self._opened = self._decision_of_all()
        self._subjects = named_in(rules, self._columns("sub"))
        self._rule_domains = named_in(rules, self._columns("dom"))
        self.domains = self._role_domains | self._rule_domains  # every tenant that is named, `*` where it stands

    def _follow(self, graphs: Mapping[str, Roles]) -> None:
        self.graphs = graphs
        self.roles: Roles = graphs.get("g", _NO_GRAPH)
        self._role_domains = frozenset[str]().union(*(graph.domains for graph in graphs.values()))
        first = level_order(self.model).constraints[:1]
        self._compiled = compile_matcher(self.model, graphs, *first)
        self.matches, self._rest, self._opens, self._held = self._compiled[2:]
        self._choose_search()

    def _choose_search(self) -> None:
        """An index that begins with a level has compared one column already."""
        narrowed = self._compiled.narrowed if isinstance(self.index, Level) else None
        self._search = narrowed or self._compiled.search

    def over(self, graphs: Mapping[str, Roles]) -> "Evaluator":
        """The same rules over other roles."""
        if graphs is self.graphs:
            return self
        other = copy.copy(self)
        other._follow(graphs)  # noqa: SLF001 - one of our own, not yet given to anybody
        if other._role_domains != self._role_domains:  # noqa: SLF001
            other.domains = other._role_domains | self._rule_domains  # noqa: SLF001
        return other

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
        other._built_whole = False  # noqa: SLF001 - one of our own, not yet given to anybody
        other._choose_search()  # noqa: SLF001
        other._name_again(gone, new, pace)  # noqa: SLF001
        return other

    def _name_again(self, gone: Sequence[Rule], new: Sequence[Rule], pace: Callable[[], None]) -> None:
        """Note what rules name now that some are gone and some new."""
        self._opened = self._decision_of_all()
        self._subjects = named_after(self._subjects, self._columns("sub"), self.rules, gone, new, pace)
        domains = named_after(self._rule_domains, self._columns("dom"), self.rules, gone, new, pace)
        if domains is not self._rule_domains:
            self._rule_domains = domains
            self.domains = self._role_domains | domains

    def decide(self, question: Question) -> Decision:
        """Answer one question: what cannot be decided is a denial with an error.

        Raises:
            FactsMissing: a condition reads what has to be looked up first, and the question says not to.
        """
        if self._enforce_only is not None:
            return Decision(False, error=DecisionError(501, f"AuthZEN cannot ask this policy: {self._enforce_only}"))
        pending: list[Rule] = []
        held: Held | None = None
        try:
            values = self._read(question)
            held = self._held(values, question.asserted, question.now)
            if self._opens is not None and self._opens(values, held):
                return self._opened
            deny, allow = self._search(self.index, values, held, pending)
        except Exception as failure:  # noqa: BLE001 - a comparison that failed: which rule's is found out with care
            return _roles_failed(failure) if held is None else self._decide_slowly(self._asked(question, values, held))
        if pending:
            return self._decide_with_conditions(self._asked(question, values, held), deny, allow, pending)
        certain = deny or allow
        if certain is None:
            return self._unnamed
        name_of = self._name_of
        return Decision(certain.allows, self.name(certain) if name_of is None else name_of(certain))

    def enforce(self, values: Sequence[Any], stored: Stored, now: float, address: str) -> Decision:
        """Answer a question given by position: one value a token, for `ctx` the asker's own context. Never raises.

        `stored` has the declared attributes of subject and resource. Values that the matcher takes for
        texts must be texts (see `Model.text_tokens`).
        """
        try:
            given = with_derived(self.model, values)
            held = self._held(given, (), now)
        except Exception as failure:  # noqa: BLE001 - as in decide
            return _roles_failed(failure)

        def context() -> dict[str, Any]:
            roles = self._subject_roles(given, held, (), now)
            return enforced_context(self.model, values, stored, roles, now=now, address=address)

        asked = Asked(given, held, now, context)
        pending: list[Rule] = []
        try:
            if self._opens is not None and self._opens(given, held):
                return self._opened
            deny, allow = self._search(self.index, given, held, pending)
        except Exception:  # noqa: BLE001 - as in decide
            return self._decide_slowly(asked)
        return self._decide_with_conditions(asked, deny, allow, pending)

    def asked(self, question: Question) -> Asked:
        """A question in this evaluator's own terms, for those who explain what it decides."""
        values = self._read(question)
        return self._asked(question, values, self._held(values, question.asserted, question.now))

    def _asked(self, question: Question, values: Sequence[Any], held: Held) -> Asked:
        def context() -> dict[str, Any]:
            return question.context(self._subject_roles(values, held, question.asserted, question.now))

        return Asked(values, held, question.now, context)

    def _subject_roles(self, values: Sequence[Any], held: Held, asserted: Sequence[str], now: float) -> frozenset[str]:
        """The subject's roles in the question's tenant: those the matcher asks for, else those that rows give."""
        if self._subject_call is not None:
            return frozenset(held[self._subject_call])
        definition = self.definitions.get("g")
        tokens = self.model.tokens
        subject = values[tokens.index("sub")] if "sub" in tokens else None
        if definition is None or not isinstance(subject, str):
            return NO_ROLES
        domain = values[tokens.index("dom")] if definition.domains and "dom" in tokens else NO_TENANT
        return self.roles.roles(subject, domain if isinstance(domain, str) else NO_TENANT, asserted, now)

    def held_roles(self, question: Question) -> frozenset[str]:
        """Every role the subject holds in the question's tenant, through others too."""
        values = self._read(question)
        held = self._held(values, question.asserted, question.now)
        return self._subject_roles(values, held, question.asserted, question.now)

    def name(self, rule: Rule) -> str:
        """How answers call a rule: by its `rule` column, else by its place."""
        if self._name_of is not None:
            return self._name_of(rule)
        return f"{self.path}:{self.line(rule)}"

    def line(self, rule: Rule) -> int:
        """The 1-based line of a rule in its file."""
        at = rule.position
        return self.lines[at if self._built_whole else self._moved_position(rule, at)]

    def _moved_position(self, rule: Rule, at: int) -> int:
        """Where a rule stands among the rules: where its rank says, unless a change before it moved it."""
        if 0 <= at < len(self.rules) and self.rules[at] is rule:
            return at
        return bisect_left(self.rules, file_rank(rule.rank), key=_file_rank)

    def knows_role(self, name: str) -> bool:
        """Whether a role row or a rule's subject column names it."""
        return self.roles.knows(name) or name in self._subjects

    def _columns(self, token: str) -> frozenset[int]:
        return frozenset(one.column for one in self.model.constraints if self.model.tokens[one.token] == token)

    def effect(self, rule: Rule) -> Effect:
        """What the rule does when it matches."""
        return Effect.ALLOW if rule.allows else Effect.DENY

    def cell(self, rule: Rule, token: str) -> str:
        """What a rule says in the column that is compared with a token; `*` where none is."""
        column = self.compared_column(token)
        return "*" if column is None else rule.fields[column]

    def compared_column(self, token: str) -> int | None:
        """The first column that is compared with a token, if there is one."""
        return min(self._columns(token), default=None)

    def opened(self, asked: Asked) -> bool:
        """Whether the request alone makes every rule match."""
        return self._opens is not None and self._opens(asked.values, asked.held)

    def condition_text(self, rule: Rule) -> str:
        """The rule's conditions, `True` where it has none."""
        return " and ".join(rule.fields[column] for column in self.model.condition_columns) or "True"

    def matching(self, question: Question | Asked) -> tuple[list[Rule], list[Rule]]:
        """The denying and the allowing rules whose columns match, each in its order, conditions aside."""
        asked = question if isinstance(question, Asked) else self.asked(question)
        found = sorted((rule for rule in self._below_safely(asked) if self._columns_match(rule, asked)), key=rank_of)
        return [rule for rule in found if not rule.allows], [rule for rule in found if rule.allows]

    def _below(self, asked: Asked) -> Sequence[Rule]:
        if self.opened(asked):
            return self.rules
        return list(rules_below(self.index, asked.values, asked.held))

    def _columns_match(self, rule: Rule, asked: Asked) -> bool:
        """Whether the columns match; where that cannot be told it is noted, and the rule counts as one that may."""
        try:
            return self.opened(asked) or self.matches(rule, asked.values, asked.held)
        except Exception as failure:  # noqa: BLE001 - whatever fails in a comparison denies this question alone
            fields, constraints = rule.fields, self.model.constraints
            if any(surely_differs(one, fields[one.column], asked.values, asked.held) for one in constraints):
                return False
            asked.failures[rule] = DecisionError(
                500, f"rule {self.name(rule)}: its columns cannot be compared: {_reason(failure)}"
            )
            return True

    def _decide_slowly(self, asked: Asked) -> Decision:
        """Decide where a comparison failed: rule by rule, so that it touches no other rule."""
        pending = [rule for rule in self._below_safely(asked) if self._columns_match(rule, asked)]
        return self._decide_with_conditions(asked, None, None, pending)

    def _below_safely(self, asked: Asked) -> Sequence[Rule]:
        try:
            return self._below(asked)
        except Exception:  # noqa: BLE001 - then each rule is tried
            return self.rules

    def _decision_of_all(self) -> Decision:
        """What is decided where every rule matches."""
        if self.model.opens is None:
            return Decision(False)
        if self._is_ordered:
            first = min(self.rules, key=rank_of, default=None)
        else:
            denials = [rule for rule in self.rules if not rule.allows]
            first = min(denials or self.rules, key=rank_of, default=None)
        return Decision(self._default) if first is None else Decision(first.allows, self.name(first))

    def _decide_with_conditions(
        self, asked: Asked, deny: Rule | None, allow: Rule | None, pending: list[Rule]
    ) -> Decision:
        """The first denial that holds, or that cannot be told, denies; else the first allowance that holds allows.

        Where effects are ordered, denials and allowances are one order.
        """
        if len(pending) > 1:
            pending.sort(key=place_of_rule if self._built_whole and not self._is_ordered else rank_of)
        if self._is_ordered:
            decision = self._first_that_holds(asked, allow if deny is None else deny, pending)
        else:
            denying = [rule for rule in pending if not rule.mark & 1]
            allowing = [rule for rule in pending if rule.mark & 1] if denying else pending
            decision = self._first_that_holds(asked, deny, denying)
            if decision is None:  # a denial is false
                decision = self._first_that_holds(asked, allow, allowing)
        return Decision(self._default, None, tuple(asked.absent)) if decision is None else decision

    def _first_that_holds(self, asked: Asked, certain: Rule | None, pending: Sequence[Rule]) -> Decision | None:
        """What the first of some rules in order decides; `certain` is one that has no condition. None: none decides."""
        is_simple = self._rest is None and not asked.failures
        for rule in pending:
            if certain is not None and rule.rank > certain.rank:
                break
            if is_simple and _found_false(rule.condition, asked):  # type: ignore[arg-type] # one condition
                continue
            holds = self.holds(rule, asked)
            if isinstance(holds, DecisionError):
                return Decision(False, None, tuple(asked.absent), holds)
            if holds or (holds is None and not rule.allows):  # what cannot be told opens no door
                return Decision(rule.allows, self.name(rule), tuple(asked.absent))
        return None if certain is None else Decision(certain.allows, self.name(certain), tuple(asked.absent))

    def holds(self, rule: Rule, asked: Asked) -> bool | DecisionError | None:
        """Whether what is asked besides columns is true; None where an attribute is absent."""
        if asked.failures and rule in asked.failures:
            return asked.failures[rule]
        condition = rule.condition
        try:
            if self._rest is None:
                return condition is None or condition.holds(asked.context)  # type: ignore[union-attr] # one condition
            return truth(self._rest(rule, asked.values, asked.held, asked.context, condition, self._linked(asked)))  # type: ignore[arg-type] # a tuple here
        except AbsentAttribute as missing:
            path = str(missing.args[0])
            if path not in asked.absent:
                asked.absent.append(path)
            return None
        except FactsMissing:  # nobody is denied for what was not looked up yet
            raise
        except Exception as failure:  # noqa: BLE001 - whatever fails in a condition denies this question alone
            return DecisionError(500, f"rule {self.name(rule)}: its condition failed: {_reason(failure)}")

    def _linked(self, asked: Asked) -> Callable[..., bool]:
        """Role calls whose subject is an attribute."""

        def linked(definition: str, name: object, role: object, domain: object = ANYWHERE) -> bool:
            if not isinstance(name, str) or not isinstance(domain, str):
                raise TypeError(f"{definition}() asks for the roles of a name, not of {type(name).__name__}")
            return name == role or role in self.graphs[definition].roles(name, domain, (), asked.now)

        return linked


def _found_false(condition: Condition, asked: Asked) -> bool:
    """Whether a condition is false, told quickly; whatever else it is `Evaluator.holds` says."""
    try:
        return condition.test(asked.known or asked.context, condition.literals) is False
    except Exception:  # noqa: BLE001 - what fails is asked again, with care
        return False


def _roles_failed(failure: Exception) -> Decision:
    return Decision(False, error=DecisionError(500, f"the roles of this question cannot be told: {_reason(failure)}"))


def _reason(failure: Exception) -> str:
    """What failed, without the attribute values that a message may quote."""
    kind = type(failure).__name__
    return f"{kind}: {failure}" if isinstance(failure, TypeError) else kind


def _file_rank(rule: Rule) -> int:
    return file_rank(rule.rank)
