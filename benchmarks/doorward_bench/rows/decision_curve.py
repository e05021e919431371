"""A decision in process by the number of rows, for five kinds of models: it should not grow."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.curve_table import ROW_NAME, in_words
from doorward_bench.kinds import KINDS, Kind
from doorward_bench.peers import Unavailable
from doorward_bench.report import goal_in_words
from doorward_bench.result import Figure
from doorward_bench.rounds import Measure, Side, compare, cpu, p50, p99
from doorward_bench.spread import spread
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIZES = (10, 1_000, 100_000, 1_000_000)
QUICK_SIZES = (10, 1_000, 10_000)
REPEATED, MEDIAN, SLOWEST = "20 questions over and over", "p50 of single ones", "p99 of single ones"
_QUESTIONS = 20_000
_AGREE = 1_000
_DETAIL_ROUNDS = 3
_OUR_LOAD_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a peer may take: seconds for one question, to load, to agree, and for its rounds; bytes of memory."""

    question: float
    load: float
    held: float = 10e9
    agree: float
    rounds: float


BUDGET = Budget(question=15, load=120, agree=15, rounds=60)
QUICK_BUDGET = Budget(question=0.5, load=10, agree=1, rounds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """Seconds and bytes that a peer took at a size. The next one is guessed from them: all grow as the policy does."""

    size: int
    load: float
    each: float
    held: float


def run(bench: Bench, kind: Kind) -> list[Figure]:
    """One kind at every size. A size that we cannot be had at is left out, unless it is the first."""
    figures: list[Figure] = []
    paces: dict[str, _Pace] = {}
    for size in QUICK_SIZES if bench.quick else SIZES:
        try:
            figures += _Cell(bench, kind, size, paces).figures()
        except Unavailable as error:
            if not figures:
                raise
            bench.progress.say(f"{kind.name}, {size:,} rows: not measured: {error}")
    return figures


class _Cell:
    """One kind at one size. `paces` is what the peers took at the size before; it is brought up to date."""

    def __init__(self, bench: Bench, kind: Kind, size: int, paces: dict[str, _Pace]) -> None:
        self._bench = bench
        self._kind = kind
        self._size = size
        self._paces = paces
        self._budget = QUICK_BUDGET if bench.quick else BUDGET
        self._unmeasured: dict[str, str] = {}

    def figures(self) -> list[Figure]:
        """Ours beside each peer, and ours in detail."""
        wanted = self._policy()
        with ExitStack() as stack:
            self._step("doorward loads")
            python = self._bench.peers.doorward_python
            ours = stack.enter_context(WorkerSide(python, "decide_doorward", _OUR_LOAD_SECONDS, **wanted))
            sides: dict[str, Side] = {"doorward": ours}
            for name, worker in self._contestants().items():
                if (peer := self._peer(name, worker, wanted, ours, stack)) is not None:
                    sides[name] = peer
            contest = compare(replace(self._bench, rounds=self._rounds(sides)), sides, [self._measure()])
            self._remember(contest)
            self._say(contest)
            return [self._placed(figure) for figure in contest + self._details(ours)]

    def _policy(self) -> Mapping[str, Any]:
        """Write the tree; what a worker is told."""
        self._step("making the policy")
        rules = self._kind.rules(self._size)
        folder = self._bench.folder / f"{self._kind.slug}-{self._size}"
        tree: Path = policies.write_tree(folder, self._kind.model, rules)
        return {
            "tree": str(tree),
            "questions": self._kind.questions(self._size, rules, _QUESTIONS),
            "agree": _AGREE,
            "cedar": self._kind.cedar,
            **self._kind.attributes,
        }

    def _contestants(self) -> dict[str, str]:
        return {"pycasbin": "decide_casbin"} | ({"cedarpy": "decide_cedar"} if self._kind.cedar else {})

    def _peer(
        self, name: str, worker: str, wanted: Mapping[str, Any], ours: WorkerSide, stack: ExitStack
    ) -> WorkerSide | None:
        """The peer, loaded and of our opinion; None where it would take too long, which is noted."""
        reason = self._too_slow(self._paces.get(name))
        if reason:
            self._unmeasured[name] = reason
            return None
        self._step(f"{name} loads")
        try:
            python = self._bench.peers.python
            peer = stack.enter_context(WorkerSide(python, worker, **wanted, agree_seconds=self._budget.agree))
        except Unavailable as error:
            self._unmeasured[name] = f"not measured: {error}"
            return None
        answers = peer.facts["answers"]
        if answers != ours.facts["answers"][: len(answers)]:
            raise RuntimeError(f"{name} decides otherwise than doorward: {self._kind.name}, {self._size:,} rows")
        took = {one: peer.facts[one] for one in ("load", "each", "held")}
        self._paces[name] = _Pace(size=self._size, **took)
        return peer

    def _too_slow(self, before: _Pace | None) -> str:
        """Why not to try, judged by the size before; blank: try."""
        if before is None:
            return ""
        times = self._size / before.size
        if before.each * times > self._budget.question:
            about = f"by its time at {before.size:,} rows about {_about(before.each * times)}"
            return f"not measured: one question takes more than {self._budget.question:g} s, {about}"
        if before.load * times > self._budget.load:
            about = f"by its time at {before.size:,} rows about {_about(before.load * times)}"
            return f"not measured: it takes more than {self._budget.load:g} s to load, {about}"
        if before.size > 1_000 and before.held * times > self._budget.held:  # a small one says little of memory
            return (
                f"not measured: it takes more than {self._budget.held / 1e9:g} GB, by its size at {before.size:,} rows "
                f"about {before.held * times / 1e9:.2g} GB"
            )
        return ""

    def _rounds(self, sides: Mapping[str, Side]) -> int:
        """As many as wanted, or as the slowest side has time for, three at least."""
        slowest = max((self._paces[name].each for name in sides if name in self._paces), default=0.0)
        return max(min(self._bench.rounds, 3), min(self._bench.rounds, int(self._budget.rounds / max(slowest, 1e-6))))

    def _measure(self) -> Measure:
        goal = self._kind.goals.get(self._size)
        return Measure(case=f"{self._kind.name}: {self._size:,} rows", unit="us CPU", of=cpu, goal=goal, x=self._size)

    def _details(self, ours: WorkerSide) -> list[Figure]:
        """What caches make of it, and how far single decisions lie apart."""
        self._step("doorward in detail")
        seconds, times = self._bench.seconds, range(min(self._bench.rounds, _DETAIL_ROUNDS))
        repeated = [ours.round(seconds, "repeated") for _ in times]
        single = [ours.round(seconds, "single") for _ in times]
        return [
            Figure(case=case, unit=unit, ours=spread(map(of, samples)), aside=True)
            for case, unit, of, samples in (
                (REPEATED, "us CPU", cpu, repeated),
                (MEDIAN, "us", p50, single),
                (SLOWEST, "us", p99, single),
            )
        ]

    def _placed(self, figure: Figure) -> Figure:
        missing = "; ".join(f"{name} {reason}" for name, reason in self._unmeasured.items())
        if figure.aside:
            return replace(figure, series=self._kind.name, x=self._size)
        return replace(figure, series=self._kind.name, unmeasured=self._unmeasured, note=missing)

    def _remember(self, contest: list[Figure]) -> None:
        """A question's time in the rounds is a better guess than the one of the first few."""
        for one in contest:
            if one.theirs:
                self._paces[one.peer] = replace(self._paces[one.peer], each=one.theirs.median / 1e6)

    def _say(self, contest: list[Figure]) -> None:
        found = [f"doorward {in_words(contest[0].ours.median)}"]
        found += [f"{one.peer} {in_words(one.theirs.median)}" for one in contest if one.theirs]
        found += [f"{name} {reason}" for name, reason in self._unmeasured.items()]
        self._bench.progress.say(f"{self._kind.name}, {self._size:,} rows: {', '.join(found)}")

    def _step(self, text: str) -> None:
        self._bench.progress.step(f"{self._kind.name}, {self._size:,} rows: {text}")


def _about(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds / 60:.2g} min"


def _row(kind: Kind) -> Row:
    goals = [goal_in_words(goal, "us") + f" at {size:,} rows" for size, goal in kind.goals.items() if size in SIZES]
    return Row(
        name=f"{ROW_NAME}-{kind.slug}",
        title=f"A decision in process by the size of the policy: {kind.name}",
        goals=", ".join(goals) or "none; it should not grow",
        run=partial(run, kind=kind),
        notes=kind.notes,
    )


ROWS = tuple(map(_row, KINDS))
