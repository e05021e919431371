"""Random parts of matchers: ways to compare each kind of token with a column, or with nothing of the row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from support.casbin_language import Expr, Roles, either, negated
from support.casbin_language_names import (
    ACT_REGEXES,
    ACTS,
    ADDRESSES,
    DOMAINS,
    KINDS,
    MANY_PATTERNS,
    MANY_THINGS,
    MANY_USERS,
    NETWORKS,
    OTHER_ACTS,
    ROLES,
    THING_PATTERNS,
    THINGS,
    USERS,
)
from support.casbin_language_terms import FUNCTIONS, Term, call, column, compared, has_role, literal, said, token
from support.casbin_oracle import GETTERS


@dataclass(frozen=True)
class Part:
    """One part: what it says, the column it gives to the row with what may stand there, and who would match."""

    expr: Expr
    column: str = ""
    pool: tuple[str, ...] = ()
    hits: Callable[[str], Sequence[Any]] = lambda said: [said]
    role: str = ""  # the definition that is asked, where one is
    many: tuple[str, ...] = ()  # what may stand there besides in large policies


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What is decided of a section set before its parts: how tokens and columns are called, what they hold."""

    names: dict[str, str]
    columns: dict[str, str]
    objects: frozenset[str]
    roles: dict[str, Roles]
    stars: bool = True

    def term(self, name: str, *path: str) -> Term:
        """What stands for sub, obj and so on: the token, or an attribute of it."""
        return token(self.names[name], *(path if name in self.objects else ()))

    def column(self, name: str) -> Term:
        """The column of the row."""
        return column(self.columns[name])


def _starred(part: Part, *, turned: bool) -> Part:
    star = compared(column(part.column), "==", literal("*"))
    expr = either(part.expr, star) if turned else either(star, part.expr)
    return replace(part, expr=expr, pool=tuple(dict.fromkeys((*part.pool, "*"))))


def _matching(function: str, names: Sequence[str]) -> Callable[[str], Sequence[Any]]:
    return lambda said: [one for one in names if said == "*" or FUNCTIONS[function](one, said)] or [said]


@st.composite
def subject_parts(draw: st.DrawFn, outline: Outline) -> Part:
    """The subject, as itself or by its roles."""
    name, said_in = outline.term("sub", "name"), outline.columns["sub"]
    kinds = ["equal", "equal", "keyMatch", "startswith"] + ["role"] * 5 * ("g" in outline.roles)
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "role":
            part = Part(
                _role("g", outline, name, outline.column("sub")),
                said_in,
                (*USERS[:3], *ROLES),
                role="g",
                many=MANY_USERS,
            )
        case "keyMatch":
            return Part(
                said("keyMatch", name, outline.column("sub")),
                said_in,
                (*USERS, "al*", "*"),
                _matching("keyMatch", (*USERS, *MANY_USERS)),
            )
        case "startswith":
            pool = ("al", "b", "alice")
            return Part(said("startswith", name, outline.column("sub")), said_in, pool, _matching("startswith", USERS))
        case _:
            turned = draw(st.booleans())
            sides = (outline.column("sub"), name) if turned else (name, outline.column("sub"))
            part = Part(compared(sides[0], "==", sides[1]), said_in, USERS, many=MANY_USERS)
    return _starred(part, turned=draw(st.booleans())) if outline.stars and draw(st.integers(0, 3)) == 0 else part


def _role(definition: str, outline: Outline, name: Term, role: Term) -> Expr:
    domain = None
    if outline.roles[definition].domains:
        domain = outline.term("dom") if "dom" in outline.names else literal("acme")
    return has_role(definition, name, role, domain)


@st.composite
def domain_parts(draw: st.DrawFn, outline: Outline) -> Part:
    """The tenant."""
    name, said_in = outline.term("dom"), outline.columns["dom"]
    kind = draw(st.sampled_from(["equal", "equal", "star", "keyMatch"])) if outline.stars else "equal"
    if kind == "keyMatch":
        return Part(
            said("keyMatch", name, outline.column("dom")), said_in, (*DOMAINS, "*"), _matching("keyMatch", DOMAINS)
        )
    part = Part(compared(name, "==", outline.column("dom")), said_in, DOMAINS)
    return _starred(part, turned=draw(st.booleans())) if kind == "star" else part


@st.composite
def thing_parts(draw: st.DrawFn, outline: Outline) -> Part:
    """The resource: equal, by a pattern, by what a pattern finds in it, or by its roles."""
    name, said_in = outline.term("obj", "path"), outline.columns["obj"]
    kinds = ["equal", *THING_PATTERNS, *GETTERS] + ["role"] * 9 * ("g2" in outline.roles)
    kind = draw(st.sampled_from(kinds))
    if kind == "role":
        return Part(_role("g2", outline, name, outline.column("obj")), said_in, (*KINDS, *THINGS[:3]), role="g2")
    if kind in GETTERS:
        return _getter(kind, name, outline.column("obj"), said_in)
    if kind == "equal":
        part = Part(
            compared(name, draw(st.sampled_from(["==", "==", "==", "!="])), outline.column("obj")),
            said_in,
            THINGS,
            many=MANY_THINGS,
        )
    else:
        part = Part(
            said(kind, name, outline.column("obj")),
            said_in,
            tuple(THING_PATTERNS[kind]),
            _matching(kind, (*THINGS, *MANY_THINGS)),
            many=tuple(MANY_PATTERNS[kind]),
        )
    if draw(st.integers(0, 4)) or (kind not in {"equal", "keyMatch"} and "obj" in outline.objects):
        return part
    # Stock Casbin raises where most functions meet the pattern `*`, so it is asked for first.
    return _starred(part, turned=kind in {"equal", "keyMatch"} and draw(st.booleans()))


def _getter(function: str, name: Term, pattern: Term, said_in: str) -> Part:
    if function == "keyGet":
        found = compared(call(function, name, pattern), "in", literal(("b", "12", "a/b", "")))
        return Part(found, said_in, ("/a/*", "/*", "/a/b", "/a*"), _matching("keyMatch", THINGS))
    patterns = THING_PATTERNS["keyMatch2" if function == "keyGet2" else "keyMatch3"]
    patterns = tuple(one for one in patterns if "x" in one)
    found = compared(call(function, name, pattern, literal("x")), "==", literal("a"))
    return Part(found, said_in, patterns, lambda _: ["/a", "/a/a", "/a/b"])


@st.composite
def act_parts(draw: st.DrawFn, outline: Outline) -> Part:
    """The action."""
    name, said_in = outline.term("act"), outline.columns["act"]
    match draw(st.sampled_from(["equal", "equal", "star", "regexMatch", "list", "order"])):
        case "regexMatch":
            hits = _matching("regexMatch", ACTS)
            return Part(said("regexMatch", name, outline.column("act")), said_in, ACT_REGEXES, hits)
        case "list":
            return Part(compared(name, draw(st.sampled_from(["in", "not in"])), literal(ACTS[:2])))
        case "order":
            return Part(compared(name, "<=", outline.column("act")), said_in, ACTS)
        case "star":
            part = Part(compared(name, "==", outline.column("act")), said_in, ACTS)
            return _starred(part, turned=draw(st.booleans()))
    return Part(compared(name, "==", outline.column("act")), said_in, ACTS)


def address_part(outline: Outline) -> Part:
    """Where the question comes from."""
    found = said("ipMatch", outline.term("addr"), outline.column("addr"))
    return Part(found, outline.columns["addr"], NETWORKS, _matching("ipMatch", ADDRESSES))


def loose_parts(outline: Outline) -> list[Expr]:
    """Parts that give no column: about the request alone, or about what other parts have put into the row."""
    names, found = outline.names, []
    if "act" in names:
        act = outline.term("act")
        found += [
            compared(act, "!=", literal(OTHER_ACTS[-1], "'")), negated(compared(act, "==", literal("list"))),
            negated(compared(act, "==", literal("write")), "not {}"), compared(literal("lisa"), "<", act),
        ]  # fmt: skip
    if "sub" in names:
        sub = outline.term("sub", "name")
        found += [
            compared(sub, "!=", literal("bob")), compared(call("len", sub), ">", literal(3)),
            compared(call("lower", sub), "!=", literal("alice")), compared(sub, "in", literal((*USERS, *ROLES))),
        ]  # fmt: skip
        if "g" in outline.roles and not (outline.roles["g"].domains and "dom" not in names):
            found += [negated(_role("g", outline, sub, literal("r4"))), _role("g", outline, sub, literal("r5"))]
    if "obj" in names:
        path = outline.term("obj", "path")
        found += [
            said("keyMatch2", path, literal("/a/*")), negated(said("regexMatch", path, literal("^/b"))),
            said("contains", path, literal("/")), negated(said("endswith", path, literal("/"))),
            either(said("globMatch", path, literal("/a/*")), said("keyMatch", path, literal("/b*"))),
        ]  # fmt: skip
    if "level" in names:
        level = outline.term("level")
        found += [
            compared(level, ">=", literal(2)),
            compared(level, "!=", literal(1)),
            compared(level, "<", literal(2.5)),
        ]
    return [*found, *_attribute_parts(outline)]


def _attribute_parts(outline: Outline) -> list[Expr]:
    found: list[Expr] = []
    if "sub" in outline.objects:
        age = outline.term("sub", "age")
        found += [
            compared(age, ">", literal(18)), negated(compared(age, "<=", literal(10))), outline_flag(outline),
            compared(outline.term("sub", "home", "city"), "==", literal("Graz")),
            compared(literal("x"), "in", outline.term("sub", "tags")), said("has", outline.term("sub", "home", "city")),
        ]  # fmt: skip
    if "obj" in outline.objects:
        found += [
            compared(outline.term("obj", "size"), "<", literal(3)),
            said("contains", outline.term("obj", "labels"), literal("y")),
        ]
    if "sub" in outline.objects and "obj" in outline.objects:
        found += [
            compared(outline.term("sub", "name"), "==", outline.term("obj", "owner")),
            compared(outline.term("sub", "age"), ">=", outline.term("obj", "size")),
            said("any_in", outline.term("sub", "tags"), outline.term("obj", "labels")),
        ]
    elif "obj" in outline.objects and "sub" in outline.names:
        found.append(compared(outline.term("sub"), "==", outline.term("obj", "owner")))
    return found


def outline_flag(outline: Outline) -> Expr:
    """An attribute that is itself true or false."""
    return Expr(*outline.term("sub", "active"))
