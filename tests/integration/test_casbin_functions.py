"""Each function of conditions answers what stock Casbin's answers, for every pattern that it accepts."""

import warnings
from collections.abc import Callable

import pytest
from casbin import util as stock
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine.language import functions, patterns
from doorward.engine.language.expressions import ExpressionError

property_settings = settings(max_examples=max(1, round(3_000 * SCALE)))
Match = Callable[[str, str], bool]
pytestmark = pytest.mark.timeout(3_000)


def texts(pieces: list[str], longest: int = 8) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=longest).map("".join)


PATHS = texts(["a", "b", "ab", "/", "/", ".", "-", "1", "?", ":", "*", "{a}", ":a"])
TEXTS = PATHS | texts(
    ["a", "A", "i", "s", "1", "\t", "\x0b", "\x1f", ":", "&", "]", "-", "[", "^", "{", "}", ",", "01", "\u0131"]
)
PATTERNS = {
    "keyMatch": ["a", "b", "/", "*", ":", "-"],
    "keyMatch2": ["a", "b", "/", "/", "/*", ":a", ":b", "-", "*"],
    "keyMatch3": ["a", "b", "/", "/", "/*", "{a}", "{b}", ":", "-", "*"],
    "keyMatch4": ["a", "b", "/", "/", "/*", "{a}", "{b}", ":", "-", "*"],
    "keyMatch5": ["a", "b", "/", "/", "/*", "{a}", "{b}", ":", "-", "?"],
    "globMatch": ["a", "b", "/", "/", "*", "/**", "**/", "?", ".", "-"],
    "regexMatch": [
        "a", "b", ".", "*", "+", "?", "|", "(", ")", "(?:", "[ab]", "[^a]", "^", "$", r"\d", r"\w", r"\s", r"\b", r"\.", "/",
        "^(", "GET|", ")$", "{2}", "{1,2}", "{1,}", "{,2}", r"\A", r"\Z", "[[:alpha:]]", r"\B", "(?i)", "-", "A", r"\t", "[]a]", "{", "}", "1",
        r"\z", r"\pL", r"\C", r"\Q", r"\E", "(?U)", "(?i:", "(?-i)", "(?i-i:", "(?P<n>", "(?<n>", r"\12", r"\101", r"\x41",
        r"\x{41}", "{01}", "{,}", "[", "[^", ":alpha:", r"[\d-z]", "]", "\\", "\u0131", r"\S", "[a-c&&b]", ",2}", "i", "S",
    ],
}  # fmt: skip
OURS: dict[str, Match] = {
    "keyMatch": functions.key_match,
    "keyMatch2": patterns.key_match2,
    "keyMatch3": patterns.key_match3,
    "keyMatch4": patterns.key_match4,
    "keyMatch5": patterns.key_match5,
    "globMatch": patterns.glob_match,
    "regexMatch": patterns.regex_match,
}
STOCK: dict[str, Match] = {
    "keyMatch": stock.key_match_func,
    "keyMatch2": stock.key_match2_func,
    "keyMatch3": stock.key_match3_func,
    "keyMatch4": stock.key_match4_func,
    "keyMatch5": stock.key_match5_func,
    "globMatch": stock.glob_match_func,
    "regexMatch": stock.regex_match_func,
}


@pytest.mark.parametrize("name", sorted(OURS))
@property_settings
@given(data=st.data())
def test_a_pattern_that_loads_matches_what_stock_casbin_matches(name: str, data: st.DataObject) -> None:
    pattern, text = data.draw(texts(PATTERNS[name])), data.draw(PATHS if name != "regexMatch" else TEXTS)
    try:
        if name != "keyMatch":
            patterns.check_pattern(name, pattern)
        ours = OURS[name](text, pattern)
    except (ExpressionError, ValueError):
        return  # refused at load; what is refused stands in the table of differences
    with warnings.catch_warnings(action="ignore"):  # `&&` in a set may mean something in a later Python
        theirs = STOCK[name](text, pattern)
    assert ours is theirs


GETTERS: dict[str, tuple[Callable[..., str], Callable[..., str]]] = {
    "keyGet": (patterns.key_get, stock.key_get),
    "keyGet2": (patterns.key_get2, stock.key_get2),
    "keyGet3": (patterns.key_get3, stock.key_get3),
}


@pytest.mark.parametrize("name", sorted(GETTERS))
@property_settings
@given(data=st.data())
def test_a_part_of_a_text_is_what_stock_casbin_gets(name: str, data: st.DataObject) -> None:
    pattern = data.draw(texts(PATTERNS[name.replace("Get", "Match")]))
    filled = pattern
    for sign in (":a", ":b", "{a}", "{b}", "*"):
        filled = filled.replace(sign, data.draw(st.sampled_from(["a", "ab", "a-b", "a/b", ""])))
    text = data.draw(st.just(filled) | PATHS)
    names = [] if name == "keyGet" else [data.draw(st.sampled_from(["a", "b", ""]))]
    ours, theirs = GETTERS[name]
    try:
        found = ours(text, pattern, *names)
    except ExpressionError:
        return  # refused at load
    assert found == theirs(text, pattern, *names)


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.sampled_from(["10.0.0.1", "::1", "10.255.0.7"]))
BITS = st.sampled_from([0, 1, 7, 8, 9, 24, 31, 32, 64, 127, 128])


@property_settings
@given(address=ADDRESSES.map(str), base=ADDRESSES.map(str), bits=st.none() | BITS)
def test_ip_match_answers_what_stock_casbin_answers(address: str, base: str, bits: int | None) -> None:
    network = base if bits is None else f"{base}/{bits}"
    assume("::ffff:" not in address)
    try:
        ours = functions.ip_match(address, network)
    except ExpressionError:
        assert ":" not in base
        assert (bits or 0) > 32
        return
    assert ours is stock.ip_match_func(address, network)
