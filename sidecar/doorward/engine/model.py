"""Casbin model text to a checked Model: its columns, its effect and the parts of its matcher."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from doorward.engine.expressions import Compiler, ExpressionError, Kind, Value, dotted, parse
from doorward.engine.problems import Problems

ALLOW_BY_DEFAULT: Final = "# doorward: allow-by-default"
TOKENS: Final = frozenset({"sub", "dom", "obj", "act", "ctx"})
_SECTIONS: Final = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
}
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class PolicyEffect(StrEnum):
    """How the effects of matching rules become one decision."""

    ALLOW_OVERRIDE = "some rule allows"
    ALLOW_AND_DENY = "some rule allows and none denies"
    DENY_OVERRIDE = "no rule denies"


# Stock Casbin compares these texts character by character, and refuses any other spelling.
_EFFECTS: Final = {
    "some(where (p.eft == allow))": PolicyEffect.ALLOW_OVERRIDE,
    "some(where (p.eft == allow)) && !some(where (p.eft == deny))": PolicyEffect.ALLOW_AND_DENY,
    "!some(where (p.eft == deny))": PolicyEffect.DENY_OVERRIDE,
}


class Comparison(StrEnum):
    """How a matcher compares a column of a rule with a token of the request."""

    EQUAL = "equal"
    PATTERN = "keyMatch"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One part of the matcher that an index can use: a column, a token, how they are compared.

    `star` says that `*` in the column matches anything.
    """

    column: int
    token: int
    comparison: Comparison
    star: bool


@dataclass(slots=True)
class Model:
    """A checked model. `matcher` is source over `v` (request values), `f` (fields), `held` (roles), `c` (literals)."""

    tokens: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    role_arity: int = 0
    effect: PolicyEffect = PolicyEffect.ALLOW_AND_DENY
    matcher: str = ""
    literals: tuple[object, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    type_columns: frozenset[int] = frozenset()  # of those below, the ones where `TYPE:*` is a type as a whole
    plain_columns: tuple[int, ...] = ()  # those in which `*` would be a name like any other
    patterns: tuple[Constraint, ...] = ()  # every keyMatch of a column, wherever it stands in the matcher
    condition_column: int | None = None
    role_subject: int | None = None  # the token whose roles `g` asks for
    role_domain: int | None = None  # the token that names the tenant of `g`
    lines: dict[str, int] = field(default_factory=dict)

    def column(self, name: str) -> int | None:
        """The position of a column, or None."""
        return self.columns.index(name) if name in self.columns else None


def read_model(text: str, problems: Problems) -> Model | None:
    """Read a model; every fault goes to `problems`, and None is returned where there is one."""
    definitions = _definitions(text, problems)
    model = Model(lines={key: line for key, (line, _) in definitions.items()})
    for key, section in (
        ("r", "request_definition"),
        ("p", "policy_definition"),
        ("e", "policy_effect"),
        ("m", "matchers"),
    ):
        if key not in definitions and not problems:
            problems.add(0, f"no `{key} = ...`; add it below [{section}]")
    if problems:
        return None
    model.tokens = _names("r", *definitions["r"], problems)
    model.columns = _names("p", *definitions["p"], problems)
    unknown = [token for token in model.tokens if token not in TOKENS]
    if unknown:
        problems.add(
            definitions["r"][0],
            f"`{unknown[0]}` is no token of access models; there are sub, dom, obj, act, ctx",
        )
    if "g" in definitions:
        model.role_arity = _role_arity(*definitions["g"], problems)
    _read_effect(model, *definitions["e"], text, problems)
    if not problems:
        _read_matcher(model, *definitions["m"], problems)
    return None if problems else model


def _definitions(text: str, problems: Problems) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    section: str | None = None
    held: list[str] = []
    started = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if _CONTROL.search(line):
            problems.add(number, "a control character stands in this line; remove it")
            continue
        if not held and (not line or line[0] in "#;"):
            continue
        if not held and line[0] == "[" and line[-1] == "]":
            section = line[1:-1]
            if section not in _SECTIONS:
                problems.add(
                    number,
                    f"unknown section [{section}]; there are {', '.join(f'[{one}]' for one in _SECTIONS)}",
                )
            continue
        started = started if held else number
        held.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        _define(found, section, started, " ".join(held), problems)
        held = []
    if held:
        problems.add(started, "the last line ends with a backslash; nothing follows it")
    return found


def _define(found: dict[str, tuple[int, str]], section: str | None, line: int, text: str, problems: Problems) -> None:
    key, equals, value = (part.strip() for part in text.partition("="))
    expected = _SECTIONS.get(section or "")
    if section is None:
        problems.add(line, "a definition before the first section; start with [request_definition]")
    elif not equals or not value:
        problems.add(line, f"no definition: {text!r}; write {expected or 'key'} = ...")
    elif expected is None:
        return
    elif key != expected:
        problems.add(line, f"`{key}` in [{section}]; this release reads `{expected}` alone there")
    elif key in found:
        problems.add(line, f"`{key}` is defined again (first in line {found[key][0]}); keep one")
    else:
        found[key] = (line, value)


def _names(key: str, line: int, value: str, problems: Problems) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if not _TOKEN.match(name):
            problems.add(line, f"`{name}` is no name in `{key} = ...`; use letters, digits and _")
        if names.count(name) > 1:
            problems.add(line, f"`{name}` stands twice in `{key} = ...`; keep one")
            break
    return names


def _role_arity(line: int, value: str, problems: Problems) -> int:
    marks = [mark.strip() for mark in value.split(",")]
    if any(mark != "_" for mark in marks) or len(marks) not in {2, 3}:
        problems.add(line, f"`g = {value}`: write `_, _` for roles, or `_, _, _` for roles by tenant")
    return len(marks)


def _read_effect(model: Model, line: int, value: str, text: str, problems: Problems) -> None:
    effect = _EFFECTS.get(value.split("#", maxsplit=1)[0].strip())
    if effect is None:
        problems.add(line, f"`e = {value}` is no effect this release knows; there are: {'; '.join(_EFFECTS)}")
        return
    model.effect = effect
    first = text.split("\n", maxsplit=1)[0].strip()
    if model.effect is PolicyEffect.DENY_OVERRIDE and first != ALLOW_BY_DEFAULT:
        problems.add(
            line,
            "this effect allows whatever no rule names; add `some(where (p.eft == allow)) && ` before it,"
            f" or, if that is meant, make the first line of the file `{ALLOW_BY_DEFAULT}`",
        )
    if model.effect is not PolicyEffect.ALLOW_OVERRIDE and "eft" not in model.columns:
        problems.add(line, "this effect asks for denials, but `p` has no column `eft`; add it to policy_definition")


def _read_matcher(model: Model, line: int, value: str, problems: Problems) -> None:
    try:
        tree = parse(value)
        reader = _MatcherReader(model)
        parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
        compiler = Compiler(reader)
        sources = [source for part in parts if (source := reader.conjunct(part, compiler)) is not None]
    except ExpressionError as error:
        problems.add(line, f"in the matcher: {error}")
        return
    model.matcher = " and ".join(sources) or "True"
    model.literals = tuple(compiler.literals)
    model.constraints = tuple(reader.constraints)
    model.patterns = tuple(reader.patterns)
    _check_columns(model, reader, tree, line, problems)
    if model.condition_column is None and "when" in model.columns:
        problems.add(line, "`p` has a column `when` that the matcher never evaluates; add `&& eval(p.when)`")
    if "eft" in model.columns and model.column("eft") in {one.column for one in reader.constraints}:
        problems.add(line, "the matcher compares p.eft; the effect alone reads it")


def _check_columns(model: Model, reader: "_MatcherReader", tree: ast.expr, line: int, problems: Problems) -> None:
    """A tenant column must be read, or rules of one tenant open the others; note where `*` is but a name."""
    domain = model.column("dom")
    if domain is not None and domain not in reader.read | {model.condition_column}:
        problems.add(
            line, "the matcher never reads `p.dom`, so rules would cross tenants; compare it, or remove the column"
        )
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    starred = {one.column for one in reader.patterns} | {reader.star(node) for node in nodes}
    model.plain_columns = tuple(sorted(reader.read - starred))
    pairs = [{dotted(node.left), dotted(node.comparators[0])} for node in nodes if isinstance(node, ast.Compare)]
    model.type_columns = frozenset(
        column
        for column in model.plain_columns
        for pair in pairs
        if {("r", "obj"), ("p", model.columns[column])} == pair
    )


class _MatcherReader:
    """What names and calls mean in a matcher, and which of its parts an index can use."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.constraints: list[Constraint] = []
        self.patterns: list[Constraint] = []
        self.read: set[int] = set()

    def conjunct(self, node: ast.expr, compiler: Compiler) -> str | None:
        """Source of one part of the matcher's conjunction; None for eval(), which is compiled rule by rule."""
        if isinstance(node, ast.Call) and dotted(node.func) == ("eval",):
            self._note_condition(node)
            return None
        source = compiler.truth(node)
        constraint = self._constraint(node)
        if constraint is not None:
            self.constraints.append(constraint)
        return source

    def _note_condition(self, node: ast.Call) -> None:
        parts = dotted(node.args[0]) if len(node.args) == 1 else None
        if parts is None or len(parts) != 2 or parts[0] != "p" or node.keywords:  # noqa: PLR2004 - p.NAME
            raise ExpressionError("eval() takes one column of the rule, like eval(p.when)")
        if self._model.condition_column is not None:
            raise ExpressionError("two eval() in one matcher; put both conditions into one column")
        self._model.condition_column = self._column(parts[1])

    def _column(self, name: str) -> int:
        column = self._model.column(name)
        if column is None:
            raise ExpressionError(f"`p.{name}` is no column; `p` has {', '.join(self._model.columns)}")
        return column

    def _token(self, name: str) -> int:
        if name not in self._model.tokens:
            raise ExpressionError(f"`r.{name}` is no token; `r` has {', '.join(self._model.tokens)}")
        return self._model.tokens.index(name)

    def path(self, parts: Sequence[str]) -> Value:
        match tuple(parts):
            case ("r", "ctx", *_):
                raise ExpressionError("r.ctx belongs in conditions; give `p` a column `when` and write eval(p.when)")
            case ("r", name):
                return Value(f"v[{self._token(name)}]", Kind.STRING)
            case ("p", name):
                if name == "eft" or self._column(name) == self._model.condition_column:
                    raise ExpressionError(f"`p.{name}` cannot be compared in a matcher")
                self.read.add(self._column(name))
                return Value(f"f[{self._column(name)}]", Kind.STRING)
        raise ExpressionError(f"`{'.'.join(parts)}` is neither r.TOKEN nor p.COLUMN; quote a text: '...'")

    def call(self, name: str, node: ast.Call, visit: Callable[[ast.expr], Value]) -> Value:
        match name:
            case "g":
                column, token = self._role_call(node)
                self.read.add(column)
                return Value(f"(f[{column}] in held or f[{column}] == v[{token}])", Kind.BOOL)
            case "keyMatch":
                if len(node.args) != 2:  # noqa: PLR2004 - key and pattern
                    raise ExpressionError("keyMatch() takes two arguments, keyMatch(r.obj, p.obj)")
                key, pattern = (visit(argument) for argument in node.args)
                if key.kind is not Kind.STRING or pattern.kind is not Kind.STRING:
                    raise ExpressionError("keyMatch() compares strings")
                self._note_pattern(node)
                return Value(
                    f"({key.source} == {pattern.source} or key_match({key.source}, {pattern.source}))",
                    Kind.BOOL,
                )
            case "eval":
                raise ExpressionError("eval() may stand only as one of the parts joined by && at the top")
        raise ExpressionError(f"{name}() cannot be called in a matcher of this release; use ==, keyMatch, g and eval")

    def _note_pattern(self, node: ast.Call) -> None:
        """The second argument of keyMatch: a column, so that its fields are checked, or a literal."""
        match (dotted(node.args[0]), dotted(node.args[1]), node.args[1]):
            case (("r", token), ("p", column), _):
                found = Constraint(self._column(column), self._token(token), Comparison.PATTERN, star=True)
                self.patterns.append(found)
            case (_, ("p", column), _):
                raise ExpressionError(f"keyMatch(): p.{column} is matched with no token; write r.TOKEN before it")
            case (_, _, ast.Constant(value=str() as text)) if "*" not in text[:-1]:
                return
            case (_, _, ast.Constant()):
                raise ExpressionError("keyMatch(): `*` may stand only at the end of the pattern")
            case _:
                raise ExpressionError("keyMatch(): the second argument is the pattern; the caller must not choose it")

    def _role_call(self, node: ast.Call) -> tuple[int, int]:
        model = self._model
        if not model.role_arity:
            raise ExpressionError("the matcher asks g(), but there is no [role_definition] `g = ...`")
        parts = [dotted(argument) or () for argument in node.args]
        if len(parts) != model.role_arity or [part[:1] for part in parts] != [("r",), ("p",), ("r",)][: len(parts)]:
            wanted = "g(r.sub, p.sub, r.dom)" if model.role_arity == 3 else "g(r.sub, p.sub)"  # noqa: PLR2004
            raise ExpressionError(f"write {wanted}, as `g` is defined")
        if any(len(part) != 2 for part in parts):  # noqa: PLR2004 - r.NAME
            raise ExpressionError("g() takes tokens and columns, like g(r.sub, p.sub, r.dom)")
        if [part[1] for part in parts[::2]] != ["sub", "dom"][: len(parts[::2])]:
            raise ExpressionError("g() asks for the roles of r.sub, in r.dom; this release follows no others")
        subject = self._token("sub")
        domain = self._token("dom") if len(parts) > 2 else None  # noqa: PLR2004
        model.role_subject, model.role_domain = subject, domain
        return self._column(parts[1][1]), subject

    def _constraint(self, node: ast.expr) -> Constraint | None:
        """What an index can make of one part of the conjunction, or None."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:  # noqa: PLR2004
            for star, rest in (node.values, node.values[::-1]):
                column = self.star(star)
                found = self._simple(rest)
                if column is not None and found is not None and found.column == column:
                    return Constraint(found.column, found.token, found.comparison, star=True)
            return None
        return self._simple(node)

    def star(self, node: ast.expr) -> int | None:
        """The column of `p.X == "*"`."""
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq) or len(node.ops) != 1:
            return None
        for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            parts = dotted(side)
            if parts is not None and parts[0] == "p" and isinstance(other, ast.Constant) and other.value == "*":
                return self._column(parts[1])
        return None

    def _simple(self, node: ast.expr) -> Constraint | None:
        match node:
            case ast.Compare(ops=[ast.Eq()], comparators=[right]):
                sides = (dotted(node.left) or ("",), dotted(right) or ("",))
                comparison = Comparison.EQUAL
            case ast.Call(func=ast.Name(id="keyMatch"), args=[key, pattern]):
                sides = (dotted(key) or ("",), dotted(pattern) or ("",))
                comparison = Comparison.PATTERN
                if sides[0][0] != "r":
                    return None
            case ast.Call(func=ast.Name(id="g")):
                column, token = self._role_call(node)
                return Constraint(column, token, Comparison.ROLE, star=False)
            case _:
                return None
        token_side, column_side = sides if sides[0][0] == "r" else sides[::-1]
        if token_side[0] != "r" or column_side[0] != "p":
            return None
        star = comparison is Comparison.PATTERN
        return Constraint(self._column(column_side[1]), self._token(token_side[1]), comparison, star=star)
