"""Calls by bare name in conditions and matchers: what each function takes and gives, checked at load."""

import ast
import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from doorward.engine.language import functions, path_patterns, patterns
from doorward.engine.language.expressions import ExpressionError, Kind, Value

Context = Mapping[str, Any]
Visit = Callable[[ast.expr], Value]


class Function(NamedTuple):
    """A function that policies may call: Python's, the kinds of its arguments, the kind of its result."""

    call: Callable[..., object]
    arguments: tuple[Kind, ...]
    result: Kind


_S, _N, _B, _L, _U = Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.LIST, Kind.UNKNOWN
FUNCTIONS: Final[Mapping[str, Function]] = {
    "len": Function(functions.length, (_U,), _N),
    "lower": Function(functions.lower, (_S,), _S),
    "startswith": Function(functions.startswith, (_S, _S), _B),
    "endswith": Function(functions.endswith, (_S, _S), _B),
    "contains": Function(functions.contains, (_U, _U), _B),
    "any_in": Function(functions.any_in, (_L, _L), _B),
    "keyMatch": Function(functions.key_match, (_S, _S), _B),
    "keyMatch2": Function(path_patterns.key_match2, (_S, _S), _B),
    "keyMatch3": Function(path_patterns.key_match3, (_S, _S), _B),
    "keyMatch4": Function(path_patterns.key_match4, (_S, _S), _B),
    "keyMatch5": Function(path_patterns.key_match5, (_S, _S), _B),
    "globMatch": Function(patterns.glob_match, (_S, _S), _B),
    "regexMatch": Function(patterns.regex_match, (_S, _S), _B),
    "ipMatch": Function(functions.ip_match, (_S, _S), _B),
    "hour": Function(functions.hour, (_N, _S), _N),
    "weekday": Function(functions.weekday, (_N, _S), _N),
}
"""What conditions and matchers may call."""

GETTERS: Final[Mapping[str, Function]] = {
    "keyGet": Function(path_patterns.key_get, (_S, _S), _S),
    "keyGet2": Function(path_patterns.key_get2, (_S, _S, _S), _S),
    "keyGet3": Function(path_patterns.key_get3, (_S, _S, _S), _S),
}
"""What matchers may call besides."""

PATTERNED: Final = frozenset(
    {"keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "globMatch", "regexMatch", "ipMatch", *GETTERS}
)
"""Functions whose second argument is a pattern."""


class AbsentAttribute(Exception):  # noqa: N818 - not an error: what reads it is undecided
    """An expression read an attribute that nobody gave; the argument is its path below `r.ctx`, or `r.TOKEN...`."""


def attribute(ctx: Context, section: str, name: str) -> Any:  # noqa: ANN401 - an attribute value
    """One attribute below `r.ctx`."""
    try:
        value = ctx[section][name]
    except (KeyError, TypeError):
        raise AbsentAttribute(f"{section}.{name}") from None
    if value is None:
        raise AbsentAttribute(f"{section}.{name}")
    return value


def nested(ctx: Context, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - an attribute value
    """An attribute at any depth below `r.ctx`, or of a token: ("r", TOKEN, ...)."""
    value: Any = ctx
    try:
        for name in path:
            value = value[name]
    except (KeyError, TypeError):
        raise AbsentAttribute(".".join(path)) from None
    if value is None:
        raise AbsentAttribute(".".join(path))
    return value


def has(ctx: Context, path: tuple[str, ...]) -> bool:
    """Whether an attribute is there and not null."""
    try:
        nested(ctx, path)
    except AbsentAttribute:
        return False
    return True


NAMESPACE: Final[Mapping[str, Any]] = {
    "attribute": attribute,
    "nested": nested,
    "has": has,
    "truth": functions.truth,
    "listed": functions.listed,
    **{one.call.__name__: one.call for one in (*FUNCTIONS.values(), *GETTERS.values())},
}
"""Every name that compiled expressions use."""


def compile_call(name: str, node: ast.Call, visit: Visit, known: Mapping[str, Function], where: str) -> Value:
    """Check a call's name and arguments; its patterns are the caller's to check.

    Raises:
        ExpressionError: there is no such function `where` it stands, or it takes other arguments.
    """
    function = known.get(name)
    if function is None:
        raise ExpressionError(_unknown(name, known, where))
    values = [visit(argument) for argument in node.args]
    if len(values) != len(function.arguments):
        takes = "one argument" if len(function.arguments) == 1 else f"{len(function.arguments)} arguments"
        raise ExpressionError(f"{name}() takes {takes}, not {len(values)}")
    for position, (value, kind) in enumerate(zip(values, function.arguments, strict=True), start=1):
        if Kind.UNKNOWN not in {value.kind, kind} and value.kind is not kind:
            raise ExpressionError(f"{name}(): argument {position} is {value.kind.value}; it needs {kind.value}")
    return Value(f"{function.call.__name__}({', '.join(value.source for value in values)})", function.result)


_INSTEAD: Final[Mapping[str, str]] = {
    "timeMatch": "compare r.ctx.env.time in a condition, or give role rows a time window, `g = _, _, (_, _)`",
}


def _unknown(name: str, known: Mapping[str, Function], where: str) -> str:
    instead = _INSTEAD.get(name)
    if instead is not None:
        return f"{name}() is no function of {where}; {instead}"
    listed = ", ".join(["has", *known])
    near = difflib.get_close_matches(name, ["has", *known], n=1, cutoff=0.8)
    if near:
        return f"{name}() is no function of {where}; did you mean {near[0]}()?"
    return (
        f"{name}() is no function of {where}; there are {listed}."
        " A function of your own cannot run here: let the application compute it and send it as an attribute"
    )


def check_literals(name: str, values: Sequence[Value]) -> None:
    """Refuse at load what a function would refuse at every call: malformed patterns, networks and zones."""
    if len(values) < 2:  # noqa: PLR2004 - the second argument is what is checked
        return
    second = values[1]
    if name in {"keyMatch", "keyGet"} and second.is_literal and "*" in str(second.literal)[:-1]:
        raise ExpressionError(f"{name}: `*` may stand only at the end of {str(second.literal)!r}; split the rule")
    if name == "ipMatch" and second.is_literal:
        functions.check_network(str(second.literal))
    check = functions.LITERAL_CHECKS.get(name)
    if check is None:
        return
    if not second.is_literal:
        raise ExpressionError(f"{name}(): the second argument must be a literal, so that it is checked at load")
    check(str(second.literal))
