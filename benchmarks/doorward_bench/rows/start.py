"""From the command to the first answer, and what an idle server weighs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import policies, questions
from doorward_bench.bench import Bench, Row
from doorward_bench.cerbos import CHECK, CerbosServer
from doorward_bench.contests import EVALUATION
from doorward_bench.peers import Unavailable
from doorward_bench.processes import cpu_seconds, pss_bytes
from doorward_bench.result import Figure
from doorward_bench.rounds import at_most
from doorward_bench.server import DoorwardServer
from doorward_bench.spread import spread
from doorward_bench.wrk import answers

if TYPE_CHECKING:
    from pathlib import Path

_MEBI = 1 << 20
_IDLE_SECONDS = 1.5


def run(bench: Bench) -> list[Figure]:
    """The policy that Doorward starts with, and a large one."""
    size = 11_000 if bench.quick else 110_000
    rules = {
        "default policy": (policies.DEFAULT_MODEL, policies.DEFAULT_RULES),
        f"{size:,} rows, Casbin's RBAC benchmark": (policies.RBAC_MODEL, policies.rbac_rules(size)),
        f"{size:,} rows, `*`, prefixes and conditions": (policies.DEFAULT_MODEL, policies.mixed_rules(size)),
    }
    figures: list[Figure] = []
    for number, (case, (model, text)) in enumerate(rules.items()):
        tree = policies.write_tree(bench.folder / f"tree-{number}", model, text)
        figures += _figures(bench, case, tree)
    return [*figures, *_cerbos(bench)]


def _figures(bench: Bench, case: str, tree: Path) -> list[Figure]:
    ready, used, weight = [], [], []
    for number in range(bench.repeats):
        bench.progress.step(f"{case}: start {number + 1}/{bench.repeats}")
        with DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / f"state-{tree.name}-{number}") as server:
            ready.append(server.ready_seconds)
            used.append(cpu_seconds(server.process.pid))
            if number < 3:
                asked = [questions.authzen(one) for one in questions.random_questions(100)]
                answers(server, EVALUATION, asked, questions.authzen_answers)
                time.sleep(_IDLE_SECONDS)
                weight.append(pss_bytes(server.process.pid) / _MEBI)
    goal = at_most(3, 1) if "rows" in case else None
    return [
        Figure(case=f"start to ready, {case}", unit="s", ours=spread(ready), goal=goal),
        Figure(case=f"CPU until ready, {case}", unit="s CPU", ours=spread(used)),
        Figure(case=f"PSS idle, {case}", unit="MiB", ours=spread(weight), goal=at_most(90, 60)),
    ]


def _cerbos(bench: Bench) -> list[Figure]:
    try:
        with ExitStack() as stack:
            started = time.perf_counter()
            server = stack.enter_context(CerbosServer(bench.peers.cerbos, bench.folder / "cerbos"))
            ready = time.perf_counter() - started
            asked = [questions.cerbos(one) for one in questions.random_questions(100)]
            answers(server, CHECK, asked, questions.cerbos_answers)
            time.sleep(_IDLE_SECONDS)
            weight = pss_bytes(server.process.pid) / _MEBI
    except Unavailable:
        return []
    return [
        Figure(case="Cerbos for comparison: start to ready, three policies", unit="s", ours=spread([ready])),
        Figure(case="Cerbos for comparison: PSS idle, three policies", unit="MiB", ours=spread([weight])),
    ]


ROW = Row(
    name="start-memory",
    title="Start to ready, and memory of all processes idle",
    goals="110,000 rules: <= 3 s, stretch 1; PSS <= 90 MB, stretch 60",
    run=run,
    notes=("From the start of the process to the line that names the address; PSS after 100 answers and a pause.",),
)
