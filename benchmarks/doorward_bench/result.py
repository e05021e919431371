"""What a row found: figures, the goals beside them, and whether they were reached."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from doorward_bench.spread import Spread


class Better(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"


class Verdict(StrEnum):
    """How a figure stands to its goal."""

    STRETCH = "stretch"
    FLOOR = "floor"
    MISSED = "missed"
    NO_GOAL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What to reach, of our own figure or of the ratio of ours to the peer's."""

    floor: float
    stretch: float | None = None
    better: Better = Better.LOWER
    of_ratio: bool = False

    def verdict(self, value: float) -> Verdict:
        """Which goal a value reaches."""
        if self.stretch is not None and self._reaches(value, self.stretch):
            return Verdict.STRETCH
        return Verdict.FLOOR if self._reaches(value, self.floor) else Verdict.MISSED

    def _reaches(self, value: float, bound: float) -> bool:
        return value <= bound if self.better is Better.LOWER else value >= bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured thing: ours, and where there is one, a peer's.

    `cpu` and `peer_cpu` are microseconds of CPU time for one request; `ratio` is ours by the
    peer's, round by round; `x` is what a plot lays it over, the number of rules, and `series` the
    line that it belongs to. `unmeasured` says of peers why they were not measured. What is `aside`
    is shown elsewhere than in the table of all rows.
    """

    case: str
    unit: str
    ours: Spread
    cpu: float | None = None
    peer: str = ""
    theirs: Spread | None = None
    peer_cpu: float | None = None
    ratio: Spread | None = None
    goal: Goal | None = None
    note: str = ""
    x: float | None = None
    series: str = ""
    aside: bool = False
    unmeasured: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """How it stands to its goal."""
        judged = self.ratio if self.goal is not None and self.goal.of_ratio else self.ours
        return Verdict.NO_GOAL if self.goal is None or judged is None else self.goal.verdict(judged.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What one row found, or why it was skipped; `notes` are shown below the table."""

    name: str
    title: str
    figures: tuple[Figure, ...] = ()
    skipped: str = ""
    notes: tuple[str, ...] = ()
    measured: dict[str, Any] = field(default_factory=dict)


def to_json(result: RowResult) -> dict[str, Any]:
    """Plain data, with each figure's verdict."""
    plain = asdict(result)
    for figure, made in zip(plain["figures"], result.figures, strict=True):
        figure["verdict"] = made.verdict
    return plain


def from_json(plain: dict[str, Any]) -> RowResult:
    """The opposite of `to_json`."""
    figures = tuple(_figure(dict(figure)) for figure in plain["figures"])
    return RowResult(**{**plain, "figures": figures, "notes": tuple(plain["notes"])})


def _figure(plain: dict[str, Any]) -> Figure:
    del plain["verdict"]
    for name in ("ours", "theirs", "ratio"):
        plain[name] = Spread(**plain[name]) if plain[name] else None
    if plain["goal"]:
        plain["goal"] = Goal(**{**plain["goal"], "better": Better(plain["goal"]["better"])})
    return Figure(**plain)
