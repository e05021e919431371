"""Random outlines of section sets, and matchers over them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from support.casbin_language import Expr, Roles, both, either, negated
from support.casbin_language_conditions import TRUE
from support.casbin_language_parts import (
    Outline,
    Part,
    act_parts,
    address_part,
    domain_parts,
    loose_parts,
    subject_parts,
    thing_parts,
)
from support.casbin_language_terms import compared, evaluated, has_role, literal

RENAMED_TOKENS = {"sub": "user", "obj": "path", "act": "method"}
RENAMED_COLUMNS = {"sub": "who", "dom": "where", "obj": "what", "act": "how"}


@st.composite
def outlines(draw: st.DrawFn, roles: dict[str, Roles], *, authzen: bool, subject_first: bool) -> Outline:
    """Which tokens there are, how they and their columns are called, and which are objects."""
    extra = [] if authzen else ["level", "addr"]
    names = draw(st.lists(st.sampled_from(["sub", "dom", "obj", "act", "obj", "act", *extra]), min_size=1, unique=True))
    if "sub" not in names and (subject_first or draw(st.integers(0, 4))):
        names.append("sub")
    if any(one.domains for one in roles.values()) and draw(st.integers(0, 4)) and "dom" not in names:
        names.append("dom")
    objects = [] if authzen else [one for one in names if one in {"sub", "obj"} and draw(st.booleans())]
    renamed = {} if authzen or draw(st.integers(0, 3)) else RENAMED_TOKENS
    columns = {} if subject_first or draw(st.integers(0, 3)) else RENAMED_COLUMNS
    return Outline(
        names={one: renamed.get(one, one) for one in names},
        columns={one: columns.get(one, one) for one in names},
        objects=frozenset(objects),
        roles=roles,
        stars=not subject_first,
    )


@st.composite
def parts_of(draw: st.DrawFn, outline: Outline) -> list[Part]:
    """What is compared with columns. The tenant always is: a rule of one tenant must not open another."""
    known = {"sub": subject_parts, "dom": domain_parts, "obj": thing_parts, "act": act_parts}
    found = [draw(strategy(outline)) for name, strategy in known.items() if name in outline.names]
    if "addr" in outline.names and draw(st.booleans()):
        found.append(address_part(outline))
    return found


@st.composite
def matchers(draw: st.DrawFn, outline: Outline, parts: Sequence[Part], evals: Sequence[str]) -> Expr:
    """The parts in any order, with others between, some of them alternatives, and perhaps one that opens everything."""
    exprs = [part.expr for part in parts]
    loose = loose_parts(outline)
    exprs += draw(st.lists(st.sampled_from(loose), max_size=2)) if loose else []
    spare = [TRUE, *loose]
    for name in evals:
        one = evaluated(name)
        match draw(st.integers(0, 5)):
            case 0:
                one = negated(one)
            case 1:
                one = either(one, draw(st.sampled_from(spare)))
            case 2 if exprs and _may_be_wrapped(exprs[-1]):
                one = either(one, exprs.pop())
        exprs.append(one)
    exprs = draw(st.permutations(exprs))
    if len(exprs) > 2 and draw(st.integers(0, 4)) == 0 and all(map(_may_be_wrapped, exprs[-2:])):
        one, two = exprs.pop(), exprs.pop()
        exprs.append(either(both([one, two]), draw(st.sampled_from([one, two, *loose]))))
    if draw(st.integers(0, 5)) == 0 and _may_be_wrapped(exprs[0]):
        exprs[0] = negated(negated(exprs[0]), draw(st.sampled_from(["!({})", "not {}"])))
    whole = both(draw(st.permutations(exprs)))
    opening = draw(st.sampled_from(["none", "none", "none", "none", "name", "role"]))
    if "sub" in outline.objects and not all(map(_may_be_wrapped, exprs)):
        return whole
    if "sub" in outline.names and opening == "name":
        root = compared(outline.term("sub", "name"), "==", literal("root"))
        return _alternatives(root, whole, first=draw(st.booleans()))
    if "sub" in outline.names and "g" in outline.roles and opening == "role":
        where = literal("globex") if outline.roles["g"].domains else None
        return _alternatives(
            has_role("g", outline.term("sub", "name"), literal("r6"), where), whole, first=draw(st.booleans())
        )
    return whole


def _may_be_wrapped(part: Expr) -> bool:
    """A `*` in a column of patterns is known for no pattern only where it is the part's own alternative."""
    return '== "*"' not in part.text or "Match" not in part.text.replace("keyMatch(", "")


def _alternatives(opening: Expr, whole: Expr, *, first: bool) -> Expr:
    texts = [opening.text, f"({whole.text})"]
    return Expr(" || ".join(texts if first else reversed(texts)), lambda env: opening.holds(env) or whole.holds(env))
