"""The command `benchmarks/run`."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from doorward_bench import rows
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import REPOSITORY, Peers, Unavailable
from doorward_bench.progress import Progress
from doorward_bench.report import publish, read_results, write_results
from doorward_bench.result import RowResult, Verdict

CACHE = REPOSITORY / ".benchmarks"


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen rows. 0: all were measured or skipped; 1: one failed; 2: usage."""
    wanted = _parser().parse_args(arguments)
    if wanted.list:
        for row in rows.ALL:
            print(f"{row.name:22} {row.title} ({row.goals})")
        return 0
    if wanted.publish:
        write_results(wanted.out, list(read_results(wanted.out).values()), Peers(CACHE))
        publish(wanted.out)
        return 0
    known = {row.name: row for row in rows.ALL}
    unknown = [name for name in wanted.only if not _named(name)]
    if unknown:
        print(f"no row {unknown[0]!r}; there are {', '.join(known)}")
        return 2
    chosen = [row for name in wanted.only for row in _named(name)] or list(rows.ALL)
    results = read_results(wanted.out)
    progress = Progress()
    failed = False
    for number, row in enumerate(chosen, start=1):
        progress.row(row.name, f"{number}/{len(chosen)}")
        try:
            results[row.name] = _measured(row, wanted, progress)
        except Exception:  # noqa: BLE001 - a row that fails must not take the others with it
            progress.done("failed")
            traceback.print_exc()
            failed = True
            continue
        write_results(wanted.out, [results[name] for name in known if name in results], Peers(CACHE))
    print((wanted.out / "table.md").read_text() if (wanted.out / "table.md").exists() else "nothing measured")
    return int(failed)


def _named(name: str) -> list[Row]:
    """The row of that name, and those whose names begin with it and a hyphen."""
    return [row for row in rows.ALL if f"{row.name}-".startswith(f"{name}-")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measure Doorward against its peers, which are fetched into .benchmarks/. "
        "Ours and the peer work in turn; what counts is the median of the ratios of all rounds.",
    )
    parser.add_argument("--list", action="store_true", help="show the rows and their goals, measure nothing")
    parser.add_argument(
        "--only",
        metavar="ROW",
        action="append",
        default=[],
        help="measure this row, or all whose names begin so; may be repeated",
    )
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds of each contest (default 9)")
    parser.add_argument("--seconds", type=float, default=1.0, metavar="S", help="length of a round (default 1)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.3 s and no large policy: does it run?")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="measure nothing; write table and plot again, and put them into docs/",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=CACHE / "results",
        metavar="DIR",
        help="where results.json, table.md and plot.svg go; rows measured before stay (default .benchmarks/results)",
    )
    return parser


def _measured(row: Row, wanted: argparse.Namespace, progress: Progress) -> RowResult:
    how: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "rounds": 3 if wanted.quick else wanted.rounds,
        "seconds": 0.3 if wanted.quick else wanted.seconds,
        "quick": wanted.quick,
        "load": round(os.getloadavg()[0], 2),
        "machine": f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}",
    }
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as folder:
        bench = Bench(
            rounds=how["rounds"],
            seconds=how["seconds"],
            quick=wanted.quick,
            folder=Path(folder),
            peers=Peers(CACHE),
            progress=progress,
        )
        try:
            how["revision"] = bench.peers.doorward_revision
            figures = row.run(bench)
        except Unavailable as error:
            progress.done(f"skipped: {error}")
            return RowResult(name=row.name, title=row.title, skipped=str(error), measured=how)
    missed = sum(figure.verdict is Verdict.MISSED for figure in figures)
    progress.done(f"measured, {missed} missed" if missed else "measured")
    return RowResult(name=row.name, title=row.title, figures=tuple(figures), notes=row.notes, measured=how)
