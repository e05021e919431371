"""Whether AuthZEN, which asks for TYPE:ID, can be allowed anything by the rules of a policy."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from doorward.engine import Evaluator
from doorward.engine.index.rules import Rule
from doorward.engine.model import Comparison, Constraint, PolicyEffect
from doorward.policy.casbin_import.matchers import PATTERN_FUNCTIONS, Matcher, read_matcher
from doorward.policy.casbin_import.typed_names import has_type

_NAMED: Final[Mapping[str, str]] = {"sub": "subject", "obj": "resource"}
_OPEN_START: Final = re.compile(r"\^?[A-Za-z0-9_.-]*([*?\[({:.\\]|\Z)")


def out_of_reach(evaluator: Evaluator) -> str | None:
    """Why AuthZEN always gets the answer that stands where no rule applies, in words; None where it may get another."""
    return _Reach(evaluator).reason()


def found_by_authzen(evaluator: Evaluator) -> Iterator[Rule]:
    """The rules that allow and that questions with TYPE:ID may find."""
    reach = _Reach(evaluator)
    return (rule for rule in evaluator.rules if rule.allows and all(reach.finds(rule, token) for token in _NAMED))


class _Reach:
    """What rules and role rows call with a type."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        model = evaluator.model
        self._constraints: dict[str, list[Constraint]] = {
            token: [one for one in model.constraints if one.value == one.token and model.tokens[one.token] == token]
            for token in _NAMED
        }
        self._matcher = read_matcher(model.text, model.suffix)
        self._patterns = {token: self._required(token) for token in _NAMED}
        self._held = {name: _held_with_type(evaluator, name) for name in evaluator.graphs}

    def reason(self) -> str | None:
        """What stands in the way."""
        closes = self._evaluator.model.effect is PolicyEffect.DENY_OVERRIDE
        deciding = [rule for rule in self._evaluator.rules if rule.allows is not closes]
        if not deciding or self._opens() or any(all(self.finds(rule, token) for token in _NAMED) for rule in deciding):
            return None
        missing = [noun for token, noun in _NAMED.items() if not any(self.finds(rule, token) for rule in deciding)]
        if not missing:
            missing = ["subject together with a resource"]
        never = "denied" if closes else "allowed"
        return f"no rule names a {' or a '.join(missing)} as TYPE:ID, so it is never {never} anything"

    def finds(self, rule: Rule, token: str) -> bool:
        """Whether a TYPE:ID can match the columns that are compared with a token."""
        if any(not _pattern_matches(rule.fields[column]) for column in self._patterns[token]):
            return False
        return all(self._matches(one, rule.fields[one.column]) for one in self._constraints[token])

    def _required(self, token: str) -> list[int]:
        """Columns whose patterns a token must match, whatever else holds; no index needs to know them."""
        tree = self._matcher.tree
        parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
        found = []
        for part in parts:
            match part:
                case ast.Call(func=ast.Name(id=name), args=[key, pattern]) if (
                    name in PATTERN_FUNCTIONS and self._matcher.token(key) == token
                ):
                    place = self._evaluator.model.column(self._matcher.column(pattern) or "")
                    found += [] if place is None else [place]
        return found

    def _matches(self, constraint: Constraint, value: str) -> bool:
        if constraint.star and value == "*":
            return True
        match constraint.comparison:
            case Comparison.EQUAL:
                return has_type(value)
            case Comparison.ROLE:
                call = self._evaluator.model.role_calls[constraint.role]
                return has_type(value) or value in self._held.get(call.definition, ())
            case Comparison.PATTERN:
                return _pattern_matches(value)

    def _opens(self) -> bool:
        """Whether a part that looks at no rule may be true of a TYPE:ID."""
        model = self._evaluator.model
        if model.opens is None:
            return False
        matcher = self._matcher
        parts = matcher.tree.values if isinstance(matcher.tree, ast.BoolOp) else [matcher.tree]
        loose = [part for part in parts if not any(matcher.column(one) for one in _expressions(part))]
        return not loose or any(self._part_opens(matcher, part) for part in loose)

    def _part_opens(self, matcher: Matcher, part: ast.expr) -> bool:
        match part:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=str() as name)]):
                return matcher.token(left) not in _NAMED or has_type(name)
            case ast.Compare(left=ast.Constant(value=str() as name), ops=[ast.Eq()], comparators=[right]):
                return matcher.token(right) not in _NAMED or has_type(name)
            case ast.Call(func=ast.Name(id=kind), args=[_, ast.Constant(value=str() as name), *_]) if (
                kind in self._held
            ):
                return has_type(name) or name in self._held[kind]
        return True


def _expressions(part: ast.expr) -> Iterator[ast.expr]:
    return (one for one in ast.walk(part) if isinstance(one, ast.expr))


def _pattern_matches(pattern: str) -> bool:
    """Whether a pattern may match TYPE:ID; those of paths do not."""
    return has_type(pattern) or _OPEN_START.match(pattern) is not None


def _held_with_type(evaluator: Evaluator, definition: str) -> set[str]:
    """Every role that some TYPE:ID holds, through others too."""
    rows = list(evaluator.graphs[definition].assignments())
    patterns = evaluator.definitions[definition].pattern is not None
    found: set[str] = set()
    above: dict[str, list[str]] = {}
    waiting: list[str] = []
    for holder, role, _ in rows:
        above.setdefault(holder, []).append(role)
        if has_type(holder) or (patterns and _pattern_matches(holder)):
            waiting.append(holder)
    while waiting:
        for role in above.get(waiting.pop(), ()):
            if role not in found:
                found.add(role)
                waiting.append(role)
    return found
