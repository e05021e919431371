"""The index changes nothing but the time: what it finds, a plain scan of all rows finds."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine.index.building import build_index
from doorward.engine.index.tree import Level, Node, level_order
from support.casbin_crowds import crowd, question
from support.casbin_models import shapes
from support.casbin_reference import Policy, Shape, seeded
from support.trees import snapshot

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
    below = [
        *node.exact.values(),
        *node.heads.values(),
        *node.prefix_nodes,
        *([node.star] if node.star is not None else []),
    ]
    return [(depth, node), *(found for one in below for found in levels_of(one, depth + 1))]


def test_the_crowds_of_these_tests_need_every_level_in_every_way() -> None:
    evaluator = snapshot(crowd(seeded(1), 400).text).evaluator
    order = level_order(evaluator.model.constraints, evaluator.model.columns)
    levels = levels_of(build_index(evaluator.rules, order))
    assert {(depth, level.value) for depth, level in levels} >= {(0, 2), (1, 3), (2, 0), (3, 1)}
    assert {level.role for _, level in levels} == {-1, 0}
    assert all(any(level.star for depth, level in levels if level.value == token) for token in range(4))
    top = levels[0][1]
    steps = [0] * len(top.prefixes)
    for at, parent in enumerate(top.parents):
        steps[at] = steps[parent] + 1 if parent >= 0 else 0
    assert max(steps) >= 4
    assert top.parents.count(-1) >= 1
    assert len(top.heads) >= 4


def test_levels_stand_in_an_order_that_does_not_depend_on_the_columns() -> None:
    evaluator = snapshot(crowd(seeded(2), 10).text).evaluator
    columns = evaluator.model.columns
    order = level_order(evaluator.model.constraints, columns)
    assert [columns[one.column] for one in order.constraints] == ["obj", "act", "sub", "dom"]
