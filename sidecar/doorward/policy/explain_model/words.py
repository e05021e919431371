"""The parts of a matcher as sentences."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from doorward.engine.language.expressions import dotted
from doorward.policy.explain_model.names import column, column_of, everything, listed, path, quoted, token, token_of

_ORDER: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "is",
    ast.NotEq: "is not",
    ast.Lt: "is less than",
    ast.LtE: "is at most",
    ast.Gt: "is more than",
    ast.GtE: "is at least",
    ast.In: "is among",
    ast.NotIn: "is not among",
}
_PATTERNS: Final[Mapping[str, str]] = {
    "keyMatch": "a `*` at its end stands for anything",
    "keyMatch2": "`:name` stands for one part of a path, `/*` for all that is below",
    "keyMatch3": "`{name}` stands for one part of a path, `/*` for all that is below",
    "keyMatch4": "`{name}` stands for one part of a path, the same one wherever the name is the same",
    "keyMatch5": "`{name}` stands for one part of a path, and what follows a `?` in the path is not looked at",
    "globMatch": "`*` and `?` stay within one part of a path, `**` stands for any number of parts",
    "regexMatch": "a regular expression that the text must begin with; `$` asks for its end",
}
_SAYS: Final[Mapping[str, str]] = {
    "has": "{} is known",
    "contains": "{} holds {}",
    "any_in": "{} and {} have an element in common",
    "startswith": "{} begins with {}",
    "endswith": "{} ends with {}",
    "ipMatch": "{} is the address in {}, or lies in the network there",
}
_VALUES: Final[Mapping[str, str]] = {
    "len": "the length of {}",
    "lower": "{} in small letters",
    "hour": "the hour of {} in {}",
    "weekday": "the day of the week (Monday is 0) of {} in {}",
    "keyGet": "what the `*` of {1} stands for in {0}",
    "keyGet2": "what {2} in {1} stands for in {0}",
    "keyGet3": "what {2} in {1} stands for in {0}",
}
_ALONE: Final = frozenset({"dom", "act"})


@dataclass(frozen=True, slots=True)
class Clause:
    """`SUBJECT is A, B, or C`; without a subject, `options` is one whole sentence."""

    subject: str
    options: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subject} is {listed(self.options)}" if self.subject else self.options[0]


def _whole(text: str) -> Clause:
    return Clause("", (text,))


@dataclass(frozen=True, slots=True)
class Words:
    """Says what the matcher of a section asks. `windows` are the role definitions whose rows hold for a time."""

    suffix: str
    windows: frozenset[str] = frozenset()

    def sentence(self, node: ast.expr) -> str:
        """One part of a matcher in words."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            return " and ".join(str(self._clause(part)) for part in node.values)
        return str(self._clause(node))

    def points(self, node: ast.expr) -> str:
        """One part in words; where three or more must hold, each in a line of its own."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) and len(node.values) > 2:  # noqa: PLR2004
            return "\n".join(["all of these hold:", *(str(self._clause(part)) for part in node.values)])
        return self.sentence(node)

    def _clause(self, node: ast.expr) -> Clause:  # noqa: PLR0911 - one return a kind of node
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return _whole(f"({' and '.join(str(self._clause(part)) for part in parts)})")
            case ast.BoolOp(values=parts):
                return _either([self._clause(part) for part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="has"), args=[inner])):
                return _whole(f"{self._value(inner)} is not known")
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return _whole(f"it is not so that {self._clause(inner)}")
            case ast.Compare():
                return self._comparison(node)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
            case ast.Constant(value=bool() as value):
                return _whole("this holds for every rule" if value else "never")
        return Clause(self._value(node), ("true",))

    def _comparison(self, node: ast.Compare) -> Clause:
        if len(node.ops) > 1:
            sides = [node.left, *node.comparators]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return _whole(" and ".join(str(self._pair(left, operator, right)) for left, operator, right in pairs))
        return self._pair(node.left, node.ops[0], node.comparators[0])

    def _pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Clause:
        turned = column_of(right, self.suffix) is not None or isinstance(left, ast.Constant)
        if isinstance(operator, ast.Eq | ast.NotEq) and column_of(left, self.suffix) is None and turned:
            left, right = right, left
        name = column_of(left, self.suffix)
        is_list = isinstance(right, ast.List | ast.Tuple) and bool(right.elts)
        match operator:
            case ast.Eq() if name is not None and isinstance(right, ast.Constant) and right.value == "*":
                return Clause(column(name), (everything(name),))
            case ast.Eq() if name is None and (read := dotted(right)) and len(read) > 2:  # noqa: PLR2004 - an attribute
                return _whole(f"{self._value(left)} equals {self._value(right)}")
            case ast.Eq():
                return Clause(self._value(left), (self._value(right),))
            case ast.In() if is_list and isinstance(right, ast.List | ast.Tuple):
                return Clause(self._value(left), tuple(self._value(one) for one in right.elts))
            case ast.NotIn() if is_list and isinstance(right, ast.List | ast.Tuple):
                return _whole(
                    f"{self._value(left)} is none of {listed([self._value(one) for one in right.elts], 'and')}"
                )
        return _whole(f"{self._value(left)} {_ORDER[type(operator)]} {self._value(right)}")

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> Clause:
        if name == "eval" and arguments:
            condition = column_of(arguments[0], self.suffix)
            return _whole(f"its condition ({quoted(condition)}) is true")
        if re.fullmatch("g[0-9]*", name) and len(arguments) > 1:
            return self._role(name, arguments)
        if name in _PATTERNS and len(arguments) > 1:
            return self._pattern(name, arguments[0], arguments[1])
        if name in _SAYS:
            return _whole(_SAYS[name].format(*map(self._value, arguments)))
        return Clause(self._value(ast.Call(ast.Name(name), list(arguments), [])), ("true",))

    def _role(self, name: str, arguments: Sequence[ast.expr]) -> Clause:
        holder, role = self._value(arguments[0]), self._value(arguments[1])
        where = f" in {self._value(arguments[2])}" if len(arguments) > 2 else ""  # noqa: PLR2004
        when = " at the time of the question" if name in self.windows else ""
        kind = "role" if name == "g" else f"{quoted(name)} role"
        if column_of(arguments[1], self.suffix) is not None:
            return Clause(role, (holder, f"a {kind} that {holder} holds{where}{when}"))
        return Clause(holder, (role, f"one who holds the {kind} {role}{where}{when}"))

    def _pattern(self, function: str, key: ast.expr, pattern: ast.expr) -> Clause:
        name, about = column_of(pattern, self.suffix), token_of(key, self.suffix)
        if function == "keyMatch" and name is not None and about is not None:
            exact = (token(about), everything(name))
            beginning = f"a prefix of it that ends with {quoted('*')}"
            return Clause(column(name), exact if _ALONE & {name, about} else (exact[0], beginning, exact[1]))
        where = self._value(pattern) if isinstance(pattern, ast.Constant) else f"in {self._value(pattern)}"
        return _whole(f"{self._value(key)} matches the pattern {where} ({function}: {_PATTERNS[function]})")

    def _value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant():
                return quoted(node.value)
            case ast.List() | ast.Tuple():
                return f"[{', '.join(self._value(one) for one in node.elts)}]"
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in _VALUES:
                return _VALUES[name].format(*map(self._value, arguments))
        parts = dotted(node)
        return (path(parts, self.suffix) if parts else None) or quoted(ast.unparse(node))


def _either(clauses: Sequence[Clause]) -> Clause:
    """Clauses about one thing as one clause, others as alternatives."""
    subjects = {one.subject for one in clauses}
    if len(subjects) == 1 and "" not in subjects:
        options = dict.fromkeys(option for one in clauses for option in one.options)
        return Clause(clauses[0].subject, tuple(options))
    return _whole(f"either {listed([str(one) for one in clauses])}")


def parts_of(tree: ast.expr) -> tuple[bool, list[ast.expr]]:
    """Whether all parts must hold (or else one), and the parts."""
    if isinstance(tree, ast.BoolOp):
        return isinstance(tree.op, ast.And), tree.values
    return True, [tree]


def reads(node: ast.expr, wanted: Callable[[ast.expr], object]) -> bool:
    """Whether something that `wanted` finds stands anywhere in a part."""
    return any(isinstance(one, ast.expr) and wanted(one) for one in ast.walk(node))
