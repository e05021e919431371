"""What tokens, columns and attributes are called in sentences."""

import ast
from collections.abc import Mapping, Sequence
from typing import Final

from doorward.engine.language.expressions import dotted

_TOKENS: Final[Mapping[str, str]] = {
    "sub": "the one who asks",
    "dom": "the tenant in question",
    "obj": "the resource in question",
    "act": "the action in question",
    "ctx": "what is known about the question",
}
_COLUMNS: Final[Mapping[str, str]] = {
    "sub": "its subject",
    "dom": "its tenant",
    "obj": "its resource",
    "act": "its action",
}
_ALL: Final[Mapping[str, str]] = {
    "sub": "everyone",
    "dom": "every tenant",
    "obj": "every resource",
    "act": "every action",
}
_SECTIONS: Final[Mapping[str, str]] = {
    "subject": "the one who asks",
    "resource": "the resource",
    "action": "the action",
    "tenant": "the tenant",
    "context": "the context that the caller gives",
}


def quoted(text: object) -> str:
    """A piece of a model or a rule inside a sentence."""
    return f"`{text}`"


def token(name: str) -> str:
    """A token of the question."""
    return _TOKENS.get(name, f"the {quoted(name)} in question")


def column(name: str) -> str:
    """A column of the rule."""
    return _COLUMNS.get(name, f"its {quoted(name)}")


def everything(name: str) -> str:
    """What `*` in a column stands for."""
    return f"{_ALL.get(name, 'anything')} ({quoted('*')})"


def path(parts: Sequence[str], suffix: str) -> str | None:
    """A dotted name of a matcher: r.sub, r.sub.age, r.ctx.resource.owner, p.obj."""
    match parts:
        case (first, name) if first == f"p{suffix}":
            return column(name)
        case (first, "ctx", "env", "time") if first == f"r{suffix}":
            return "the time of the question"
        case (first, "ctx", "env", "address") if first == f"r{suffix}":
            return "the address that the question came from"
        case (first, "ctx", section, *names) if first == f"r{suffix}" and section in _SECTIONS and names:
            return f"{quoted('.'.join(names))} of {_SECTIONS[section]}"
        case (first, name, *names) if first == f"r{suffix}":
            return f"{quoted('.'.join(names))} of {token(name)}" if names else token(name)
    return None


def column_of(node: ast.expr, suffix: str) -> str | None:
    """The name X of `p.X`."""
    parts = dotted(node)
    return parts[1] if parts and len(parts) == 2 and parts[0] == f"p{suffix}" else None  # noqa: PLR2004


def token_of(node: ast.expr, suffix: str) -> str | None:
    """The name X of `r.X`."""
    parts = dotted(node)
    return parts[1] if parts and len(parts) == 2 and parts[0] == f"r{suffix}" else None  # noqa: PLR2004


def listed(words: Sequence[str], last: str = "or") -> str:
    """`a, b, or c`."""
    if len(words) < 3:  # noqa: PLR2004 - a comma before the last of three
        return f" {last} ".join(words)
    return f"{', '.join(words[:-1])}, {last} {words[-1]}"
