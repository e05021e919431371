"""The conditions of rules (`when`): checked text to a compiled test over what `r.ctx` holds.

A condition is compiled once per shape: its literals are lifted out, so ten thousand rules that
differ in a name share one code object (a distinct compile costs 350 us, a shared one 30).
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from doorward.engine import functions, patterns
from doorward.engine.expressions import Compiler, ExpressionError, Kind, Value, dotted, parse

Context = Mapping[str, Any]
Test = Callable[[Context, tuple[object, ...]], object]

_OURS: Final[Mapping[str, frozenset[str]]] = {
    "tenant": frozenset({"id", "plan", "status", "subscription", "subscribed", "features", "limits", "usage"}),
    "env": frozenset({"time", "address"}),
}
"""What is in the sections that no caller adds to."""
SECTIONS: Final = frozenset({"subject", "resource", "action", "tenant", "env", "context"})


class AbsentAttribute(Exception):  # noqa: N818 - not an error: the condition is undecided
    """A condition read an attribute that nobody gave; the argument is its path below `r.ctx`."""


def _attribute(ctx: Context, section: str, name: str) -> Any:  # noqa: ANN401 - an attribute value
    try:
        value = ctx[section][name]
    except (KeyError, TypeError):
        raise AbsentAttribute(f"{section}.{name}") from None
    if value is None:
        raise AbsentAttribute(f"{section}.{name}")
    return value


def _nested(ctx: Context, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - an attribute value
    value: Any = ctx
    try:
        for name in path:
            value = value[name]
    except (KeyError, TypeError):
        raise AbsentAttribute(".".join(path)) from None
    if value is None:
        raise AbsentAttribute(".".join(path))
    return value


def _has(ctx: Context, path: tuple[str, ...]) -> bool:
    try:
        _nested(ctx, path)
    except AbsentAttribute:
        return False
    return True


class _Function(NamedTuple):
    call: Callable[..., object]
    arguments: tuple[Kind, ...]
    result: Kind


_S, _N, _B, _L, _U = Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.LIST, Kind.UNKNOWN
_FUNCTIONS: Final[Mapping[str, _Function]] = {
    "len": _Function(functions.length, (_U,), _N),
    "lower": _Function(functions.lower, (_S,), _S),
    "startswith": _Function(functions.startswith, (_S, _S), _B),
    "endswith": _Function(functions.endswith, (_S, _S), _B),
    "contains": _Function(functions.contains, (_U, _U), _B),
    "any_in": _Function(functions.any_in, (_L, _L), _B),
    "keyMatch": _Function(functions.key_match, (_S, _S), _B),
    "keyMatch2": _Function(patterns.key_match2, (_S, _S), _B),
    "keyMatch3": _Function(patterns.key_match3, (_S, _S), _B),
    "keyMatch4": _Function(patterns.key_match4, (_S, _S), _B),
    "keyMatch5": _Function(patterns.key_match5, (_S, _S), _B),
    "globMatch": _Function(patterns.glob_match, (_S, _S), _B),
    "regexMatch": _Function(patterns.regex_match, (_S, _S), _B),
    "ipMatch": _Function(functions.ip_match, (_S, _S), _B),
    "hour": _Function(functions.hour, (_N, _S), _N),
    "weekday": _Function(functions.weekday, (_N, _S), _N),
}
FUNCTIONS: Final = ("has", *_FUNCTIONS)
_NAMESPACE: Final[dict[str, Any]] = {
    "__builtins__": {},
    "attribute": _attribute,
    "nested": _nested,
    "has": _has,
    "truth": functions.truth,
    "listed": functions.listed,
    **{one.call.__name__: one.call for one in _FUNCTIONS.values()},
}


class _ConditionEnvironment:
    """Paths below `r.ctx`, and the functions that conditions may call."""

    def path(self, parts: Sequence[str]) -> Value:
        below = self._below_ctx(parts)
        if len(below) == 2:  # noqa: PLR2004 - section and name
            return Value(f"attribute(ctx, {below[0]!r}, {below[1]!r})", Kind.UNKNOWN)
        return Value(f"nested(ctx, {below!r})", Kind.UNKNOWN)

    def call(self, name: str, node: ast.Call, visit: Callable[[ast.expr], Value]) -> Value:
        if name == "has":
            return self._has(node)
        function = _FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"{name}() is no function of conditions; there are {', '.join(FUNCTIONS)}")
        if len(node.args) != len(function.arguments):
            takes = "one argument" if len(function.arguments) == 1 else f"{len(function.arguments)} arguments"
            raise ExpressionError(f"{name}() takes {takes}, not {len(node.args)}")
        values = [visit(argument) for argument in node.args]
        for position, (value, kind) in enumerate(zip(values, function.arguments, strict=True), start=1):
            if Kind.UNKNOWN not in {value.kind, kind} and value.kind is not kind:
                message = f"{name}(): argument {position} is {value.kind.value}; it needs {kind.value}"
                raise ExpressionError(message)
        _check_pattern(name, values)
        return Value(f"{function.call.__name__}({', '.join(value.source for value in values)})", function.result)

    def _has(self, node: ast.Call) -> Value:
        parts = dotted(node.args[0]) if len(node.args) == 1 else None
        if parts is None:
            raise ExpressionError("has() takes one path, like has(r.ctx.resource.owner)")
        return Value(f"has(ctx, {self._below_ctx(parts)!r})", Kind.BOOL)

    @staticmethod
    def _below_ctx(parts: Sequence[str]) -> tuple[str, ...]:
        if tuple(parts[:2]) != ("r", "ctx"):
            name = ".".join(parts)
            raise ExpressionError(f"`{name}` is not below r.ctx; write r.ctx.subject.NAME, or quote a text: '{name}'")
        below = tuple(parts[2:])
        if len(below) < 2 or below[0] not in SECTIONS:  # noqa: PLR2004 - section and name
            sections = ", ".join(sorted(SECTIONS))
            raise ExpressionError(f"`{'.'.join(parts)}` names no attribute; write r.ctx.SECTION.NAME with {sections}")
        if any(part.startswith("_") for part in below):
            raise ExpressionError(f"`{'.'.join(parts)}`: no name below r.ctx begins with `_`; rename the attribute")
        known = _OURS.get(below[0])
        if known is not None and below[1] not in known:
            raise ExpressionError(
                f"`{'.'.join(parts)}` is never given; r.ctx.{below[0]} has {', '.join(sorted(known))}"
            )
        return below


def _check_pattern(name: str, values: Sequence[Value]) -> None:
    """Refuse at load what a function would refuse at every call."""
    if name == "keyMatch" and values[1].is_literal:
        pattern = str(values[1].literal)
        if "*" in pattern[:-1]:
            raise ExpressionError(f"keyMatch: `*` may stand only at the end of {pattern!r}; split the rule")
    if name == "ipMatch" and values[1].is_literal:
        functions.check_network(str(values[1].literal))
    check = functions.LITERAL_CHECKS.get(name)
    if check is None:
        return
    if not values[1].is_literal:
        raise ExpressionError(f"{name}(): the second argument must be a literal, so that it is checked at load")
    check(str(values[1].literal))


class Condition:
    """A compiled condition; `holds` says whether it is true."""

    __slots__ = ("_literals", "_test", "text")

    def __init__(self, text: str, test: Test, literals: tuple[object, ...]) -> None:
        self.text = text
        self._test = test
        self._literals = literals

    def holds(self, ctx: Context) -> bool:
        """Evaluate.

        Raises:
            AbsentAttribute: an attribute that it read is absent or null.
            Exception: whatever else fails (a wrong type, a malformed address): the question is denied.
        """
        return functions.truth(self._test(ctx, self._literals))


@lru_cache(maxsize=4096)
def _shape(source: str) -> Test:
    code = compile(f"lambda ctx, c: {source}", "<condition>", "eval")
    # The source is made of this module's own words alone; names and literals of the policy are
    # checked identifiers and lifted constants.
    test: Test = eval(code, dict(_NAMESPACE))  # noqa: S307
    return test


def compile_condition(text: str) -> Condition | None:
    """Compile the text of a `when` column; None where it is `True`.

    Raises:
        ExpressionError: it is refused; the message says why and what to write instead.
    """
    if text == "True":
        return None
    compiler = Compiler(_ConditionEnvironment())
    source = compiler.truth(parse(text))
    return Condition(text, _shape(source), tuple(compiler.literals))
