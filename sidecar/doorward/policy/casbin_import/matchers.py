"""What a stock matcher reads and calls, and where its string literals stand."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from doorward.engine.language.expressions import ExpressionError, dotted, parse

PATTERN_FUNCTIONS: Final = ("keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "globMatch", "regexMatch")
_KNOWN: Final = frozenset(
    {
        *PATTERN_FUNCTIONS,
        *("keyGet", "keyGet2", "keyGet3", "ipMatch", "has", "len", "lower", "startswith", "endswith"),
        *("contains", "any_in", "hour", "weekday", "eval"),
    }
)
_ROLE_FUNCTION: Final = re.compile(r"g[0-9]*\Z")
_STRING: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_WORD: Final = re.compile(r"\w")
_WORD_OR_NOT: Final = re.compile(r"[\w!]")
_SIGN: Final = re.compile(rf"(?P<string>{_STRING.pattern})|(?<=\w)!(?!=)|&&|\|\|")
_EVAL: Final = re.compile(r"(?<![\w.])eval\s*\(\s*(p[0-9]*)\s*\.\s*(\w+)\s*\)")
_REWRITTEN: Final = re.compile(r"!|&&|\|\||\b[pr][0-9]*\.")


@dataclass(slots=True)
class Matcher:
    """A matcher that was parsed. Names are without the number of their set."""

    text: str
    tree: ast.expr
    suffix: str
    attributes: set[str] = field(default_factory=set)  # tokens that are read deeper than by name
    conditions: set[str] = field(default_factory=set)  # columns below eval()
    patterns: dict[str, set[str]] = field(default_factory=dict)  # columns, and the functions they are patterns of
    plain: set[str] = field(default_factory=set)  # columns that are read in any other way
    functions: set[str] = field(default_factory=set)

    @property
    def unknown_functions(self) -> list[str]:
        """What it calls that Doorward has not."""
        return sorted(name for name in self.functions - _KNOWN if not _ROLE_FUNCTION.match(name))

    def token(self, node: ast.expr) -> str | None:
        """The name X of `r.X`."""
        parts = dotted(node)
        return parts[1] if parts and len(parts) == 2 and parts[0] == f"r{self.suffix}" else None  # noqa: PLR2004

    def column(self, node: ast.expr) -> str | None:
        """The name X of `p.X`."""
        parts = dotted(node)
        return parts[1] if parts and len(parts) == 2 and parts[0] == f"p{self.suffix}" else None  # noqa: PLR2004


def read_matcher(text: str, suffix: str) -> Matcher:
    """Parse a matcher and note what it reads and calls.

    Raises:
        ExpressionError: it is no expression.
    """
    matcher = Matcher(text, parse(text), suffix)
    for node, parent in _nodes(matcher.tree, None):
        if isinstance(node, ast.Call):
            matcher.functions.add(".".join(dotted(node.func) or (ast.unparse(node.func),)))
        parts = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if parts is None or len(parts) < 2 or (isinstance(parent, ast.Call) and node is parent.func):  # noqa: PLR2004
            continue
        if parts[0] == f"r{suffix}":
            if len(parts) > 2:  # noqa: PLR2004 - r.TOKEN.attribute
                matcher.attributes.add(parts[1])
        elif parts[0] == f"p{suffix}":
            _note_column(matcher, parts[1], node, parent)
    return matcher


def _note_column(matcher: Matcher, column: str, node: ast.AST, parent: ast.AST | None) -> None:
    match parent:
        case ast.Call(func=ast.Name(id="eval")):
            matcher.conditions.add(column)
        case ast.Call(func=ast.Name(id=name), args=[_, pattern]) if pattern is node and name in PATTERN_FUNCTIONS:
            matcher.patterns.setdefault(column, set()).add(name)
        case _:
            matcher.plain.add(column)


def _nodes(node: ast.AST, parent: ast.AST | None) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """Every node with the one it stands in; a dotted name counts once, as a whole."""
    yield node, parent
    if isinstance(node, ast.Attribute) and dotted(node) is not None:
        return
    for child in ast.iter_child_nodes(node):
        yield from _nodes(child, node)


def without_comment(text: str) -> tuple[str, str]:
    """A definition, and the comment that `#` begins outside of its string literals."""
    blanked = _STRING.sub(lambda found: "'" * len(found[0]), text)
    cut = blanked.find("#")
    return (text, "") if cut < 0 else (text[:cut].strip(), text[cut:].strip())


def with_strings(matcher: Matcher, new: Mapping[int, str]) -> str:
    """The matcher's text with other string literals: values by `id` of their nodes."""
    nodes = [one for one in ast.walk(matcher.tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    ordered = iter(sorted(nodes, key=lambda one: (one.lineno, one.col_offset)))

    def spelled(found: re.Match[str]) -> str:
        value = new.get(id(next(ordered)))
        return found[0] if value is None else found[0][0] + value + found[0][0]

    return _STRING.sub(spelled, matcher.text)


def single_quoted(text: str) -> str | None:
    """An expression with 'text' for each "text", which pycasbin takes for the same; None where it cannot be said so."""
    unclear = False

    def spelled(found: re.Match[str]) -> str:
        nonlocal unclear
        inner = found[0][1:-1]
        if found[0][0] == "'":
            unclear |= '"' in inner
            return found[0]
        unclear |= "'" in inner or "\\" in inner
        return f"'{inner}'"

    written = _STRING.sub(spelled, text)
    return None if unclear or '"' in written else written


def with_room(text: str) -> str:
    """An expression with spaces where pycasbin, which writes words for `&&`, `||` and `!`, needs them."""

    def spelled(found: re.Match[str]) -> str:
        sign = found[0]
        if found["string"]:
            return sign
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        left = " " if _WORD.match(before) else ""
        right = " " if sign != "!" and _WORD_OR_NOT.match(after) else ""
        return f"{left}{sign}{right}"

    return _SIGN.sub(spelled, text)


def with_plain_evals(text: str) -> str:
    """A matcher with `eval(p.when)` for `eval( p.when )`, in which pycasbin finds no column."""
    pieces = _STRING.split(text)
    strings = _STRING.findall(text)
    plain = [_EVAL.sub(r"eval(\1.\2)", piece) for piece in pieces]
    return "".join(one for pair in zip(plain, [*strings, ""], strict=True) for one in pair)


def strings_that_stock_rewrites(text: str) -> list[str]:
    """String literals whose inside pycasbin changes, since it rewrites operators and names wherever they stand."""
    return [found for found in _STRING.findall(text) if _REWRITTEN.search(found)]


def parsed_or_none(text: str, suffix: str, refused: Callable[[str], None]) -> Matcher | None:
    """`read_matcher`, or None after `refused` was told why."""
    try:
        return read_matcher(text, suffix)
    except ExpressionError as error:
        refused(str(error))
        return None
