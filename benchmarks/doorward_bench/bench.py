"""What a row is given: how long to measure, where to write, and the peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doorward_bench.peers import Peers
    from doorward_bench.progress import Progress
    from doorward_bench.result import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run: `rounds` of `seconds` each, in a folder of its own; `quick` leaves large policies out."""

    rounds: int
    seconds: float
    quick: bool
    folder: Path
    peers: Peers
    progress: Progress

    @property
    def repeats(self) -> int:
        """How often to do what is done once and not for a time, like starting a server."""
        return max(2, min(self.rounds, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: `goals` in words, as the design has them; `run` measures and judges."""

    name: str
    title: str
    goals: str
    run: Callable[[Bench], list[Figure]]
    notes: tuple[str, ...] = ()
