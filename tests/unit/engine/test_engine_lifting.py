"""Conditions that differ in plain literals alone are parsed once, and mean what they would mean parsed each by itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine.language.conditions import (
    BELOW_CTX,
    Condition,
    ConditionReader,
    Readable,
    compile_condition,
)
from doorward.engine.language.expressions import MAX_LENGTH, ExpressionError

PIECES = (
    "r.ctx.resource.a", "r.ctx.subject.b7", "r.ctx.context.c.d", "r.sub.x", " == ", " != ", " < ", " >= ", " in ", " not in ", " and ",
    " or ", " not ", "&&", " && ", "||", "!", "(", ")", "[", "]", ", ", ",", "'", "''", "'a'", "'b c'", "'it'", "'0'", "'\u00e9'", '"a"',
    "r'a'", "u'a'", "'\\x01'", "'a\\'b'", "0", "7", "42", "007", "1_0", "1.5", ".5", "2e3", "0x10", "1000000000", "-", "- ", "True",
    "None", "has(", "len(", "contains(", "any_in(", "startswith(", "keyMatch(", "hour(", "keyMatch(r.ctx.resource.a, 'x*y')", " ",
    "1000000001", "'\x00'", "'\t'", "'\x010'", "'\x011'",
)  # fmt: skip
TOKENS = Readable(ctx=False, tokens=("sub",))


def alone(text: str, readable: Readable) -> Condition | str | None:
    """The condition compiled by itself, or why it is refused."""
    try:
        return compile_condition(text, readable)
    except ExpressionError as error:
        return str(error)


def among_others(text: str, reader: ConditionReader) -> Condition | str | None:
    """The condition as the reader of a policy compiles it."""
    try:
        return reader.compiled(text)
    except ExpressionError as error:
        return str(error)


def parts(found: Condition | str | None) -> object:
    """What a condition is made of."""
    if not isinstance(found, Condition):
        return found
    code = found.test.__code__  # type: ignore[attr-defined] # it is a lambda
    return code.co_code, code.co_consts, code.co_names, repr(found.literals)


@settings(max_examples=max(500, round(20_000 * SCALE)))
@given(texts=st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=3), tokens=st.booleans())
def test_any_text_means_what_it_means_alone(texts: list[str], tokens: bool) -> None:
    readable = TOKENS if tokens else BELOW_CTX
    reader = ConditionReader(readable)
    for text in (*texts, *texts):
        assert parts(among_others(text, reader)) == parts(alone(text, readable))


PATHS = st.sampled_from(["r.ctx.resource.a", "r.ctx.subject.b7", "r.ctx.context.c.d"])
NUMBERS = st.one_of(st.integers(-12, 12), st.integers(-(10**10), 10**10)).map(str)
LITERALS = st.one_of(st.text("ab '\u00e9\\\"0", max_size=4).map(repr), NUMBERS, st.sampled_from(["1.5", "True", "'x'"]))
COMPARISONS = st.one_of(
    st.tuples(PATHS, st.sampled_from([" == ", "!=", " < "]), LITERALS).map("".join),
    st.tuples(PATHS, st.lists(LITERALS, max_size=3)).map(lambda found: f"{found[0]} in [{', '.join(found[1])}]"),
    st.tuples(PATHS, LITERALS).map(lambda found: f"contains({found[0]}, {found[1]})"),
    st.tuples(PATHS, PATHS, LITERALS).map(lambda found: f"[{found[0]}, {found[2]}, {found[1]}] != {found[1]}"),
)


@settings(max_examples=max(500, round(10_000 * SCALE)))
@given(texts=st.lists(st.lists(COMPARISONS, min_size=1, max_size=3).map(" or ".join), min_size=1, max_size=4))
def test_a_condition_means_what_it_means_alone(texts: list[str]) -> None:
    reader = ConditionReader(BELOW_CTX)
    for text in (*texts, *texts):
        assert parts(among_others(text, reader)) == parts(alone(text, BELOW_CTX))


def test_conditions_that_differ_in_plain_literals_share_their_test() -> None:
    reader = ConditionReader(BELOW_CTX)
    made = [reader.compiled(f"r.ctx.resource.a in ['u{one}', {one}] or r.ctx.subject.b7 > -{one}") for one in (1, 2)]
    assert [None if one is None else one.literals for one in made] == [
        ("a", ["u1", 1], "b7", -1),
        ("a", ["u2", 2], "b7", -2),
    ]
    assert len({None if one is None else one.test for one in made}) == 1


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_conditions_that_differ_in_the_names_of_attributes_share_their_code(name: str) -> None:
    made, other = compile_condition(f"r.ctx.resource.{name} == 'x'"), compile_condition("r.ctx.resource.other == 'x'")
    assert made is not None
    assert other is not None
    assert made.test is other.test
    assert made.holds({"resource": {name: "x"}})


def test_long_texts_are_refused_whatever_they_are_made_of() -> None:
    text = "r.ctx.resource.a == '" + "x" * MAX_LENGTH + "'"
    with pytest.raises(ExpressionError, match="longer than"):
        ConditionReader(BELOW_CTX).compiled(text)


def test_more_shapes_than_are_kept_are_compiled_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorward.engine.language.conditions._KEPT", 2)
    reader = ConditionReader(BELOW_CTX)
    made = [reader.compiled(f"r.ctx.resource.a{number // 2 % 5} == 'x{number}'") for number in range(30)]
    assert [one and one.literals for one in made] == [(f"a{number // 2 % 5}", f"x{number}") for number in range(30)]
