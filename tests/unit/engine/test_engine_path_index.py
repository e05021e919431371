"""Patterns of paths are indexed by what they spell out: what the index finds, a plain scan of all rows finds."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Question
from doorward.engine.index.rules import Rule
from doorward.engine.index.tree import Level, PathLevel
from doorward.engine.language import patterns
from doorward.engine.language.calls import FUNCTIONS
from doorward.engine.language.expressions import ExpressionError
from doorward.policy import Tree, load_snapshot
from support.casbin_small import evaluator, model
from support.trees import tree

SEGMENTS = {
    "keyMatch2": ["a", "b", "c", ":id", ":x", "a:y", "*"],
    "keyMatch3": ["a", "b", "c", "{id}", "{x}", "a{y}b", "*"],
    "keyMatch4": ["a", "b", "c", "{id}", "{x}", "{id}", "*"],
    "keyMatch5": ["a", "b", "c", "{id}", "{x}", "a{y}", "*"],
    "globMatch": ["a", "b", "c", "*", "a*", "?", "**"],
    "regexMatch": ["a", "b", "c", "[ab]", "[^/]+", ".*", "a?"],
}
TEXTS = ["a", "b", "c", "ab", "ayb", "x", ""]


def paths(segments: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(segments), min_size=1, max_size=5).map(lambda found: "/" + "/".join(found))


def is_taken(function: str, pattern: str) -> bool:
    try:
        patterns.check_pattern(function, pattern)
    except ExpressionError:
        return False
    return True


def text_of(cells: Sequence[str]) -> str:
    return "".join(f"p, rule-{number}, {cell}\n" for number, cell in enumerate(cells))


@pytest.mark.parametrize("function", sorted(SEGMENTS))
@settings(max_examples=max(1, round(1_000 * SCALE)))
@given(data=st.data())
def test_paths_are_found_as_by_a_plain_scan_and_after_a_change(function: str, data: st.DataObject) -> None:
    some = paths(SEGMENTS[function]).filter(lambda pattern: is_taken(function, pattern))
    cells = data.draw(st.lists(some, min_size=1, max_size=60))
    text = model(f"{function}(r.obj, p.obj)", r="obj", p="rule, obj")
    served = load_snapshot(Tree(tree(text_of(cells), text)))
    at = data.draw(st.integers(0, len(cells) - 1))
    changed_cells = [*cells[:at], *data.draw(st.lists(some, min_size=1, max_size=12)), *cells[at + 1 :]]
    changed = load_snapshot(Tree(tree(text_of(changed_cells), text)), previous=served)
    asked = paths([*TEXTS, "a?q=1"]) | paths([*TEXTS]).map(lambda path: path.replace("/", "//", 1))
    for path in data.draw(st.lists(asked, min_size=1, max_size=20)):
        for snapshot, rows in ((served, cells), (changed, changed_cells)):
            wanted = next((f"rule-{n}" for n, cell in enumerate(rows) if FUNCTIONS[function].call(path, cell)), None)
            assert snapshot.decide(Question("user:a", "-", path, "read")).rule == wanted


def test_patterns_that_begin_alike_are_told_apart_by_later_segments() -> None:
    rows = "".join(f"p, rule-{number}, /tenants/:t/projects{number}/:p/*\n" for number in range(1_000))
    engine = evaluator(rows, model("keyMatch2(r.obj, p.obj)", r="obj", p="rule, obj"))
    assert isinstance(engine.index, Level)
    (below,) = engine.index.below()
    assert isinstance(below, PathLevel)
    (only,) = below.below(["", "tenants", "acme", "projects7", "x", "y"])
    assert isinstance(only, Rule)
    assert engine.name(only) == "rule-7"
