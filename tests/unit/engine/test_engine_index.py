"""The index changes nothing but the time: what it finds, a plain scan of all rows finds."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Question
from doorward.engine.index.building import build_index
from doorward.engine.index.tree import Level, Node, level_order
from doorward.policy import Tree, load_snapshot
from support.casbin_crowds import crowd, question
from support.casbin_models import shapes
from support.casbin_reference import Policy, Shape, seeded
from support.trees import snapshot, tree

QUESTIONS = 40
COUNTS = st.sampled_from([1, 6, 7, 30, 150, 400])
pytestmark = pytest.mark.timeout(3_000)


def compare(policy: Policy, random: Random) -> None:
    evaluator = snapshot(policy.text, policy.shape.text).evaluator
    lines = {evaluator.name(rule): evaluator.line(rule) for rule in evaluator.rules}
    for _ in range(QUESTIONS):
        asked = question(random)
        decision = evaluator.decide(asked)
        line = lines[decision.rule] if decision.rule is not None else None
        assert (decision.allowed, line) == policy.decide(asked)


@settings(max_examples=max(1, round(1_500 * SCALE)))
@given(seed=st.integers(0, 1 << 32), count=COUNTS)
def test_decisions_on_the_default_model_equal_a_plain_scan(seed: int, count: int) -> None:
    random = seeded(seed)
    compare(crowd(random, count), random)


@settings(max_examples=max(1, round(1_500 * SCALE)))
@given(seed=st.integers(0, 1 << 32), count=COUNTS, shape=shapes())
def test_decisions_on_its_kin_equal_a_plain_scan(seed: int, count: int, shape: Shape) -> None:
    random = seeded(seed)
    compare(crowd(random, count, shape), random)


def levels_of(node: Node, depth: int = 0) -> list[tuple[int, Level]]:
    """Every level of an index with its depth."""
    if not isinstance(node, Level):
        return []
    return [(depth, node), *(found for one in node.below() for found in levels_of(one, depth + 1))]


def test_the_crowds_of_these_tests_need_every_level_in_every_way() -> None:
    evaluator = snapshot(crowd(seeded(1), 400).text).evaluator
    order = level_order(evaluator.model)
    levels = levels_of(build_index(evaluator.rules, order))
    assert {(depth, level.value) for depth, level in levels} >= {(0, 2), (1, 3), (2, 0), (3, 1)}
    assert {level.role for _, level in levels} == {-1, 0}
    assert all(any(level.star for depth, level in levels if level.value == token) for token in range(4))
    top = levels[0][1].prefixes
    assert top is not None
    steps = [0] * len(top.texts)
    for at, parent in enumerate(top.parents):
        steps[at] = steps[parent] + 1 if parent >= 0 else 0
    assert max(steps) >= 4
    assert top.parents.count(-1) >= 1
    assert len(top.heads) >= 4


def test_levels_stand_in_an_order_that_does_not_depend_on_the_columns() -> None:
    evaluator = snapshot(crowd(seeded(2), 10).text).evaluator
    columns = evaluator.model.columns
    order = level_order(evaluator.model)
    assert [columns[one.column] for one in order.constraints] == ["obj", "act", "sub", "dom"]


def test_what_the_first_level_compares_is_compared_again_where_a_change_leaves_too_few_rules_for_a_level() -> None:
    rows = [f"p, n{number}, user:u, *, doc:{number}, read, True, allow\n" for number in range(9)]
    many = snapshot("".join(rows))
    few = load_snapshot(Tree(tree(rows[0])), previous=many)
    other = Question("user:u", "-", "doc:5", "read")
    assert many.decide(other).rule == "n5"
    assert not few.decide(other)


@pytest.mark.parametrize("prefix", ["doc:*", "doc:a/*", "doc:a/b/*", "doc:a/b/c:*", "doc:a/b/c:d:*", "doc:e/f/g/*"])
def test_a_prefix_is_found_at_each_separator_of_a_text_and_after_a_change_too(prefix: str) -> None:
    others = [f"p, n{number}, user:u, *, doc:z{number}/*, write, True, allow\n" for number in range(9)]
    few = load_snapshot(Tree(tree("".join(others))))
    row = f"p, wanted, user:u, *, {prefix}, read, True, allow\n"
    asked = Question("user:u", "-", f"{prefix[:-1]}x:y/z", "read")
    for served in (None, few):
        assert load_snapshot(Tree(tree("".join([*others, row]))), previous=served).decide(asked).rule == "wanted"
