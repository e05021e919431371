"""The loop of a worker: reads orders as JSON lines, works for so long, says what was done."""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from doorward_bench.processes import rss_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BLOCK_SECONDS = 0.002
_REPEATED = 20


def arguments() -> dict[str, Any]:
    """What the harness wants, the first line of the standard input."""
    wanted: dict[str, Any] = json.loads(sys.stdin.readline())
    return wanted


def say(**facts: object) -> None:
    """One line to the harness."""
    print(json.dumps(facts), flush=True)


def first_answers(
    answer: Callable[[Sequence[Any]], list[bool]], questions: Sequence[Any], wanted: dict[str, Any]
) -> dict[str, Any]:
    """The facts `answers`, to the first `agree` questions, `each`, the seconds that one took, and `held`, all memory.

    With `agree_seconds` fewer are answered, at least one, where that much time is over.
    """
    limit = wanted.get("agree_seconds", float("inf"))
    answers: list[bool] = []
    started = time.perf_counter()
    while len(answers) < wanted["agree"] and (not answers or time.perf_counter() - started < limit):
        answers += answer(questions[len(answers) : len(answers) + 1])
    each = (time.perf_counter() - started) / max(1, len(answers))
    return {"answers": answers, "each": each, "held": rss_bytes()}


def serve_blocks(answer: Callable[[Sequence[Any]], object], questions: Sequence[Any], **facts: object) -> None:
    """Work through the questions again and again; `answer` takes many at once, so that the clock is rarely read.

    Orders may ask for other work: `repeated` takes twenty questions over and over, `single` times each question.
    """
    gc.collect()
    gc.freeze()  # what was loaded is looked at by no later collection; every contestant is given this
    size = 1
    while size < len(questions) and _seconds(answer, questions[:size]) < _BLOCK_SECONDS:
        size *= 2
    blocks = [questions[at : at + size] for at in range(0, len(questions) - size + 1, size)]
    few = list(questions[:_REPEATED])
    repeated: list[Sequence[Any]] = [(few * (size // len(few) + 1))[:size]]
    singles = [questions[at : at + 1] for at in range(len(questions))]
    say(ready=True, **facts)
    place = 0
    for seconds, work in _orders():
        if work == "single":
            _serve_round(lambda number: answer(singles[number % len(singles)]), place, seconds)
            continue
        chosen = repeated if work == "repeated" else blocks
        done = 0
        cpu, started = time.process_time(), time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            answer(chosen[place % len(chosen)])
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
    for seconds, _ in _orders():
        number += _serve_round(call, number, seconds)


def _serve_round(call: Callable[[int], object], number: int, seconds: float) -> int:
    """Call with `number` and on, time every call, and say it; the number of calls."""
    taken: list[int] = []
    cpu, started = time.process_time(), time.perf_counter_ns()
    before = started
    while before - started < seconds * 1e9:
        call(number + len(taken))
        now = time.perf_counter_ns()
        taken.append(now - before)
        before = now
    used = time.process_time() - cpu
    hundredths = quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 100
    say(
        rate=len(taken) / (before - started) * 1e9,
        cpu_us=used / len(taken) * 1e6,
        p50_us=hundredths[49] / 1e3,
        p99_us=hundredths[98] / 1e3,
    )
    return len(taken)


def _orders() -> Iterator[tuple[float, str]]:
    for line in sys.stdin:
        order = json.loads(line)
        yield float(order["seconds"]), order.get("work", "")


def _seconds(answer: Callable[[Sequence[Any]], object], questions: Sequence[Any]) -> float:
    started = time.perf_counter()
    answer(questions)
    return time.perf_counter() - started
