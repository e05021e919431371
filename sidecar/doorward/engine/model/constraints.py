"""Which parts of a matcher an index can use: comparisons of one column with one token."""

import ast
from collections.abc import Callable
from typing import Final

from doorward.engine.language.expressions import ExpressionError, dotted
from doorward.engine.model import Comparison, Constraint, Model
from doorward.engine.model.rewriting import star_column

_INDEXED: Final = frozenset({"keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "globMatch", "regexMatch"})
_DERIVED: Final = frozenset({"keyMatch5", "globMatch"})
"""Functions that look at a part of the text, or at a tidier one: see `patterns.derived`."""

RoleCallOf = Callable[[ast.Call], tuple[int, int] | None]


class ConstraintReader:
    """Finds what an index can use in the parts of one matcher."""

    def __init__(self, model: Model, role_call: RoleCallOf) -> None:
        self._model = model
        self._role_call = role_call
        self._found: list[Constraint] = []
        self._derived: list[tuple[int, str]] = []

    def found(self) -> tuple[tuple[Constraint, ...], tuple[tuple[int, str], ...]]:
        """The constraints, and the values that are derived from tokens for them."""
        return tuple(self._found), tuple(self._derived)

    def column(self, name: str) -> int:
        """The position of a column. Raises ExpressionError where there is none."""
        column = self._model.column(name)
        if column is None:
            raise ExpressionError(f"`p.{name}` is no column; `p` has {', '.join(self._model.columns)}")
        return column

    def token(self, name: str) -> int:
        """The position of a token. Raises ExpressionError where there is none."""
        if name not in self._model.tokens:
            raise ExpressionError(f"`r.{name}` is no token; `r` has {', '.join(self._model.tokens)}")
        return self._model.tokens.index(name)

    def note(self, node: ast.expr) -> Constraint | None:
        """Keep what an index can make of one part, and return it; None where that is nothing."""
        found = self._constraint(node)
        if found is not None:
            self._found.append(found)
        return found

    def _constraint(self, node: ast.expr) -> Constraint | None:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:  # noqa: PLR2004
            for star, rest in (node.values, node.values[::-1]):
                name = star_column(star)
                found = None if name is None else self._simple(rest, star=True)
                if name is not None and found is not None and found.column == self.column(name):
                    return found
            return None
        return self._simple(node, star=False)

    def _simple(self, node: ast.expr, *, star: bool) -> Constraint | None:
        match node:
            case ast.Compare(ops=[ast.Eq()], comparators=[right]):
                return self._compared(Comparison.EQUAL, (node.left, right), "", star=star)
            case ast.Call(func=ast.Name(id=name), args=[key, pattern]) if name in _INDEXED:
                if (dotted(key) or ("",))[0] != "r":
                    return None
                return self._compared(Comparison.PATTERN, (key, pattern), name, star=star or name == "keyMatch")
            case ast.Call(func=ast.Name(id=name)) if name[:1] == "g":
                found = self._role_call(node)
                if found is None:
                    return None
                call, column = found
                token = self.token((dotted(node.args[0]) or ("", ""))[1])
                return Constraint(column, token, Comparison.ROLE, star, token, role=call)
        return None

    def _compared(
        self, comparison: Comparison, sides: tuple[ast.expr, ast.expr], function: str, *, star: bool
    ) -> Constraint | None:
        left, right = (dotted(side) or ("",) for side in sides)
        token_side, column_side = (left, right) if left[0] == "r" else (right, left)
        if token_side[0] != "r" or column_side[0] != "p" or len(token_side) != 2 or len(column_side) != 2:  # noqa: PLR2004
            return None
        token = self.token(token_side[1])
        value = token
        if function in _DERIVED:
            if (token, function) not in self._derived:
                self._derived.append((token, function))
            value = len(self._model.tokens) + self._derived.index((token, function))
        return Constraint(self.column(column_side[1]), token, comparison, star, value, function)
