"""Lint tells of what the matcher forgets to read, and what to write instead."""

import pytest

from support.lint_faults import report_of
from support.trees import tree

ROWS = "p, user:alice, doc:1, read\np, user:bob, doc:2, write\n"


def model(
    matcher: str,
    r: str = "sub, obj, act",
    p: str = "sub, obj, act",
    e: str = "some(where (p.eft == allow))",
    **more: str,
) -> str:
    more_sections = "".join(f"{key} = {value}\n" for key, value in more.items())
    return (
        f"[request_definition]\nr = {r}\n[policy_definition]\np = {p}\n{more_sections}"
        f"[policy_effect]\ne = {e}\n[matchers]\nm = {matcher}\n"
    )


def told(rules: str, text: str) -> list[tuple[str, int, str]]:
    report = report_of(tree(rules, text))
    assert report.loads, report.as_json()
    return [
        (one.message.split(", ")[0], one.line, (one.source or "")[slice(*(one.span or (0, 0)))])
        for one in report.findings
        if one.code.name == "never-read"
    ]


FORGOTTEN = [
    pytest.param(
        ROWS,
        model("r.sub == p.sub && r.obj == p.obj"),
        [("the matcher never reads p.act", 4, "act")],
        id="an action that is not compared",
    ),
    pytest.param(
        ROWS,
        model("r.sub == p.sub && r.act == p.act"),
        [("the matcher never reads p.obj", 4, "obj")],
        id="a resource that is not compared",
    ),
    pytest.param(
        ROWS,
        model("r.sub == p.sub && r.obj == p.obj", p="sub, obj, note"),
        [("the matcher never reads r.act", 2, "act")],
        id="a token without a column",
    ),
    pytest.param(
        ROWS,
        model("r.user == p.user && r.path == p.path", r="user, path, method", p="user, path, method"),
        [("the matcher never reads p.method", 4, "method")],
        id="a token with a name of its own",
    ),
    pytest.param(
        ROWS,
        model("r.user == p.sub && r.path == p.obj", r="user, path, method"),
        [("the matcher never reads r.method", 2, "method"), ("the matcher never reads p.act", 4, "act")],
        id="a column and a token that are called differently",
    ),
    pytest.param(
        ROWS,
        model("r.sub == p.sub && r.obj == p.obj && 'r.act == p.act' != r.obj"),
        [("the matcher never reads p.act", 4, "act")],
        id="a text that only looks like a comparison",
    ),
]
SILENT = [
    pytest.param(ROWS, model("r.sub == p.sub && r.obj == p.obj && r.act == p.act"), id="all are compared"),
    pytest.param(
        "p, user:alice, doc:1, read, mail of May\n",
        model("r.sub == p.sub && r.obj == p.obj && r.act == p.act", p="sub, obj, act, note"),
        id="a column of notes",
    ),
    pytest.param(
        "p, 1, a, user:alice, doc:1, read, allow\n",
        model(
            "r.sub == p.sub && r.obj == p.obj && r.act == p.act",
            p="priority, rule, sub, obj, act, eft",
            e="priority(p.eft) || deny",
        ),
        id="what effects and names read",
    ),
    pytest.param(
        "p, user:alice, doc:1, r.ctx.action.name in ('read', 'list')\n",
        model("r.sub == p.sub && r.obj == p.obj && eval(p.when)", r="sub, obj, act, ctx", p="sub, obj, when"),
        id="a token that a condition reads below ctx",
    ),
    pytest.param(
        "p, doc:1, r.sub.Age > 18 and r.act == 'read'\n",
        model("r.obj == p.obj && eval(p.when)", p="obj, when"),
        id="tokens that a condition reads",
    ),
    pytest.param(
        ROWS,
        model("r.sub == p.sub && r.obj == p.obj && r.act == p.act", r="sub, obj, act, ctx"),
        id="a ctx that is not read",
    ),
]


@pytest.mark.parametrize(("rules", "text", "expected"), FORGOTTEN)
def test_what_nothing_reads_is_told(rules: str, text: str, expected: list[tuple[str, int, str]]) -> None:
    assert told(rules, text) == expected


@pytest.mark.parametrize(("rules", "text"), SILENT)
def test_what_is_read_or_is_a_note_is_not_told(rules: str, text: str) -> None:
    assert told(rules, text) == []


def test_the_second_section_is_looked_at_too() -> None:
    text = (
        "[request_definition]\nr = sub, obj\nr2 = sub, obj, act\n[policy_definition]\np = sub, obj\np2 = sub, obj, act\n"
        "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\n"
        "m = r.sub == p.sub && r.obj == p.obj\nm2 = r2.sub == p2.sub && r2.obj == p2.obj\n"
    )
    assert told("p, user:alice, doc:1\np2, user:alice, doc:1, read\n", text) == [
        ("the matcher never reads p2.act", 6, "act")
    ]


ORDERED = model(
    "r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act",
    p="priority, sub, obj, act, eft",
    e="priority(p.eft) || deny",
)
UNREACHED = [
    pytest.param("1", "2", "give it a smaller priority than line 1 (1)", id="a greater number"),
    pytest.param("0", "2", "give line 1 a greater priority than this one (2)", id="nothing is smaller than 0"),
    pytest.param("3", "3", "move this rule up", id="the same number"),
]


@pytest.mark.parametrize(("first", "second", "fix"), UNREACHED)
def test_a_rule_that_comes_too_late_is_told_how_to_come_first(first: str, second: str, fix: str) -> None:
    rules = f"p, {first}, user:alice, doc:*, read, deny\np, {second}, user:alice, doc:1, read, allow\n"
    (found,) = report_of(tree(rules, ORDERED)).findings
    assert (found.code.name, found.line) == ("unreachable-rule", 2)
    assert found.message == f"line 1 comes first and denies all of it; {fix}"


@pytest.mark.parametrize(
    "comment", ["# Doorward: ignore", "#doorward:ignore", "# DOORWARD : Ignore", "  #  doorward:  ignore"]
)
def test_case_and_blanks_of_a_comment_do_not_matter(comment: str) -> None:
    rules = f"{ROWS}{comment} quoted-name: it is meant so\np, 'user:carl', doc:3, read\n"
    report = report_of(tree(rules, model("r.sub == p.sub && r.obj == p.obj && r.act == p.act")))
    assert (list(report.findings), report.silenced) == ([], 1)


def test_bare_resources_are_told_where_the_directory_describes_typed_ones() -> None:
    text = model("r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act")
    rules = "p, user:alice, /api/*, read\np, user:bob, /web/*, read\n"
    assert list(report_of(tree(rules, text)).findings) == []
    found = report_of(tree(rules, text, "actions:\n  api: [read]\n")).findings
    assert {one.code.name for one in found} == {"untyped-resource"}
