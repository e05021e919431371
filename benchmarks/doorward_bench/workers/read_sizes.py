"""Loads one family of trees at growing sizes, round after round, and says what each load took."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from doorward.domain.errors import PolicyInvalid
from doorward.policy import Tree, load_snapshot
from doorward_bench.reader_inputs import FAMILIES
from doorward_bench.workers.loop import arguments, say

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUDGET_SECONDS = 20
"""No more rounds after so long: a family that blows up needs only one to show it."""


def main() -> None:
    """Measure and say: the bytes of each size, and the rounds' seconds of CPU for each."""
    wanted = arguments()
    family = next(one for one in FAMILIES if one.name == wanted["family"])
    trees = [family.files(family.size << doubling) for doubling in range(wanted["doublings"] + 1)]
    _seconds(trees[0])  # what the first load brings along is no part of any size
    started = time.perf_counter()
    rounds: list[list[float]] = []
    while len(rounds) < wanted["rounds"] and (not rounds or time.perf_counter() - started < _BUDGET_SECONDS):
        rounds.append([_seconds(files) for files in trees])
    say(ready=True, bytes=[sum(map(len, files.values())) for files in trees], rounds=rounds)


def _seconds(files: Mapping[str, bytes]) -> float:
    tree = Tree(files)
    gc.collect()
    started = time.thread_time()
    try:
        loaded = load_snapshot(tree)
    except PolicyInvalid:
        loaded = None
    used = time.thread_time() - started
    del loaded
    return used


if __name__ == "__main__":
    main()
