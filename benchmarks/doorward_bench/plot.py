"""results.json to plot.svg and curve.svg. Runs in the peers' venv, which has matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

from doorward_bench.curve_table import PLOT_NAME, ROW_NAME
from doorward_bench.plot_curve import draw

_COLOURS = {"doorward": "#0b6e99", "pycasbin": "#c26e1a", "cedarpy": "#7a5195", "goal": "#888888"}
Figure = dict[str, Any]


def main() -> None:
    """Three panels: a decision and a load by the number of rules, and the ratios to the peers. The curve apart."""
    folder = Path(sys.argv[1])
    rows = {row["name"]: row["figures"] for row in json.loads((folder / "results.json").read_text())["rows"]}
    mpl.rcParams.update({"svg.hashsalt": "doorward", "svg.fonttype": "none", "font.size": 9})
    plot, panels = plt.subplots(1, 3, figsize=(15, 4.8), layout="constrained")
    _by_size(panels[0], rows.get("decision-rbac", []), "A decision in process", "us of CPU")
    _goal_line(panels[0], rows.get("decision-rbac", []))
    _loads(panels[1], rows.get("load-time", []))
    _ratios(panels[2], [figure | {"row": name} for name, figures in rows.items() for figure in figures])
    plot.savefig(folder / "plot.svg", metadata={"Date": None})
    plot.savefig(folder / "plot.png", dpi=110)
    curve = draw(plt, [figure for name, figures in rows.items() if name.startswith(ROW_NAME) for figure in figures])
    if curve is not None:
        curve.savefig(folder / PLOT_NAME, metadata={"Date": None})
        curve.savefig(folder / "curve.png", dpi=80)


def _series(panel: Any, figures: list[Figure], side: str, label: str, style: str = "o-") -> None:  # noqa: ANN401
    """Medians with the quartiles as bars."""
    known = {figure["x"]: figure[side] for figure in figures if figure[side]}
    if not known:
        return
    middle = [one["median"] for one in known.values()]
    bars = (
        [one["median"] - one["lower"] for one in known.values()],
        [one["upper"] - one["median"] for one in known.values()],
    )
    colour = _COLOURS[label.split(",", maxsplit=1)[0]]
    panel.errorbar(list(known), middle, bars, fmt=style, color=colour, label=label, capsize=2)


def _axes(panel: Any, title: str, unit: str) -> None:  # noqa: ANN401
    panel.set(xscale="log", yscale="log", title=title, xlabel="rows of policy", ylabel=unit)
    panel.grid(alpha=0.3)
    if panel.get_legend_handles_labels()[0]:
        panel.legend()


def _by_size(panel: Any, figures: list[Figure], title: str, unit: str) -> None:  # noqa: ANN401
    _series(panel, figures, "ours", "doorward")
    for peer in dict.fromkeys(figure["peer"] for figure in figures if figure["peer"]):
        _series(panel, [figure for figure in figures if figure["peer"] == peer], "theirs", peer)
    _axes(panel, title, unit)


def _goal_line(panel: Any, figures: list[Figure]) -> None:  # noqa: ANN401
    goals = {figure["x"]: figure["goal"]["floor"] for figure in figures if figure["goal"]}
    if goals:
        panel.plot(list(goals), list(goals.values()), "--", color=_COLOURS["goal"], label="goal")
        panel.legend()


def _loads(panel: Any, figures: list[Figure]) -> None:  # noqa: ANN401
    for words, style in (("RBAC", "o-"), ("prefixes", "s--")):
        chosen = [figure for figure in figures if words in figure["case"]]
        _series(panel, chosen, "ours", f"doorward, {words}", style)
        _series(panel, chosen, "theirs", f"pycasbin, {words}", style)
    _axes(panel, "Loading a policy", "s of CPU")


def _ratios(panel: Any, figures: list[Figure]) -> None:  # noqa: ANN401
    """How far each ratio is from its goal: 1 is the floor, to the right is better."""
    judged = [figure for figure in figures if figure["goal"] and figure["goal"]["of_ratio"] and figure["ratio"]]
    for place, figure in enumerate(reversed(judged)):
        goal, ratio = figure["goal"], figure["ratio"]
        low, middle, high = (_gain(goal, ratio[name]) for name in ("lower", "median", "upper"))
        colour = _COLOURS["doorward"] if middle >= 1 else "#b3261e"
        panel.plot([low, high], [place, place], color=colour, linewidth=4, alpha=0.4)
        panel.plot(middle, place, "o", color=colour)
        if goal["stretch"]:
            panel.plot(_gain(goal, goal["stretch"]), place, "|", color=_COLOURS["goal"], markersize=14)
    panel.axvline(1, color=_COLOURS["goal"], linestyle="--")
    panel.set_yticks(range(len(judged)), [_label(figure) for figure in reversed(judged)])
    panel.set(
        xscale="log",
        title="Ratios to the peer, beside their goals",
        xlabel="times the goal; right is better, grey bar: stretch",
    )
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["1/4", "1/2", "1", "2", "4", "8"])
    panel.grid(alpha=0.3, axis="x")


def _gain(goal: dict[str, Any], value: float) -> float:
    floor = float(goal["floor"])
    return value / floor if goal["better"] == "higher" else floor / value


def _label(figure: Figure) -> str:
    return f"{figure['row']}: {figure['case']}\nto {figure['peer']}"


if __name__ == "__main__":
    main()
