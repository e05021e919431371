"""Casbin expressions to checked Python expressions: text is parsed once, never pasted.

An expression is read into Python's syntax tree, every node is checked against a short list, and
what comes out is source text made only of this module's own words: names resolved by the
environment, and literals lifted out into a tuple. A string literal is data wherever it stands.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

MAX_LENGTH: Final = 4_096
MAX_NODES: Final = 400
MAX_DEPTH: Final = 50

_PARTS: Final = re.compile(
    r"""(?P<string>(?P<prefix>\b[A-Za-z0-9_]{1,8})?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
    r"""|(?P<and>&&)|(?P<or>\|\|)|(?P<differs>!=)|(?P<not>!)"""
)
_WORDS: Final = {"and": " and ", "or": " or ", "differs": "!=", "not": " not "}
_WORD: Final = re.compile(r"\w")
_WORD_OR_NOT: Final = re.compile(r"[\w!]")
_SINGLE_EQUALS: Final = re.compile(r"(?<![=!<>])=(?!=)")
_OPEN_END: Final = re.compile(r"(?:&&|\|\||[=<>!]|\band|\bor|\bin|\bnot)\s*\Z")
_SIDE_BY_SIDE: Final = re.compile(r"'\s*'")
_LONGEST_NUMBER: Final = 40
_NUMBER: Final = re.compile(r"(?<!\w)\.?[0-9](?:[eE][+-]|[\w.])*")
_WHOLE_NUMBER: Final = re.compile(
    r"0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?[jJ]?"
)
_ESCAPE: Final = re.compile(r"\\([4-7][0-7]{2}|.)", re.DOTALL)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPES: Final = frozenset("\\'\"abfnrtvxNuU01234567")
_OPERATORS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ORDERING: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class ExpressionError(ValueError):
    """The expression is refused; the message says what is wrong and what to write instead."""


class Kind(StrEnum):
    """What is known of a value before it is computed."""

    BOOL = "a truth value"
    STRING = "a string"
    NUMBER = "a number"
    LIST = "a list"
    UNKNOWN = "a value"


@dataclass(frozen=True, slots=True)
class Value:
    """Checked source text, the kind of its value, and the value itself where it is a literal."""

    source: str
    kind: Kind
    literal: object = None
    is_literal: bool = False


class Environment(Protocol):
    """What names and calls mean where an expression stands."""

    def path(self, parts: Sequence[str]) -> Value:
        """The meaning of a dotted name; raises ExpressionError if it has none here."""
        ...

    def call(self, name: str, node: ast.Call, visit: Callable[[ast.expr], Value]) -> Value:
        """The meaning of a call by bare name."""
        ...


def parse(text: str) -> ast.expr:
    """Read an expression in Casbin's spelling (`&& || !` or `and or not`) into a syntax tree.

    Raises:
        ExpressionError: it is too long or no expression.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters; split the rule")
    outside = without_strings(text)
    if not outside.isascii():
        raise ExpressionError("only string literals may hold characters outside ASCII")
    if "#" in outside:
        raise ExpressionError("`#` starts a comment in the middle of the expression; remove it")
    if "\\" in outside:
        raise ExpressionError("a backslash has no meaning outside a string literal; remove it")
    if _SIDE_BY_SIDE.search(outside):
        raise ExpressionError("two strings stand side by side; write a comma between them, or \\' inside one string")
    for number in _NUMBER.findall(outside):
        if len(number) > _LONGEST_NUMBER:
            raise ExpressionError(f"a number of {len(number)} characters; {_LONGEST_NUMBER} are enough for any")
        if not _WHOLE_NUMBER.fullmatch(number):  # Python reads `1or` as `1 or`, and warns
            raise ExpressionError(f"`{number}` is no number; write a space between a number and a word")
    spelled = _PARTS.sub(_spelled, text).strip()
    try:
        tree = ast.parse(spelled, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"no expression: {error.msg}{_hint(outside)}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("the expression is too deeply nested or holds a NUL; simplify it") from error
    _check_size(tree)
    return tree


def without_strings(text: str) -> str:
    """An expression with a single quote in the place of each string literal."""
    return _PARTS.sub(lambda match: "'" if match["string"] else match.group(), text)


def _hint(outside: str) -> str:
    """What is most often wrong with a text that is no expression."""
    if _SINGLE_EQUALS.search(outside):
        return "; write `==` to compare"
    if _OPEN_END.search(outside):
        return "; something is missing at its end"
    return "; write `True` for no condition" if outside.strip() == "*" else ""


def _spelled(match: re.Match[str]) -> str:
    """One part of an expression as Python spells it; string literals stay what they say."""
    literal: str | None = match["string"]
    if literal is None:
        _check_room(match)
        return _WORDS[match.lastgroup or ""]
    if match["prefix"] in {"r", "R"}:
        return literal
    if match["prefix"] is not None:
        raise ExpressionError(f"`{match['prefix']}` stands right before a quote; write a space between them")
    return _ESCAPE.sub(_escape, literal)


def _check_room(sign: re.Match[str]) -> None:
    """Stock Casbin puts `and`, `or` and `not ` in the place of `&&`, `||` and `!`: words beside them run into those."""
    start, end = sign.span()
    before, after = sign.string[start - 1 : start], sign.string[end : end + 1]
    joins = sign.lastgroup in {"and", "or"}
    if sign.lastgroup != "differs" and (_WORD.match(before) or (joins and _WORD_OR_NOT.match(after))):
        beside = sign.string[max(0, start - 1) : end + joins].strip()
        raise ExpressionError(
            f"`{beside}`: stock Casbin writes a word for `{sign[0]}` and fails where it touches another;"
            f" write spaces round `{sign[0]}`"
        )


def _escape(escape: re.Match[str]) -> str:
    """An escape as Python reads it without a warning: unknown ones are a backslash, large octal ones a character."""
    if len(escape[1]) > 1:
        return f"\\u{int(escape[1], 8):04x}"
    return escape[0] if escape[1] in _ESCAPES else f"\\{escape[0]}"


def _check_size(tree: ast.expr) -> None:
    """Refuse what a recursive reader could not get through."""
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes += len(level)
        depth += 1
        if nodes > MAX_NODES:
            raise ExpressionError(f"the expression has more than {MAX_NODES} parts; split the rule")
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels; split the rule")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def dotted(node: ast.expr) -> tuple[str, ...] | None:
    """The parts of a dotted name (`r.ctx.a` is r, ctx, a), or None if the node is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return tuple(reversed(parts))


@dataclass
class Compiler:
    """Turns a syntax tree into checked source; literals are collected in `literals`, or spelled out."""

    environment: Environment
    literals: list[object] = field(default_factory=list)
    spells_out: bool = False

    def truth(self, node: ast.expr) -> str:
        """Source whose value is exactly True or False: a run-time check stands where that is not known."""
        value = self.visit(node)
        if value.kind is Kind.BOOL:
            return value.source
        if value.kind is Kind.UNKNOWN:
            return f"truth({value.source})"
        raise ExpressionError(f"`{ast.unparse(node)}` is {value.kind.value}, never true or false; compare it")

    def visit(self, node: ast.expr) -> Value:  # noqa: PLR0911 - one return a kind of node
        """Check one node and everything below it."""
        match node:
            case ast.BoolOp():
                word = " and " if isinstance(node.op, ast.And) else " or "
                return Value("(" + word.join(self.truth(part) for part in node.values) + ")", Kind.BOOL)
            case ast.UnaryOp(op=ast.Not()):
                return Value(f"(not {self.truth(node.operand)})", Kind.BOOL)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if not (
                isinstance(number, bool)
            ):
                return self.literal(-number)
            case ast.Compare():
                return self._comparison(node)
            case ast.Constant():
                return self.literal(node.value)
            case ast.List() | ast.Tuple():
                return self._list(node.elts)
            case ast.Name() | ast.Attribute():
                parts = dotted(node)
                if parts is not None:
                    return self.environment.path(parts)
            case ast.Call(func=ast.Name(id=name)):
                if node.keywords:
                    raise ExpressionError(f"{name}() takes no named arguments")
                return self.environment.call(name, node, self.visit)
        raise ExpressionError(
            f"`{ast.unparse(node)}` is not allowed here; use comparisons, `in`, and/or/not, literals and calls"
        )

    def literal(self, value: object) -> Value:
        """Lift a literal out of the source."""
        match value:
            case bool():
                return Value(str(value), Kind.BOOL, value, is_literal=True)
            case float() if not math.isfinite(value):
                raise ExpressionError("a number too large; nothing is ever as large")
            case int() | float():
                kind = Kind.NUMBER
            case str() if _SURROGATE.search(value):
                raise ExpressionError(f"{value!r} holds half a character, which no text of a request does; remove it")
            case str():
                kind = Kind.STRING
            case None:
                raise ExpressionError("None is never equal to an attribute; ask `not has(r.ctx...)` instead")
            case _:
                raise ExpressionError(f"a literal {type(value).__name__} is not allowed; use strings and numbers")
        return self.constant(value, kind)

    def constant(self, value: object, kind: Kind) -> Value:
        """Make `value` available to the source: in the literal tuple, or spelled out where sources are not shared."""
        if self.spells_out and isinstance(value, str | int | float):
            return Value(repr(value), kind, value, is_literal=True)
        self.literals.append(value)
        return Value(f"c[{len(self.literals) - 1}]", kind, value, is_literal=True)

    def _list(self, elements: Sequence[ast.expr]) -> Value:
        before = len(self.literals)
        for element in elements:
            _refuse_tuple(element)
        values = [self.visit(element) for element in elements]
        if all(value.is_literal for value in values):
            del self.literals[before:]
            return self.constant([value.literal for value in values], Kind.LIST)
        return Value("[" + ", ".join(value.source for value in values) + "]", Kind.LIST)

    def _comparison(self, node: ast.Compare) -> Value:
        _refuse_tuple(node.left)
        left = self.visit(node.left)
        text = left.source
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            if not isinstance(operator, ast.In | ast.NotIn):
                _refuse_tuple(operand)
            spelled = _OPERATORS.get(type(operator))
            if spelled is None:
                raise ExpressionError("`is` compares identities; use == or !=")
            right = self.visit(operand)
            self._check_operands(operator, left, right, node)
            is_listed = isinstance(operator, ast.In | ast.NotIn) and right.kind is Kind.UNKNOWN
            text += f" {spelled} {f'listed({right.source})' if is_listed else right.source}"
            left = right
        return Value(f"({text})", Kind.BOOL)

    @staticmethod
    def _check_operands(operator: ast.cmpop, left: Value, right: Value, node: ast.Compare) -> None:
        if isinstance(operator, ast.In | ast.NotIn):
            if right.kind is Kind.STRING:
                raise ExpressionError(
                    f"`{ast.unparse(node)}`: a text is no list; write ('a','b'), ('a',) or contains()"
                )
            if right.kind in {Kind.NUMBER, Kind.BOOL}:
                raise ExpressionError(f"`{ast.unparse(node)}`: {right.kind.value} holds nothing; use a list")
            return
        known = Kind.UNKNOWN not in {left.kind, right.kind}
        if known and left.kind is not right.kind:
            message = f"`{ast.unparse(node)}` compares {left.kind.value} with {right.kind.value}; they never agree"
            raise ExpressionError(message)
        if isinstance(operator, _ORDERING) and Kind.BOOL in {left.kind, right.kind}:
            raise ExpressionError(f"`{ast.unparse(node)}`: a truth value has no order; use == or !=")


def _refuse_tuple(node: ast.expr) -> None:
    """`('a', 'b')` may be searched, but it equals no attribute: JSON knows lists alone."""
    if isinstance(node, ast.Tuple):
        raise ExpressionError(f"`{ast.unparse(node)}` equals no attribute; write a list, [...]")
