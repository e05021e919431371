"""Where Doorward means to differ from stock Casbin on a question by position: both are asked, both answers expected."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.casbin_differences import ALLOWS, DENIES, ERROR, NOT_LOADED, RAISES
from support.casbin_oracle import StockCasbin
from support.casbin_small import faults
from support.trees import snapshot


@dataclass(frozen=True, kw_only=True)
class ByPosition:
    """A policy and the values of a question that stock Casbin and Doorward answer differently.

    `before` are questions that are asked before it. `doorward` is its answer, or words of its load error.
    """

    model: str
    rules: str
    values: tuple[Any, ...]
    section: str = ""
    now: float = 0.0
    before: tuple[tuple[Any, ...], ...] = ()
    stock: str
    doorward: str


def stock_answer(folder: Path, one: ByPosition) -> str:
    """What stock Casbin does, whatever it raises; it forgets nothing between the questions."""
    try:
        stock = StockCasbin(folder, one.model, one.rules, forgets=False)
    except Exception:  # noqa: BLE001 - it raises anything
        return NOT_LOADED
    try:
        for values in one.before:
            stock.enforce(values, one.section, one.now)
        return ALLOWS if stock.enforce(one.values, one.section, one.now) else DENIES
    except Exception:  # noqa: BLE001 - it raises anything
        return RAISES


def doorward_answer(one: ByPosition) -> str:
    """What Doorward does, or the first load error with its place."""
    found = faults(one.rules, one.model)
    if found:
        return str(found[0])
    loaded = snapshot(one.rules, one.model)
    for values in one.before:
        loaded.enforce(values, one.section, one.now, "")
    decision = loaded.enforce(one.values, one.section, one.now, "")
    if decision.error is not None:
        return ERROR
    return ALLOWS if decision.allowed else DENIES


def check_by_position(folder: Path, one: ByPosition) -> None:
    """Assert that the difference is what it is said to be."""
    assert stock_answer(folder, one) == one.stock
    answer = doorward_answer(one)
    assert answer == one.doorward if one.doorward in {ALLOWS, DENIES, ERROR} else one.doorward in answer
