"""Eight times the input takes the readers about eight times as long, whatever it is made of."""

import gc
import importlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import SCALE
from doorward.domain.errors import PolicyInvalid
from doorward.policy import Tree, load_snapshot

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
FAMILIES = importlib.import_module("doorward_bench.reader_inputs").FAMILIES
TOO_SLOW: frozenset[str] = frozenset()
"""Families that are known to blow up, and must not for ever."""

TIMES_LARGER = 8
SLACK = 5
"""A linear reader takes eight times as long, a quadratic one 64 times; a busy machine is allowed to be five times off."""

SMALLER = 4
"""What is read in the bounded tests, to what is read in full."""

LEAST_SECONDS = 0.002
"""Below it the clock and the parts that every tree has are all there is to see."""


def seconds(files: Mapping[str, bytes], times: int) -> tuple[float, bool]:
    """The least CPU time of so many loads, and whether the tree loads."""
    tree = Tree(files)
    used, fits = [], True
    for _ in range(times):
        gc.collect()
        started = time.thread_time()
        try:
            load_snapshot(tree)
        except PolicyInvalid:
            fits = False
        used.append(time.thread_time() - started)
    return min(used), fits


@pytest.fixture(scope="module", autouse=True)
def _without_what_other_tests_left() -> None:
    """Each load is measured after a collection, which is to look at nothing else."""
    gc.collect()
    gc.freeze()


def known(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(reason="known to blow up", strict=False)] if name in TOO_SLOW else []


@pytest.mark.parametrize("family", [pytest.param(one, id=one.name, marks=known(one.name)) for one in FAMILIES])
def test_eight_times_the_input_takes_about_eight_times_as_long(family: Any) -> None:
    least = family.size if SCALE >= 1 else -(-family.size // SMALLER)
    small, large = family.files(least), family.files(least * TIMES_LARGER)
    larger = size(large) / size(small)
    before, _ = seconds(small, times=3)
    after, fits = seconds(large, times=1)
    if after > SLACK * larger * max(before, LEAST_SECONDS):  # once more: something may have come between
        after, fits = seconds(large, times=2)
    assert after <= SLACK * larger * max(before, LEAST_SECONDS)
    assert fits == family.fits


def size(files: Mapping[str, bytes]) -> int:
    return sum(map(len, files.values()))
