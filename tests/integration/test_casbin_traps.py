"""Every known trap of stock Casbin: that it is one, and that Doorward does not have it."""

import logging
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any

import casbin
import pytest
from casbin.util import key_match2_func

from doorward.domain.errors import PolicyInvalid
from doorward.engine.index.tree import rules_below
from doorward.policy import Tree, load_snapshot
from support.casbin_differences import ALLOWS, DENIES, ERROR, NOT_LOADED, RAISES, Difference, check
from support.casbin_language_differences import ByPosition, check_by_position
from support.casbin_oracle import StockCasbin
from support.casbin_small import EVERYTHING, ask, faults, model, row
from support.trees import MODEL, snapshot, tree

ALLOW_AND_DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
EQUAL = "r.sub == p.sub && r.obj == p.obj && r.act == p.act"
ASKED = ("alice", "doc", "read")


def written(rules: str, stock: str, doorward: str) -> Difference:
    """Rows of the default model beside one that allows everything."""
    return Difference(rules=EVERYTHING + rules, stock=stock, doorward=doorward)


def when(condition: str, stock: str, doorward: str, *, eft: str = "allow", **context: Any) -> Difference:
    """One rule with a condition about the context; beside one that allows everything where it denies."""
    rules = EVERYTHING + row(condition, "deny", "no") if eft == "deny" else row(condition)
    return Difference(rules=rules, question=ask(context=context), stock=stock, doorward=doorward)


def plain(matcher: str, rules: str, values: tuple[Any, ...], stock: str, doorward: str, **more: str) -> ByPosition:
    """A small model, asked by position."""
    return ByPosition(model=model(matcher, **more), rules=rules, values=values, stock=stock, doorward=doorward)


SILENT = [
    pytest.param(written(row(eft="dney", name="typo"), ALLOWS, "must be allow or deny"), id="a misspelt effect drops a denial"),
    pytest.param(written(row(eft="Deny", name="typo"), ALLOWS, "must be allow or deny"), id="a capital letter drops a denial"),
    pytest.param(written("pp, no, *, *, *, *, True, deny\n", ALLOWS, "unknown row type"), id="a misspelt row type drops a denial"),
    pytest.param(
        Difference(model=MODEL + "[role_definitions]\ng2 = _, _\n", stock=ALLOWS, doorward="unknown section"),
        id="an unknown section vanishes",
    ),
    pytest.param(written("p, short, *, *, deny\n", RAISES, "this one 4"), id="a short row raises at the first request that reaches it"),
    pytest.param(
        written("g, role:a, role:b, *\ng, role:b, role:a, acme\n", ALLOWS, "in a circle"), id="circles of roles load silently"
    ),
    pytest.param(
        Difference(
            rules=row(sub="role:10") + "g, user:alice, role:1, acme\n"
            + "".join(f"g, role:{at}, role:{at + 1}, *\n" for at in range(1, 10)),
            stock=DENIES, doorward="a chain of 10 roles",
        ),
        id="long chains of roles deny silently",
    ),
]  # fmt: skip
TEXT = [
    pytest.param(when("r.ctx.context.name == 'a!b'", ALLOWS, DENIES, eft="deny", name="a!b"), id="an exclamation mark in a string opens"),
    pytest.param(when("r.ctx.context.name == 'a!b'", ALLOWS, DENIES, name="anot b"), id="a string means another one"),
    pytest.param(
        when("r.ctx.context.name == 'http://p.example'", ALLOWS, DENIES, eft="deny", name="http://p.example"),
        id="p. in a string becomes p_",
    ),
    pytest.param(
        Difference(
            rules="p, mine, user:alice, acme, doc:1, read, False) or (True, allow\n", question=ask(dom="globex"),
            stock=NOT_LOADED, doorward="closes nothing",
        ),
        id="a condition closes the bracket of the matcher",
    ),
    pytest.param(when("r.ctx.context.name.startswith('a')", ALLOWS, "is not allowed here", name="abc"), id="a condition calls methods"),
    pytest.param(when("r.ctx.context.n < 9**9**9", RAISES, "is not allowed here", n=1), id="a condition computes without end"),
]  # fmt: skip
DEFAULTS = [
    pytest.param(
        Difference(
            rules=row("False", "deny"), model=MODEL.replace("some(where (p.eft == allow)) && ", ""), stock=ALLOWS,
            doorward="allows whatever no rule names",
        ),
        id="a deny-only effect allows everything",
    ),
]  # fmt: skip
PATTERNS = [
    pytest.param(when("regexMatch(r.ctx.context.path, '(?=a)a')", ALLOWS, "RE2 refuses", path="a"), id="regexMatch takes any expression"),
    pytest.param(when("keyMatch2(r.ctx.context.path, '/a.b')", ALLOWS, DENIES, path="/axb"), id="a dot of keyMatch2 is any letter"),
    pytest.param(when("keyMatch3(r.ctx.context.path, '/a.b')", ALLOWS, DENIES, path="/axb"), id="a dot of keyMatch3 is any letter"),
    pytest.param(when("keyMatch4(r.ctx.context.path, '/a.b')", ALLOWS, DENIES, path="/axb"), id="a dot of keyMatch4 is any letter"),
    pytest.param(when("keyMatch5(r.ctx.context.path, '/a.b')", ALLOWS, DENIES, path="/axb"), id="a dot of keyMatch5 is any letter"),
    pytest.param(
        when("keyMatch2(r.ctx.context.path, '/secret/*')", ALLOWS, ERROR, eft="deny", path="/secret/a\nb"),
        id="a line break slips past a denial",
    ),
    pytest.param(
        Difference(
            rules="p, logs, *, *, agents:*:logs, *, True, allow\n", question=ask(obj="agents:1:secrets"), stock=ALLOWS,
            doorward="only at the end",
        ),
        id="keyMatch ignores what follows a star",
    ),
    pytest.param(
        Difference(rules="p, evil, *, acme*, *, *, True, allow\n", question=ask(dom="acme-evil"), stock=ALLOWS, doorward="alone in dom"),
        id="a star at the end of a tenant opens its namesakes",
    ),
    pytest.param(
        Difference(rules="p, reads, *, *, *, read*, True, allow\n", question=ask(act="readwrite"), stock=ALLOWS, doorward="alone in act"),
        id="a star at the end of an action opens others",
    ),
    pytest.param(when("ipMatch(r.ctx.context.ip, '10.0.0.0/8')", ALLOWS, DENIES, eft="deny", ip="::ffff:10.0.0.1"), id="ipMatch misses IPv4 in IPv6"),
    pytest.param(when("ipMatch(r.ctx.context.ip, '10.0.0.0/8')", RAISES, ERROR, ip="garbage"), id="ipMatch raises on garbage"),
    pytest.param(when("'9' <= r.ctx.context.n", DENIES, DENIES, n="20"), id="texts are compared letter by letter"),
]  # fmt: skip


@pytest.mark.parametrize("trap", [*SILENT, *TEXT, *DEFAULTS, *PATTERNS])
def test_trap(trap: Difference, tmp_path: Path) -> None:
    check(tmp_path, trap)


@pytest.mark.parametrize(
    "trap",
    [
        pytest.param(plain("r.sub == 'a!b'", "p, x, y, z\n", ("a!b", "", ""), DENIES, ALLOWS), id="a name with an exclamation mark is denied"),
        pytest.param(plain("r.sub == 'a!b'", "p, x, y, z\n", ("anot b", "", ""), ALLOWS, DENIES), id="its rewriting is allowed"),
        pytest.param(
            plain("r.sub == 'http://p.example'", "p, x, y, z\n", ("http://p_example", "", ""), ALLOWS, DENIES),
            id="an address of p.example is one of p_example",
        ),
        pytest.param(
            plain("eval(p.when) && r.sub == p.sub", "p, alice, r.obj.close()\n", ("alice", {"close": "x"}, ""), RAISES, "is not allowed here", p="sub, when"),
            id="a rule calls what an object has",
        ),
        pytest.param(plain(EQUAL, "", ("", "", ""), ALLOWS, "an empty policy is refused"), id="an empty policy allows the empty request"),
        pytest.param(plain("r.level <= p.level", "p, 20\n", (9,), RAISES, ERROR, r="level", p="level"), id="a number never meets a column"),
        pytest.param(plain("r.level <= p.level", "p, 20\n", ("9",), DENIES, DENIES, r="level", p="level"), id="nine is more than twenty"),
        pytest.param(
            plain("g(r.sub, p.sub)", "p, admin\ng, *al, admin\n", ("alice",), DENIES, "RE2 refuses", r="sub", p="sub", g="_, _\n# doorward: match g with regexMatch"),
            id="a function of roles that raises matches nobody",
        ),
        pytest.param(
            plain("regexMatch(r.sub, p.sub)", "p, admin\n", ("administrator",), ALLOWS, ALLOWS, r="sub", p="sub"),
            id="regexMatch is not anchored and says so",
        ),
    ],
)  # fmt: skip
def test_trap_by_position(trap: ByPosition, tmp_path: Path) -> None:
    check_by_position(tmp_path, trap)


def parsed_by(ask_once: Callable[[], object]) -> int:
    """How many texts are parsed as Python while a question is answered."""
    found: list[object] = []

    def profile(_frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and called is compile:
            found.append(called)

    sys.setprofile(profile)
    try:
        ask_once()
    finally:
        sys.setprofile(None)
    return len(found)


def test_the_matcher_is_parsed_at_every_question_and_tried_with_every_rule(tmp_path: Path) -> None:
    rules = "".join(f"p, user-{number}, doc, read\n" for number in range(1_000))
    stock = StockCasbin(tmp_path, model(f"{EQUAL} && len(r.sub) > 1"), rules)
    loaded = snapshot(rules, model(f"{EQUAL} && len(r.sub) > 1"))
    values = ("nobody", "doc", "read")
    assert parsed_by(lambda: stock.enforce(values)) == 1
    assert parsed_by(lambda: loaded.enforce(values, "", 0.0, "")) == 0
    assert len(list(rules_below(loaded.evaluator.index, ("user-7", "doc", "read"), ()))) == 1


def test_enforcement_can_be_switched_off(tmp_path: Path) -> None:
    stock = StockCasbin(tmp_path, model(EQUAL), "p, alice, doc, read\n")
    assert not stock.enforce(("bob", "doc", "read"))
    stock.enforcer.enable_enforce(False)
    assert stock.enforce(("bob", "doc", "read"))
    loaded = snapshot("p, alice, doc, read\n", model(EQUAL))
    assert not loaded.enforce(("bob", "doc", "read"), "", 0.0, "").allowed
    assert not [name for name in dir(loaded) if "enable" in name]


def test_the_reason_is_none_or_the_wrong_one(tmp_path: Path) -> None:
    rules = "p, a, alice, doc, read, allow\np, b, alice, doc, read, allow\n"
    text = model(EQUAL, p="rule, sub, obj, act, eft", e=ALLOW_AND_DENY)
    stock = StockCasbin(tmp_path, text, rules)
    assert stock.enforcer.enforce_ex(*ASKED) == (True, ["b", "alice", "doc", "read", "allow"])
    assert stock.enforcer.enforce_ex("bob", "doc", "read") == (False, [])
    loaded = snapshot(rules, text)
    assert loaded.enforce(ASKED, "", 0.0, "").rule == "a"


def test_building_an_enforcer_switches_loggers_off(tmp_path: Path) -> None:
    logger = logging.getLogger("casbin.policy")
    logger.disabled = False
    StockCasbin(tmp_path, model(EQUAL), "p, alice, doc, read\n")
    assert logger.disabled
    before = {name: logging.getLogger(name).disabled for name in list(logging.root.manager.loggerDict)}
    snapshot()
    assert {name: logging.getLogger(name).disabled for name in before} == before


def test_a_reload_that_fails_leaves_no_roles(tmp_path: Path) -> None:
    text, rules = model("g(r.sub, p.sub)", r="sub", p="sub", g="_, _"), "p, admin\ng, alice, admin\n"
    stock = StockCasbin(tmp_path, text, rules)
    assert stock.enforce(("alice",))
    broken = rules + "g, bob\n"
    (tmp_path / "policy.csv").write_text(broken)
    during: list[bool] = []
    manager = stock.enforcer.get_role_manager()
    add_link = manager.add_link
    manager.add_link = lambda *link: (during.append(stock.enforce(("alice",))), add_link(*link))[1]
    with pytest.raises(RuntimeError):
        stock.enforcer.load_policy()
    assert during[0] is False  # asked while the new rows are read, the old ones are gone
    loaded = snapshot(rules, text)
    with pytest.raises(PolicyInvalid):
        load_snapshot(Tree(tree(broken, text)), previous=loaded)
    assert loaded.enforce(("alice",), "", 0.0, "").allowed


def test_a_regular_expression_may_take_any_time() -> None:
    pattern, text = "(a+)+$", "a" * 25 + "b"
    assert faults(row(f"regexMatch(r.ctx.context.path, '{pattern}')")) == []
    loaded = snapshot(row(f"regexMatch(r.ctx.context.path, '{pattern}')"))
    assert not loaded.decide(ask(context={"path": text * 40})).allowed  # linear here; stock Casbin would not come back


def test_a_line_break_is_any_character_but_one() -> None:
    assert not key_match2_func("/secret/a\nb", "/secret/*")


def test_one_distribution_gives_the_oracle() -> None:
    """Two on the package index install `import casbin`; the old one would lie over the other."""
    assert metadata.packages_distributions()["casbin"] == ["pycasbin"]
    assert metadata.version("pycasbin") == "2.8.0"
    assert casbin.Enforcer.__module__.startswith("casbin.")


def test_the_oracle_evaluates_with_a_release_that_was_fixed_and_doorward_with_none() -> None:
    assert tuple(int(part) for part in metadata.version("simpleeval").split(".")) >= (1, 0, 8)
    needed = [one for one in metadata.requires("doorward") or [] if "extra ==" not in one]
    assert not [one for one in needed if one.lower().startswith(("simpleeval", "pycasbin", "casbin"))]
