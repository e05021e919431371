"""Bare names to TYPE:ID and role:NAME, in matcher, rules and roles alike, where the matcher compares names plainly."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from doorward.policy.casbin_import.matchers import Matcher, with_strings

ROLE_TYPE: Final = "role"
_TYPED: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:.", re.DOTALL)


def has_type(name: str) -> bool:
    """Whether a name reads as TYPE:ID."""
    return _TYPED.match(name) is not None


@dataclass(slots=True)
class Names:
    """Where a matcher holds names of a token: columns, roles and literals; `unclear` has what stands in the way."""

    columns: dict[str, str] = field(default_factory=dict)  # column: token
    roles: dict[str, str] = field(default_factory=dict)  # g, g2 ...: token
    held: set[str] = field(default_factory=set)  # columns that g() compares
    literals: dict[int, tuple[str, str]] = field(default_factory=dict)  # id of the node: token, text
    unclear: dict[str, str] = field(default_factory=dict)  # token: the part of the matcher


class NamesFinder:
    """Finds the names of `sub` and `obj` in one matcher."""

    def __init__(self, matcher: Matcher, tokens: Iterable[str]) -> None:
        self._matcher = matcher
        self._wanted = set(tokens)
        self.names = Names()

    def find(self) -> Names:
        """Walk the whole matcher."""
        self._visit(self._matcher.tree)
        return self.names

    def _visit(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._visit(part)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                self._visit(inner)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                self._pair(node, left, right)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[ast.List() | ast.Tuple() as listed]):
                for one in listed.elts:
                    self._pair(node, left, one)
            case ast.Call(func=ast.Name(id=name), args=[key, pattern, *_]) if re.fullmatch("g[0-9]*", name):
                self._pair(node, key, pattern)
                self._held(name, key, pattern, node)
            case ast.Call(func=ast.Name(id="keyMatch"), args=[key, pattern]) if self._token(key):
                self._pair(node, key, pattern)
            case _:
                self._in_the_way(node)

    def _token(self, node: ast.expr) -> str | None:
        token = self._matcher.token(node)
        return token if token in self._wanted else None

    def _pair(self, node: ast.expr, left: ast.expr, right: ast.expr) -> None:
        token, other = self._token(left), right
        if token is None:
            token, other = self._token(right), left
        if token is None:
            self._in_the_way(node)
            return
        column = self._matcher.column(other)
        if column is not None and self.names.columns.setdefault(column, token) == token:
            return
        if isinstance(other, ast.Constant) and isinstance(other.value, str):
            self.names.literals[id(other)] = (token, other.value)
            return
        self._in_the_way(node)

    def _held(self, name: str, key: ast.expr, role: ast.expr, node: ast.expr) -> None:
        token, column = self._token(key), self._matcher.column(role)
        if column is not None:
            self.names.held.add(column)
        if token is not None and self.names.roles.setdefault(name, token) != token:
            self._in_the_way(node)

    def _in_the_way(self, node: ast.expr) -> None:
        """Any token that a part reads in another way."""
        text = ast.unparse(node)
        for one in ast.walk(node):
            if isinstance(one, ast.Attribute) and (token := self._token(one)) is not None:
                self.names.unclear.setdefault(token, text)


@dataclass(slots=True)
class TypedNames:
    """Gives names their types. `types` are by token; `roles` are the names that role rows give."""

    types: Mapping[str, str]
    names: Mapping[str, Names]  # by set: "", "2" ...
    roles: dict[str, set[str]] = field(default_factory=dict)  # by token
    matched: Mapping[str, str] = field(default_factory=dict)  # g, g2 ... whose holders are patterns, of what function
    holders: set[str] = field(default_factory=set)
    strangers: dict[str, None] = field(default_factory=dict)  # names where roles may stand, in no role row

    def note_role(self, kind: str, holder: str, role: str) -> None:
        """Remember a role row of this kind."""
        token = self._role_token(kind)
        if token is not None:
            self.roles.setdefault(token, set()).add(role)
            self.holders.add(holder)

    def unclear(self) -> dict[str, str]:
        """The tokens that cannot be given a type, each with the part of a matcher that stands in the way."""
        found: dict[str, str] = {}
        for names in self.names.values():
            found |= {token: part for token, part in names.unclear.items() if token in self.types}
            for kind, token in names.roles.items():
                if kind in self.matched and token in self.types:
                    found[token] = f"{kind}() with patterns"
        return found

    def rule(self, suffix: str, columns: tuple[str, ...], fields: tuple[str, ...]) -> tuple[str, ...]:
        """The fields of a rule with types."""
        names = self.names[suffix]
        return tuple(
            self._typed(names.columns.get(column), value, may_be_role=column in names.held)
            for column, value in zip(columns, fields, strict=True)
        )

    def role_row(self, kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The fields of a role row with types."""
        token = self._role_token(kind)
        return (*(self._typed(token, value, may_be_role=True) for value in fields[:2]), *fields[2:])

    def matcher(self, matcher: Matcher) -> str:
        """The text of a matcher with types."""
        literals = self.names[matcher.suffix].literals
        new = {node: self._typed(token, text, may_be_role=bool(self.roles)) for node, (token, text) in literals.items()}
        return with_strings(matcher, new)

    def _role_token(self, kind: str) -> str | None:
        return next((names.roles[kind] for names in self.names.values() if kind in names.roles), None)

    def _typed(self, token: str | None, value: str, *, may_be_role: bool) -> str:
        if token is None or token not in self.types or value == "*" or has_type(value):
            return value
        if may_be_role and value in self.roles.get(token, ()):
            return f"{ROLE_TYPE}:{value}"
        if may_be_role and value not in self.holders:
            self.strangers[value] = None
        return f"{self.types[token]}:{value}"
