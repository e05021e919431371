"""Role rows and orders of rules that Doorward refuses or reads otherwise, with what stock Casbin makes of them."""

from pathlib import Path
from typing import Any

import pytest

from support.casbin_differences import ALLOWS, DENIES, NOT_LOADED, RAISES
from support.casbin_language_differences import ByPosition, check_by_position
from support.casbin_small import model

DEFAULT_EFFECT = "some(where (p.eft == allow))"
PRIORITY, SUBJECT_PRIORITY = "priority(p.eft) || deny", "subjectPriority(p.eft) || deny"
ASKED = ("alice", "doc", "read")
SAME = "r.sub == p.sub && r.obj == p.obj && r.act == p.act"


def roles(  # noqa: PLR0913 - a case
    rules: str, stock: str, doorward: str, g: str, *, match: str = "", values: tuple[Any, ...] = ASKED
) -> ByPosition:
    """Role rows below a model that asks for the roles of a subject."""
    has_domains = g.startswith("_, _, _")
    text = model(
        "g(r.sub, p.sub, r.dom) && r.act == p.act"
        if has_domains
        else "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act",
        r="sub, dom, act" if has_domains else "sub, obj, act",
        p="sub, act" if has_domains else "sub, obj, act",
        g=g + (f"\n# doorward: match g with {match}" if match else ""),
    )
    rules = ("p, admin, read\n" if has_domains else "p, admin, doc, read\n") + rules
    return ByPosition(model=text, rules=rules, values=values, stock=stock, doorward=doorward)


def ordered(
    rules: str, stock: str, doorward: str, *, p: str = "priority, sub, obj, act, eft", e: str = PRIORITY, **more: Any
) -> ByPosition:
    """Rules whose order decides."""
    return ByPosition(model=model(SAME, p=p, e=e, **more), rules=rules, values=ASKED, stock=stock, doorward=doorward)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(roles("g, alice, admin, _, _, _\n", ALLOWS, "has 4 fields", "_, _, (_, _)"), id="a long row with a window"),
        pytest.param(
            roles("g, alice, admin, _, 1970-01-01 00:00:00\ng, alice, admin, _, _\n", ALLOWS, "keep one", "_, _, (_, _)"),
            id="of two windows the last counts",
        ),
        pytest.param(
            roles("g, alice, admin, 1969-12-31, _\n", RAISES, "is no time window", "_, _, (_, _)"), id="a malformed time",
        ),
        pytest.param(
            roles("g, alice, admin, 2026-01-02 00:00:00, 2026-01-01 00:00:00\n", DENIES, "held at no time", "_, _, (_, _)"),
            id="a window that ends before it begins",
        ),
        pytest.param(
            roles("g, alice, admin, *, _, _\n", DENIES, "knows no `*`", "_, _, _, (_, _)", values=("alice", "acme", "read")),
            id="a star beside a window is a tenant of that name",
        ),
        pytest.param(
            roles("g, alice, admin, _, _\n", ALLOWS, "no function can match", "_, _, (_, _)", match="keyMatch"),
            id="patterns beside windows",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act", g="_, _, (_, _)\ng2 = _, _"),
                rules="p, alice, doc, read\ng2, d, doc\n", values=("alice", "d", "read"), stock=DENIES, doorward="drops roles",
            ),
            id="roles without windows beside roles with them",
        ),
        pytest.param(
            roles(
                "g, alice, r1, _, _\n" + "".join(f"g, r{at}, r{at + 1}, _, _\n" for at in range(1, 9)) + "g, r9, admin, _, _\n",
                ALLOWS, "a chain of 10 roles", "_, _, (_, _)",
            ),
            id="windowed roles are followed one link further",
        ),
        pytest.param(
            roles("g, alice, admin*\n", ALLOWS, "is a pattern", "_, _", match="keyMatch"),
            id="a role that is a pattern",
        ),
        pytest.param(
            roles("g, al*x, admin\n", ALLOWS, "only at the end", "_, _", match="keyMatch"), id="what follows the star of a pattern role",
        ),
        pytest.param(roles("g, *al, admin\n", DENIES, "RE2 refuses", "_, _", match="regexMatch"), id="a pattern that is none matches nobody"),
        pytest.param(
            roles("g, /a/:x, admin\ng, /a/*, reader\n", ALLOWS, "takes '/a/*' itself for a name", "_, _", match="keyMatch2", values=("/a/b/c", "doc", "read")),
            id="a pattern matches the text of another",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub)", r="sub", p="sub", g="_, _\n# doorward: match g with regexMatch"),
                rules="p, admin\ng, ^alice$, admin\n", values=("alicex",), before=(("alice",),), stock=ALLOWS, doorward=DENIES,
            ),
            id="a name that was asked about becomes a pattern",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub)", r="sub", p="sub", g="_, _\n# doorward: match g with regexMatch"),
                rules="p, admin\ng, ^alice$, admin\n", values=("^alice$",), stock=ALLOWS, doorward=DENIES,
            ),
            id="a name that is spelled like a pattern",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub)", r="sub", p="sub", g="_, _\n# doorward: match g with keyMatch9"),
                rules="p, admin\ng, al*, admin\n", values=("admin",), stock=NOT_LOADED, doorward="matches no patterns",
            ),
            id="a function that matches no patterns",
        ),
    ],
)  # fmt: skip
def test_roles(difference: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, difference)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(ordered("p, high, alice, doc, read, allow\np, low, alice, doc, read, deny\n", ALLOWS, "a whole number from 0 on"), id="priorities that are words"),
        pytest.param(ordered("p, -1, alice, doc, read, deny\np, 1, bob, doc, read, allow\n", NOT_LOADED, "a whole number from 0 on"), id="negative priorities"),
        pytest.param(ordered("p, \u0661, alice, doc, read, allow\n", ALLOWS, "a whole number from 0 on"), id="digits of other scripts"),
        pytest.param(ordered("p, alice, doc, read\n", ALLOWS, "no column `eft`", p="sub, obj, act"), id="an order without effects"),
        pytest.param(
            ordered("p, doc, alice, read, allow\n", ALLOWS, "takes the first column", p="obj, sub, act, eft", e=SUBJECT_PRIORITY, g="_, _"),
            id="subjectPriority reads another column",
        ),
        pytest.param(ordered("p, alice, doc, read, allow\n", NOT_LOADED, "needs roles", p="sub, obj, act, eft", e=SUBJECT_PRIORITY), id="subjectPriority without roles"),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub, r.dom) && keyMatch(r.dom, p.dom)", r="sub, dom", p="sub, dom, eft", e=SUBJECT_PRIORITY, g="_, _, _"),
                rules="p, admin, acme, deny\np, alice, *, allow\ng, bob, alice, acme\ng, alice, admin, acme\n",
                values=("alice", "acme"), stock=ALLOWS, doorward="one row a tenant",
            ),
            id="subjectPriority with rules of all tenants",
        ),
        pytest.param(
            ByPosition(
                model=model("g(r.sub, p.sub, r.dom) && r.dom == p.dom", r="sub, dom", p="sub, dom, eft", e=SUBJECT_PRIORITY, g="_, _, _"),
                rules="p, admin, acme, deny\np, alice, acme, allow\ng, alice, admin, *\n", values=("alice", "acme"), stock=DENIES,
                doorward="one row a tenant",
            ),
            id="subjectPriority with roles of all tenants",
        ),
        pytest.param(
            ordered("p, high, alice, doc, read\np, 1, bob, doc, read\n", NOT_LOADED, "remove or rename the column", p="priority, sub, obj, act", e=DEFAULT_EFFECT),
            id="priorities that order nothing",
        ),
    ],
)  # fmt: skip
def test_orders(difference: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, difference)
