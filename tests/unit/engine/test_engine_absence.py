"""What is absent opens nothing: an allow rule that reads it does not match, a deny rule does, the answer names it."""

from typing import Any

import pytest

from support.casbin_small import EVERYTHING, ask, evaluator, holds, row

OWNER, TEAM, NULL = "r.ctx.resource.owner", "r.ctx.subject.team", "r.ctx.resource.null"


@pytest.mark.parametrize(
    ("when", "undecided"),
    [
        pytest.param(f"{OWNER} == 'a'", ("resource.owner",), id="compared"),
        pytest.param(f"{OWNER} != 'a'", ("resource.owner",), id="compared to differ"),
        pytest.param(f"not {OWNER} == 'a'", ("resource.owner",), id="negated"),
        pytest.param(f"!({OWNER} == 'a')", ("resource.owner",), id="negated as Casbin spells it"),
        pytest.param(f"{OWNER} == {TEAM}", ("resource.owner",), id="two that are absent, of which the left is read"),
        pytest.param(f"'a' in {OWNER}", ("resource.owner",), id="searched"),
        pytest.param(f"{OWNER} in ['a']", ("resource.owner",), id="searched for"),
        pytest.param(f"{OWNER} not in ['a']", ("resource.owner",), id="searched for in vain"),
        pytest.param(OWNER, ("resource.owner",), id="alone"),
        pytest.param(f"lower({OWNER}) == 'a'", ("resource.owner",), id="given to a function"),
        pytest.param(f"contains(['a', {OWNER}], 'a')", ("resource.owner",), id="in a list"),
        pytest.param(f"{OWNER} == 'a' or True", ("resource.owner",), id="before or"),
        pytest.param(f"{OWNER} == 'a' and False", ("resource.owner",), id="before and"),
        pytest.param(f"True and {OWNER} == 'a'", ("resource.owner",), id="after a true and"),
        pytest.param(f"False or {OWNER} == 'a'", ("resource.owner",), id="after a false or"),
        pytest.param(f"1 < 2 < {OWNER}", ("resource.owner",), id="at the end of a chain"),
        pytest.param(f"{NULL} == 'a'", ("resource.null",), id="null"),
        pytest.param(f"{NULL} != 'a'", ("resource.null",), id="null that is compared to differ"),
        pytest.param("r.ctx.resource.meta.region == 'eu'", ("resource.meta.region",), id="a member of an object"),
        pytest.param("r.ctx.resource.text.length == 3", ("resource.text.length",), id="a member of a text"),
        pytest.param("r.ctx.resource.null.region == 'eu'", ("resource.null.region",), id="a member of null"),
        pytest.param("r.ctx.resource.list.first == 'eu'", ("resource.list.first",), id="a member of a list"),
        pytest.param("r.ctx.tenant.plan == 'a'", ("tenant.plan",), id="what no section holds"),
        pytest.param("r.ctx.env.address == '::1'", ("env.address",), id="an address that is not known"),
    ],
)
def test_undecided(when: str, undecided: tuple[str, ...]) -> None:
    asked = ask(resource={"null": None, "text": "abc", "list": ["first"], "meta": {}})
    allowing = evaluator(row(when)).decide(asked)
    assert (allowing.allowed, allowing.rule, allowing.absent, allowing.error) == (False, None, undecided, None)
    denying = evaluator(EVERYTHING + row(when, "deny", "no")).decide(asked)
    assert (denying.allowed, denying.rule, denying.absent, denying.error) == (False, "no", undecided, None)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param(f"True or {OWNER} == 'a'", True, id="or stops at true"),
        pytest.param(f"False and {OWNER} == 'a'", False, id="and stops at false"),
        pytest.param(f"not (True or {OWNER} == 'a')", False, id="not of an or that stopped"),
        pytest.param(f"2 < 1 < {OWNER}", False, id="a chain stops at false"),
        pytest.param(f"has({OWNER})", False, id="has of what is absent"),
        pytest.param(f"has({NULL})", False, id="has of null"),
        pytest.param("has(r.ctx.resource.meta.region)", False, id="has of a member that is absent"),
        pytest.param("has(r.ctx.resource.text.length)", False, id="has of a member of a text"),
        pytest.param("has(r.ctx.resource.meta)", True, id="has of an empty object"),
        pytest.param("has(r.ctx.resource.no)", True, id="has of false"),
        pytest.param(f"not has({OWNER})", True, id="has negated"),
        pytest.param(f"has({OWNER}) and {OWNER} == 'a'", False, id="has asks first"),
        pytest.param(f"!has({OWNER}) || {OWNER} == 'a'", True, id="has asks first and lets pass"),
    ],
)
def test_short_circuit(when: str, expected: bool) -> None:
    resource: dict[str, Any] = {"null": None, "text": "abc", "meta": {}, "no": False}
    assert holds(when, resource=resource) is expected
    decision = evaluator(row(when)).decide(ask(resource=resource))
    assert (decision.allowed, decision.absent) == (expected, ())


def test_a_later_rule_may_still_allow_and_the_answer_names_what_was_absent() -> None:
    decision = evaluator(row(f"{OWNER} == 'a'", name="owner") + row(name="all")).decide(ask())
    assert (decision.allowed, decision.rule, decision.absent) == (True, "all", ("resource.owner",))


def test_an_earlier_rule_that_allows_leaves_later_conditions_unread() -> None:
    decision = evaluator(row(name="all") + row(f"{OWNER} == 'a'", name="owner")).decide(ask())
    assert (decision.allowed, decision.rule, decision.absent) == (True, "all", ())


def test_every_absent_attribute_that_was_read_is_named_once_denials_first() -> None:
    rules = (
        row(f"{TEAM} == 'a'", name="one") + row(f"{TEAM} == 'b'", name="two") + row(f"{OWNER} == 'a'", name="three")
        + row("has(r.ctx.context.x) and r.ctx.context.x == 'a'", "deny", "no")
    )  # fmt: skip
    decision = evaluator(rules).decide(ask())
    assert (decision.allowed, decision.absent) == (False, ("subject.team", "resource.owner"))


def test_an_undecided_denial_wins_over_a_later_one_that_holds() -> None:
    rules = EVERYTHING + row(f"{OWNER} == 'a'", "deny", "owner") + row("True", "deny", "always")
    decision = evaluator(rules).decide(ask())
    assert (decision.rule, decision.absent) == ("owner", ("resource.owner",))


def test_an_error_is_told_with_what_was_absent_before_it() -> None:
    rules = row(f"{OWNER} == 'a'", name="one") + row("r.ctx.context.x < 1", name="two") + EVERYTHING
    decision = evaluator(rules).decide(ask(context={"x": "text"}))
    assert (decision.allowed, decision.rule, decision.absent) == (False, None, ("resource.owner",))
    assert decision.error is not None
    assert decision.error.status == 500
