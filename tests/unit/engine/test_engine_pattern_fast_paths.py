"""What patterns are compared with quickly answers as RE2 does, and the texts they begin with lose no match."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine.language import calls, patterns
from doorward.engine.language.expressions import ExpressionError
from doorward.engine.language.linear_regex import compiled, line_of
from doorward.engine.language.path_patterns import Found, matches_by_regex

property_settings = settings(max_examples=round(6_000 * SCALE) if SCALE >= 1 else 100)
pytestmark = pytest.mark.timeout(3_000)


def texts(pieces: list[str], longest: int = 10) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=longest).map("".join)


TEXT_PIECES = ["a", "b", "ab", "/", "/", "/", "é", ":", ":a", "{a}", "*", "?", ".", "-", "\n", "\x00", "\ud800"]
COLONS = ["a", "b", "/", "/", "/", ":a", ":b", ":", "/*", "*", "é", "{a}", "-", ".", "?", "\n"]
BRACES = ["a", "b", "/", "/", "/", "{a}", "{b}", "/{a}", "{", "}", "/*", "*", "é", ":", "-", ".", "?", "\n", "{a*}"]
PIECES = {
    "keyMatch": ["a", "b", "/", "*", ":", "é"],
    "keyMatch2": COLONS,
    "keyMatch3": BRACES,
    "keyMatch4": BRACES,
    "keyMatch5": BRACES,
    "globMatch": ["a", "b", "/", "/", "/", "*", "?", ".", "/**", "**/", "é", "-"],
    "regexMatch": [
        "a", "b", "ab", "/", "/", "^", "$", ".", "*", "+", "?", "|", "(", ")", "(?i)", "(?:", "[ab]", "{2}", "{0}", "{", "}",
        r"\.", r"\-", r"\d", "(?:)", "()", r"\*", r"\A", r"\b", r"\t", "é", ":", " ", "#", "\n", "\\", "]",
    ],
}  # fmt: skip
PATHS = ["keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5"]
GETTERS: dict[str, Callable[[object, str, str], str]] = {"keyGet2": patterns.key_get2, "keyGet3": patterns.key_get3}


def answer(ask: Callable[[], object]) -> object:
    """What it answers, or the error that it raises."""
    try:
        return ask()
    except (ExpressionError, ValueError) as error:
        return type(error)


def texts_like(pattern: str) -> st.SearchStrategy[str]:
    """Texts that often match: the pattern with other things in the place of its signs."""
    pieces = st.sampled_from(["", "a", "b", "ab", "a/b", "é", "/"])
    signs = (":a", ":b", "{a}", "{b}", "**", "*", "?", r"\.", "^", "$", "+", "[ab]", "|")

    def filled(values: list[str]) -> str:
        text = pattern
        for sign, value in zip(signs, values, strict=True):
            text = text.replace(sign, value)
        return text

    return st.lists(pieces, min_size=len(signs), max_size=len(signs)).map(filled)


def drawn(data: st.DataObject, function: str) -> tuple[str, str]:
    pattern = data.draw(texts(PIECES[function], 7))
    return pattern, data.draw(st.one_of(texts_like(pattern), texts(TEXT_PIECES, 6), texts(["a", "b", "/", "é"], 6)))


def by_regex(function: str, text: str, pattern: str) -> bool:
    """The reference: the whole pattern as one regular expression."""
    line = line_of(text)
    found: Found = []
    matched = matches_by_regex(function, line.split("?", 1)[0] if function == "keyMatch5" else line, pattern, found)
    values: dict[str, str] = {}
    return matched and (function != "keyMatch4" or all(values.setdefault(name, one) == one for name, one in found))


@pytest.mark.parametrize("function", PATHS)
@property_settings
@given(data=st.data())
def test_a_path_pattern_answers_what_its_regular_expression_does(function: str, data: st.DataObject) -> None:
    pattern, text = drawn(data, function)
    quick = answer(lambda: calls.FUNCTIONS[function].call(text, pattern))
    assert quick == answer(lambda: by_regex(function, text, pattern))


@pytest.mark.parametrize("function", sorted(GETTERS))
@property_settings
@given(data=st.data())
def test_a_part_of_a_path_is_what_its_regular_expression_captures(function: str, data: st.DataObject) -> None:
    pattern, text = drawn(data, function.replace("Get", "Match"))
    name = data.draw(st.sampled_from(["a", "b", "", ":a", "a*"]))

    def reference() -> str:
        found: Found = []
        matched = matches_by_regex(function, line_of(text), pattern, found)
        return next((value for known, value in found if known == name), "") if matched else ""

    assert answer(lambda: GETTERS[function](text, pattern, name)) == answer(reference)


@pytest.mark.parametrize("function", sorted(PIECES))
@property_settings
@given(data=st.data())
def test_a_pattern_that_the_check_lets_pass_is_never_refused_later(function: str, data: st.DataObject) -> None:
    pattern = data.draw(texts(PIECES[function], 7))
    checked = answer(lambda: patterns.check_pattern(function, pattern))
    asked = answer(lambda: calls.FUNCTIONS[function].call("a", pattern))
    assert checked is not None or isinstance(asked, bool)


@pytest.mark.parametrize("function", sorted(PIECES))
@property_settings
@given(data=st.data())
def test_what_a_pattern_matches_begins_with_its_literal_text(function: str, data: st.DataObject) -> None:
    pattern, text = drawn(data, function)
    if answer(lambda: patterns.check_pattern(function, pattern)) is not None:
        return
    prefix, is_whole = patterns.literal_prefix(function, pattern)
    matches = answer(lambda: calls.FUNCTIONS[function].call(text, pattern))
    seen = patterns.derived(function, text)
    if matches is True:
        assert seen.startswith(prefix)
    if is_whole and isinstance(matches, bool):
        assert matches == (seen == prefix)


@pytest.mark.parametrize(
    ("function", "pattern", "expected"),
    [
        pytest.param("keyMatch", "doc:7", ("doc:7", True), id="a name"),
        pytest.param("keyMatch", "doc:*", ("doc:", False), id="a star at the end"),
        pytest.param("keyMatch", "*", ("", False), id="a star alone"),
        pytest.param("keyMatch2", "/a/b", ("/a/b", True), id="a path"),
        pytest.param("keyMatch2", "/a/:id/b", ("/a/", False), id="a named part"),
        pytest.param("keyMatch2", "/a/*", ("/a/", False), id="anything below a path"),
        pytest.param("keyMatch2", "*", ("", False), id="any path"),
        pytest.param("keyMatch3", "doc:{id}", ("doc:", False), id="a braced part after a colon"),
        pytest.param("keyMatch4", "/a/{id}/{id}", ("/a/", False), id="braced parts that are equal"),
        pytest.param("keyMatch5", "/a/b", ("/a/b", True), id="a path whose query is cut"),
        pytest.param("globMatch", "/a/b", ("/a/b", False), id="a glob without signs, for a slash may follow"),
        pytest.param("globMatch", "/a/b/", ("/a/b/", True), id="a glob that ends with a slash"),
        pytest.param("globMatch", "/a/*.txt", ("/a/", False), id="a star in a glob"),
        pytest.param("globMatch", "/a/?", ("/a/", False), id="a question mark in a glob"),
        pytest.param("globMatch", "/a/**", ("/a", False), id="the folder and all below"),
        pytest.param("globMatch", "/a/**/b", ("/a/", False), id="any folders between"),
        pytest.param("globMatch", "**/a", ("", False), id="any folders before"),
        pytest.param("globMatch", "/**", ("/", False), id="all below the root"),
        pytest.param("regexMatch", "^/a/b$", ("/a/b", True), id="an expression that is one text"),
        pytest.param("regexMatch", "/a/b", ("/a/b", False), id="an expression without an end"),
        pytest.param("regexMatch", "^/a/[0-9]+$", ("/a/", False), id="a class"),
        pytest.param("regexMatch", "^/ab*$", ("/a", False), id="a character that may be missing"),
        pytest.param("regexMatch", r"^a\.b\.?", ("a.b", False), id="an escaped dot that may be missing"),
        pytest.param("regexMatch", r"/ab/\d+$", ("/ab/", False), id="digits"),
        pytest.param("regexMatch", "^/a$|^/b$", ("", False), id="alternatives"),
        pytest.param("regexMatch", "(?i)abc", ("", False), id="letters of any case"),
        pytest.param("regexMatch", r"\d", ("", False), id="an escape that is a class"),
    ],
)
def test_literal_text(function: str, pattern: str, expected: tuple[str, bool]) -> None:
    assert patterns.literal_prefix(function, pattern) == expected


@pytest.mark.parametrize(
    ("function", "text", "expected"),
    [
        pytest.param("keyMatch5", "/a?b=1?c", "/a", id="without the query"),
        pytest.param("globMatch", "//a///b/", "/a/b/", id="with single slashes"),
        pytest.param("keyMatch2", "//a?b", "//a?b", id="as it is"),
    ],
)
def test_derived_text(function: str, text: str, expected: str) -> None:
    assert patterns.derived(function, text) == expected


@pytest.mark.parametrize(
    ("function", "pattern", "message"),
    [
        pytest.param("keyMatch", "a*b", "only at the end", id="a star inside keyMatch"),
        pytest.param("keyGet", "a*b", "only at the end", id="a star inside keyGet"),
        pytest.param("keyMatch2", "/a*", "no clear meaning", id="a star inside a segment"),
        pytest.param("keyMatch3", "*", "no clear meaning", id="a star alone where stock Casbin raises"),
        pytest.param("keyMatch3", "doc:*", "no clear meaning", id="a star after a colon"),
        pytest.param("keyMatch2", "/{a*}", "no clear meaning", id="a star between braces that mean nothing"),
        pytest.param("keyGet2", "/a*", "keyGet2: ", id="the function that is named is the one that was written"),
        pytest.param("keyMatch3", "/a}", "no clear meaning", id="a brace alone"),
        pytest.param("keyMatch4", "/{a}{b}", "one `{name}`", id="two names in a segment"),
        pytest.param("keyMatch5", "/{a}?", "would never match", id="a question mark"),
        pytest.param("keyMatch2", "/\ud800", "half a character", id="half a character"),
        pytest.param("globMatch", "[a]", "may use", id="brackets in a glob"),
        pytest.param("regexMatch", "(", "RE2 refuses", id="half a group"),
        pytest.param("regexMatch", "(?:a{1000}){1000}", "RE2 refuses", id="an expression that is too large"),
        pytest.param("keyMatch2", "/:a/*b" * 20_000, "RE2 refuses", id="an unusual pattern that is too large"),
    ],
)
def test_refused_pattern(function: str, pattern: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message.replace("{", r"\{")):
        patterns.check_pattern(function, pattern)


def test_expressions_that_need_more_memory_than_most_are_compiled_too() -> None:
    long = "^" + "[a-z]x" * 1_500 + "$"
    assert patterns.regex_match("ax" * 1_500, long)
    assert compiled(long) is compiled(long)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(GET|POST)$",
        "^(?:GET|PUT)$",
        "^GET$",
        "^(GET)$",
        "^(GET|)$",
        "^(GET|P.T)$",
        "(GET|POST)$",
        "^(GET|POST)",
        "^GET|POST$",
    ],
)
@pytest.mark.parametrize("text", ["GET", "POST", "PUT", "PAT", "GETS", "XGET", "get", ""])
def test_words_are_matched_as_the_expression_is(pattern: str, text: str) -> None:
    assert patterns.regex_match(text, pattern) is (re.match(pattern, text) is not None)
