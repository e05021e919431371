"""A matcher to checked source: which of its parts an index can use, which read attributes, which open everything.

The matcher is read as a conjunction. Parts that compare columns and tokens alone are tried first,
whatever their place; those that read attributes, and may find them absent, come after.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Final

from doorward.engine.language import calls
from doorward.engine.language.conditions import Readable, attribute_value, has_path
from doorward.engine.language.expressions import Compiler, ExpressionError, Kind, Value, dotted, parse, without_strings
from doorward.engine.model import (
    AUTHZEN_TOKENS,
    CTX,
    STARS_ALONE,
    Constraint,
    Model,
    PatternColumn,
    RoleCall,
    RoleDefinition,
    Unindexed,
)
from doorward.engine.model.constraints import ConstraintReader
from doorward.engine.model.rewriting import RenamedSections, StarsFirst, compares_tenants, star_column
from doorward.engine.problems import Problems

_ODD_EVAL: Final = re.compile(r"(?<![\w.])eval\b(?!\(p[0-9]*\.\w+\))[^)]*\)*")
_COLUMN: Final = re.compile(r"\b(p[0-9]*)\s*\.\s*(\w+)")
_FUNCTIONS: Final = {**calls.FUNCTIONS, **calls.GETTERS}


def read_matcher(model: Model, roles: Mapping[str, RoleDefinition], line: int, text: str, problems: Problems) -> None:
    """Read a matcher into its model; faults go to `problems`."""
    model.text = text
    reader = _MatcherReader(model, roles)
    try:
        tree = StarsFirst().visit(RenamedSections(model.suffix).visit(parse(text)))
        reader.read(tree)
        _check_evals(text)
    except ExpressionError as error:
        problems.add(line, f"in the matcher: {error}")
        return
    _check_columns(model, reader, tree, line, problems)


def _check_evals(text: str) -> None:
    """Stock Casbin finds `eval(p.when)` in the text, letter by letter, and fails on any other spelling of it."""
    odd = _ODD_EVAL.search(without_strings(text))
    if odd is not None:
        column = _COLUMN.search(odd[0])
        written = "eval(p.when)" if column is None else f"eval({column[1]}.{column[2]})"
        raise ExpressionError(f"stock Casbin does not find the column in `{odd[0]}`; write `{written}`")


def _check_columns(model: Model, reader: "_MatcherReader", tree: ast.expr, line: int, problems: Problems) -> None:
    """A tenant column must be read, or rules of one tenant open the others; note where `*` is but a name."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    domain = model.column("dom")
    if domain is not None and domain not in model.condition_columns and not any(map(compares_tenants, nodes)):
        problems.add(
            line,
            f"the matcher never compares `p{model.suffix}.dom` with the request, so rules would cross tenants;"
            " compare it, or remove the column",
        )
    stars = {model.column(name) for node in nodes if (name := star_column(node)) is not None}
    model.star_columns = frozenset(column for column in stars if column is not None)
    model.plain_columns = tuple(sorted(reader.read_columns - {one.column for one in model.patterns} - stars))
    pairs = [{dotted(node.left), dotted(node.comparators[0])} for node in nodes if isinstance(node, ast.Compare)]
    model.type_columns = frozenset(
        column
        for column in model.plain_columns
        for pair in pairs
        if {("r", "obj"), ("p", model.columns[column])} == pair
    )
    if not model.condition_columns and "when" in model.columns and model.column("when") not in reader.read_columns:
        problems.add(line, "`p` has a column `when` that the matcher never evaluates; add `&& eval(p.when)`")


class _Part:
    """What was seen while one part of a matcher was read."""

    def __init__(self) -> None:
        self.attributes: list[str] = []
        self.columns: set[int] = set()
        self.evaluates = False

    @property
    def is_pure(self) -> bool:
        """Whether it reads no attribute and evaluates no condition."""
        return not self.attributes and not self.evaluates


class _MatcherReader:
    """What names and calls mean in a matcher; it fills in the model as it reads."""

    def __init__(self, model: Model, roles: Mapping[str, RoleDefinition]) -> None:
        self._model = model
        self._roles = roles
        self._readable = Readable(ctx=model.has_ctx, tokens=tuple(one for one in model.tokens if one != CTX))
        self._compiler = Compiler(self, spells_out=True)
        self._part = _Part()
        self._text_tokens: dict[int, str] = {}
        self._read_tokens: dict[int, str] = {}
        self._patterns: list[PatternColumn] = []
        self._conditions: list[int] = []
        self._calls: list[RoleCall] = []
        self.read_columns: set[int] = set()
        self.constraints = ConstraintReader(model, self.role_call)

    def read(self, tree: ast.expr) -> None:
        """Read a whole matcher into the model."""
        model = self._model
        main, opens = self._alternatives(tree)
        pure: list[tuple[str, Constraint | None]] = []
        rest: list[str] = []
        unindexed: list[Unindexed] = []
        whole_conditions = True
        for part in _parts(main, ast.And):
            source, seen = self._compiled(part)
            if not seen.is_pure:
                rest.append(source)
                whole_conditions = whole_conditions and _is_eval(part)
                if not _is_eval(part):
                    unindexed.append(Unindexed(ast.unparse(part), _reason(seen)))
                continue
            pure.append((source, self.constraints.note(part)))
            if pure[-1][1] is None and seen.columns:
                unindexed.append(Unindexed(ast.unparse(part), "it is no comparison of one column with one token"))
        if opens:
            model.opens = " or ".join(opens)
        model.matcher = " and ".join(source for source, _ in pure) or "True"
        model.parts = tuple(pure)
        model.rest = None if whole_conditions and len(self._conditions) <= 1 else " and ".join(rest) or None
        model.literals = tuple(self._compiler.literals)
        model.patterns = tuple(self._patterns)
        model.role_calls = tuple(self._calls)
        model.condition_columns = tuple(self._conditions)
        model.unindexed = tuple(unindexed)
        model.constraints, model.derived = self.constraints.found()
        self._note_tokens()

    def _note_tokens(self) -> None:
        """Which tokens must be texts, and whether AuthZEN can ask at all."""
        model = self._model
        for one in model.constraints:
            self._as_text(one.token, f"the comparison with p.{model.columns[one.column]}")
        both = sorted(self._text_tokens.keys() & self._read_tokens.keys())
        if both:
            read, compared = self._read_tokens[both[0]], self._text_tokens[both[0]]
            name = model.tokens[both[0]]
            raise ExpressionError(
                f"`{read}` reads r.{name} as an object, and {compared} takes it for a text; do one of them"
            )
        model.text_tokens = frozenset(self._text_tokens)
        if model.enforce_only is None and self._read_tokens:
            read = next(iter(self._read_tokens.values()))
            model.enforce_only = f"the matcher reads {read}, and AuthZEN gives names; attributes are below r.ctx"
        if model.enforce_only is None and self._conditions and not model.has_ctx:
            model.enforce_only = "the model has conditions and no token ctx, and AuthZEN's attributes are below r.ctx"

    def _alternatives(self, tree: ast.expr) -> tuple[ast.expr, list[str]]:
        """The one alternative that looks at rules, and the source of those that look at the request alone."""
        parts = _parts(tree, ast.Or)
        seen = [_MatcherReader(self._model, self._roles)._compiled(one)[1] for one in parts]  # noqa: SLF001 - a trial
        others = [one for one, part in zip(parts, seen, strict=True) if part.columns or not part.is_pure]
        if len(others) != 1:
            return tree, []
        return others[0], [self._compiled(one)[0] for one in parts if one is not others[0]]

    def _compiled(self, node: ast.expr) -> tuple[str, _Part]:
        """Source of one part that is true or false, and what was seen in it."""
        self._part = _Part()
        return self._compiler.truth(node), self._part

    def _column(self, name: str) -> int:
        return self.constraints.column(name)

    def _token(self, name: str) -> int:
        return self.constraints.token(name)

    def _as_text(self, token: int, use: str) -> None:
        self._text_tokens.setdefault(token, use)

    def path(self, parts: Sequence[str]) -> Value:
        match tuple(parts):
            case ("r", "ctx", *_):
                if not self._model.has_ctx:
                    raise ExpressionError(f"`{'.'.join(parts)}`: the model has no token ctx; add it to the end of r")
                return self._attribute(parts)
            case ("true" | "false" as name,):
                raise ExpressionError(f"`{name}` is written {name.capitalize()}")
            case ("r", name):
                token = self._token(name)
                return Value(f"v[{token}]", Kind.STRING if name in AUTHZEN_TOKENS else Kind.UNKNOWN)
            case ("r", name, *_):
                self._read_tokens.setdefault(self._token(name), ".".join(parts))
                return self._attribute(parts)
            case ("p", name):
                if name == "eft":
                    raise ExpressionError("the matcher compares p.eft; the effect alone reads it")
                column = self._column(name)
                if column in self._conditions:
                    raise ExpressionError(f"`p.{name}` is a condition and cannot be compared in a matcher")
                self.read_columns.add(column)
                self._part.columns.add(column)
                return Value(f"rule.c{column}", Kind.STRING)
        raise ExpressionError(f"`{'.'.join(parts)}` is neither r.TOKEN nor p.COLUMN; quote a text: '...'")

    def _attribute(self, parts: Sequence[str]) -> Value:
        below = self._readable.below(parts)
        self._part.attributes.append(".".join(parts))
        return attribute_value(below)

    def call(self, name: str, node: ast.Call, visit: calls.Visit) -> Value:
        if name == "eval":
            return self._eval(node)
        if name == "has":
            self._part.attributes.append(ast.unparse(node))
            parts = dotted(node.args[0]) if node.args else None
            if parts is not None and len(parts) > 2 and parts[:2] != ("r", "ctx") and parts[0] == "r":  # noqa: PLR2004 - r.TOKEN.NAME
                self._read_tokens.setdefault(self._token(parts[1]), ".".join(parts))
            return Value(f"has(x, {has_path(node, self._readable)!r})", Kind.BOOL)
        if name in self._roles or (name[:1] == "g" and (name[1:].isdecimal() or name == "g")):
            return self._role(name, node, visit)
        values: list[Value] = []

        def noted(argument: ast.expr) -> Value:
            values.append(visit(argument))
            return values[-1]

        value = calls.compile_call(name, node, noted, _FUNCTIONS, "matchers")
        if name in calls.PATTERNED:
            self._note_pattern(name, node, values)
        else:
            calls.check_literals(name, values)
        return self._key_match(node, values, value) if name == "keyMatch" else value

    def _key_match(self, node: ast.Call, values: Sequence[Value], value: Value) -> Value:
        """KeyMatch without a call where it can be: most keys are equal or differ at once, and rows were checked."""
        key, pattern = (one.source for one in values)
        names = [dotted(argument) or () for argument in node.args]
        if [len(name) for name in names] != [2, 2] or names[1][0] != "p":
            return Value(f"({key} == {pattern} or {value.source})", Kind.BOOL)
        if STARS_ALONE & {names[0][1], names[1][1]}:
            return Value(f"({key} == {pattern} or {pattern} == '*')", Kind.BOOL)
        begins = f"({pattern}[-1] == '*' and {key}.startswith({pattern}[:-1]))"
        return Value(f"({key} == {pattern} or {begins})", Kind.BOOL)

    def _eval(self, node: ast.Call) -> Value:
        parts = dotted(node.args[0]) if len(node.args) == 1 else None
        if parts is None or len(parts) != 2 or parts[0] != "p" or node.keywords:  # noqa: PLR2004 - p.NAME
            raise ExpressionError("eval() takes one column of the rule, like eval(p.when)")
        column = self._column(parts[1])
        if column in self.read_columns or parts[1] == "eft":
            raise ExpressionError(f"`p.{parts[1]}` is compared and cannot be a condition too")
        if column not in self._conditions:
            self._conditions.append(column)
        self._part.evaluates = True
        self._part.columns.add(column)
        return Value(f"evaluated(q[{self._conditions.index(column)}], x)", Kind.BOOL)

    def _note_pattern(self, name: str, node: ast.Call, values: Sequence[Value]) -> None:
        """The second argument of a pattern function: a column, so that its fields are checked, or a literal."""
        key, pattern = (dotted(argument) for argument in node.args[:2])
        token = None
        if key is not None and len(key) == 2 and key[0] == "r":  # noqa: PLR2004 - r.NAME
            token = self._token(key[1])
            self._as_text(token, f"{name}()")
        if values[1].is_literal:
            calls.check_literals(name, values)
        elif pattern is None or pattern[0] != "p":
            raise ExpressionError(f"{name}(): the second argument is the pattern; the caller must not choose it")
        elif key is None or key[0] != "r":
            raise ExpressionError(f"{name}(): p.{pattern[1]} is matched with no token; write r.TOKEN before it")
        else:
            function = {"keyGet": "keyMatch", "keyGet2": "keyMatch2", "keyGet3": "keyMatch3"}.get(name, name)
            found = PatternColumn(self._column(pattern[1]), function, token, function == "keyMatch")
            if found not in self._patterns:
                self._patterns.append(found)
        if name in {"keyGet2", "keyGet3"} and not values[2].is_literal:
            raise ExpressionError(f"{name}(): the third argument is the part's name; write it as a text, like 'id'")

    def role_call(self, node: ast.Call) -> tuple[int, int] | None:
        """Which role call it is and which column it asks for, if it asks for a column and an index can use it."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        column = dotted(node.args[1]) if len(node.args) > 1 else None
        call = self._plain_call(name, node)
        if call is None or column is None or column[0] != "p":
            return None
        return self._calls.index(call), self._column(column[1])

    def _plain_call(self, name: str, node: ast.Call) -> RoleCall | None:
        """The call, if what it asks depends on tokens alone, so that roles are found once a question."""
        subject = dotted(node.args[0])
        if subject is None or len(subject) != 2:  # noqa: PLR2004 - r.NAME
            return None
        domain: int | str | None = None
        if len(node.args) > 2:  # noqa: PLR2004 - with a tenant
            match node.args[2]:
                case ast.Constant(value=str() as text):
                    domain = text
                case other:
                    parts = dotted(other)
                    if parts is None or len(parts) != 2:  # noqa: PLR2004 - r.NAME
                        return None
                    domain = self._token(parts[1])
        return RoleCall(name, self._token(subject[1]), domain)

    def _role(self, name: str, node: ast.Call, visit: calls.Visit) -> Value:
        definition = self._roles.get(name)
        if definition is None:
            raise ExpressionError(f"the matcher asks {name}(), but there is no [role_definition] `{name} = ...`")
        self._check_role(definition, node)
        sources = [visit(argument) for argument in node.args]
        role = sources[1].source
        call = self._plain_call(name, node)
        if call is None:
            domain = f", {sources[2].source}" if definition.domains else ""
            self._part.attributes.append(ast.unparse(node))
            return Value(f"linked({name!r}, {sources[0].source}, {role}{domain})", Kind.BOOL)
        for token in (call.token, call.domain):
            if isinstance(token, int):
                self._as_text(token, f"{name}()")
        if call not in self._calls:
            self._calls.append(call)
        held = f"h{self._calls.index(call)}"
        return Value(f"({role} in {held} or {role} == v[{call.token}])", Kind.BOOL)

    @staticmethod
    def _check_role(definition: RoleDefinition, node: ast.Call) -> None:
        name = definition.name
        wanted = f"{name}(r.sub, p.sub, r.dom)" if definition.domains else f"{name}(r.sub, p.sub)"
        parts = [dotted(argument) or () for argument in node.args]
        literal = [isinstance(one, ast.Constant) and isinstance(one.value, str) for one in node.args]
        if len(parts) != 2 + definition.domains or parts[0][:1] != ("r",):
            raise ExpressionError(f"write {wanted}, as `{name}` is defined")
        if not (literal[1] or (parts[1][:1] == ("p",) and len(parts[1]) == 2)):  # noqa: PLR2004 - p.NAME
            raise ExpressionError(f"write {wanted}; the second argument is the role: a column of the rule or a text")
        if definition.domains and not (literal[2] or parts[2][:1] == ("r",)):
            raise ExpressionError(f"write {wanted}; roles are looked for in the question's tenant, not in the rule's")


def _parts(tree: ast.expr, operator: type[ast.boolop]) -> Sequence[ast.expr]:
    return tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, operator) else [tree]


def _is_eval(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == ("eval",)


def _reason(seen: _Part) -> str:
    if seen.attributes:
        return f"it reads {seen.attributes[0]}, which no rule names"
    return "a condition stands inside an alternative"
