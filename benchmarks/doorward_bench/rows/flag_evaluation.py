"""One flag in process: static, by a condition about the tenant, and by a split of tenants."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import Unavailable
from doorward_bench.rounds import Measure, Side, at_most, compare, cpu
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward_bench.result import Figure, Goal

FLAGS = """\
static: {type: boolean, default: on}
targeting: {type: boolean, default: off, rules: [{when: r.ctx.tenant.plan == 'enterprise', serve: on}]}
split: {type: boolean, default: off, rules: [{split: {on: 30, off: 70}, by: tenant}]}
"""
_BOTH = {"state": "ENABLED", "variants": {"on": True, "off": False}}
FLAGD = {
    "static": _BOTH | {"defaultVariant": "on"},
    "targeting": _BOTH
    | {"defaultVariant": "off", "targeting": {"if": [{"==": [{"var": "plan"}, "enterprise"]}, "on", "off"]}},
    "split": _BOTH
    | {
        "defaultVariant": "off",
        "targeting": {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "tenant"}]}, ["on", 30], ["off", 70]]},
    },
}
PLANS = ("basic", "professional", "enterprise")


class _Case(NamedTuple):
    flag: str
    goal: Goal
    has_one_answer: bool
    """Whether both must say the same; two hashes put people into different buckets."""


CASES = (
    _Case("static", at_most(2), has_one_answer=True),
    _Case("targeting", at_most(5), has_one_answer=True),
    _Case("split", at_most(5), has_one_answer=False),
)
_CONTEXTS = 1 << 15  # blocks are powers of two too
_AGREE = 500


def run(bench: Bench) -> list[Figure]:
    """Each kind of flag in turn."""
    tree = policies.write_tree(bench.folder / "flags", policies.DEFAULT_MODEL, policies.DEFAULT_RULES)
    (tree / "policies/flags.yaml").write_text(FLAGS)
    flagd = bench.folder / "flagd.json"
    flagd.write_text(json.dumps({"flags": FLAGD}))
    roll = policies.dice()
    asked = [(f"tenant-{roll.randrange(10**6)}", PLANS[roll.randrange(3)]) for _ in range(_CONTEXTS)]
    figures: list[Figure] = []
    for case in CASES:
        with ExitStack() as stack:
            sides, missing = _sides(bench, case, stack, {"tree": str(tree), "flagd": str(flagd), "asked": asked})
            figures += compare(bench, sides, [Measure(case=case.flag, unit="us CPU", of=cpu, goal=case.goal)], missing)
    return figures


def _sides(bench: Bench, case: _Case, stack: ExitStack, files: Mapping[str, object]) -> tuple[dict[str, Side], str]:
    wanted = {**files, "flag": case.flag, "agree": _AGREE}
    ours = stack.enter_context(WorkerSide(bench.peers.doorward_python, "flag_doorward", **wanted))
    sides: dict[str, Side] = {"doorward": ours}
    try:
        peer = stack.enter_context(WorkerSide(bench.peers.python, "flag_flagd", **wanted))
    except Unavailable as error:
        return sides, str(error)
    _check_agreement(case, ours.facts["answers"], peer.facts["answers"])
    sides["openfeature-flagd-core"] = peer
    return sides, ""


def _check_agreement(case: _Case, ours: list[bool], theirs: list[bool]) -> None:
    """The same answers, or in a split about the same share of them."""
    is_alike = ours == theirs if case.has_one_answer else abs(sum(ours) - sum(theirs)) < _AGREE // 5
    if not is_alike:
        raise RuntimeError(f"openfeature-flagd-core answers the flag {case.flag} otherwise than doorward")


ROW = Row(
    name="flag-evaluation",
    title="One flag in process, random tenants",
    goals="static <= 2 us, targeting and split <= 5 us",
    run=run,
    notes=(
        (
            "Contexts are made before the clock starts, on both sides. The split is by tenant: SHA-256 of salt and key "
            "here, murmur3 over CBOR there, so who gets it differs, and only the shares are compared."
        ),
    ),
)
