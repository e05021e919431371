"""The loop of a worker: reads orders as JSON lines, works for so long, says what was done."""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import quantiles
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BLOCK_SECONDS = 0.002


def arguments() -> dict[str, Any]:
    """What the harness wants, the first line of the standard input."""
    wanted: dict[str, Any] = json.loads(sys.stdin.readline())
    return wanted


def say(**facts: object) -> None:
    """One line to the harness."""
    print(json.dumps(facts), flush=True)


def serve_blocks(answer: Callable[[Sequence[Any]], object], questions: Sequence[Any], **facts: object) -> None:
    """Work through the questions again and again; `answer` takes many at once, so that the clock is rarely read."""
    gc.collect()
    gc.freeze()  # what was loaded is looked at by no later collection; every contestant is given this
    size = 1
    while size < len(questions) and _seconds(answer, questions[:size]) < _BLOCK_SECONDS:
        size *= 2
    blocks = [questions[at : at + size] for at in range(0, len(questions) - size + 1, size)]
    say(ready=True, **facts)
    place = 0
    for seconds in _orders():
        done = 0
        cpu, started = time.process_time(), time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            answer(blocks[place % len(blocks)])
            place += 1
            done += size
        used = time.process_time() - cpu
        say(rate=done / elapsed, cpu_us=used / done * 1e6)


def serve_calls(call: Callable[[int], object], **facts: object) -> None:
    """Call with 0, 1, 2 ... and time every call."""
    gc.collect()
    gc.freeze()
    say(ready=True, **facts)
    number = 0
    for seconds in _orders():
        taken: list[int] = []
        cpu, started = time.process_time(), time.perf_counter_ns()
        before = started
        while before - started < seconds * 1e9:
            call(number)
            number += 1
            now = time.perf_counter_ns()
            taken.append(now - before)
            before = now
        used = time.process_time() - cpu
        hundredths = quantiles(taken, n=100, method="inclusive")
        say(
            rate=len(taken) / (before - started) * 1e9,
            cpu_us=used / len(taken) * 1e6,
            p50_us=hundredths[49] / 1e3,
            p99_us=hundredths[98] / 1e3,
        )


def _orders() -> Any:  # noqa: ANN401 - an iterator of floats
    return (float(json.loads(line)["seconds"]) for line in sys.stdin)


def _seconds(answer: Callable[[Sequence[Any]], object], questions: Sequence[Any]) -> float:
    started = time.perf_counter()
    answer(questions)
    return time.perf_counter() - started
