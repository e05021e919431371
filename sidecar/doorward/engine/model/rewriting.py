"""What the syntax tree of a matcher says before it is compiled: which names are whose, where `*` is anything."""

import ast

from doorward.engine.language.expressions import ExpressionError, dotted


def star_column(node: ast.expr) -> str | None:
    """The column's name of `p.X == "*"`, None where the expression is another."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
        return None
    for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        parts = dotted(side)
        if parts is not None and parts[0] == "p" and isinstance(other, ast.Constant) and other.value == "*":
            return parts[1] if len(parts) == 2 else None  # noqa: PLR2004 - p.NAME
    return None


def compares_tenants(node: ast.expr) -> bool:
    """Whether one comparison or call looks at the rule's tenant and at the request."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.Call):
        sides = list(node.args)
    else:
        return False
    names = [dotted(side) or ("",) for side in sides]
    return ("p", "dom") in names and any(name[0] == "r" for name in names)


class RenamedSections(ast.NodeTransformer):
    """Reads `r2` and `p2` of a second matcher as `r` and `p`."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """A name as the first matcher would write it. Raises ExpressionError for one of another section set."""
        suffix = self._suffix
        if not suffix or node.id[:1] not in {"r", "p"} or (node.id[1:] and not node.id[1:].isdecimal()):
            return node
        if node.id[1:] != suffix:
            raise ExpressionError(
                f"`{node.id}` belongs to another section set; m{suffix} reads r{suffix} and p{suffix}"
            )
        return ast.copy_location(ast.Name(node.id[0], node.ctx), node)


class StarsFirst(ast.NodeTransformer):
    """Puts `p.X == "*"` before the other alternatives: a `*` is anything there, and no pattern to be matched.

    Alternatives that may read attributes stay as they stand: reading goes from left to right.
    """

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        """The alternatives with the stars first."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Or) and all(_reads_names(one) for one in node.values):
            node.values.sort(key=lambda one: star_column(one) is None)
        return node


def _reads_names(node: ast.expr) -> bool:
    """Whether an expression reads nothing but tokens and columns, which are always there."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and len(dotted(one) or ("r", "x")) > 2:  # noqa: PLR2004 - r.NAME
            return False
        if isinstance(one, ast.Call) and dotted(one.func) in {("eval",), ("has",)}:
            return False
    return True
