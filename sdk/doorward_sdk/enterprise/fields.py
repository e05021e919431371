"""Which fields a manager changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def refuse_unknown(given: Iterable[str], changeable: frozenset[str]) -> None:
    """Raise TypeError for a field that cannot be changed."""
    unknown = sorted(set(given) - changeable)
    if unknown:
        raise TypeError(f"{', '.join(unknown)} cannot be changed; there are {', '.join(sorted(changeable))}")
