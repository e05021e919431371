"""Results to files: results.json for programs, table.md and curve.md for people, plot.svg and curve.svg for eyes."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from doorward_bench.curve_table import PLOT_NAME, curve_table
from doorward_bench.peers import BENCHMARKS, REPOSITORY, Peers, Unavailable
from doorward_bench.result import Better, Figure, Goal, RowResult, Verdict, from_json, to_json
from doorward_bench.spread import Spread, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PAGE = REPOSITORY / "docs/explanation/performance.md"
CURVE = PAGE.with_name("performance-curve.svg")
_HEAD = (
    "| what | ours | peer | ours / peer (quartiles; least to most) | CPU a request, ours / peer | goal (stretch) | |",
    "|---|---|---|---|---|---|---|",
)
_CURVE_IN_WORDS = "The time of one decision by the rows of the policy, for five kinds of models and their peers"
_MARKS = {Verdict.STRETCH: "stretch", Verdict.FLOOR: "floor", Verdict.MISSED: "**missed**", Verdict.NO_GOAL: ""}


def read_results(folder: Path) -> dict[str, RowResult]:
    """The rows measured before, by name."""
    path = folder / "results.json"
    if not path.exists():
        return {}
    return {plain["name"]: from_json(plain) for plain in json.loads(path.read_text())["rows"]}


def write_results(folder: Path, results: Sequence[RowResult], peers: Peers) -> None:
    """Write results.json, table.md and curve.md, and the plots where matplotlib can be had."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"rows": [to_json(one) for one in results]}
    (folder / "results.json").write_text(json.dumps(plain, indent=1) + "\n")
    (folder / "table.md").write_text("\n".join(table(results)) + "\n")
    (folder / "curve.md").write_text("".join(f"{line}\n" for line in curve_table(results)))
    try:
        python = peers.python
    except Unavailable:
        return
    command = [str(python), "-m", "doorward_bench.plot", str(folder)]
    made = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, env={"PYTHONPATH": str(BENCHMARKS)}
    )
    if made.returncode:
        print(f"no plot: {(made.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def publish(folder: Path) -> None:
    """Put the results of a folder into the page of the documentation: tables between their marks, and plots."""
    old = PAGE.read_text()
    measured = read_results(folder)
    page = _put(old, "table", _with_kept(old, (folder / "table.md").read_text(), measured))
    if "http-evaluation" in measured:
        shutil.copy(folder / "plot.svg", PAGE.with_suffix(".svg"))
    curve = (folder / "curve.md").read_text()
    if curve:
        page = _put(page, "curve", f"![{_CURVE_IN_WORDS}]({CURVE.name})\n\n{curve}")
        shutil.copy(folder / PLOT_NAME, CURVE)
    PAGE.write_text(page)


def _with_kept(page: str, new: str, measured: Mapping[str, RowResult]) -> str:
    """The new table, and below it the rows of the page that were not measured again, with their notes."""
    table = page.partition("<!-- the table begins -->")[2].partition("<!-- the table ends -->")[0]
    fresh = {f"| **{result.title}**" for result in measured.values()}
    kept: list[str] = []
    titles: list[str] = []
    keeps = False
    for line in table.splitlines():
        if line.startswith("| **"):
            keeps = line.rsplit("** |", 1)[0].split("** |")[0] + "**" not in fresh
            titles += [line.split("**")[1]] if keeps else []
        if line.startswith("|") and keeps:
            kept.append(line)
    notes = [line for line in table.splitlines() if line.startswith("- ")]
    notes = [line for line in notes if any(line.startswith(f"- {title}:") for title in titles) or ": commit " in line]
    rows, blank, rest = new.partition("\n\n")
    older = [_without(line, measured) for line in notes]
    return rows + "".join(f"\n{line}" for line in kept) + blank + rest + "".join(f"{line}\n" for line in older if line)


def _without(line: str, measured: Mapping[str, RowResult]) -> str:
    """A line that says when rows were measured, without those that were measured again; blank where none is left."""
    names, mark, way = line.removeprefix("- ").partition(": commit ")
    if not mark:
        return line
    left = [name for name in names.split(", ") if name not in measured]
    return f"- {', '.join(left)}{mark}{way}" if left else ""


def _put(page: str, name: str, text: str) -> str:
    """The page with another text between the marks of that name."""
    begin, end = f"<!-- the {name} begins -->", f"<!-- the {name} ends -->"
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise Unavailable(f"{PAGE.name} has no place for the {name}: {begin} and {end}")
    return f"{before}{begin}\n{text}{end}{after}"


def table(results: Sequence[RowResult]) -> list[str]:
    """One Markdown table of all rows, and the notes below it."""
    lines = list(_HEAD)
    notes: list[str] = []
    for result in results:
        lines.append(f"| **{result.title}** | | | | | | |")
        if result.skipped:
            lines.append(f"| skipped: {result.skipped} | | | | | | |")
        lines += [_line(figure) for figure in result.figures if not figure.aside]
        notes += [f"- {result.title}: {note}" for note in result.notes]
        notes += [f"- {figure.case}: {figure.note}" for figure in result.figures if figure.note]
    return [*lines, "", *_measured(results), *dict.fromkeys(notes)]


def _measured(results: Sequence[RowResult]) -> list[str]:
    """When and where it was measured, a line for each way it was done."""
    ways: dict[str, list[RowResult]] = {}
    for result in results:
        how = result.measured
        commit = f"commit {how['revision']}, " if "revision" in how else ""
        way = f"{commit}{how['rounds']} rounds of {how['seconds']:g} s on {how['machine']}"
        ways.setdefault(way + (", policies cut down" if how["quick"] else ""), []).append(result)
    return [
        f"- {', '.join(one.name for one in rows)}: {way}, {_span([one.measured['at'][:10] for one in rows])}, "
        f"load average before it {_span([one.measured['load'] for one in rows])}"
        for way, rows in ways.items()
    ]


def _span(values: Sequence[Any]) -> str:
    return f"{min(values)}" if min(values) == max(values) else f"{min(values)} to {max(values)}"


def _line(figure: Figure) -> str:
    theirs = f"{figure.peer} {shown(figure.theirs.median)}" if figure.theirs else ""
    cpu = "" if figure.cpu is None else f"{shown(figure.cpu)} us"
    if figure.peer_cpu is not None:
        cpu += f" / {shown(figure.peer_cpu)} us"
    cells = (
        figure.case,
        f"{shown(figure.ours.median)} {figure.unit}" + ("" if figure.ratio else f" ({_range(figure.ours)})"),
        f"{theirs} {figure.unit}" if theirs else "",
        f"{_part(figure.ratio.median)} ({_range(figure.ratio, _part)})" if figure.ratio else "",
        cpu,
        goal_in_words(figure.goal, figure.unit),
        _MARKS[figure.verdict],
    )
    return f"| {' | '.join(cells)} |"


def _range(values: Spread, written: Callable[[float], str] = shown) -> str:
    lower, upper, least, most = map(written, (values.lower, values.upper, values.least, values.most))
    return f"{lower} to {upper}; {least} to {most}"


def _part(ratio: float) -> str:
    """A ratio; a small one as a fraction, like 1/350."""
    return shown(ratio) if ratio > 0.1 else f"1/{shown(1 / ratio)}"


def goal_in_words(goal: Goal | None, unit: str) -> str:
    """Like `<= 3 us (2)` or `>= 4 x (6)`."""
    if goal is None:
        return ""
    sign = "<=" if goal.better is Better.LOWER else ">="
    stretch = "" if goal.stretch is None else f" ({goal.stretch:.3g})"
    return f"{sign} {goal.floor:.3g} {'x peer' if goal.of_ratio else unit}{stretch}"
