"""Interleaved rounds: ours and the peers in turn, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from doorward_bench.result import Better, Figure, Goal
from doorward_bench.spread import ratios, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from doorward_bench.bench import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one side did in one round: answers a second, and microseconds of CPU, p50 and p99 of one answer."""

    rate: float
    cpu_us: float | None = None
    p50_us: float = 0.0
    p99_us: float = 0.0


class Side(Protocol):
    """One contestant, warm and ready."""

    def round(self, seconds: float) -> Sample:
        """Work for so long and say what was done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing to compare of the samples of both sides."""

    case: str
    unit: str
    of: Callable[[Sample], float]
    goal: Goal | None = None
    peers: tuple[str, ...] | None = None  # None: all of them
    note: str = ""
    x: float | None = None


def play(bench: Bench, sides: Mapping[str, Side]) -> dict[str, list[Sample]]:
    """Let the sides work in turn; in every other round in the opposite order."""
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    names = list(sides)
    for name in names:
        sides[name].round(bench.seconds / 4)  # warm
    for number in range(bench.rounds):
        for name in names if number % 2 == 0 else reversed(names):
            bench.progress.step(f"round {number + 1}/{bench.rounds} {name}")
            samples[name].append(sides[name].round(bench.seconds))
    return samples


def compare(bench: Bench, sides: Mapping[str, Side], measures: Sequence[Measure], missing: str = "") -> list[Figure]:
    """Play, then make a figure of each measure for each peer. The first side is ours.

    `missing` says which peer could not be had and why.
    """
    samples = play(bench, sides)
    ours, *peers = samples
    figures: list[Figure] = []
    for measure in measures:
        wanted = [peer for peer in peers if measure.peers is None or peer in measure.peers]
        note = "; ".join(filter(None, (measure.note, missing)))
        figures += [_figure(measure, samples[ours], peer, samples[peer], note) for peer in wanted] or [
            _figure(measure, samples[ours], "", [], note)
        ]
    return figures


def _figure(measure: Measure, ours: list[Sample], peer: str, theirs: list[Sample], note: str) -> Figure:
    values = [measure.of(one) for one in ours]
    others = [measure.of(one) for one in theirs]
    return Figure(
        case=measure.case,
        unit=measure.unit,
        ours=spread(values),
        cpu=None if measure.of is cpu else _cpu(ours),
        peer=peer,
        theirs=spread(others) if others else None,
        peer_cpu=None if measure.of is cpu else _cpu(theirs),
        ratio=ratios(values, others) if others else None,
        goal=measure.goal,
        note=note,
        x=measure.x,
    )


def _cpu(samples: list[Sample]) -> float | None:
    known = [one.cpu_us for one in samples if one.cpu_us is not None]
    return spread(known).median if known else None


def cpu(sample: Sample) -> float:
    """CPU time of one answer, microseconds: what it takes in one thread where nobody else wants the CPU."""
    return sample.cpu_us or 0.0


def rate(sample: Sample) -> float:
    """Answers a second."""
    return sample.rate


def p50(sample: Sample) -> float:
    """The median time of an answer, microseconds."""
    return sample.p50_us


def p99(sample: Sample) -> float:
    """The time that 99 of 100 answers take at most, microseconds."""
    return sample.p99_us


def at_least(floor: float, stretch: float | None = None) -> Goal:
    """Ours must be so many times the peer's."""
    return Goal(floor=floor, stretch=stretch, better=Better.HIGHER, of_ratio=True)


def at_most_of_peer(floor: float, stretch: float | None = None) -> Goal:
    """Ours must be at most so much of the peer's."""
    return Goal(floor=floor, stretch=stretch, of_ratio=True)


def at_most(floor: float, stretch: float | None = None) -> Goal:
    """Ours must be at most so much, whatever the peer's is."""
    return Goal(floor=floor, stretch=stretch)
