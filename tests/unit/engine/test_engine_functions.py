"""The functions of conditions, one table each way: what they answer, and what they cannot answer."""

import pytest

from support.casbin_small import holds, refusal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("len('abc') == 3", True, id="len counts characters"),
        pytest.param("len(['a', 'b']) == 2", True, id="len counts elements"),
        pytest.param("len([]) == 0", True, id="an empty list has no elements"),
        pytest.param("lower('A/B') == 'a/b'", True, id="lower makes letters small"),
        pytest.param("lower('\u00c4') == '\u00e4'", True, id="lower knows other scripts"),
        pytest.param("startswith('doc:1', 'doc:')", True, id="a text begins with a part"),
        pytest.param("startswith('doc', 'doc:')", False, id="a text is shorter than its beginning"),
        pytest.param("startswith('', '')", True, id="nothing begins with nothing"),
        pytest.param("endswith('a.pdf', '.pdf')", True, id="a text ends with a part"),
        pytest.param("endswith('a.PDF', '.pdf')", False, id="letters count"),
        pytest.param("contains('abc', 'b')", True, id="a text contains a part"),
        pytest.param("contains(['abc'], 'b')", False, id="a list contains whole elements"),
        pytest.param("contains(['a', 'b'], 'b')", True, id="a list contains an element"),
        pytest.param("contains([1, 2], 2)", True, id="a list contains a number"),
        pytest.param("any_in(['a', 'b'], ('b', 'c'))", True, id="two lists share an element"),
        pytest.param("any_in([], ['a'])", False, id="an empty list shares nothing"),
        pytest.param("keyMatch('agents:1', 'agents:*')", True, id="keyMatch takes what begins alike"),
        pytest.param("keyMatch('agents:', 'agents:*')", True, id="keyMatch takes the beginning itself"),
        pytest.param("keyMatch('agents', 'agents:*')", False, id="keyMatch needs the whole beginning"),
        pytest.param("keyMatch('a\\nb', 'a*')", True, id="keyMatch takes a line break like any character"),
        pytest.param("keyMatch('', '*')", True, id="keyMatch with a star alone takes nothing too"),
        pytest.param("keyMatch2('/a/1/b', '/a/:id/b')", True, id="keyMatch2 takes a named part"),
        pytest.param("keyMatch2('/a/1/2/b', '/a/:id/b')", False, id="a named part ends at a slash"),
        pytest.param("keyMatch2('/a/', '/a/*')", True, id="a slash and a star take nothing too"),
        pytest.param("keyMatch2('/a', '/a/*')", False, id="a slash and a star need the slash"),
        pytest.param("keyMatch2('/a+b', '/a+b')", True, id="a plus in a path is a plus"),
        pytest.param("keyMatch3('/a/1', '/a/{id}')", True, id="keyMatch3 takes a braced part"),
        pytest.param("keyMatch3('/a/', '/a/{id}')", False, id="a braced part is not empty"),
        pytest.param("keyMatch4('/1/of/1', '/{id}/of/{id}')", True, id="keyMatch4 takes equal parts"),
        pytest.param("keyMatch4('/1/of/2', '/{id}/of/{id}')", False, id="keyMatch4 refuses parts that differ"),
        pytest.param("keyMatch5('/a/1?x=2', '/a/{id}')", True, id="keyMatch5 cuts the query"),
        pytest.param("keyMatch5('/a/1/2?x=2', '/a/{id}')", False, id="keyMatch5 keeps segments apart"),
        pytest.param("globMatch('/a/b', '/a/*')", True, id="a star takes a segment"),
        pytest.param("globMatch('/a/b/c', '/a/*')", False, id="a star ends at a slash"),
        pytest.param("globMatch('/a/.b', '/a/*')", False, id="a star does not take a leading dot"),
        pytest.param("globMatch('.txt', '*.txt')", False, id="a star that takes nothing leaves no leading dot"),
        pytest.param("globMatch('/a/b/c', '/a/**')", True, id="two stars take segments"),
        pytest.param("globMatch('/a', '/a/**')", True, id="two stars at the end take the folder itself"),
        pytest.param("globMatch('/a/.b/c', '/a/**')", False, id="two stars take no hidden segment"),
        pytest.param("globMatch('/secret/', '/secret')", True, id="a slash at the end is overlooked"),
        pytest.param("globMatch('//secret', '/secret')", True, id="slashes that follow each other are one"),
        pytest.param("globMatch('/ab', '/?b')", True, id="a question mark takes a character"),
        pytest.param("regexMatch('abc', 'ab')", True, id="regexMatch looks at the beginning"),
        pytest.param("regexMatch('xab', 'ab')", False, id="regexMatch does not search"),
        pytest.param("regexMatch('abc', '^ab$')", False, id="regexMatch ends where it is told"),
        pytest.param("regexMatch('a1', 'a\\d$')", True, id="an unknown escape in a string is a backslash"),
        pytest.param(r"regexMatch('a1', r'a\d$')", True, id="a raw string"),
        pytest.param("regexMatch('a1', 'a\\\\d$')", True, id="an escaped backslash"),
        pytest.param("ipMatch('10.1.2.3', '10.0.0.0/8')", True, id="an address in a network"),
        pytest.param("ipMatch('10.1.2.3', '10.1.2.3')", True, id="an address that is the other"),
        pytest.param("ipMatch('10.1.2.3', '10.9.9.9/8')", True, id="a network by one of its addresses"),
        pytest.param("ipMatch('::ffff:10.0.0.1', '10.0.0.0/8')", True, id="an IPv4-mapped address is IPv4"),
        pytest.param("ipMatch('::ffff:10.0.0.1', '::/0')", True, id="an IPv4-mapped address stays IPv6 too"),
        pytest.param("ipMatch('10.0.0.1', '::/0')", False, id="IPv4 is not in IPv6"),
        pytest.param("hour(0, 'UTC') == 0", True, id="the epoch begins at midnight"),
        pytest.param("hour(0, 'Asia/Tokyo') == 9", True, id="a zone moves the hour"),
        pytest.param("hour(1719792000.5, 'Europe/Berlin') == 2", True, id="summer time, and a fraction"),
        pytest.param("weekday(0, 'UTC') == 3", True, id="the epoch began on a Thursday"),
        pytest.param("weekday(345600, 'UTC') == 0", True, id="Monday is 0"),
        pytest.param("weekday(259200, 'UTC') == 6", True, id="Sunday is 6"),
        pytest.param("hour(-1, 'UTC') == 23", True, id="before the epoch"),
    ],
)
def test_answer(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("len(r.ctx.context.x) == 1", id="len of a number"),
        pytest.param("lower(r.ctx.context.x) == 'a'", id="lower of a number"),
        pytest.param("startswith(r.ctx.context.x, 'a')", id="startswith of a number"),
        pytest.param("endswith('a', r.ctx.context.x)", id="endswith a number"),
        pytest.param("contains(r.ctx.context.x, 'a')", id="contains in a number"),
        pytest.param("contains('3', r.ctx.context.x)", id="a number in a text"),
        pytest.param("any_in(r.ctx.context.x, ['a'])", id="any_in of a number"),
        pytest.param("keyMatch(r.ctx.context.x, 'a*')", id="keyMatch of a number"),
        pytest.param("keyMatch2(r.ctx.context.x, '/a')", id="keyMatch2 of a number"),
        pytest.param("globMatch(r.ctx.context.x, '/a')", id="globMatch of a number"),
        pytest.param("regexMatch(r.ctx.context.x, 'a')", id="regexMatch of a number"),
        pytest.param("ipMatch(r.ctx.context.x, '::1')", id="ipMatch of a number"),
        pytest.param("'a' in r.ctx.context.x", id="in a number"),
        pytest.param("r.ctx.context.x", id="a number is no truth value"),
        pytest.param("not r.ctx.context.x", id="a number is not negated"),
        pytest.param("True and r.ctx.context.x", id="a number in and"),
        pytest.param("r.ctx.context.x < 'a'", id="a number before a text"),
    ],
)
def test_wrong_type_is_an_error(text: str) -> None:
    with pytest.raises(TypeError):
        holds(text, context={"x": 3})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("regexMatch(r.ctx.context.x, 'a')", "a\nb", id="a line break for regexMatch"),
        pytest.param("keyMatch2(r.ctx.context.x, '/a/*')", "/a/\n", id="a line break for keyMatch2"),
        pytest.param("keyMatch3(r.ctx.context.x, '/a/*')", "/a/\n", id="a line break for keyMatch3"),
        pytest.param("keyMatch4(r.ctx.context.x, '/a/*')", "/a/\n", id="a line break for keyMatch4"),
        pytest.param("keyMatch5(r.ctx.context.x, '/a/*')", "/a/b?\n", id="a line break in a query"),
        pytest.param("globMatch(r.ctx.context.x, '*')", "a\n", id="a line break for globMatch"),
        pytest.param("regexMatch(r.ctx.context.x, '\\w')", "\u00e9", id="a letter outside ASCII for a class"),
        pytest.param("regexMatch(r.ctx.context.x, '(?i)k')", "\u212a", id="a letter outside ASCII in any case"),
        pytest.param("regexMatch(r.ctx.context.x, 'a\\s')", "a\x0b", id="white space that RE2 takes for none"),
        pytest.param("regexMatch(r.ctx.context.x, '[^\\S]')", "\x1f", id="the same, the other way round"),
        pytest.param("regexMatch(r.ctx.context.x, 'a')", "\ud800", id="half a surrogate pair"),
        pytest.param("keyMatch('a', r.ctx.context.x)", "a*b", id="a star inside a key pattern"),
        pytest.param("ipMatch(r.ctx.context.x, '::1')", "localhost", id="a name for an address"),
        pytest.param("ipMatch(r.ctx.context.x, '10.0.0.0/8')", "010.0.0.1", id="an address with a leading zero"),
        pytest.param("ipMatch(r.ctx.context.x, '10.0.0.0/8')", "10.0.0.1\x00", id="a NUL after an address"),
        pytest.param("ipMatch('::1', r.ctx.context.x)", "everywhere", id="a name for a network"),
    ],
)
def test_unanswerable_value_is_an_error(text: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        holds(text, context={"x": value})


@pytest.mark.parametrize("text", [
    pytest.param("hour(r.ctx.context.x, 'UTC') == 0", id="hour"),
    pytest.param("weekday(r.ctx.context.x, 'UTC') == 0", id="weekday"),
])  # fmt: skip
@pytest.mark.parametrize("value", [
    pytest.param("0", id="a text"), pytest.param(True, id="a truth value"), pytest.param(10**400, id="a huge number"),
    pytest.param(float("nan"), id="not a number"), pytest.param(1e300, id="a huge fraction"), pytest.param([], id="a list"),
])  # fmt: skip
def test_what_is_no_time_is_an_error(text: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError, OSError)):
        holds(text, context={"x": value})


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param("regexMatch(r.ctx.context.x, '[^b]+$')", "\u00e9\x00", True, id="regexMatch without classes reads any script"),
        pytest.param("keyMatch2(r.ctx.context.x, '/:x')", "/\u00e9\x00", True, id="keyMatch2 takes NUL as a character"),
        pytest.param("globMatch(r.ctx.context.x, '/?')", "/\U0001f600", True, id="a question mark takes one character of any size"),
        pytest.param("len(r.ctx.context.x) == 1", "\U0001f600", True, id="len counts characters, not bytes"),
        pytest.param("r.ctx.context.x == ['a', 'b']", ["a", "b"], True, id="a list equals a list"),
        pytest.param("r.ctx.context.x != ['a', 'b']", ["a", "b"], False, id="equal lists do not differ"),
        pytest.param("r.ctx.context.x == [['a']]", [["a"]], True, id="a list of lists equals its like"),
        pytest.param("r.ctx.context.x in ('a', 'b')", "b", True, id="a tuple is searched"),
        pytest.param("[r.ctx.context.x, 'c'] == ['a', 'c']", "a", True, id="a list of an attribute and a literal"),
        pytest.param("len(r.ctx.context.x) == 1", {"a": 1}, True, id="len counts members"),
        pytest.param("1 <= r.ctx.context.x < 5", 5, False, id="a chain ends before its last"),
        pytest.param("5 > r.ctx.context.x >= 1 != 2", 1, True, id="a chain of three"),
        pytest.param("r.ctx.context.x == 'a!b && c || p.d # e'", "a!b && c || p.d # e", True, id="a string is data"),
        pytest.param("r.ctx.context.x == True", True, True, id="an attribute is compared with a truth value"),
        pytest.param("r.ctx.context.x", False, False, id="an attribute is the condition"),
        pytest.param("!r.ctx.context.x && !(r.ctx.context.x || False)", False, True, id="Casbin's spelling of not, and, or"),
    ],
)  # fmt: skip
def test_values_of_attributes(text: str, value: object, expected: bool) -> None:
    assert holds(text, context={"x": value}) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("keyMatch(r.ctx.context.x, 'a*b')", "only at the end", id="a star inside keyMatch"),
        pytest.param("keyMatch2(r.ctx.context.x, '/a*')", "no clear meaning", id="a star inside a segment"),
        pytest.param("keyMatch3(r.ctx.context.x, '/a{')", "no clear meaning", id="a brace that opens"),
        pytest.param("keyMatch4(r.ctx.context.x, '/{a}{b}')", "a path segment", id="two names in a segment of keyMatch4"),
        pytest.param("keyMatch5(r.ctx.context.x, '/a?')", "would never match", id="a question mark in keyMatch5"),
        pytest.param("keyMatch2(r.ctx.context.x, r.ctx.context.x)", "must be a literal", id="a pattern from an attribute"),
        pytest.param("globMatch(r.ctx.context.x, '/[a]')", "may use", id="brackets in globMatch"),
        pytest.param("globMatch(r.ctx.context.x, '/a**')", "whole segment", id="two stars in a segment"),
        pytest.param("globMatch(r.ctx.context.x, '/a//b')", "empty segment", id="an empty segment"),
        pytest.param("globMatch(r.ctx.context.x, '*/a')", "ignores the `*`", id="a star before a slash at the start"),
        pytest.param("regexMatch(r.ctx.context.x, '(a')", "RE2 refuses", id="an open bracket"),
        pytest.param(r"regexMatch(r.ctx.context.x, '(a)\\1')", "RE2 refuses", id="a reference back"),
        pytest.param("regexMatch(r.ctx.context.x, '[[:alpha:]]')", "one thing to RE2", id="a class by name"),
        pytest.param("regexMatch(r.ctx.context.x, 'a{,3}')", "one thing to RE2", id="a count without a beginning"),
        pytest.param("regexMatch(r.ctx.context.x, 'a{02}')", "one thing to RE2", id="a count that begins with 0"),
        pytest.param("regexMatch(r.ctx.context.x, '[^a[:digit:]]')", "like [A-Za-z]", id="a class by name in the middle"),
        pytest.param("regexMatch(r.ctx.context.x, 'a\\B')", "one thing to RE2", id="no end of a word"),
        pytest.param("regexMatch(r.ctx.context.x, '\\p{Greek}')", "'\\\\p{Greek}' in", id="letters of a script"),
        pytest.param("regexMatch(r.ctx.context.x, '[a\\pL]')", "write each character out", id="letters in a set"),
        pytest.param("regexMatch(r.ctx.context.x, '[\\d-z]')", "write each character out", id="a range that begins with a class"),
        pytest.param("regexMatch(r.ctx.context.x, 'a\\z')", "write $", id="an end of the text that Python lacks"),
        pytest.param("regexMatch(r.ctx.context.x, '\\Qa.b\\E')", "a backslash before each sign", id="quoted signs"),
        pytest.param(r"regexMatch(r.ctx.context.x, '\\x{41}')", "two digits", id="a character by its number in braces"),
        pytest.param(r"regexMatch(r.ctx.context.x, '\\12')", "two digits", id="a character by an octal number of two digits"),
        pytest.param("regexMatch(r.ctx.context.x, 'a(?i)b')", "at the beginning", id="flags in the middle"),
        pytest.param("regexMatch(r.ctx.context.x, '(?U)a')", "write i, m or s alone", id="a flag that Python lacks"),
        pytest.param("regexMatch(r.ctx.context.x, '(?i-i:a)')", "(?:...)", id="a flag that is set and taken back"),
        pytest.param("regexMatch(r.ctx.context.x, '(?<n>a)')", "name a group", id="a group named as in Perl"),
        pytest.param("regexMatch(r.ctx.context.x, '(?P<n>a)(?P<n>b)')", "name a group", id="two groups of one name"),
        pytest.param(r"regexMatch(r.ctx.context.x, 'a\\b+')", "nothing is repeated", id="the end of a word repeated"),
        pytest.param("regexMatch(r.ctx.context.x, '^*a')", "nothing is repeated", id="a beginning repeated"),
        pytest.param("ipMatch(r.ctx.context.x, '10.0.0.0/40')", "no address or network", id="a network of 40 bits"),
        pytest.param("hour(r.ctx.env.time, 'Mars/Base')", "no time zone", id="an unknown zone"),
        pytest.param("hour(r.ctx.env.time, '../UTC') == 1", "no time zone", id="a path for a zone"),
        pytest.param("weekday(r.ctx.env.time, '') == 1", "no time zone", id="no name for a zone"),
        pytest.param("hour('0', 'UTC') == 1", "it needs a number", id="a text for a time"),
        pytest.param("lower(3) == 'a'", "it needs a string", id="a number for a text"),
        pytest.param("any_in('a', ['a'])", "it needs a list", id="a text for a list"),
        pytest.param("len('a', 'b') == 1", "takes one argument, not 2", id="an argument too many"),
        pytest.param("startswith('a')", "takes 2 arguments, not 1", id="an argument too few"),
        pytest.param("has('a')", "takes one path", id="has of a text"),
        pytest.param("has(r.ctx.context.x, r.ctx.context.y)", "takes one path", id="has of two paths"),
        pytest.param("len(x='a') == 1", "no named arguments", id="a named argument"),
        pytest.param("open('a')", "open() is no function", id="a function of Python"),
    ],
)  # fmt: skip
def test_call_is_refused_at_load(text: str, words: str) -> None:
    assert words in refusal(text)
