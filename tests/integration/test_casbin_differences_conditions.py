"""Conditions that Doorward refuses, or reads otherwise than stock Casbin, which pastes their text into the matcher."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.casbin_differences import ALLOWS, DENIES, ERROR, NOT_LOADED, RAISES, Difference, check
from support.casbin_oracle import StockCasbin
from support.casbin_small import EVERYTHING, ask, model, row
from support.trees import MODEL, snapshot

Attributes = Mapping[str, Any]
NAMED = {"name": "a!b", "tags": ["x", "y"], "count": 3, "_id": "7", "note": "", "none": None}


def allow(when: str, stock: str, doorward: str, resource: Attributes = NAMED) -> Difference:
    """One rule that allows if a condition is true."""
    return Difference(rules=row(when), question=ask(resource=resource), stock=stock, doorward=doorward)


def deny(when: str, stock: str, doorward: str, resource: Attributes = NAMED) -> Difference:
    """One rule that allows everything, and one that denies if a condition is true."""
    rules = EVERYTHING + row(when, "deny", "no")
    return Difference(rules=rules, question=ask(resource=resource), stock=stock, doorward=doorward)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            Difference(
                rules="p, mine, user:alice, acme, doc:1, read, False) or (True, allow\n", question=ask(dom="globex"),
                stock=NOT_LOADED, doorward="closes nothing",
            ),
            id="a condition closes the matcher's bracket",
        ),
        pytest.param(allow("r.ctx.resource.name.startswith('a')", ALLOWS, "is not allowed here"), id="methods are called"),
        pytest.param(allow("r.ctx.resource.count + 1 == 4", ALLOWS, "is not allowed here"), id="arithmetic"),
        pytest.param(allow("2 ** 99 > r.ctx.resource.count", ALLOWS, "is not allowed here"), id="powers"),
        pytest.param(allow("r.ctx.resource.tags[0] == 'x'", ALLOWS, "is not allowed here"), id="subscripts"),
        pytest.param(allow("'x' in {'x': 1}", ALLOWS, "is not allowed here"), id="dictionaries and sets"),
        pytest.param(allow("True if r.ctx.resource.count else False", ALLOWS, "is not allowed here"), id="if and else"),
        pytest.param(allow("r.sub == 'user:alice'", ALLOWS, "is not below r.ctx"), id="tokens in a condition"),
        pytest.param(allow("p.eft == 'allow'", ALLOWS, "is not below r.ctx"), id="columns in a condition"),
        pytest.param(allow("r.ctx.resource.none == None", ALLOWS, "None is never equal"), id="the literal None"),
        pytest.param(allow("r.ctx.resource.count is 3", ALLOWS, "compares identities"), id="is compares identities"),
        pytest.param(allow("r.ctx.resource._id == '7'", RAISES, "begins with `_`"), id="a name that begins with _"),
        pytest.param(deny("'7' == 7", ALLOWS, "they never agree"), id="literals that never agree"),
        pytest.param(
            deny("r.ctx.resource.tags == ('x', 'y')", ALLOWS, "write a list"), id="a tuple never equals a list"
        ),
        pytest.param(
            deny("r.ctx.resource.name in ['a!b' 'c']", ALLOWS, "two strings stand side by side"),
            id="strings side by side are one string",
        ),
        pytest.param(allow("r.ctx.resource.name == u'a'", DENIES, "right before a quote"), id="string prefixes"),
        pytest.param(allow("True # and False", RAISES, "starts a comment"), id="a comment ends a condition"),
        pytest.param(allow("1", RAISES, "never true or false"), id="a condition that is no truth value"),
    ],
)  # fmt: skip
def test_refused(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(allow("r.ctx.resource.owner == 'a'", RAISES, DENIES), id="an allow rule reads an absent attribute"),
        pytest.param(deny("r.ctx.resource.owner == 'a'", RAISES, DENIES), id="a deny rule reads an absent attribute"),
        pytest.param(allow("r.ctx.resource.none != 'a'", ALLOWS, DENIES), id="an attribute that is null"),
        pytest.param(deny("r.ctx.resource.none == 'a'", ALLOWS, DENIES), id="a deny rule reads null"),
        pytest.param(allow("r.ctx.resource.name and True", ALLOWS, ERROR), id="a text is taken for true"),
        pytest.param(deny("r.ctx.resource.note or False", ALLOWS, ERROR), id="an empty text is taken for false"),
        pytest.param(allow("r.ctx.resource.count", RAISES, ERROR), id="an attribute that is no truth value"),
        pytest.param(allow("r.ctx.resource.name < 3", RAISES, ERROR), id="types that have no order"),
        pytest.param(
            Difference(
                rules=EVERYTHING + row("r.ctx.resource.name < 3", name="broken"), question=ask(resource=NAMED),
                stock=RAISES, doorward=ALLOWS,
            ),
            id="a condition fails after a rule has allowed",
        ),
    ],
)  # fmt: skip
def test_attributes(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(deny("r.ctx.resource.name == 'a!b'", ALLOWS, DENIES), id="an exclamation mark in a string"),
        pytest.param(deny("r.ctx.resource.name == 'a&&b'", ALLOWS, DENIES, {"name": "a&&b"}), id="and signs in a string"),
        pytest.param(deny("r.ctx.resource.name == 'a||b'", ALLOWS, DENIES, {"name": "a||b"}), id="or signs in a string"),
        pytest.param(
            deny("r.ctx.resource.name == 'http://p.example'", ALLOWS, DENIES, {"name": "http://p.example"}),
            id="p. and r. in a string",
        ),
        pytest.param(
            Difference(
                rules="p, user:alice, doc:1, read\n", model=model('r.sub == p.sub && r.obj != "doc:#2"'),
                stock=RAISES, doorward=ALLOWS,
            ),
            id="a number sign in a string of the matcher",
        ),
        pytest.param(
            Difference(
                rules="p, user:alice, doc:1, read\n", model=model('r.sub!="user:bob"&&r.obj=="doc:1"'),
                stock=RAISES, doorward="write spaces round `&&`",
            ),
            id="and signs without spaces",
        ),
        pytest.param(
            allow("r.ctx.resource.count == 3||r.ctx.resource.note == ''", RAISES, "write spaces round `||`"),
            id="or signs without spaces",
        ),
        pytest.param(
            allow("r.ctx.resource.count == 3 &&!(r.ctx.resource.note == 'x')", RAISES, "write spaces round `&&`"),
            id="a not sign right behind another",
        ),
        pytest.param(
            Difference(
                rules="p, user:alice, True\n", model=model("r.sub == p.sub && eval( p.when )", r="sub, ctx", p="sub, when"),
                stock=RAISES, doorward="write `eval(p.when)`",
            ),
            id="spaces inside eval",
        ),
    ],
)  # fmt: skip
def test_spelling(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)


def test_the_rule_that_is_named_is_the_first_that_decides(tmp_path: Path) -> None:
    rules = row("True", name="first") + row("True", name="second") + row("True", "deny", "third")
    allowing = rules.replace("deny", "allow")
    assert StockCasbin(tmp_path, MODEL, allowing).named_row(ask())[0] == "third"
    assert snapshot(allowing).decide(ask()).rule == "first"
    assert snapshot(rules).decide(ask()).rule == "third"
