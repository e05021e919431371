"""The table of the decision curve: a block for each kind of models, a column for each size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench.spread import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from doorward_bench.result import Figure, RowResult

ROW_NAME = "decision-curve"
"""What the names of its rows begin with."""
PLOT_NAME = "curve.svg"


def curve_table(results: Iterable[RowResult]) -> list[str]:
    """The lines of the table; none where the row was not measured."""
    figures = [figure for result in results if result.name.startswith(ROW_NAME) for figure in result.figures]
    sizes = sorted({figure.x for figure in figures if figure.x is not None})
    if not sizes:
        return []
    lines = [f"| | {' | '.join(f'{size:,.0f} rows' for size in sizes)} | growth |", "|---|" + "---|" * (len(sizes) + 1)]
    for series in dict.fromkeys(figure.series for figure in figures):
        lines += _block(series, [figure for figure in figures if figure.series == series], sizes)
    return lines


def _block(series: str, figures: Sequence[Figure], sizes: Sequence[float]) -> list[str]:
    contest = [figure for figure in figures if not figure.aside]
    ours = {figure.x: figure.ours.median for figure in contest}
    lines = [f"| **{series}** |" + " |" * (len(sizes) + 1), _line("doorward", ours, {}, sizes)]
    for case in dict.fromkeys(figure.case for figure in figures if figure.aside):
        known = {figure.x: figure.ours.median for figure in figures if figure.aside and figure.case == case}
        lines.append(_line(f"doorward, {case}", known, {}, sizes))
    for peer in _peers(contest):
        known = {figure.x: figure.theirs.median for figure in contest if figure.peer == peer and figure.theirs}
        reasons = {figure.x: figure.unmeasured[peer] for figure in contest if peer in figure.unmeasured}
        lines.append(_line(peer, known, reasons, sizes))
    return lines


def _peers(figures: Sequence[Figure]) -> list[str]:
    named = (name for figure in figures for name in (figure.peer, *figure.unmeasured) if name)
    return list(dict.fromkeys(named))


def _line(
    label: str, medians: dict[float | None, float], reasons: dict[float | None, str], sizes: Sequence[float]
) -> str:
    cells = [in_words(medians[size]) if size in medians else _why(reasons.get(size, "")) for size in sizes]
    ends = [medians[size] for size in (sizes[0], sizes[-1]) if size in medians]
    growth = f"{shown(ends[1] / ends[0])} x" if len(ends) == 2 and ends[0] else ""
    return f"| {label} | {' | '.join(cells)} | {growth} |"


def _why(reason: str) -> str:
    """A guess is marked as one; the whole reason stands among the notes."""
    about = reason.rpartition(" about ")[2] if " about " in reason else ""
    return f"*not measured (about {about})*" if about else "*not measured*"


def in_words(microseconds: float) -> str:
    """Like `2.1 us`, `35 ms` or `1.2 s`."""
    for bound, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= bound:
            return f"{shown(microseconds / bound)} {unit}"
    return f"{shown(microseconds)} us"
