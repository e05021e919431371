"""A decision in process, on the policy of Casbin's own RBAC benchmark."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import Unavailable
from doorward_bench.rounds import Measure, Side, at_most, compare, cpu
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from pathlib import Path

    from doorward_bench.result import Figure

GOALS = dict.fromkeys(policies.RBAC_SIZES, at_most(3, 2)) | {1_000_000: at_most(5, 3)}
QUESTIONS = 20_000
SLOW_PEER_RULES = 110_000
"""Above this the peers need tenths of a second a decision and many to load: they are left out."""


def run(bench: Bench) -> list[Figure]:
    """Every size in turn."""
    figures: list[Figure] = []
    for size in policies.RBAC_SIZES:
        if bench.quick and size > 11_000:
            break
        figures += _figures(bench, size)
    return figures


def _figures(bench: Bench, size: int) -> list[Figure]:
    bench.progress.step(f"{size:,} rules: loading")
    tree = policies.write_tree(bench.folder / f"rbac-{size}", policies.RBAC_MODEL, policies.rbac_rules(size))
    measure = Measure(case=f"{size:,} rules", unit="us CPU", of=cpu, goal=GOALS[size], x=size)
    with ExitStack() as stack:
        sides, missing = _sides(bench, size, tree, stack)
        return compare(bench, sides, [measure], missing)


def _sides(bench: Bench, size: int, tree: Path, stack: ExitStack) -> tuple[dict[str, Side], str]:
    agree = 2_000 if size <= 11_000 else 30
    wanted = {"tree": str(tree), "questions": policies.rbac_questions(size, QUESTIONS), "agree": agree}
    python = bench.peers.doorward_python
    ours = stack.enter_context(WorkerSide(python, "decide_doorward", **wanted))
    sides: dict[str, Side] = {"doorward": ours}
    if size > SLOW_PEER_RULES:
        return sides, "peers left out at this size: tenths of a second a decision"
    try:
        for name, worker in (("pycasbin", "decide_casbin"), ("cedarpy", "decide_cedar")):
            peer = stack.enter_context(WorkerSide(bench.peers.python, worker, **wanted))
            sides[name] = peer
            if peer.facts["answers"] != ours.facts["answers"]:
                raise RuntimeError(f"{name} decides otherwise than doorward on {tree}")
    except Unavailable as error:
        return sides, str(error)
    return sides, ""


ROW = Row(
    name="decision-rbac",
    title="A decision in process, Casbin's RBAC benchmark, random questions",
    goals="<= 3 us, stretch 2; at 1,000,000 rules <= 5 us, stretch 3",
    run=run,
    notes=(
        (
            "Half of the questions are allowed. Ours includes making the Question from the caller's texts; "
            "cedarpy is given policies and entities that are parsed once."
        ),
    ),
)
