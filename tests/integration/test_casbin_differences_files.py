"""Rows and models that Doorward refuses, with what stock Casbin makes of them in silence."""

from pathlib import Path

import pytest

from support.casbin_differences import ALLOWS, DENIES, NOT_LOADED, RAISES, Difference, check
from support.casbin_small import EVERYTHING, ask, model, row
from support.trees import MODEL

PLAIN = model("g(r.sub, p.sub)", g="_, _")
ALLOW_AND_DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"


def added(text: str) -> str:
    """Rows beside one that allows everything."""
    return EVERYTHING + text


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            Difference(rules=added(row(eft="dney", name="typo")), stock=ALLOWS, doorward="must be allow or deny"),
            id="a misspelt effect drops the row",
        ),
        pytest.param(
            Difference(rules=added("pp, no, *, *, *, *, True, deny\n"), stock=ALLOWS, doorward="unknown row type 'pp'"),
            id="a row of an unknown type is dropped",
        ),
        pytest.param(
            Difference(rules=added("p, short, *, *, deny\n"), stock=RAISES, doorward="fields after its type, this one 4"),
            id="a short row raises at the request that reaches it",
        ),
        pytest.param(
            Difference(rules=added("g, user:a, role:b, *, *\n"), stock=ALLOWS, doorward="a g row has 3 fields"),
            id="a long role row is cut",
        ),
        pytest.param(
            Difference(rules="", model=model(), question=ask(sub=""), stock=ALLOWS, doorward="an empty policy is refused"),
            id="an empty policy allows an empty request",
        ),
        pytest.param(
            Difference(rules=added(row(name="everything")), stock=ALLOWS, doorward="stands in line 1 already"),
            id="two rules of one name",
        ),
        pytest.param(
            Difference(rules=added("p, empty, *, *, , *, True, deny\n"), stock=ALLOWS, doorward="field 5 is empty"),
            id="an empty field is a name like any other",
        ),
        pytest.param(
            Difference(rules=added('p, quoted, "*", *, *, *, True, deny\n'), stock=ALLOWS, doorward="a double quote"),
            id="a double quote is part of the field",
        ),
        pytest.param(
            Difference(rules=added("p, odd, *, *, *, *, has(r.ctx.a], deny\n"), stock=RAISES, doorward="closes nothing"),
            id="brackets of two kinds pair",
        ),
        pytest.param(
            Difference(rules=added("p, open, *, *, *, *, (True, deny\n"), stock=RAISES, doorward="is never closed"),
            id="an open bracket swallows the row",
        ),
        pytest.param(
            Difference(rules=added(row(name="a\x0bb")), stock=ALLOWS, doorward="a control character"),
            id="a control character stands in a row",
        ),
        pytest.param(
            Difference(rules="\ufeff" + row(eft="deny", name="no") + EVERYTHING, stock=ALLOWS, doorward="byte order mark"),
            id="a byte order mark drops the first row",
        ),
        pytest.param(
            Difference(rules="p, cut, *, *, doc:*:secret, *, True, allow\n", stock=ALLOWS, doorward="only at the end"),
            id="what follows a star in a pattern is ignored",
        ),
        pytest.param(
            Difference(
                rules="p, evil, *, ac*, *, *, True, allow\n", question=ask(dom="ac-evil"), stock=ALLOWS,
                doorward="must stand alone in dom",
            ),
            id="a star ends a tenant",
        ),
        pytest.param(
            Difference(
                rules="p, reads, *, *, *, read*, True, allow\n", question=ask(act="readwrite"), stock=ALLOWS,
                doorward="must stand alone in act",
            ),
            id="a star ends an action",
        ),
        pytest.param(
            Difference(rules=added(row(eft="deny", name="no", sub="user:*")), stock=ALLOWS, doorward="would never match"),
            id="a star in a column that is compared never matches",
        ),
        pytest.param(
            Difference(rules=added("g, role:a, role:b, *\ng, role:b, role:a, acme\n"), stock=ALLOWS, doorward="in a circle"),
            id="roles run in a circle",
        ),
        pytest.param(
            Difference(
                rules=row(sub="role:10") + "g, user:alice, role:1, acme\n"
                + "".join(f"g, role:{at}, role:{at + 1}, *\n" for at in range(1, 10)),
                stock=DENIES, doorward="a chain of 10 roles in tenant acme",
            ),
            id="a chain of ten roles is followed nine links far",
        ),
        pytest.param(
            Difference(rules=added("g, user:*, role:b, *\n"), stock=ALLOWS, doorward="is no subject or role here"),
            id="a star in a role row is a name",
        ),
        pytest.param(
            Difference(
                rules=row(sub="role:b") + "g, user:alice, role:b, ac*\n", stock=ALLOWS, doorward="must stand alone in a tenant"
            ),
            id="a tenant pattern in a role row matches",
        ),
        pytest.param(
            Difference(rules=added("g, role:a, role:a, *\n"), stock=ALLOWS, doorward="is given to itself"),
            id="a role is given to itself",
        ),
        pytest.param(
            Difference(rules=row().rstrip("\n"), stock=ALLOWS, doorward="does not end with a newline"),
            id="a file that was cut off is read",
        ),
    ],
)  # fmt: skip
def test_rows(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)


def changed(old: str, new: str, *, rules: str = EVERYTHING, stock: str = ALLOWS, doorward: str) -> Difference:
    """The default model with one change."""
    assert old in MODEL
    return Difference(rules=rules, model=MODEL.replace(old, new), stock=stock, doorward=doorward)


def plain(text: str, *, rules: str = "p, user:alice, doc:1, read\n", stock: str = ALLOWS, doorward: str) -> Difference:
    return Difference(rules=rules, model=text, stock=stock, doorward=doorward)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            changed("[matchers]", "[matcher]\nm = False\n[matchers]", doorward="unknown section [matcher]"),
            id="an unknown section is dropped",
        ),
        pytest.param(
            changed("[matchers]\n", "[matchers]\nm = False\n", doorward="is defined again"),
            id="of two definitions the last counts",
        ),
        pytest.param(
            changed(ALLOW_AND_DENY, "!some(where (p.eft == deny))", doorward="allows whatever no rule names"),
            id="a deny-only effect allows everything",
        ),
        pytest.param(
            changed(
                ALLOW_AND_DENY, "some(where (p.eft == allow))", rules=EVERYTHING + row(eft="deny", name="no"),
                doorward="never looks at deny rows",
            ),
            id="an allow-only effect looks at no deny row",
        ),
        pytest.param(plain(model(e=ALLOW_AND_DENY), doorward="no column `eft`"), id="denials without a column eft"),
        pytest.param(
            changed(" && eval(p.when)", "", rules=row(when="False"), doorward="never evaluates"),
            id="a column when that nothing evaluates",
        ),
        pytest.param(
            plain(model('keyMatch("user:alice", r.sub)'), doorward="the caller must not choose it"),
            id="the caller chooses the pattern",
        ),
        pytest.param(
            plain(model("r.sub == p.sub # && False"), doorward="starts a comment"),
            id="a comment ends a matcher",
        ),
        pytest.param(
            Difference(
                rules="p, user:bob, doc:1, read\n", stock=ALLOWS, doorward="a control character",
                model=model().replace("m = ", "# an old version:\rm = True\nq = "),
            ),
            id="a carriage return ends a comment",
        ),
        pytest.param(
            plain(PLAIN.replace("g = _, _", "g = _, _, _, _"), stock=NOT_LOADED, rules="p, a, b, c\ng, a, b\n", doorward="`_, _`"),
            id="roles of four columns",
        ),
    ],
)  # fmt: skip
def test_models(difference: Difference, tmp_path: Path) -> None:
    check(tmp_path, difference)
