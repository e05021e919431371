"""Matchers and section sets that Doorward refuses or reads otherwise, with what stock Casbin makes of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.casbin_differences import ALLOWS, DENIES, ERROR, RAISES
from support.casbin_language_differences import ByPosition, check_by_position
from support.casbin_small import model

ALLOW_AND_DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
ROW = "p, alice, doc, read\n"
ASKED = ("alice", "doc", "read")
SAME = "r.sub == p.sub && r.obj == p.obj && r.act == p.act"


def refused(matcher: str, stock: str, doorward: str, rules: str = ROW, values: tuple[Any, ...] = ASKED) -> ByPosition:
    """A matcher that Doorward does not load."""
    return ByPosition(model=model(matcher), rules=rules, values=values, stock=stock, doorward=doorward)


def sections(  # noqa: PLR0913 - a case
    r2: str,
    p2: str,
    m2: str,
    stock: str,
    doorward: str,
    *,
    e2: str = "",
    rows: str = "p2, alice, allow\n",
    number: str = "2",
) -> ByPosition:
    """A second section set beside a plain one."""
    text = "".join(
        f"{line}\n" + added
        for line, added in zip(
            model(SAME, p="sub, obj, act, eft", e=ALLOW_AND_DENY).splitlines(),
            ["", r2, "", p2, "", e2, "", m2],
            strict=True,
        )
    )
    rules = "p, alice, doc, read, allow\n" + rows
    return ByPosition(model=text, rules=rules, values=("alice",), section=number, stock=stock, doorward=doorward)


R2, P2, M2 = "r2 = sub\n", "p2 = sub, eft\n", "m2 = r2.sub == p2.sub\n"
OWNER = model("r.sub == r.obj.owner && r.act == p.act", p="act, eft", e=ALLOW_AND_DENY)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(refused(f"{SAME} && 1 + 1 == 2", ALLOWS, "is not allowed here"), id="arithmetic in a matcher"),
        pytest.param(refused(f"{SAME} && r.sub[0] == 'a'", ALLOWS, "is not allowed here"), id="subscripts in a matcher"),
        pytest.param(refused(f"{SAME} && r.sub.startswith('a')", ALLOWS, "is not allowed here"), id="methods in a matcher"),
        pytest.param(refused(f"{SAME} && r.sub in 'alice, bob'", ALLOWS, "a text is no list"), id="in with a text looks for a part"),
        pytest.param(refused(f"{SAME} && r.sub != 7", ALLOWS, "they never agree"), id="a text and a number are compared"),
        pytest.param(refused(f"{SAME} && timeMatch('_', '_')", ALLOWS, "r.ctx.env.time"), id="timeMatch in a matcher"),
        pytest.param(refused(f"{SAME} && mine(r.sub)", RAISES, "let the application compute it"), id="functions of one's own"),
        pytest.param(refused("r.sub == p.sub && keyMatch(p.obj, r.obj)", ALLOWS, "the caller must not choose"), id="the request is the pattern"),
        pytest.param(refused("r.sub == p.sub && keyMatch('doc', p.obj)", ALLOWS, "matched with no token"), id="a pattern is matched with a literal"),
        pytest.param(
            refused("r.sub == p.sub && keyGet2(r.obj, p.obj, r.act) == 'x'", ALLOWS, "write it as a text", "p, alice, /:read, read\n", ("alice", "/x", "read")),
            id="keyGet2 is asked for what the request names",
        ),
        pytest.param(refused(f"{SAME} && r.sub == None", DENIES, "None is never equal"), id="None in a matcher"),
        pytest.param(refused(f"{SAME} && r.obj", RAISES, "never true or false"), id="a name is taken for true"),
        pytest.param(refused(f"{SAME} && q.sub == 'a'", RAISES, "neither r.TOKEN nor p.COLUMN"), id="a name that nothing gives"),
        pytest.param(refused(f"{SAME} && p.role == 'a'", RAISES, "is no column"), id="a column that is none"),
        pytest.param(refused(f"{SAME} && r.role == 'a'", RAISES, "is no token"), id="a token that is none"),
        pytest.param(
            ByPosition(
                model=model("r.sub == p.sub && r.obj.kind == p.obj && r.obj == p.act"), rules=ROW,
                values=("alice", {"kind": "doc"}, "read"), stock=DENIES, doorward="reads r.obj as an object",
            ),
            id="a token is an object and a text",
        ),
        pytest.param(
            ByPosition(
                model=model(SAME, p="sub, dom, obj, act", r="sub, dom, obj, act"), rules="p, alice, acme, doc, read\n",
                values=("alice", "globex", "doc", "read"), stock=ALLOWS, doorward="rules would cross tenants",
            ),
            id="the tenant of rules is never read",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub, p.dom) && r.act == p.act", r="sub, act", p="sub, dom, act", g="_, _, _"),
                rules="p, admin, acme, read\ng, alice, admin, acme\n", values=("alice", "read"), stock=ALLOWS,
                doorward="in the question's tenant",
            ),
            id="roles are looked for in the tenant of the rule",
        ),
        pytest.param(
            ByPosition(
                model=model("g(p.sub, r.sub) && r.act == p.act", r="sub, act", p="sub, act", g="_, _"),
                rules="p, bob, read\ng, bob, alice\n", values=("alice", "read"), stock=ALLOWS, doorward="write g(r.sub, p.sub)",
            ),
            id="roles are asked the other way round",
        ),
        pytest.param(
            ByPosition(
                model=model("eval(p.when) && p.when == r.sub", r="sub", p="when"), rules="p, r.sub == 'alice'\n",
                values=("alice",), stock=DENIES, doorward="cannot be compared in a matcher",
            ),
            id="a condition is compared",
        ),
        pytest.param(refused(f'{SAME} && r.sub != "eval(x)"', RAISES, ALLOWS), id="eval in a string is evaluated"),
        pytest.param(
            refused("r.obj.p.x == 1", DENIES, "rename the attribute", ROW, ("alice", {"p": {"x": 1}, "p_x": 2}, "read")),
            id="an attribute called p is rewritten",
        ),
        pytest.param(
            refused("r.obj.class == p.obj", RAISES, "no expression", ROW, ("alice", {"class": "doc"}, "read")),
            id="an attribute is called like a word of Python",
        ),
        pytest.param(refused(f"{SAME} && r.sub == Alice", RAISES, "quote a text"), id="a text without quotes"),
        pytest.param(refused(f"{SAME} && true", RAISES, "is written True"), id="true in small letters"),
        pytest.param(refused("regexMatch('read', r.act)", ALLOWS, "the caller must not choose"), id="a literal is matched with the request"),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub)", r="sub", p="sub", g="_, _, _"), rules="p, admin\ng, bob, admin, acme\n", values=("bob",),
                stock=DENIES, doorward="write g(r.sub, p.sub, r.dom)",
            ),
            id="roles by tenant are asked for without one",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub, r.dom)", r="sub, dom", p="sub", g="_, _"), rules="p, admin\ng, bob, admin\n",
                values=("bob", "acme"), stock=ALLOWS, doorward="write g(r.sub, p.sub)",
            ),
            id="roles without tenants are asked for in one",
        ),
        pytest.param(
            ByPosition(
                model=model("eval(p.rule)", r="sub", p="rule"), rules="p, r.sub.age + 1 > 18\n", values=({"age": 18},), stock=ALLOWS,
                doorward="is not allowed here",
            ),
            id="arithmetic in a condition over tokens",
        ),
        pytest.param(
            ByPosition(
                model=model("eval(r.rule) && r.sub == p.sub", r="sub, rule", p="sub"), rules="p, alice\n",
                values=("alice", "True"), stock=RAISES, doorward="takes one column of the rule",
            ),
            id="the caller writes the condition",
        ),
    ],
)  # fmt: skip
def test_matchers(difference: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, difference)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            ByPosition(model=OWNER, rules="p, read, allow\n", values=("alice", {"name": "x"}, "read"), stock=RAISES, doorward=DENIES),
            id="an allow rule's matcher reads an absent attribute",
        ),
        pytest.param(
            ByPosition(
                model=OWNER.replace("e = some(where (p.eft == allow)) && ", "e = ").replace("[request", "# doorward: allow-by-default\n[request", 1),
                rules="p, read, deny\n", values=("alice", {"name": "x"}, "read"), stock=RAISES, doorward=DENIES,
            ),
            id="a deny rule's matcher reads an absent attribute",
        ),
        pytest.param(
            ByPosition(
                model=model("r.obj.age > 3 && r.act == p.act || r.sub == 'root'", p="act"), rules="p, read\n",
                values=("root", {}, "read"), stock=RAISES, doorward=ALLOWS,
            ),
            id="the request alone opens, and an attribute before it is absent",
        ),
        pytest.param(
            ByPosition(model=OWNER, rules="p, read, allow\n", values=("alice", {"name": "x"}, "write"), stock=RAISES, doorward=DENIES),
            id="an attribute is absent where columns differ",
        ),
        pytest.param(
            ByPosition(
                model=model("r.sub != r.obj.owner && r.act == p.act", p="act"), rules="p, read\n",
                values=("alice", {"owner": None}, "read"), stock=ALLOWS, doorward=DENIES,
            ),
            id="a matcher compares null",
        ),
        pytest.param(
            ByPosition(
                model=model("r.sub.age > r.obj.age && r.act == p.act", p="act"), rules="p, read\n",
                values=({"age": 3}, {"age": "2"}, "read"), stock=RAISES, doorward=ERROR,
            ),
            id="a matcher compares types that have no order",
        ),
        pytest.param(
            ByPosition(
                model=model('(keyMatch4(r.obj, p.obj) || p.obj == "*") && r.sub == p.sub'), rules="p, alice, *, read\n",
                values=ASKED, stock=RAISES, doorward=ALLOWS,
            ),
            id="a star is matched before it is compared",
        ),
        pytest.param(
            ByPosition(
                model=model("r.open && r.sub == p.sub", r="sub, open", p="sub"), rules="p, alice\n", values=("alice", "yes"),
                stock=ALLOWS, doorward=ERROR,
            ),
            id="a text is a truth value in a matcher",
        ),
        pytest.param(
            ByPosition(
                model=model("r.level >= p.level", r="level", p="level"), rules="p, 20\n", values=(9,), stock=RAISES, doorward=ERROR
            ),
            id="a number is compared with a column",
        ),
    ],
)  # fmt: skip
def test_attributes(difference: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, difference)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(
            sections(R2, P2, M2, ALLOWS, "differs from `e`", e2="e2 = !some(where (p.eft == deny))\n"), id="a second effect is not read"
        ),
        pytest.param(sections(R2, "", M2, RAISES, "lacks `p2`", rows=""), id="a section set without rows to define"),
        pytest.param(
            replace(sections(R2, P2, M2, ALLOWS, "no p2 rule at all", rows=""), values=("",)), id="a section set without a rule"
        ),
        pytest.param(
            sections("r3 = sub\n", "p3 = sub, eft\n", "m3 = r3.sub == p3.sub\n", RAISES, "never reads 3", rows="p3, alice, allow\n", number="3"),
            id="a section set after a gap",
        ),
        pytest.param(sections(R2, P2, "m2 = r.sub == p.sub\n", RAISES, "belongs to another section set", rows="p2, alice, allow\n"), id="a section set that reads another"),
        pytest.param(
            ByPosition(
                model=model(SAME).replace("[policy_effect]", "# doorward: mach g with keyMatch\n[policy_effect]"), rules=ROW,
                values=ASKED, stock=ALLOWS, doorward="says nothing to Doorward",
            ),
            id="a comment to Doorward that says nothing",
        ),
    ],
)  # fmt: skip
def test_sections(difference: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, difference)
