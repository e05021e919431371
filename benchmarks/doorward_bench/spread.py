"""Many measurements of one thing: the median and how far they lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of `count` values, the quartiles that half of them lie between, and the extremes."""

    median: float
    lower: float
    upper: float
    least: float
    most: float
    count: int


def spread(values: Iterable[float]) -> Spread:
    """Summarise at least one value."""
    known = sorted(values)
    lower, _, upper = quantiles(known, n=4, method="inclusive") if len(known) > 1 else (known[0],) * 3
    return Spread(median=median(known), lower=lower, upper=upper, least=known[0], most=known[-1], count=len(known))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours by theirs, round by round: what a loaded machine does to both cancels out."""
    return spread(one / other for one, other in zip(ours, theirs, strict=True) if other)


def shown(value: float) -> str:
    """A number with three digits that count: 12,300, 4.56, 0.0123."""
    size = abs(value)
    if size >= 1000:
        return f"{round(value, 2 - len(str(int(size))) + 1):,.0f}"
    for bound, digits in ((100, 0), (10, 1), (1, 2), (0.1, 3), (0.01, 4)):
        if size >= bound:
            return f"{value:.{digits}f}"
    return f"{value:.2g}"
