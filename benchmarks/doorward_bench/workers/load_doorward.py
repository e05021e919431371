"""Loads a tree once in this fresh process and says what it took: seconds of CPU, and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

from doorward.policy import Tree, load_snapshot
from doorward.sources import read_tree
from doorward_bench.processes import kept_bytes
from doorward_bench.workers.loop import arguments, say


def main() -> None:
    """Load, measure, say. The files' bytes count too: a snapshot keeps them."""
    wanted = arguments()
    folder = Path(wanted["tree"])
    load_snapshot(Tree(read_tree(Path(wanted["small"]))))  # what the first load brings along is not the policy's
    before = kept_bytes()
    if wanted["trace"]:
        tracemalloc.start()
    cpu, started = time.process_time(), time.perf_counter()
    snapshot = load_snapshot(Tree(read_tree(folder)))
    used, elapsed = time.process_time() - cpu, time.perf_counter() - started
    kept = kept_bytes() - before
    held = tracemalloc.get_traced_memory()[0] if wanted["trace"] else kept
    say(ready=True, cpu=used, seconds=elapsed, bytes=held, rules=snapshot.rule_count)


if __name__ == "__main__":
    main()
