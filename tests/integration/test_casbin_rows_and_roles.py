"""Rows are what stock Casbin's own adapter reads, and roles are who it says they are."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Question
from doorward.domain.errors import PolicyInvalid
from doorward.engine import Problems, read_rows
from support.casbin_oracle import StockCasbin
from support.casbin_policies import DOMAINS, ROLES, SUBJECTS, role_rows
from support.casbin_reference import Row, held_roles
from support.casbin_small import faults, model
from support.trees import MODEL, snapshot

RULE = "p, rule, *, *, *, *, True, allow\n"
PLAIN = MODEL.replace("g = _, _, _", "g = _, _").replace("p.sub, r.dom)", "p.sub)")
CYCLE = ["role:0", "role:1", "role:2", "role:3"]
PIECES = [
    *"pg ,\t()[]#'=*:", "p, ", "g, ", "a, b", "(x, y)", "[1, (2, 3)]", "r.ctx.a.b in ('x', 'y')", "\u00e9", "\u00a0", "&&",
]  # fmt: skip
pytestmark = pytest.mark.timeout(3_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files are written that stock Casbin reads."""
    return tmp_path_factory.mktemp("casbin")


LINES = st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=8)


@settings(max_examples=max(1, round(3_000 * SCALE)))
@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]))
def test_rows_that_are_read_are_what_stock_casbin_reads(folder: Path, lines: list[str], end: str) -> None:
    problems = Problems("policies/access.csv")
    rows = list(read_rows("".join(line + end for line in lines), problems))
    refused = {problem.line for problem in problems.all()}
    rows = [row for row in rows if row.kind in {"p", "g"} and (row.kind == "p" or len(row.fields) == 3)]
    at = {row.line for row in rows}
    assert not at & refused
    kept = "".join(line + end if number in at else f"# {number}{end}" for number, line in enumerate(lines, start=1))
    stock = StockCasbin(folder, MODEL, kept).rows()
    assert [(row.kind, *row.fields) for row in sorted(rows, key=lambda row: (row.kind != "p", row.line))] == stock


def text_of(roles: tuple[Row, ...]) -> str:
    return RULE + "".join(f"g, {', '.join(row)}\n" for row in roles)


@settings(max_examples=max(1, round(2_000 * SCALE)))
@given(data=st.data(), arity=st.sampled_from([2, 3]))
def test_role_closures_are_stock_casbins(folder: Path, data: st.DataObject, arity: int) -> None:
    roles = data.draw(role_rows(arity))
    model = MODEL if arity == 3 else PLAIN
    evaluator = snapshot(text_of(roles), model).evaluator
    stock = StockCasbin(folder, model, text_of(roles))
    for name in (*SUBJECTS, *ROLES[:3]):
        for domain in (*DOMAINS, "other", "-"):
            held = evaluator.held_roles(Question(name, domain, "doc:1", "read"))
            assert held == stock.held_roles(name, domain) == held_roles(roles, name, domain)
            for role in held:
                way = evaluator.roles.way(name, role, domain)
                assert (way[0], way[-1]) == (name, role)
                assert all(above in held_roles(roles, below, domain) for below, above in pairwise(way))


@st.composite
def any_graph(draw: st.DrawFn) -> tuple[Row, ...]:
    """Rows over few names, circles not avoided, and now and then a chain as long as may be or longer."""
    domains = st.sampled_from(["*", "acme", "globex"])
    link = st.tuples(st.sampled_from(CYCLE), st.sampled_from(CYCLE), domains).filter(lambda row: row[0] != row[1])
    rows: list[Row] = list(draw(st.lists(link, max_size=6)))
    length = draw(st.sampled_from([0, 0, 5, 8, 9, 10]))
    rows += [(f"step:{at}", f"step:{at + 1}", draw(domains)) for at in range(length)]
    return tuple(draw(st.permutations(rows)))


def longest(roles: tuple[Row, ...], name: str, domain: str) -> int:
    """Links on the longest way up from a name; 99 where it has no end."""
    level = {name}
    for steps in range(len(roles) + 1):
        level = {role for holder, role, at in roles if holder in level and at in {"*", domain}}
        if not level:
            return steps
    return 99


@settings(max_examples=max(1, round(3_000 * SCALE)))
@given(roles=any_graph())
def test_a_graph_loads_exactly_if_no_tenant_has_a_circle_or_a_chain_of_ten(roles: tuple[Row, ...]) -> None:
    depths = {
        longest(roles, name, domain) for name in {row[0] for row in roles} for domain in ("acme", "globex", "other")
    }
    is_too_deep = max(depths, default=0) > 9
    if not is_too_deep:
        assert snapshot(text_of(roles)).rule_count == 1
        return
    with pytest.raises(PolicyInvalid) as refused:
        snapshot(text_of(roles))
    (problem,) = refused.value.problems
    assert "circle" in problem.message or "a chain of" in problem.message
    row = text_of(roles).splitlines()[problem.line - 1]
    holder, role = row.split(", ")[1:3]
    assert f"{holder} -> {role}" in problem.message


@pytest.mark.parametrize(
    "domain", [pytest.param("*", id="by rows of all tenants"), pytest.param("acme", id="by rows of one tenant")]
)
def test_a_chain_of_nine_is_followed_to_its_end_as_stock_casbin_does(folder: Path, domain: str) -> None:
    chain = [("user:a", "role:1", domain), *((f"role:{at}", f"role:{at + 1}", domain) for at in range(1, 9))]
    text = "p, top, role:9, *, *, *, True, allow\n" + "".join(f"g, {', '.join(row)}\n" for row in chain)
    question = Question("user:a", "acme", "doc:1", "read")
    assert snapshot(text).decide(question).allowed
    assert StockCasbin(folder, MODEL, text).allows(question)


IDLE_PRIORITY = model(p="priority, sub")
PRIORITIES = st.sampled_from(["0", "7", "10", "-1", "high", "low", "a1", "\u0661", "\u00b2", "1" * 18])


@settings(max_examples=max(1, round(1_000 * SCALE)))
@given(priorities=st.lists(PRIORITIES, min_size=1, max_size=4))
def test_priorities_that_order_nothing_load_where_stock_casbin_sorts_them(folder: Path, priorities: list[str]) -> None:
    rules = "".join(f"p, {one}, user:{number}\n" for number, one in enumerate(priorities))
    problems = faults(rules, IDLE_PRIORITY)
    assert all("`priority`" in problem.message for problem in problems)
    try:
        StockCasbin(folder, IDLE_PRIORITY, rules)
    except (TypeError, ValueError):
        assert problems
    else:
        assert not problems
