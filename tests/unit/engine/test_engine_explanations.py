"""An explanation says the same as the decision, and why: rule, line, roles, what was read, what nearly matched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Explanation, Outcome, Question
from doorward.engine import explain
from doorward.engine.explain import MAX_CONSIDERED
from support.casbin_crowds import crowd, question
from support.casbin_models import DEFAULT, shapes
from support.casbin_policies import policies, questions
from support.casbin_reference import Policy, Shape, seeded
from support.casbin_small import EVERYTHING, ask, evaluator, model, row
from support.trees import snapshot

ROLES = "g, user:alice, role:a, acme\ng, role:a, role:b, *\ng, user:alice, role:c, globex\n"


def why(rules: str, asked: Question | None = None) -> Explanation:
    return explain(evaluator(rules), asked or ask(), "dir:0")


def agree(policy: Policy, asked: Question) -> None:
    """Everything that an explanation says of the decision is the decision."""
    engine = snapshot(policy.text, policy.shape.text).evaluator
    decision, found = engine.decide(asked), explain(engine, asked, "dir:0")
    said = found.decision
    assert (said.allowed, said.rule, said.absent) == (decision.allowed, decision.rule, decision.absent)
    assert (said.allowed, found.line) == policy.decide(asked)
    assert found.path == (None if found.line is None else "policies/access.csv")
    assert len(found.considered) <= MAX_CONSIDERED
    decided = [one for one in found.considered if one.outcome is Outcome.DECIDED]
    assert [one.line for one in decided] == ([] if found.line is None else [found.line])
    assert all(policy.lines.index(one.line) >= 0 for one in found.considered)
    if found.line is not None:
        assert (decided[0].rule, decided[0].effect) == (said.rule, "allow" if said.allowed else "deny")
        assert decided[0].rule in found.reason


@settings(max_examples=max(1, round(1_000 * SCALE)))
@given(data=st.data(), shape=st.just(DEFAULT) | shapes())
def test_an_explanation_agrees_with_the_decision(data: st.DataObject, shape: Shape) -> None:
    policy = data.draw(policies(shape))
    for _ in range(3):
        agree(policy, data.draw(questions(policy)))


@settings(max_examples=max(1, round(500 * SCALE)))
@given(seed=st.integers(0, 1 << 32))
def test_an_explanation_agrees_with_the_decision_among_hundreds_of_rules(seed: int) -> None:
    random = seeded(seed)
    policy = crowd(random, 300)
    for _ in range(5):
        agree(policy, question(random))


def test_an_allowance_names_its_rule_its_line_and_the_way_to_its_role() -> None:
    found = why("# c\n\n" + row(sub="role:b", name="b-may") + ROLES)
    assert (found.path, found.line, found.reason) == ("policies/access.csv", 3, "rule b-may allows this")
    assert found.roles == ("user:alice", "role:a", "role:b")
    (one,) = found.considered
    assert (one.outcome, one.subject, one.tenant, one.when) == (Outcome.DECIDED, "role:b", "*", "True")


@pytest.mark.parametrize(
    ("sub", "roles"),
    [
        pytest.param("*", ("user:alice",), id="a rule for everyone"),
        pytest.param("user:alice", ("user:alice",), id="a rule for the subject"),
        pytest.param("role:a", ("user:alice", "role:a"), id="a rule for a role"),
    ],
)
def test_the_way_to_a_rule(sub: str, roles: tuple[str, ...]) -> None:
    assert why(row(sub=sub) + ROLES).roles == roles


def test_an_asserted_role_is_a_step_of_the_way() -> None:
    found = why(row(sub="role:b") + "g, role:x, role:b, acme\n", ask(asserted=("role:x",)))
    assert found.roles == ("user:alice", "role:x", "role:b")


def test_a_denial_names_its_rule_and_what_it_beat() -> None:
    found = why(EVERYTHING + row("True", "deny", "no"))
    assert (found.line, found.reason) == (2, "rule no denies this")
    assert [(one.rule, one.outcome) for one in found.considered] == [
        ("no", Outcome.DECIDED), ("everything", Outcome.MATCHED),
    ]  # fmt: skip


def test_conditions_are_told_with_what_they_read() -> None:
    rules = (
        row("r.ctx.resource.owner == r.ctx.subject.id", name="owner")
        + row("r.ctx.resource.size < 1", name="broken") + row("r.ctx.resource.gone", name="gone")
    )  # fmt: skip
    found = why(rules, ask(resource={"owner": "bob", "size": "large"}))
    assert [one.outcome for one in found.considered] == [Outcome.CONDITION_FALSE, Outcome.FAILED, Outcome.UNDECIDED]
    assert found.read == {"resource.owner": "bob", "subject.id": "alice", "resource.size": "large"}
    assert found.absent == ("resource.gone",)
    assert found.reason.startswith("not decided: rule broken: its condition failed")


def test_an_undecided_denial_names_the_attribute() -> None:
    found = why(EVERYTHING + row("r.ctx.resource.owner == 'a'", "deny", "no"))
    assert found.reason == "rule no denies this; absent, so not ruled out: resource.owner"


def test_what_was_read_is_told_short_and_by_its_whole_path() -> None:
    found = why(row("r.ctx.context.a.b == 'x' and r.ctx.context.long == 'x' or r.ctx.context.list == ['x']"),
                ask(context={"a": {"b": "x"}, "long": "y" * 500, "list": [1] * 500}))  # fmt: skip
    assert found.read["context.a.b"] == "x"
    assert found.read["context.long"] == "y" * 200 + "..."
    assert len(str(found.read["context.list"])) == 203


def test_rules_that_missed_by_subject_or_tenant_are_told_where_nothing_decided() -> None:
    rules = (
        row(sub="user:bob", name="bob") + "p, globex, *, globex, doc:1, read, True, allow\n"
        + "p, other, *, *, doc:2, read, True, allow\n"
    )  # fmt: skip
    found = why(rules)
    assert (found.reason, found.path, found.line) == ("no rule allows this", None, None)
    assert {(one.rule, one.outcome) for one in found.considered} == {
        ("bob", Outcome.OTHER_SUBJECT), ("globex", Outcome.OTHER_TENANT),
    }  # fmt: skip


def test_the_rule_that_decided_is_told_among_however_many() -> None:
    rules = "".join(row("False", "deny", f"no-{number}") for number in range(40)) + EVERYTHING
    found = why(rules)
    assert len(found.considered) == MAX_CONSIDERED
    assert (found.considered[-1].rule, found.considered[-1].outcome, found.line) == ("everything", Outcome.DECIDED, 41)


def test_a_policy_that_allows_by_default_says_so() -> None:
    text = model(
        "r.obj == p.obj", p="obj, eft", e="!some(where (p.eft == deny))", first="# doorward: allow-by-default\n"
    )
    found = explain(evaluator("p, doc:2, deny\n", text), ask(), "dir:0")
    assert found.reason == "no rule denies, and this policy allows by default"


def test_notes_are_passed_on() -> None:
    assert explain(evaluator(EVERYTHING), ask(), "dir:1", ("a note",)).notes == ("a note",)
