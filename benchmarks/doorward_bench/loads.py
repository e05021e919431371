"""Loading a policy in a fresh process, as often as wanted, ours and pycasbin in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from pathlib import Path

    from doorward_bench.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one load took: CPU seconds, and the bytes that stayed."""

    cpu: float
    bytes: float


def load(bench: Bench, worker: str, tree: Path, *, trace: bool = False) -> Load:
    """Load once. `worker` is load_doorward or load_casbin; with `trace` only what Python allocated is counted."""
    python = bench.peers.doorward_python if worker == "load_doorward" else bench.peers.python
    small = policies.write_tree(bench.folder / "small", policies.RBAC_MODEL, policies.rbac_rules(11))
    with WorkerSide(python, worker, tree=str(tree), small=str(small), trace=trace) as side:
        return Load(cpu=side.facts["cpu"], bytes=side.facts["bytes"])


def in_turn(bench: Bench, workers: tuple[str, ...], tree: Path, times: int) -> dict[str, list[Load]]:
    """Load so many times with each worker in turn."""
    found: dict[str, list[Load]] = {worker: [] for worker in workers}
    for number in range(times):
        bench.progress.step(f"{tree.name}: load {number + 1}/{times}")
        for worker in workers:
            found[worker].append(load(bench, worker, tree))
    return found
