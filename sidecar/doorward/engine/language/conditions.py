"""The conditions of rules (`when`): checked text to a compiled test over what a question carries.

A condition is compiled once per shape: literals and names of attributes are lifted out, so ten
thousand rules that differ in a name share one code object (a distinct compile costs 350 us, a shared
one 60). Those that differ in plain literals alone are not even parsed again (5 us).
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from doorward.engine.language import calls, functions
from doorward.engine.language.calls import Context
from doorward.engine.language.expressions import Compiler, ExpressionError, Kind, Value, dotted, parse
from doorward.engine.language.lifting import Lifted, has_prefix, may_be_lifted, with_marks, without_plain_literals

ALWAYS: Final = "True"
"""The text of no condition."""
Test = Callable[[Context, tuple[object, ...]], object]

_OURS: Final[Mapping[str, frozenset[str]]] = {
    "tenant": frozenset({"id", "plan", "status", "subscription", "subscribed", "features", "limits", "usage"}),
    "env": frozenset({"time", "address"}),
}
"""What is in the sections that no caller adds to."""
SECTIONS: Final = frozenset({"subject", "resource", "action", "tenant", "env", "context"})
FUNCTIONS: Final = ("has", *calls.FUNCTIONS)
_REWRITTEN: Final = re.compile("[pr][0-9]*")
_CHECKED: Final = re.compile("|".join(sorted({*calls.PATTERNED, *functions.LITERAL_CHECKS})))
"""Functions whose literals are checked, each by itself."""
_KEPT: Final = 4_096  # about 1 KB each, while a policy is read
_GLOBALS: Final[dict[str, Any]] = {"__builtins__": {}, **calls.NAMESPACE}
"""Shared by all compiled conditions: none of them can assign a name."""


@dataclass(frozen=True, slots=True)
class Readable:
    """What expressions may read of a question: `r.ctx`, and these tokens with their attributes.

    `root` is how expressions call the question: `r`, or `r2` in the second section set;
    `sections` are those of `r.ctx`.
    """

    ctx: bool = True
    tokens: tuple[str, ...] = ()
    root: str = "r"
    sections: frozenset[str] = SECTIONS

    def below(self, parts: Sequence[str]) -> tuple[str, ...]:
        """The way of a dotted name through what a question carries. Raises ExpressionError where it leads nowhere."""
        if len(parts) > 1 and parts[0] == self.root and parts[1] in self.tokens:
            _check_names(parts)
            return ("r", *parts[1:])
        if self.ctx and tuple(parts[:2]) == (self.root, "ctx"):
            return _below_ctx(parts, self.sections)
        name = ".".join(parts)
        if name in {"true", "false"}:
            raise ExpressionError(f"`{name}` is written {name.capitalize()}")
        if not self.ctx:
            tokens = " or ".join(f"{self.root}.{token}" for token in self.tokens)
            quoted = "" if len(parts) > 1 else f"; quote a text: '{name}'"
            raise ExpressionError(f"`{name}` is not {tokens}, and this model has no token ctx{quoted}")
        below = f"{self.root}.ctx"
        if len(parts) > 1:
            section = {"obj": "resource", "act": "action", "dom": "tenant"}.get(parts[1], "subject")
            last = parts[-1] if len(parts) > 2 else "id"  # noqa: PLR2004 - r.TOKEN.NAME
            raise ExpressionError(f"`{name}` is not below {below}; write {below}.{section}.{last}")
        raise ExpressionError(f"`{name}` is not below {below}; write {below}.subject.NAME, or quote a text: '{name}'")


BELOW_CTX: Final = Readable()


def _below_ctx(parts: Sequence[str], sections: frozenset[str]) -> tuple[str, ...]:
    below = tuple(parts[2:])
    if len(below) < 2 or below[0] not in sections:  # noqa: PLR2004 - section and name
        known = ", ".join(sorted(sections))
        raise ExpressionError(f"`{'.'.join(parts)}` names no attribute; write r.ctx.SECTION.NAME with {known}")
    _check_names(parts)
    ours = _OURS.get(below[0])
    if ours is not None and below[1] not in ours:
        raise ExpressionError(f"`{'.'.join(parts)}` is never given; r.ctx.{below[0]} has {', '.join(sorted(ours))}")
    return below


def _check_names(parts: Sequence[str]) -> None:
    if any(part.startswith("_") for part in parts):
        raise ExpressionError(f"`{'.'.join(parts)}`: no name below r.ctx begins with `_`; rename the attribute")
    if any(_REWRITTEN.fullmatch(part) for part in parts[1:-1]):
        raise ExpressionError(
            f"`{'.'.join(parts)}`: stock Casbin rewrites `p.` and `r.` in a path; rename the attribute"
        )


def attribute_value(below: tuple[str, ...]) -> Value:
    """Source that reads an attribute of the context `x`."""
    if len(below) == 2 and below[0] != "r":  # noqa: PLR2004 - section and name
        return Value(f"attribute(x, {below[0]!r}, {below[1]!r})", Kind.UNKNOWN)
    return Value(f"nested(x, {below!r})", Kind.UNKNOWN)


def has_path(node: ast.Call, readable: Readable) -> tuple[str, ...]:
    """What `has(path)` asks for."""
    parts = dotted(node.args[0]) if len(node.args) == 1 else None
    if parts is None:
        raise ExpressionError("has() takes one path, like has(r.ctx.resource.owner)")
    below = readable.below(parts)
    if below[0] == "r" and len(below) == 2:  # noqa: PLR2004 - r.TOKEN
        raise ExpressionError(f"has({'.'.join(parts)}): a token is always there; ask for one of its attributes")
    return below


class _ConditionEnvironment:
    """Paths below what is readable, lifted out of the source, and the functions that conditions may call."""

    def __init__(self, readable: Readable, literals: list[object]) -> None:
        self._readable = readable
        self._literals = literals

    def path(self, parts: Sequence[str]) -> Value:
        below = self._readable.below(parts)
        if len(below) == 2 and below[0] != "r":  # noqa: PLR2004 - section and name
            return Value(f"attribute(x, {below[0]!r}, {self._lifted(below[1])})", Kind.UNKNOWN)
        return Value(f"nested(x, {self._lifted(below)})", Kind.UNKNOWN)

    def _lifted(self, value: object) -> str:
        self._literals.append(value)
        return f"c[{len(self._literals) - 1}]"

    def call(self, name: str, node: ast.Call, visit: calls.Visit) -> Value:
        if name == "has":
            return Value(f"has(x, {self._lifted(has_path(node, self._readable))})", Kind.BOOL)
        values: list[Value] = []

        def noted(argument: ast.expr) -> Value:
            values.append(visit(argument))
            return values[-1]

        value = calls.compile_call(name, node, noted, calls.FUNCTIONS, "conditions")
        calls.check_literals(name, values)
        return value


class Condition:
    """A compiled condition; `holds` says whether it is true: `test` of a context and the condition's `literals`."""

    __slots__ = ("literals", "test", "text")

    def __init__(self, text: str, test: Test, literals: tuple[object, ...]) -> None:
        self.text = text
        self.test = test
        self.literals = literals

    def holds(self, context: Context) -> bool:
        """Evaluate.

        Raises:
            AbsentAttribute: an attribute that it read is absent or null.
            Exception: whatever else fails (a wrong type, a malformed address): the question is denied.
        """
        return functions.truth(self.test(context, self.literals))


@lru_cache(maxsize=4096)
def _shape(source: str) -> Test:
    code = compile(f"lambda x, c: {source}", "<condition>", "eval")
    # The source is made of this module's own words alone; names and literals of the policy are
    # checked identifiers and lifted constants.
    test: Test = eval(code, _GLOBALS)  # noqa: S307
    return test


def compile_condition(text: str, readable: Readable = BELOW_CTX) -> Condition | None:
    """Compile the text of a condition; None where it is `True`.

    Raises:
        ExpressionError: it is refused; the message says why and what to write instead.
    """
    if text == ALWAYS:
        return None
    source, literals = _compiled(text, readable)
    return Condition(text, _shape(source), tuple(literals))


def _compiled(text: str, readable: Readable) -> tuple[str, list[object]]:
    literals: list[object] = []
    compiler = Compiler(_ConditionEnvironment(readable, literals), literals)
    return compiler.truth(parse(text)), literals


class _Template(NamedTuple):
    """What conditions that differ in plain literals alone have in common."""

    test: Test
    literals: Lifted


class ConditionReader:
    """Compiles the conditions of one policy as `compile_condition` does; those that are alike are parsed once."""

    def __init__(self, readable: Readable) -> None:
        self._readable = readable
        self._templates: dict[str, _Template | None] = {}
        self._once: set[str] = set()  # skeletons of one text so far: most of those that are alone stay alone

    def compiled(self, text: str) -> Condition | None:
        """As `compile_condition`."""
        if text == ALWAYS:
            return None
        if may_be_lifted(text):
            skeleton, values = without_plain_literals(text)
            template = self._templates.get(skeleton)
            if template is None and skeleton not in self._templates:
                template = self._seen(skeleton)
            if template is not None:
                return Condition(text, template.test, template.literals.filled(values))
        return compile_condition(text, self._readable)

    def _seen(self, skeleton: str) -> _Template | None:
        """The template of a text that is the second of its kind."""
        if skeleton not in self._once:
            if len(self._once) >= _KEPT:
                self._once.clear()
            self._once.add(skeleton)
            return None
        if len(self._templates) >= _KEPT:
            self._templates.clear()
        template = self._templates[skeleton] = self._template(skeleton)
        return template

    def _template(self, skeleton: str) -> _Template | None:
        """What is made of a text without its plain literals; None where what they say matters, or it is refused."""
        if _CHECKED.search(skeleton) or has_prefix(skeleton):
            return None
        text, marks = with_marks(skeleton)
        try:
            source, literals = _compiled(text, self._readable)
        except ExpressionError:
            return None
        lifted = Lifted.found(literals, marks)
        return None if lifted is None else _Template(_shape(source), lifted)
