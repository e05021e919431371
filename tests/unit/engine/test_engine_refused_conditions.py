"""What is no condition is refused when a policy is loaded, with words that say what to write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine.language.conditions import FUNCTIONS, SECTIONS, compile_condition
from doorward.engine.language.expressions import ExpressionError
from support.casbin_small import faults, refusal, row


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("'a'.upper() == 'A'", "is not allowed here", id="a method of a text"),
        pytest.param("''.__class__ == 'a'", "is not allowed here", id="a dunder of a text"),
        pytest.param("r.ctx.subject.__class__ == 'a'", "begins with `_`", id="a dunder of an attribute"),
        pytest.param("has(r.ctx.subject._private)", "begins with `_`", id="a private name"),
        pytest.param("r.ctx.subject.name.upper() == 'A'", "is not allowed here", id="a method of an attribute"),
        pytest.param("(lambda: True)()", "is not allowed here", id="a lambda that is called"),
        pytest.param("lambda: True", "is not allowed here", id="a lambda"),
        pytest.param("[x for x in r.ctx.subject.tags] == []", "is not allowed here", id="a comprehension"),
        pytest.param("any(x for x in r.ctx.subject.tags)", "is no function of conditions", id="any of a generator"),
        pytest.param("len([*r.ctx.subject.tags]) == 1", "is not allowed here", id="a star in a list"),
        pytest.param("len(*r.ctx.subject.tags) == 1", "is not allowed here", id="a star in a call"),
        pytest.param("f'{r.ctx.subject.name}' == 'a'", "right before a quote", id="an f-string"),
        pytest.param("b'a' == r.ctx.subject.name", "right before a quote", id="bytes"),
        pytest.param("(x := True)", "is not allowed here", id="a walrus"),
        pytest.param("1 + 1 == 2", "is not allowed here", id="addition"),
        pytest.param("9**9**9 > 1", "is not allowed here", id="a power that never ends"),
        pytest.param("'a' * 999999999 == 'a'", "is not allowed here", id="a text that fills the memory"),
        pytest.param("'%s' % r.ctx.subject.name == 'a'", "is not allowed here", id="formatting"),
        pytest.param("-r.ctx.resource.size < 1", "is not allowed here", id="minus an attribute"),
        pytest.param("~1 == 2", "is not allowed here", id="bits"),
        pytest.param("r.ctx.subject.tags[0] == 'a'", "is not allowed here", id="an element"),
        pytest.param("r.ctx.subject['name'] == 'a'", "is not allowed here", id="a name in brackets"),
        pytest.param("{'a': 1} == r.ctx.resource.meta", "is not allowed here", id="a dictionary"),
        pytest.param("r.ctx.subject.name in {'a'}", "is not allowed here", id="a set"),
        pytest.param("True if r.ctx.subject.x else False", "is not allowed here", id="if and else"),
        pytest.param("await r.ctx.subject.x", "is not allowed here", id="await"),
        pytest.param("(yield)", "is not allowed here", id="yield"),
        pytest.param("... == 1", "a literal ellipsis is not allowed", id="an ellipsis"),
        pytest.param("1j == 1", "a literal complex is not allowed", id="an imaginary number"),
        pytest.param("r.ctx.subject.x == None", "None is never equal", id="None"),
        pytest.param("r.ctx.subject.x is True", "compares identities", id="is"),
        pytest.param("r.ctx.subject.x is not True", "compares identities", id="is not"),
        pytest.param("__import__('os')", "is no function of conditions", id="an import"),
        pytest.param("eval('True')", "is no function of conditions", id="eval"),
        pytest.param("g(r.ctx.subject.id, 'role:a')", "is no function of conditions", id="g"),
        pytest.param("true", "`true` is written True", id="true in small letters"),
        pytest.param("owner == 'a'", "quote a text: 'owner'", id="a bare name"),
        pytest.param("r.sub == 'a'", "is not below r.ctx", id="a token"),
        pytest.param("p.eft == 'a'", "is not below r.ctx", id="a column"),
        pytest.param("r.ctx.subject", "names no attribute", id="a section"),
        pytest.param("r.ctx.user.name == 'a'", "names no attribute", id="an unknown section"),
        pytest.param("r.ctx == 1", "names no attribute", id="all of r.ctx"),
        pytest.param("'a'", "is a string, never true or false", id="a text"),
        pytest.param("3", "is a number, never true or false", id="a number"),
        pytest.param("['a']", "is a list, never true or false", id="a list"),
        pytest.param("len('a')", "is a number, never true or false", id="a call that is a number"),
        pytest.param("not 'a'", "is a string, never true or false", id="not a text"),
        pytest.param("True and 1", "is a number, never true or false", id="a number in and"),
        pytest.param("1 == '1'", "they never agree", id="a number and a text"),
        pytest.param("len(r.ctx.subject.tags) == '1'", "they never agree", id="a length and a text"),
        pytest.param("True < False", "has no order", id="an order of truth values"),
        pytest.param("'a' in 3", "holds nothing", id="in a number"),
        pytest.param("r.ctx.resource.status in ('active')", "a text is no list", id="a text where a list is meant"),
        pytest.param("r.ctx.env.tme > 1", "is never given", id="a name that env does not have"),
        pytest.param("r.ctx.resource.n < 1e999", "too large", id="an infinity"),
        pytest.param("r.ctx.subject.tags == ('a', 'b')", "write a list", id="a tuple that is compared"),
        pytest.param("('a', 'b') != r.ctx.subject.tags", "write a list", id="a tuple on the left"),
        pytest.param("('a',) in r.ctx.subject.tags", "write a list", id="a tuple that is searched for"),
        pytest.param("r.ctx.subject.x in [('a', 'b')]", "write a list", id="a tuple in a list"),
        pytest.param("r.ctx.subject.x in ['a' 'b']", "two strings stand side by side", id="a comma forgotten"),
        pytest.param("'''a''' == 'a'", "two strings stand side by side", id="three quotes"),
        pytest.param("True # and False", "starts a comment", id="a comment"),
        pytest.param("\u0430 == 1", "outside ASCII", id="a letter that looks like a"),
        pytest.param("True \\ or False", "a backslash has no meaning", id="a backslash"),
        pytest.param("True and", "no expression", id="half an expression"),
        pytest.param("", "no expression", id="nothing"),
        pytest.param("True; False", "no expression", id="two statements"),
        pytest.param("r.ctx.subject.x = 1", "no expression", id="one equals sign"),
        pytest.param("import os", "no expression", id="a statement"),
        pytest.param("r.ctx.subject.class == 'a'", "no expression", id="a word of Python"),
        pytest.param("'it's' == 'a'", "or \\' inside one string", id="a quote inside quotes"),
        pytest.param("'a == 'a'", "no expression", id="a quote that is never closed"),
        pytest.param("'\\N{NO SUCH}' == 'a'", "no expression", id="a character that there is not"),
        pytest.param("'a\x00' == 'a'", "", id="a NUL in a text"),
        pytest.param("True or (" * 3 + "True" + ")" * 2, "no expression", id="brackets that do not pair"),
        pytest.param("not " * 51 + "True", "nested deeper than 50", id="deep nesting"),
        pytest.param("(" * 300 + "True" + ")" * 300, "no expression", id="many brackets around nothing"),
        pytest.param("not " * 900 + "True", "", id="nesting that the parser itself refuses"),
        pytest.param("[" * 120 + "]" * 120, "nested deeper than 50", id="lists in lists"),
        pytest.param("1" + "+1" * 2_000, "", id="a long sum"),
        pytest.param("r.ctx.context" + ".a" * 60 + " == 1", "nested deeper than 50", id="a long path"),
        pytest.param(" or ".join(["True"] * 500), "more than 400 parts", id="many parts"),
        pytest.param("'" + "a" * 5_000 + "' == 'a'", "longer than 4096", id="a long text"),
        pytest.param("1" * 4_090, "a number of 4090 characters", id="a long number"),
    ],
)  # fmt: skip
def test_refused(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize("name", ["rand", "int", "str", "getattr", "type", "print", "keyGet", "exec"])
def test_no_other_function_can_be_called(name: str) -> None:
    assert f"{name}() is no function of conditions; there are has, len" in refusal(f"{name}(r.ctx.subject.x) == 1")


def test_a_fault_is_reported_with_file_and_line_of_each_row_that_has_it() -> None:
    text = row("True", name="a") + "# a comment\n" + row("1 + 1 == 2", name="b") + row("1 + 1 == 2", name="c")
    assert [str(fault).split(": ")[:2] for fault in faults(text)] == [
        ["policies/access.csv:3", "condition"],
        ["policies/access.csv:4", "condition"],
    ]


FRAGMENTS = [
    *"()[]{}'\"!&|<>=.,*+-#\\: ", "r.ctx.", *SECTIONS, ".x", "and", "or", "not", "in", "True", "None", "''", "'a'", "1", "e9",
    "&&", "||", "==", "!=", *FUNCTIONS, "lambda", "__class__", "if", "else", "for", "f'", "r'", "\u00e9", "\x00", "0x",
]  # fmt: skip


@settings(max_examples=max(1, round(5_000 * SCALE)))
@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join) | st.text(max_size=20))
@pytest.mark.filterwarnings("ignore:invalid:DeprecationWarning", "ignore:invalid:SyntaxWarning")
def test_any_text_compiles_or_is_refused_and_nothing_else(text: str) -> None:
    try:
        compile_condition(text)
        said = "it compiles"
    except ExpressionError as error:
        said = str(error)
    assert said
