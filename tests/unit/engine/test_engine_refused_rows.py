"""What is no row is refused when a policy is loaded, each fault at its line with the fix."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine import Problems, build_evaluators, read_model, read_rows
from support.casbin_small import EVERYTHING, evaluator, faults, model, row
from support.trees import MODEL, RULES

CHAIN = "".join(f"g, role:{at}, role:{at + 1}, *\n" for at in range(1, 10))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param("p, a, *, *, *, *, allow\n", 1, "has 7 fields after its type, this one 6", id="a field too few"),
        pytest.param("p, a, *, *, *, *, True, allow, x\n", 1, "must stand inside brackets", id="a field too many"),
        pytest.param(
            "p, a, *, *, *, *, r.ctx.subject.x in 'a', 'b', allow\n", 1, "write `p, rule, sub, dom, obj, act, when, eft`",
            id="a comma outside brackets",
        ),
        pytest.param(EVERYTHING + "g, user:a, role:b\n", 2, "a g row has 3 fields after its type, this one 2", id="roles without a tenant"),
        pytest.param(EVERYTHING + "pp, a\n", 2, "unknown row type 'pp'; this model has p and g", id="an unknown row type"),
        pytest.param(EVERYTHING + "P, a, *, *, *, *, True, deny\n", 2, "unknown row type 'P'", id="a capital letter"),
        pytest.param(EVERYTHING + "p2, a\n", 2, "unknown row type 'p2'", id="rows of another section"),
        pytest.param(EVERYTHING + "g2, a, b\n", 2, "unknown row type 'g2'", id="roles of another section"),
        pytest.param(EVERYTHING + "e, some(x)\n", 2, "unknown row type 'e'", id="an effect among rows"),
        pytest.param(row(name="a") + row(name="b") + row(name="a"), 3, "rule 'a' stands in line 1 already", id="a name twice"),
        pytest.param(row(eft="permit"), 1, "effect must be allow or deny, not 'permit'", id="another word for allow"),
        pytest.param(row(eft="Deny"), 1, "effect must be allow or deny, not 'Deny'", id="an effect with a capital letter"),
        pytest.param(row(eft="dney"), 1, "not 'dney'", id="an effect misspelt"),
        pytest.param("p, a, role:*, *, *, *, True, allow\n", 1, "sub is compared, not matched", id="a star after a role"),
        pytest.param("p, a, *, acme*, *, *, True, allow\n", 1, "must stand alone in dom", id="a star after a tenant"),
        pytest.param("p, a, *, *, *, read*, True, allow\n", 1, "must stand alone in act", id="a star after an action"),
        pytest.param("p, a, *, *, doc:*:x, *, True, allow\n", 1, "only at the end", id="a star inside a resource"),
        pytest.param("p, a, *, *, **, *, True, allow\n", 1, "only at the end", id="two stars"),
        pytest.param("p, a, *, *, , *, True, allow\n", 1, "field 5 is empty", id="an empty field"),
        pytest.param("p, a, *, *, *, *, True,\n", 1, "field 8 is empty", id="a comma at the end"),
        pytest.param(", a\n", 1, "field 1 is empty", id="no row type"),
        pytest.param('p, a, "*", *, *, *, True, allow\n', 1, "a double quote has no meaning", id="double quotes"),
        pytest.param("p, a, *, *, *, *, (True, allow\n", 1, "'(' is never closed", id="a bracket that is never closed"),
        pytest.param("p, a, *, *, *, *, True), allow\n", 1, "')' closes nothing", id="a bracket that closes nothing"),
        pytest.param("p, a, *, *, *, *, [True), allow\n", 1, "')' closes nothing", id="brackets of two kinds"),
        pytest.param("p, a, *, *, *, *, False) or (True, allow\n", 1, "closes nothing", id="a condition that leaves its brackets"),
        pytest.param("p, a\x00, *, *, *, *, True, allow\n", 1, "a control character", id="a NUL"),
        pytest.param("# c\rp, a, *, *, *, *, True, allow\np, \r, x\n", 2, "a control character", id="a carriage return inside"),
        pytest.param("p, a\u2028, *, *, *, *, True, allow\n", 1, "a control character", id="a line separator"),
        pytest.param("# p, a\n\n", 0, "no rule at all", id="comments alone"),
        pytest.param("g, user:a, role:b, *\n", 0, "no rule at all", id="roles alone"),
        pytest.param(EVERYTHING + "g, user:*, role:a, *\n", 2, "is no subject or role here", id="roles for everyone"),
        pytest.param(EVERYTHING + "g, user:a, *, *\n", 2, "is no subject or role here", id="every role"),
        pytest.param(EVERYTHING + "g, user:a, role:b, ac*\n", 2, "must stand alone in a tenant column", id="tenants that begin alike"),
        pytest.param(EVERYTHING + "g, role:a, role:a, acme\n", 2, "role:a is given to itself", id="a role given to itself"),
        pytest.param(
            EVERYTHING + "g, role:a, role:b, *\ng, role:b, role:c, *\ng, role:c, role:a, *\n", 2,
            "in a circle: role:a -> role:b -> role:c -> role:a; remove", id="a circle of three",
        ),
        pytest.param(
            EVERYTHING + "g, role:a, role:b, acme\ng, role:b, role:a, *\n", 2, "in a circle in tenant acme: ",
            id="a circle through a tenant and all tenants",
        ),
        pytest.param(
            EVERYTHING + CHAIN + "g, user:a, role:1, *\n", 11, "a chain of 10 roles, user:a -> role:1 ->", id="a chain of ten",
        ),
        pytest.param(
            EVERYTHING + CHAIN + "g, user:a, role:1, acme\n", 11, "a chain of 10 roles in tenant acme, user:a",
            id="a chain of ten that begins in one tenant",
        ),
        pytest.param(
            EVERYTHING + CHAIN.replace("role:5, *", "role:5, acme") + "g, role:10, role:11, *\n", 2,
            "a chain of 10 roles in tenant acme, role:1", id="a chain of ten with one step in a tenant",
        ),
    ],
)  # fmt: skip
def test_refused(text: str, place: int, words: str) -> None:
    found = [fault for fault in faults(text) if fault.path == "policies/access.csv"]
    assert [(fault.line, True) for fault in found if words in fault.message] == [(place, True)], found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CHAIN, id="a chain of nine"),
        pytest.param(
            CHAIN.replace("role:5, *", "role:5, acme").replace("role:6, *", "role:6, globex") + "g, role:10, role:11, *\n",
            id="ten steps of which no tenant has all",
        ),
        pytest.param("g, role:a, role:b, acme\ng, role:b, role:a, globex\n", id="a circle that no tenant has"),
        pytest.param("g, role:a, role:b, *\ng, role:a, role:b, *\n", id="a role row twice"),
        pytest.param("g, role:a, role:b, *\ng, role:a, role:b, acme\n", id="a role in all tenants and in one"),
        pytest.param(row(name="p, a").replace("p, a", "a (b, c)"), id="a comma inside brackets in a name"),
        pytest.param("  p ,  spaced  ,\t*, *, *, *, True,allow  \r\n", id="blanks and a carriage return"),
    ],
)  # fmt: skip
def test_loads(text: str) -> None:
    assert faults(EVERYTHING + text) == []


def test_all_faults_are_told_at_once() -> None:
    text = row(eft="x", name="a") + row(name="b") + "q\n" + row(name="b") + 'p, "\n' + row("x", name="c")
    assert [fault.line for fault in faults(text)] == [1, 3, 4, 5, 6]


def test_deny_rows_need_an_effect_that_looks_at_them() -> None:
    allow_only = model(p="sub, obj, act, eft")
    (fault,) = faults("p, a, doc:1, read, allow\np, a, doc:1, read, deny\n", allow_only)
    assert (fault.line, "never looks at deny rows" in fault.message) == (2, True)


def test_roles_need_a_role_definition() -> None:
    (fault,) = faults("p, a, doc:1, read\ng, a, b\n", model())
    assert fault.message == "unknown row type 'g'; this model has p"


def test_a_star_may_stand_where_names_are_compared_and_it_has_no_meaning() -> None:
    assert faults("p, a, doc:*, read\n", model("r.sub == p.sub && r.obj == p.obj")) == []


def test_rows_keep_their_lines_and_their_order() -> None:
    text = "# c\n\n" + row(name="a") + "   \n" + "g, user:a, role:b, *\n" + row(name="b")
    engine = evaluator(text)
    assert [(engine.name(rule), engine.line(rule)) for rule in engine.rules] == [("a", 3), ("b", 6)]


def test_rules_without_a_name_are_called_by_their_place() -> None:
    engine = evaluator("# c\np, a, doc:1, read\n", model())
    assert [engine.name(rule) for rule in engine.rules] == ["policies/access.csv:2"]


PIECES = [
    *"pg ,()[]#'*\n\t",
    "p, ",
    "g, ",
    ", allow\n",
    ", True",
    "a",
    "*, *, *",
    "role:a, role:b, *\n",
    *RULES.splitlines(keepends=True),
]


@settings(max_examples=max(1, round(3_000 * SCALE)))
@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40))
def test_any_text_is_a_policy_or_has_problems_and_nothing_else(text: str) -> None:
    checked = read_model(MODEL, Problems("models/access.conf"))
    assert checked is not None
    problems = Problems("policies/access.csv")
    found = build_evaluators(checked, read_rows(text, problems), problems)
    assert (found is None) == bool(problems)
    assert all(0 <= problem.line <= text.count("\n") + 1 for problem in problems.all())
