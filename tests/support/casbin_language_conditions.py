"""Random conditions of rows that read the tokens of a request."""

from hypothesis import strategies as st

from support.casbin_language import Expr, both, either, negated
from support.casbin_language_names import ACTS, KINDS, TAGS, USERS
from support.casbin_language_parts import Outline
from support.casbin_language_terms import call, compared, literal, said, token

TRUE = Expr("True", lambda _: True)
FALSE = Expr("False", lambda _: False)


def leaves(outline: Outline, context: bool) -> list[Expr]:
    """What a condition may say of the tokens there are."""
    found = [TRUE, FALSE]
    names, objects = outline.names, outline.objects
    if context:
        path = token("ctx", "context", "path")
        found += [
            said("keyMatch3", path, literal("/a/{x}", "'")), said("startswith", path, literal("/a", "'")),
            compared(token("ctx", "context", "n"), ">", literal(1)),
            compared(literal("x", "'"), "in", token("ctx", "context", "tags")),
        ]  # fmt: skip
        if names.get("sub") == "sub" and "sub" not in objects:
            found.append(compared(token("ctx", "subject", "id"), "!=", literal("bob", "'")))
        if names.get("act") == "act":
            found.append(compared(token("ctx", "action", "name"), "==", literal("read", "'")))
    if "act" in names:
        found += [compared(outline.term("act"), "in", literal(ACTS[:2], "'"))]
    if "sub" in names:
        name = outline.term("sub", "name")
        found += [compared(name, "==", literal(one, "'")) for one in USERS[:2]]
        found += [compared(call("len", name), "<", literal(5)), said("regexMatch", name, literal("^al", "'"))]
    if "obj" in names:
        path = outline.term("obj", "path")
        found += [said("keyMatch2", path, literal("/a/:x", "'")), said("globMatch", path, literal("/a/**", "'"))]
        found += [negated(compared(path, "==", literal(KINDS[0], "'")), "!({})")]
    if "level" in names:
        level = outline.term("level")
        found += [compared(level, ">=", literal(2)), compared(literal(0), "<", level)]
    if "addr" in names:
        found += [said("ipMatch", outline.term("addr"), literal("10.0.0.0/8", "'"))]
    if "sub" in objects:
        age = outline.term("sub", "age")
        found += [
            compared(age, ">=", literal(18)), compared(age, "<", literal(60)), Expr(*outline.term("sub", "active")),
            compared(literal(TAGS[0], "'"), "not in", outline.term("sub", "tags")),
            compared(outline.term("sub", "home", "city"), "in", literal(("Graz", "Linz"), "'")),
        ]  # fmt: skip
    if "obj" in objects:
        found += [
            compared(outline.term("obj", "size"), ">", literal(1)),
            compared(outline.term("obj", "owner"), "==", literal("alice", "'")),
        ]
        if "sub" in names:
            found.append(compared(outline.term("obj", "owner"), "==", outline.term("sub", "name")))
    return found


def conditions(outline: Outline, *, context: bool) -> st.SearchStrategy[Expr]:
    """A leaf, or a few of them with and, or, not."""
    leaf = st.sampled_from(leaves(outline, context))
    one = st.one_of(leaf, st.builds(negated, leaf, st.sampled_from(["not {}", "!({})"])))
    few = st.lists(one, min_size=2, max_size=3)
    return st.one_of(
        one,
        few.map(both),
        few.map(lambda parts: either(*parts)),
        st.builds(lambda left, right: either(both(left), right), few, one),
        st.builds(lambda left, right: negated(either(left, right), "not {}"), one, one),
    )
