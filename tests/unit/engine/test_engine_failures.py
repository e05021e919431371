"""What cannot be compared denies its own question alone, and counts the same however the index was built."""

import pytest

from doorward.domain.access import Question
from doorward.engine.index.building import DEEPEST_SEGMENT, HANDFUL
from doorward.engine.index.tree import rules_below
from doorward.policy import Tree, load_snapshot
from support.casbin_small import evaluator, model
from support.trees import tree

REGEX = model("regexMatch(r.obj, p.obj) && r.act == p.act && r.sub == p.sub")


def test_roles_that_cannot_be_told_to_a_condition_are_an_error_of_the_decision() -> None:
    text = """\
[request_definition]
r = sub, obj, act, ctx
[policy_definition]
p = sub, obj, act, when
[role_definition]
# doorward: match g with regexMatch
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = (p.sub == "*" || r.sub == p.sub) && g(r.obj, p.obj) && r.act == p.act && eval(p.when)
"""
    rows = "p, *, role:x, read, r.ctx.resource.owner == 'me'\ng, ^doc:\\d+$, role:x\ng, ^user:\\d+$, role:y\n"
    engine = evaluator(rows, text)
    question = Question("user:\u00e9", "-", "doc:1", "read", stored=({}, {"owner": "you"}))
    decision = engine.decide(question)
    assert not decision
    assert decision.error is not None
    assert decision.error.status == 500
    enforced = engine.enforce(("user:\u00e9", "doc:1", "read", {}), ({}, {}), 0.0, "")
    assert enforced.error is not None


def test_a_rule_of_another_action_fails_no_question_whatever_level_the_index_chose() -> None:
    rows = ["p, u:1, ^doc:\\d+$, write", *(f"p, u:{number}, ^doc:.*$, read" for number in range(1, 12))]
    decision = evaluator("\n".join(rows) + "\n", REGEX).decide(Question("u:1", "-", "doc:\u00e9", "read"))
    assert decision.allowed
    assert decision.rule == "policies/access.csv:2"


def test_a_changed_policy_fails_where_one_that_is_loaded_whole_fails() -> None:
    rows = ["p, user:b, ^doc:\\d+$, write", "p, user:z, ^doc:.*$, read"]
    more = [*rows, *(f"p, user:{number}, ^doc:.$, write" for number in range(3))]
    served = load_snapshot(Tree(tree("\n".join(more) + "\n", REGEX)))
    changed = Tree(tree("\n".join(rows) + "\n", REGEX))
    question = Question("user:z", "-", "doc:\u00e9", "read")
    for snapshot in (load_snapshot(changed, previous=served), load_snapshot(changed)):
        decision = snapshot.decide(question)
        assert (decision.allowed, decision.error) == (True, None)


@pytest.mark.parametrize(
    "first", [["/a/:x/first"], [f"/a/:x/s, u{n}" for n in range(8)]], ids=["one", "all of one path"]
)
def test_paths_that_are_added_one_by_one_are_told_apart(first: list[str]) -> None:
    text = model("keyMatch2(r.obj, p.obj) && r.sub == p.sub", r="obj, sub", p="obj, sub")
    rows = [f"p, /z{number}, u1" for number in range(10)]
    rows += [f"p, {one if ',' in one else one + ', u1'}" for one in first]
    served = load_snapshot(Tree(tree("\n".join(rows) + "\n", text)))
    for number in range(60):
        rows.append(f"p, /a/:x/s{number}, u1")
        served = load_snapshot(Tree(tree("\n".join(rows) + "\n", text)), previous=served)
    engine = served.evaluator
    asked = engine.asked(Question("u1", "-", "/a/7/s59", "read"))
    assert [engine.line(rule) for rule in engine.matching(asked)[1]] == [len(rows)]
    assert len(list(rules_below(engine.index, asked.values, asked.held))) <= HANDFUL


def test_paths_of_any_depth_load_and_decide() -> None:
    deep = "/:x" + "/a" * (DEEPEST_SEGMENT * 40)
    rows = "".join(f"p, {deep}/{number}, u{number}\n" for number in range(30))
    engine = evaluator(rows, model("keyMatch2(r.obj, p.obj) && r.sub == p.sub", r="obj, sub", p="obj, sub"))
    assert engine.decide(Question("u7", "-", deep.replace(":x", "1") + "/7", "read")).rule == "policies/access.csv:8"
