"""Which rule decides, that deciding never raises and tells no values, and that threads may share an evaluator."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import AccessRequest, Question
from doorward.engine import explain
from doorward.engine.language.conditions import FUNCTIONS
from support.casbin_crowds import crowd, question
from support.casbin_reference import seeded
from support.casbin_small import EVERYTHING, ask, evaluator, model, row
from support.trees import snapshot

MARK = "# doorward: allow-by-default\n"
DENY_ONLY = model("keyMatch(r.obj, p.obj)", p="rule, obj, eft", r="obj", e="!some(where (p.eft == deny))", first=MARK)


@pytest.mark.parametrize(
    ("rules", "allowed", "rule"),
    [
        pytest.param(row(name="a") + row(name="b"), True, "a", id="the first allow"),
        pytest.param(row("False", name="a") + row(name="b"), True, "b", id="the first allow whose condition holds"),
        pytest.param(row(name="a") + row("True", "deny", "b"), False, "b", id="a deny beats an earlier allow"),
        pytest.param(row("False", "deny", "a") + row(name="b"), True, "b", id="a deny whose condition is false"),
        pytest.param(row("1 < 2", "deny", "a") + row("True", "deny", "b"), False, "a", id="the first deny, with a condition"),
        pytest.param(row("True", "deny", "a") + row("1 < 2", "deny", "b"), False, "a", id="the first deny, without one"),
        pytest.param(row("2 < 1", "deny", "a") + row("1 < 2", "deny", "b"), False, "b", id="the first deny that holds"),
        pytest.param(row("False"), False, None, id="no rule"),
        pytest.param(row(sub="user:bob"), False, None, id="a rule for someone else"),
        pytest.param("p, a, *, globex, *, *, True, allow\n", False, None, id="a rule of another tenant"),
        pytest.param("p, a, *, *, doc:2, *, True, allow\n", False, None, id="a rule for another resource"),
        pytest.param("p, a, *, *, *, write, True, allow\n", False, None, id="a rule for another action"),
        pytest.param(row(sub="role:a") + "g, user:alice, role:a, acme\n", True, "rule", id="a role"),
        pytest.param(row(sub="role:a") + "g, user:alice, role:a, globex\n", False, None, id="a role of another tenant"),
        pytest.param(row(sub="role:a", eft="deny") + EVERYTHING + "g, user:alice, role:b, *\ng, role:b, role:a, acme\n", False, "rule", id="a denial through roles"),
    ],
)  # fmt: skip
def test_deciding_rule(rules: str, allowed: bool, rule: str | None) -> None:
    decision = evaluator(rules).decide(ask())
    assert (decision.allowed, decision.rule, decision.error) == (allowed, rule, None)


@pytest.mark.parametrize(
    ("rules", "allowed", "rule"),
    [
        pytest.param("p, a, doc:2, deny\n", True, None, id="nothing that matches"),
        pytest.param("p, a, doc:*, deny\n", False, "a", id="a deny"),
        pytest.param("p, a, doc:*, allow\n", True, "a", id="an allow"),
    ],
)
def test_deciding_rule_of_a_deny_only_effect(rules: str, allowed: bool, rule: str | None) -> None:
    decision = evaluator(rules, DENY_ONLY).decide(ask())
    assert (decision.allowed, decision.rule) == (allowed, rule)


def test_asserted_roles_count_with_all_they_hold() -> None:
    engine = evaluator(row(sub="role:b") + "g, role:a, role:b, acme\n")
    assert engine.decide(ask(asserted=("role:a",))).allowed
    assert not engine.decide(ask(asserted=("role:a",), dom="globex")).allowed
    assert not engine.decide(ask()).allowed


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(row("r.ctx.context.x < 1", name="broken") + row(name="all"), id="before a rule that allows"),
        pytest.param(EVERYTHING + row("r.ctx.context.x < 1", "deny", "broken"), id="in a denial"),
        pytest.param(EVERYTHING + row("r.ctx.context.x < 1", "deny", "broken") + row("True", "deny", "no"), id="before a denial"),
    ],
)  # fmt: skip
def test_a_condition_that_fails_denies_with_an_error_and_names_its_rule(order: str) -> None:
    decision = evaluator(order).decide(ask(context={"x": "secret-value"}))
    assert (decision.allowed, decision.rule) == (False, None)
    assert decision.error is not None
    assert (decision.error.status, decision.error.retryable) == (500, False)
    assert decision.error.message.startswith("rule broken: its condition failed: ")


def test_a_condition_that_fails_touches_no_rule_that_decides_before_it() -> None:
    engine = evaluator(row(name="all") + row("r.ctx.context.x < 1", name="broken"))
    assert engine.decide(ask(context={"x": "text"})).rule == "all"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5) | st.just("s3cr3t") | st.just(10**30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "id"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(["x", "y", "id", "type", "roles", "status"]), VALUES, max_size=4)
X, Y = "r.ctx.context.x", "r.ctx.subject.y"
CALLS = {
    "has": f"has({X})",
    "hour": f"hour({X}, 'UTC') == 3",
    "weekday": f"weekday({X}, 'UTC') == 3",
    "len": f"len({X}) == 1",
}
WHENS = [
    X, f"not {X}", f"{X} == {Y}", f"{X} < {Y}", f"{X} in {Y}", f"{X} in ['s3cr3t', 1]", f"1 <= {X} < 3", "r.ctx.context.x.y == 'a'",
    f"[{X}] == {Y}", f"lower({X}) == 's3cr3t'", f"ipMatch({X}, {Y})", f"keyMatch({X}, {Y})", f"contains({X}, {Y})",
    f"any_in({X}, {Y})", f"startswith({X}, 's3cr3t')", "'s3cr3t' in r.ctx.resource.roles",
    *(CALLS.get(name, f"{name}({X}, '/s3cr3t')") for name in FUNCTIONS if name not in {"lower", "any_in", "ipMatch"}),
]  # fmt: skip


@settings(max_examples=max(1, round(2_000 * SCALE)))
@given(
    when=st.sampled_from(WHENS), eft=st.sampled_from(["allow", "deny"]),
    subject=OBJECTS, action=OBJECTS, resource=OBJECTS, context=OBJECTS,
)  # fmt: skip
def test_deciding_never_raises_and_errors_tell_no_values(when: str, eft: str, **sections: dict[str, Any]) -> None:
    engine = evaluator(EVERYTHING + row(when, eft) if eft == "deny" else row(when))
    asked = ask(**sections)  # type: ignore[arg-type]
    decision = engine.decide(asked)
    assert decision.allowed in {True, False}
    if decision.error is not None:
        assert not decision.allowed
        assert "s3cr3t" not in decision.error.message
        assert "attribute" not in decision.error.message
        assert len(decision.error.message) < 200
    explained = explain(engine, asked, "dir:0")
    assert (explained.decision.allowed, explained.decision.rule) == (decision.allowed, decision.rule)


@pytest.mark.parametrize(
    ("when", "value"),
    [
        pytest.param(f"ipMatch({X}, '::1')", "s3cr3t", id="an address"),
        pytest.param(f"{X} < 3", "s3cr3t", id="an order"),
        pytest.param(f"hour({X}, 'UTC') == 3", 10**400, id="a time"),
        pytest.param(f"any_in({X}, ['a'])", [["s3cr3t"]], id="a list of lists"),
        pytest.param(f"keyMatch('a', {X})", "s3*cr3t", id="a pattern"),
        pytest.param(f"regexMatch({X}, 'a')", "s3cr3t\n", id="a line break"),
        pytest.param(f"{X} in r.ctx.context.y", ["s3cr3t"], id="a search"),
    ],
)
def test_an_error_tells_no_value(when: str, value: object) -> None:
    decision = evaluator(row(when)).decide(ask(context={"x": value, "y": {"s3cr3t": 1}}))
    assert decision.error is not None
    assert "s3" not in decision.error.message
    assert "000" not in decision.error.message


def test_a_deeply_nested_attribute_is_no_reason_to_raise() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    engine = evaluator(row("r.ctx.context.x == r.ctx.context.y"))
    asked = ask(context={"x": deep, "y": [deep]})
    assert not engine.decide(asked).allowed
    assert explain(engine, asked, "dir:0").read["context.x"] == "a deeply nested list"


def test_thirty_two_threads_may_decide_on_one_evaluator() -> None:
    random = seeded(7)
    policy = crowd(random, 300)
    engine = snapshot(policy.text).evaluator
    asked = [question(random) for _ in range(400)]
    alone = snapshot(policy.text).evaluator
    expected = [(decision.allowed, decision.rule) for decision in map(alone.decide, asked)]

    def ask_all(seed: int) -> list[tuple[bool, str | None]]:
        order = list(range(len(asked)))
        seeded(seed).shuffle(order)
        answers = {at: engine.decide(asked[at]) for at in order}
        return [(answers[at].allowed, answers[at].rule) for at in range(len(asked))]

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask_all, range(32))) == [expected] * 32


def test_deciding_changes_neither_the_question_nor_what_was_given() -> None:
    given_attributes: dict[str, Any] = {"tags": ["a"], "meta": {"n": 1}}
    stored: dict[str, Any] = {"team": "red"}
    request = AccessRequest(
        "user", "alice", "read", "doc", "1", given_attributes, None, given_attributes, given_attributes
    )
    asked = Question("user:alice", "acme", "doc:1", "read", request, stored=(stored, stored))
    engine = evaluator(row("r.ctx.subject.tags == ['a'] and r.ctx.subject.team == 'red' and r.ctx.context.meta.n == 1"))
    assert [bool(engine.decide(asked)) for _ in range(3)] == [True] * 3
    assert explain(engine, asked, "dir:0").decision.allowed
    assert given_attributes == {"tags": ["a"], "meta": {"n": 1}}
    assert stored == {"team": "red"}


def test_two_evaluators_of_one_text_share_no_answers() -> None:
    first, second = evaluator(row(sub="role:a") + "g, user:alice, role:a, acme\n"), evaluator(row(sub="role:a"))
    assert [first.decide(ask()).allowed, second.decide(ask()).allowed, first.decide(ask()).allowed] == [
        True,
        False,
        True,
    ]
