"""Where Doorward means to differ from stock Casbin: both are asked, and both answers are expected."""

from dataclasses import dataclass, field
from pathlib import Path

from doorward.domain.access import Question
from support.casbin_oracle import StockCasbin
from support.casbin_small import EVERYTHING, ask, faults
from support.trees import MODEL, snapshot

ALLOWS, DENIES, RAISES, NOT_LOADED = "allows", "denies", "raises", "does not load"
ERROR = "denies with an error"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A policy and a question that stock Casbin and Doorward answer differently.

    `doorward` is what it answers, or the words of its load error.
    """

    rules: str = EVERYTHING
    model: str = MODEL
    question: Question = field(default_factory=ask)
    stock: str
    doorward: str


def stock_answer(folder: Path, one: Difference) -> str:
    """What stock Casbin does, whatever it raises."""
    try:
        stock = StockCasbin(folder, one.model, one.rules)
    except Exception:  # noqa: BLE001 - it raises anything
        return NOT_LOADED
    try:
        return ALLOWS if stock.allows(one.question) else DENIES
    except Exception:  # noqa: BLE001 - it raises anything
        return RAISES


def doorward_answer(one: Difference) -> str:
    """What Doorward does, or the first load error with its place."""
    found = faults(one.rules, one.model)
    if found:
        return str(found[0])
    decision = snapshot(one.rules, one.model).decide(one.question)
    if decision.error is not None:
        return ERROR
    return ALLOWS if decision.allowed else DENIES


def check(folder: Path, one: Difference) -> None:
    """Assert that the difference is what it is said to be."""
    assert stock_answer(folder, one) == one.stock
    answer = doorward_answer(one)
    assert answer == one.doorward if one.doorward in {ALLOWS, DENIES, ERROR} else one.doorward in answer
