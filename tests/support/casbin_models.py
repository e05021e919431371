"""Random models: the default one's kin, by tokens, columns, comparisons, roles and effect."""

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from support.casbin_reference import (
    ALLOW,
    ALLOW_AND_DENY,
    DENY,
    EVAL,
    Asked,
    Part,
    Shape,
    equal,
    pattern,
    role,
    star,
)

ROOT = "user:root"
DEFAULT = Shape(
    tokens=("sub", "dom", "obj", "act", "ctx"),
    columns=("rule", "sub", "dom", "obj", "act", "when", "eft"),
    parts=(
        Part('(p.sub == "*" || g(r.sub, p.sub, r.dom))', star("sub", role("sub"))),
        Part("keyMatch(r.dom, p.dom)", pattern("dom", "dom")),
        Part("keyMatch(r.obj, p.obj)", pattern("obj", "obj")),
        Part("keyMatch(r.act, p.act)", pattern("act", "act")),
        EVAL,
    ),
    role_arity=3,
)
RENAMED = {"sub": "who", "dom": "where", "obj": "what", "act": "how"}


def comparison(kind: str, token: str, column: str, role_arity: int, *, turned: bool) -> Part:
    """One comparison of a token with a column; `turned` spells it the other way round."""
    if kind.startswith("star "):
        inner = comparison(kind.removeprefix("star "), token, column, role_arity, turned=turned)
        sides = [f'p.{column} == "*"', inner.text]
        text = " || ".join(reversed(sides) if turned else sides)
        return Part(f"({text})", star(column, inner.holds))
    if kind == "equal":
        return Part(f"p.{column} == r.{token}" if turned else f"r.{token} == p.{column}", equal(token, column))
    if kind == "pattern":
        return Part(f"keyMatch(r.{token}, p.{column})", pattern(token, column))
    domain = ", r.dom" if role_arity == 3 else ""
    return Part(f"g(r.{token}, p.{column}{domain})", role(column))


def _superuser(part: Part) -> Part:
    return Part(f'(r.sub == "{ROOT}" || {part.text})', lambda asked: asked.request["sub"] == ROOT or part.holds(asked))


def _unless_starred(column: str, part: Part) -> Part:
    """A star in one column that opens a part about another: no index may take it for that part's own."""
    return Part(f'(p.{column} == "*" || {part.text})', star(column, part.holds))


def _both_ways(one: Part, two: Part) -> Part:
    return Part(f"({one.text} || {two.text})", lambda asked: one.holds(asked) or two.holds(asked))


# Parts that no index can use: literals, negation, order, lists.
EXTRAS: Sequence[tuple[str, str, Callable[[Asked], bool]]] = (
    ("act", 'r.act != "delete"', lambda asked: asked.request["act"] != "delete"),
    ("sub", '!(r.sub == "user:b")', lambda asked: asked.request["sub"] != "user:b"),
    ("obj", "not r.obj == 'doc:10'", lambda asked: asked.request["obj"] != "doc:10"),
    ("act", 'r.act in ("read", "write", "*")', lambda asked: asked.request["act"] in {"read", "write", "*"}),
    ("sub", '"user:a" <= r.sub', lambda asked: asked.request["sub"] >= "user:a"),
    ("obj", 'keyMatch(r.obj, "doc:*")', lambda asked: asked.request["obj"].startswith("doc:")),
    ("dom", '(r.dom == "acme" || r.dom == "globex")', lambda asked: asked.request["dom"] in {"acme", "globex"}),
)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """A model: any subset of the tokens in any order, each compared with a column in one of the known ways."""
    tokens = draw(st.lists(st.sampled_from(["sub", "dom", "obj", "act"]), min_size=1, unique=True))
    choices = ["", "2", "3"] if {"sub", "dom"} <= set(tokens) else ["", "2"]
    role_arity = int(draw(st.sampled_from(choices if "sub" in tokens else [""])) or 0)
    names = draw(st.sampled_from([{}, RENAMED]))
    parts: list[Part] = []
    columns: list[str] = []
    for token in tokens:
        kinds = ["equal", "star equal", "pattern", "star pattern"]
        if token == "sub" and role_arity:  # noqa: S105 - a Casbin token
            kinds = ["role", "star role", "pattern"]
        kind = draw(st.sampled_from(kinds))
        columns.append(names.get(token, token))
        parts.append(comparison(kind, token, columns[-1], role_arity, turned=draw(st.booleans())))
    extras = [Part(text, holds) for token, text, holds in EXTRAS if token in tokens]
    parts += draw(st.lists(st.sampled_from(extras), max_size=1))
    if "sub" in tokens and draw(st.integers(0, 3)) == 0:
        position = draw(st.integers(0, len(parts) - 1))
        parts[position] = _superuser(parts[position])
    elif draw(st.integers(0, 3)) == 0:
        parts[0] = _both_ways(parts[0], parts[-1])
    elif len(tokens) > 1 and "g(" not in parts[1].text and draw(st.booleans()):
        parts[0] = _unless_starred(columns[1], parts[0])
    effect = draw(st.sampled_from([ALLOW, ALLOW_AND_DENY, ALLOW_AND_DENY, DENY]))
    if effect != ALLOW or draw(st.booleans()):
        columns.append("eft")
    if draw(st.booleans()):
        columns.append("when")
        parts.append(EVAL)
        tokens.append("ctx")
    columns += draw(st.sampled_from([[], ["rule"], ["note"], ["rule", "note"]]))
    return Shape(
        tokens=tuple(draw(st.permutations(tokens))),
        columns=tuple(draw(st.permutations(columns))),
        parts=tuple(draw(st.permutations(parts))),
        effect=effect,
        role_arity=role_arity,
    )
