"""The same by pycasbin."""

from __future__ import annotations

import logging
import time
import tracemalloc

import casbin

from doorward_bench.processes import kept_bytes
from doorward_bench.workers.loop import arguments, say


def _load(folder: str) -> casbin.Enforcer:
    return casbin.Enforcer(f"{folder}/models/access.conf", f"{folder}/policies/access.csv")


def main() -> None:
    """Load, measure, say."""
    logging.disable(logging.CRITICAL)
    wanted = arguments()
    _load(wanted["small"])
    before = kept_bytes()
    if wanted["trace"]:
        tracemalloc.start()
    cpu, started = time.process_time(), time.perf_counter()
    enforcer = _load(wanted["tree"])
    used, elapsed = time.process_time() - cpu, time.perf_counter() - started
    kept = kept_bytes() - before
    held = tracemalloc.get_traced_memory()[0] if wanted["trace"] else kept
    say(ready=True, cpu=used, seconds=elapsed, bytes=held, rules=len(enforcer.get_policy()))


if __name__ == "__main__":
    main()
