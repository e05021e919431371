"""Functions that Doorward means more strictly than stock Casbin, or as their patterns say."""

from pathlib import Path

import pytest

from support.casbin_differences import ALLOWS, DENIES, ERROR, RAISES, Difference, check
from support.casbin_small import EVERYTHING, ask, model, row


def allow(when: str, path: str, stock: str, doorward: str) -> Difference:
    """One rule that allows if a condition about a path is true."""
    return Difference(rules=row(when), question=ask(context={"path": path}), stock=stock, doorward=doorward)


def deny(when: str, path: str, stock: str, doorward: str) -> Difference:
    """One rule that allows everything, and one that denies if a condition about a path is true."""
    rules = EVERYTHING + row(when, "deny", "no")
    return Difference(rules=rules, question=ask(context={"path": path}), stock=stock, doorward=doorward)


def got(comparison: str, path: str, stock: str, doorward: str) -> Difference:
    """A matcher that compares a part of a path."""
    matcher = f"r.act == p.act && {comparison}"
    question = ask(obj=path)
    return Difference(
        model=model(matcher), rules="p, any, any, read\n", question=question, stock=stock, doorward=doorward
    )


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            deny("keyMatch2(r.ctx.context.path, '/secret/*')", "/secret/a\nb", ALLOWS, ERROR),
            id="a line break slips past keyMatch2",
        ),
        pytest.param(
            deny("regexMatch(r.ctx.context.path, '^/secret/.*$')", "/secret/a\nb", ALLOWS, ERROR),
            id="a line break slips past regexMatch",
        ),
        pytest.param(
            allow("regexMatch(r.ctx.context.path, '^/a$')", "/a\n", ALLOWS, ERROR),
            id="a line break at the end is overlooked",
        ),
        pytest.param(
            allow("globMatch(r.ctx.context.path, '/a/*')", "/a/b\nc", ALLOWS, ERROR),
            id="a line break inside a segment of globMatch",
        ),
        pytest.param(
            allow("regexMatch(r.ctx.context.path, '(?=a)a')", "a", ALLOWS, "RE2 refuses"),
            id="regular expressions that RE2 refuses",
        ),
        pytest.param(
            deny("regexMatch(r.ctx.context.path, 'a{,2}$')", "aa", DENIES, "one thing to RE2"),
            id="regular expressions that RE2 reads otherwise",
        ),
        pytest.param(
            allow(r"regexMatch(r.ctx.context.path, '\\w+$')", "caf\u00e9", ALLOWS, ERROR),
            id="letters and digits of other scripts",
        ),
        pytest.param(
            allow("regexMatch(r.ctx.context.path, r.ctx.context.path)", "a", ALLOWS, "must be a literal"),
            id="a pattern that an attribute gives",
        ),
        pytest.param(
            allow("keyMatch(r.ctx.context.path, '/a*/b')", "/axx/c", ALLOWS, "only at the end"),
            id="keyMatch ignores what follows a star",
        ),
        pytest.param(
            allow("keyMatch('/axx/c', r.ctx.context.path)", "/a*/b", ALLOWS, ERROR),
            id="an attribute gives keyMatch a star inside",
        ),
        pytest.param(
            allow("keyMatch2(r.ctx.context.path, '/a.b')", "/axb", ALLOWS, DENIES),
            id="a dot in a path pattern",
        ),
        pytest.param(
            allow("keyMatch2(r.ctx.context.path, '/a*')", "/aaa", ALLOWS, "has no clear meaning"),
            id="a star inside a segment of keyMatch2",
        ),
        pytest.param(
            allow("keyMatch4(r.ctx.context.path, '/{a}-{b}')", "/1-2", ALLOWS, "a path segment"),
            id="two names in a segment",
        ),
        pytest.param(
            deny("keyMatch5(r.ctx.context.path, '/a?x=1')", "/a?x=1", ALLOWS, "would never match"),
            id="a question mark in keyMatch5",
        ),
        pytest.param(
            allow("globMatch(r.ctx.context.path, '/[ab]')", "/a", ALLOWS, "may use"),
            id="brackets and braces in globMatch",
        ),
        pytest.param(
            deny("globMatch(r.ctx.context.path, '*/b')", "a/b", ALLOWS, "ignores the `*`"),
            id="globMatch drops a star that begins a pattern",
        ),
        pytest.param(
            allow("ipMatch('10.0.0.1', r.ctx.context.path)", "everywhere", DENIES, ERROR),
            id="ipMatch is given what is no network",
        ),
        pytest.param(
            deny("ipMatch(r.ctx.context.path, '10.0.0.0/33')", "10.0.0.1", ALLOWS, "is no address or network"),
            id="a misspelt network matches nothing",
        ),
        pytest.param(
            deny("ipMatch(r.ctx.context.path, '10.0.0.0/8')", "::ffff:10.0.0.1", ALLOWS, DENIES),
            id="an IPv4 address in IPv6 clothes",
        ),
        pytest.param(
            allow("timeMatch('_', '_')", "", ALLOWS, "is no function of conditions"),
            id="timeMatch reads the clock of the process",
        ),
        pytest.param(
            allow("keyMatch3(r.ctx.context.path, '*')", "/a", RAISES, "no clear meaning"),
            id="a star alone in keyMatch3",
        ),
        pytest.param(
            got("keyGet(r.obj, '/a*/b') == 'x'", "/ax", ALLOWS, "only at the end"),
            id="keyGet ignores what follows a star",
        ),
        pytest.param(
            got("keyGet2(r.obj, '/a/:id', 'id') != ''", "/a/b\nc", ALLOWS, ERROR),
            id="a line break in a part that keyGet2 gives",
        ),
        pytest.param(
            got("keyGet2(r.obj, '/a.b/:id', 'id') == '1'", "/axb/1", ALLOWS, DENIES),
            id="a dot in a pattern of keyGet2",
        ),
        pytest.param(
            got("keyGet3(r.obj, '*', 'id') == ''", "/a", ALLOWS, "no clear meaning"),
            id="a star alone in keyGet3",
        ),
        pytest.param(
            allow(r"regexMatch(r.ctx.context.path, '\\pL$')", "\u00e9", RAISES, "is unknown to stock Casbin"),
            id="regular expressions that only RE2 knows",
        ),
        pytest.param(
            deny(r"regexMatch(r.ctx.context.path, 'a\\sb$')", "a\x1cb", DENIES, ERROR),
            id="white space that RE2 takes for none",
        ),
        pytest.param(
            deny("regexMatch(r.ctx.context.path, '(?i)\u0131$')", "i", DENIES, "write both cases"),
            id="any case of letters of other scripts",
        ),
    ],
)
def test_functions(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)
