"""Values and comparisons of the language: their text, and what they mean in plain Python."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from casbin import util as stock

from support.casbin_language import Env, Expr
from support.casbin_oracle import EXTRA_FUNCTIONS, GETTERS, MATCHING

FUNCTIONS: Mapping[str, Callable[..., Any]] = {**EXTRA_FUNCTIONS, **GETTERS, **MATCHING, "ipMatch": stock.ip_match_func}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda item, holder: item in holder, "not in": lambda item, holder: item not in holder,
}  # fmt: skip


class Term(NamedTuple):
    """A value: its text, and how to compute it."""

    text: str
    value: Callable[[Env], Any]


def token(name: str, *path: str) -> Term:
    """A token of the request, or something below it."""
    return Term(f"R.{'.'.join((name, *path))}", lambda env: reduce(operator.getitem, path, env.request[name]))


def column(name: str) -> Term:
    """A column of the row."""
    return Term(f"P.{name}", lambda env: env.row[name])


def literal(value: Any, quote: str = '"') -> Term:
    """A text, a number, a truth value or a list of them."""
    if isinstance(value, str):
        return Term(f"{quote}{value}{quote}", lambda _: value)
    if isinstance(value, tuple):
        inside = ", ".join(literal(one, quote).text for one in value) + "," * (len(value) == 1)
        return Term(f"({inside})", lambda _: value)
    return Term(repr(value), lambda _: value)


def call(name: str, *arguments: Term) -> Term:
    """A function of Casbin's, or of Doorward's besides."""
    function = FUNCTIONS[name]
    text = f"{name}({', '.join(argument.text for argument in arguments)})"
    return Term(text, lambda env: function(*(argument.value(env) for argument in arguments)))


def compared(left: Term, sign: str, right: Term) -> Expr:
    """A comparison."""
    compare = _COMPARISONS[sign]
    return Expr(f"{left.text} {sign} {right.text}", lambda env: compare(left.value(env), right.value(env)))


def said(name: str, *arguments: Term) -> Expr:
    """A function that is true or false."""
    return Expr(*call(name, *arguments))


def has_role(definition: str, name: Term, role: Term, domain: Term | None = None) -> Expr:
    """`g(...)`."""
    arguments: Sequence[Term] = (name, role) if domain is None else (name, role, domain)
    text = f"{definition}({', '.join(one.text for one in arguments)})"
    where = domain or Term("", lambda _: "")
    return Expr(text, lambda env: env.linked(definition, name.value(env), role.value(env), where.value(env)))


def evaluated(name: str) -> Expr:
    """`eval(p.COLUMN)`."""
    return Expr(f"eval(P.{name})", lambda env: env.conditions[env.row[name]].holds(env))
