"""What a caller gives for each token of a question: a text, an object, true or false, or any JSON."""

import ast
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from doorward.engine import Model
from doorward.policy.casbin_import.matchers import Matcher

_STRING: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


class Kind(StrEnum):
    """What a value must be, in words."""

    TEXT = "a text that the caller gives"
    OBJECT = "an object with attributes, which the caller gives"
    TRUTH = "`true` or `false`, which the caller gives; a text is an error"
    ANY = "any JSON value that the caller gives"


def token_kinds(model: Model, matcher: Matcher, conditions: Iterable[str]) -> dict[str, Kind]:
    """The kind of every token. `conditions` are those of the rules, which read attributes too."""
    objects = matcher.attributes | _objects(conditions, matcher.suffix)
    truths = _truths(matcher)
    found = {}
    for place, name in enumerate(model.tokens):
        if place in model.text_tokens:
            found[name] = Kind.TEXT
        elif name in objects:
            found[name] = Kind.OBJECT
        else:
            found[name] = Kind.TRUTH if name in truths else Kind.ANY
    return found


def _objects(conditions: Iterable[str], suffix: str) -> set[str]:
    """Tokens that conditions read deeper than by name."""
    deeper = re.compile(rf"\br{suffix}\.(\w+)\.\w")
    return {name for text in set(conditions) for name in deeper.findall(_STRING.sub("''", text))}


def _truths(matcher: Matcher) -> set[str]:
    """Tokens that stand alone where something true or false must."""
    places: list[ast.expr] = [matcher.tree]
    for node in ast.walk(matcher.tree):
        match node:
            case ast.BoolOp(values=parts):
                places += parts
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                places.append(inner)
    return {name for one in places if (name := matcher.token(one)) is not None}
