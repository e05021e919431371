"""The decision curve as curve.svg: a panel for each kind of models, and one of ours alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from doorward_bench.curve_table import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

Figure = dict[str, Any]
_SECONDS = {1: "1 us", 10: "10 us", 100: "100 us", 1e3: "1 ms", 1e4: "10 ms", 1e5: "100 ms", 1e6: "1 s", 1e7: "10 s"}
_GREY = "#888888"
_ROOM = 40
"""So many times the largest size, for the words at the end of a line."""
_LINE_OF_TEXT = 2.6
"""So many times the height of one word on the logarithmic scale is the next one's."""


class _Style(NamedTuple):
    """A contestant's line: told apart by its mark and dashes too, not by colour alone."""

    colour: str
    line: str


_STYLES = {
    "doorward": _Style("#0b6e99", "o-"),
    "pycasbin": _Style("#c26e1a", "s--"),
    "cedarpy": _Style("#7a5195", "^:"),
}
_OURS = ("o-", "s--", "^:", "D-.", "v-")


def draw(plt: Any, figures: Sequence[Figure]) -> Any:  # noqa: ANN401 - matplotlib's types are not here
    """The whole plot; None where nothing was measured."""
    figures = [figure for figure in figures if not figure["aside"]]
    kinds = list(dict.fromkeys(figure["series"] for figure in figures))
    if not kinds:
        return None
    plot, panels = plt.subplots(2, 3, figsize=(15, 9), layout="constrained")
    for panel, kind in zip(panels.flat, kinds, strict=False):
        _kind(panel, kind, [figure for figure in figures if figure["series"] == kind])
    _ours_alone(panels.flat[len(kinds)], kinds, figures)
    return plot


def _medians(figures: Sequence[Figure], side: str) -> dict[float, dict[str, float]]:
    return {figure["x"]: figure[side] for figure in figures if figure[side]}


def _line(panel: Any, known: dict[float, dict[str, float]], colour: str, style: str) -> None:  # noqa: ANN401
    """Medians with the quartiles as bars."""
    spreads = known.values()
    bars = (
        [one["median"] - one["lower"] for one in spreads],
        [one["upper"] - one["median"] for one in spreads],
    )
    panel.errorbar(
        list(known), [one["median"] for one in spreads], bars, fmt=style, color=colour, capsize=2, markersize=5
    )


def _kind(panel: Any, kind: str, figures: Sequence[Figure]) -> None:  # noqa: ANN401
    lines = {"doorward": _medians(figures, "ours")}
    for peer in dict.fromkeys(figure["peer"] for figure in figures if figure["peer"]):
        lines[peer] = _medians([figure for figure in figures if figure["peer"] == peer], "theirs")
    lowest_free = 0.0
    for name, known in sorted(lines.items(), key=lambda line: line[1][max(line[1])]["median"]):
        style = _STYLES[name]
        _line(panel, known, style.colour, style.line)
        last = max(known)
        value = known[last]["median"]
        height = max(value, lowest_free)
        lowest_free = height * _LINE_OF_TEXT
        panel.text(last * 1.5, height, f"{name} {in_words(value)}", va="center", color=style.colour)
    _goal(panel, figures)
    sizes = sorted({figure["x"] for figure in figures})
    panel.set(
        xscale="log",
        yscale="log",
        title=kind.replace("`", ""),
        xlabel="rows of policy",
        ylabel="CPU time of one decision",
    )
    panel.set_ylim(0.5, 4e7)
    panel.set_yticks(list(_SECONDS), list(_SECONDS.values()))
    _sizes(panel, sizes)


def _goal(panel: Any, figures: Sequence[Figure]) -> None:  # noqa: ANN401
    goals = {figure["x"]: figure["goal"]["floor"] for figure in figures if figure["goal"]}
    if goals:
        panel.plot(list(goals), list(goals.values()), color=_GREY, linewidth=1, linestyle=(0, (6, 3)))
        first = min(goals)
        panel.annotate(
            f"goal: {goals[first]:g} us",
            (first, goals[first]),
            xytext=(0, 5),
            textcoords="offset points",
            color=_GREY,
        )


def _sizes(panel: Any, sizes: Sequence[float]) -> None:  # noqa: ANN401
    panel.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    panel.set_xlim(sizes[0] / 2, sizes[-1] * _ROOM)
    panel.minorticks_off()
    panel.grid(alpha=0.3)


def _ours_alone(panel: Any, kinds: Sequence[str], figures: Sequence[Figure]) -> None:  # noqa: ANN401
    """All kinds on a scale that is not logarithmic: what flat means in microseconds."""
    ends = []
    for kind, style in zip(kinds, _OURS, strict=False):  # fewer kinds while the rows are measured one by one
        known = _medians([figure for figure in figures if figure["series"] == kind], "ours")
        _line(panel, known, _STYLES["doorward"].colour, style)
        last = max(known)
        ends.append((known[last]["median"], last, kind))
    top = 1.15 * max(value["median"] for figure in figures for value in [figure["ours"]])
    lowest_free = top / 30
    for value, last, kind in sorted(ends):
        height = max(value, lowest_free)
        lowest_free = height + top / 18
        words = f"{kind.partition(',')[0]} {in_words(value)}"
        panel.text(last * 1.5, height, words, va="center", color=_STYLES["doorward"].colour)
    panel.set(xscale="log", title="Doorward alone, linear", xlabel="rows of policy", ylabel="us of CPU")
    panel.set_ylim(0, max(top, lowest_free))
    _sizes(panel, sorted({figure["x"] for figure in figures}))
