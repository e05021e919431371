"""Lint has nothing to say of policies that are right: no false alarm on trees as companies write them."""

import time
from collections.abc import Mapping

import pytest

from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.policy.lint import lint
from support.lint_trees import TREES
from support.trees import ACCESS_RULES, DIRECTORY, MODEL, ROOT, tree


@pytest.mark.parametrize("name", TREES)
def test_lint_is_silent(name: str) -> None:
    report = lint(load_snapshot(Tree(TREES[name]())))
    assert [(str(one.code), one.line, one.message) for one in report.findings] == []
    assert 100 <= report.rules <= 10_000


def test_trees_are_of_many_sizes_and_always_the_same() -> None:
    sizes = {name: make()[ACCESS_RULES].count(b"\np") for name, make in TREES.items()}
    assert len(TREES) >= 10
    assert max(sizes.values()) >= 9_999
    assert all(make()[ACCESS_RULES] == make()[ACCESS_RULES] for make in TREES.values())


def test_lint_is_silent_on_the_default_policy() -> None:
    files: Mapping[str, bytes] = {
        path: (ROOT / path).read_bytes() for path in ("models/access.conf", ACCESS_RULES, DIRECTORY)
    }
    assert list(lint(load_snapshot(Tree(files))).findings) == []


def seconds(snapshot: Snapshot) -> float:
    started = time.process_time()
    lint(snapshot)
    return time.process_time() - started


def many_rules(count: int) -> Snapshot:
    rows = [
        f"p, rule-{n}, role:team-{n % 300:03}, *, doc:{n:06}/*, read, r.ctx.resource.owner == 'o{n}', allow"
        for n in range(count // 2)
    ]
    rows += [f"p, more-{n}, user:u{n % 999:03}, t{n % 97:02}, doc:{n}, write, True, allow" for n in range(count // 2)]
    rows += [f"g, user:u{n % 999:03}, role:team-{n % 300:03}, t{n % 97:02}" for n in range(count // 2)]
    return load_snapshot(Tree(tree("".join(f"{row}\n" for row in rows), MODEL)))


def test_ten_thousand_rules_take_less_than_two_seconds_and_twice_as_many_about_twice_that() -> None:
    small, large = many_rules(5_000), many_rules(20_000)
    seconds(small)
    once = min(seconds(small) for _ in range(2))
    assert once < 1
    assert seconds(large) < 8 * once + 0.5
