"""Conditions that are always true or always false, whatever a question says."""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

from doorward.engine.language.expressions import ExpressionError, dotted, parse

_OPERATORS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, holder: item in holder,
    ast.NotIn: lambda item, holder: item not in holder,
}
_TURNED: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
_UNKNOWN: Final = object()
Pair = tuple[ast.expr, type[ast.cmpop], ast.expr]


class Constant(NamedTuple):
    """What never changes in a condition: the part that makes it so, what it is, whether all of the condition is it."""

    part: str
    value: bool
    is_whole: bool


def constant_part(text: str) -> Constant | None:
    """The part of a condition that never changes; None where every part depends on the question."""
    try:
        tree = parse(text)
    except ExpressionError:  # conditions were compiled before
        return None
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        value = _fold(node)
        if value is not None and (node is tree or not isinstance(node, ast.Constant)):
            return Constant(ast.unparse(_decisive(node, value=value)), value, node is tree)
        if isinstance(node, ast.BoolOp):
            waiting += node.values
        elif isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
    return None


def _decisive(node: ast.expr, *, value: bool) -> ast.expr:
    """The one part that makes a disjunction true, or a conjunction false; all of it where there is no such part."""
    while isinstance(node, ast.BoolOp):
        if isinstance(node.op, ast.Or) is not value:
            return node
        below = next((part for part in node.values if _fold(part) is value), None)
        if below is None:
            return _clash(node)
        node = below
    return node


def _clash(node: ast.BoolOp) -> ast.expr:
    """The two comparisons of a conjunction or disjunction that never go together; all of it where it takes more."""
    compared = [part for part in node.values if isinstance(part, ast.Compare)]
    for left, right in combinations(compared, 2):
        both = ast.BoolOp(node.op, [left, right])
        if _fold(both) is not None:
            return both
    return node


def _fold(node: ast.expr) -> bool | None:
    """What a truth value surely is, None where that depends on the question."""
    match node:
        case ast.Constant(value=bool() as value):
            return value
        case ast.UnaryOp(op=ast.Not()):
            below = _fold(node.operand)
            return None if below is None else not below
        case ast.BoolOp(op=ast.And()):
            return _fold_parts(node.values, decisive=False)
        case ast.BoolOp(op=ast.Or()):
            return _fold_parts(node.values, decisive=True)
        case ast.Compare():
            return _fold_comparison(list(_pairs(node)))
    return None


def _fold_parts(parts: Sequence[ast.expr], *, decisive: bool) -> bool | None:
    """A conjunction (what decides is false) or a disjunction (what decides is true)."""
    values = [_fold(part) for part in parts]
    if decisive in values:
        return decisive
    if all(value is not None for value in values):
        return not decisive
    pairs = [pair for part in parts if isinstance(part, ast.Compare) for pair in _pairs(part)]
    if decisive:  # `x != 'a' or x != 'b'` is what `x == 'a' and x == 'b'` is not
        whole = all(len(part.ops) == 1 for part in parts if isinstance(part, ast.Compare))
        pairs = [(left, _opposite(op), right) for left, op, right in pairs] if whole else []
    return decisive if _contradict(pairs) else None


def _opposite(op: type[ast.cmpop]) -> type[ast.cmpop]:
    opposites: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
        ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
        ast.In: ast.NotIn, ast.NotIn: ast.In,
    }  # fmt: skip
    return opposites[op]


def _pairs(node: ast.Compare) -> Iterator[Pair]:
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        yield left, type(op), right
        left = right


def _fold_comparison(pairs: Sequence[Pair]) -> bool | None:
    values = [_fold_pair(*pair) for pair in pairs]
    if False in values or _contradict(pairs):
        return False
    return True if all(values) else None


def _fold_pair(left: ast.expr, op: type[ast.cmpop], right: ast.expr) -> bool | None:
    values = _literal(left), _literal(right)
    if _UNKNOWN not in values:
        try:
            return bool(_OPERATORS[op](*values))
        except TypeError:
            return None
    if dotted(left) is not None and dotted(left) == dotted(right):
        return {ast.Eq: True, ast.LtE: True, ast.GtE: True, ast.NotEq: False, ast.Lt: False, ast.Gt: False}.get(op)
    return None


def _literal(node: ast.expr) -> Any:  # noqa: ANN401 - a literal of the policy
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return _UNKNOWN
    return list(value) if isinstance(value, tuple) else value


def _contradict(pairs: Sequence[Pair]) -> bool:
    """Whether comparisons of one thing with literals cannot all hold: two values, or a span that is empty."""
    equal: dict[str, Any] = {}
    spans: dict[str, tuple[float, float]] = {}
    for pair in pairs:
        left, op, right = pair if _literal(pair[0]) is _UNKNOWN else (pair[2], _TURNED.get(pair[1]), pair[0])
        value = _literal(right)
        if value is _UNKNOWN or op is None:
            continue
        name = ast.unparse(left)
        if op is ast.Eq and equal.setdefault(name, value) != value:
            return True
        if isinstance(value, int | float):
            low, high = spans.get(name, (-math.inf, math.inf))
            if op in {ast.Gt, ast.GtE, ast.Eq}:
                low = max(low, math.nextafter(value, math.inf) if op is ast.Gt else value)
            if op in {ast.Lt, ast.LtE, ast.Eq}:
                high = min(high, math.nextafter(value, -math.inf) if op is ast.Lt else value)
            if low > high:
                return True
            spans[name] = low, high
    return False
