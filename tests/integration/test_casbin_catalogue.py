"""Every model of the catalogue decides as stock Casbin does on the same two files, whichever way it is asked."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from doorward.domain.access import Question
from doorward.policy import Snapshot
from support.casbin_catalogue import Asked, Case, ask_doorward, ask_stock, cases, question
from support.casbin_oracle import StockCasbin
from support.trees import snapshot

CATALOGUE = cases()
BY_POSITION = [case for case in CATALOGUE if "enforce" in case.ways]


@cache
def loaded(case: Case) -> Snapshot:
    """The engine over a case."""
    return snapshot(case.rules, case.model)


@cache
def asked_of(case: Case) -> tuple[Asked, ...]:
    """The questions of a case."""
    return tuple(case.questions())


def by_name(case: Case) -> str:
    return case.name


def stock_authzen(stock: StockCasbin, case: Case, asked: Question) -> bool:
    """Stock Casbin's answer to what AuthZEN asks."""
    return stock.allows(asked, stock.held_roles(asked.sub, asked.dom) if "g" in case.definitions else ())


def stock_answer(stock: StockCasbin, case: Case, asked: Asked) -> bool | None:
    """Its answer in the first way that a case is asked."""
    if "enforce" in case.ways:
        return ask_stock(stock, case, asked)
    given = question(case, asked)
    assert given is not None
    return stock_authzen(stock, case, given)


StockAnswers = Callable[[Case], Sequence[bool | None]]


@pytest.fixture(scope="module")
def stock_answers(tmp_path_factory: pytest.TempPathFactory) -> StockAnswers:
    """Stock Casbin's answers to the questions of a case."""

    @cache
    def answers(case: Case) -> Sequence[bool | None]:
        stock = StockCasbin(tmp_path_factory.mktemp("stock"), case.model, case.rules)
        return [stock_answer(stock, case, asked) for asked in asked_of(case)]

    return answers


def test_the_catalogue_is_large_enough() -> None:
    assert len(CATALOGUE) >= 44
    assert sum(len(asked_of(case)) for case in CATALOGUE) > 10_000


@pytest.mark.parametrize("case", BY_POSITION, ids=by_name)
def test_questions_by_position_are_answered_as_by_stock_casbin(case: Case, stock_answers: StockAnswers) -> None:
    for asked, answer in zip(asked_of(case), stock_answers(case), strict=True):
        decision = ask_doorward(loaded(case), asked)
        assert decision.error is None, (asked, decision.error.message)
        assert decision.allowed is answer, asked


@pytest.mark.parametrize("case", CATALOGUE, ids=by_name)
def test_authzen_is_answered_as_by_stock_casbin_or_told_that_it_cannot_ask(case: Case, tmp_path: Path) -> None:
    stock = StockCasbin(tmp_path, case.model, case.rules)
    evaluator = loaded(case).evaluator
    if loaded(case).enforce_only is not None:
        refused = evaluator.decide(Question("user:mira", "-", "doc:1", "read")).error
        assert refused is not None
        assert refused.status == 501
        return
    for asked in asked_of(case):
        given = question(case, asked)
        if given is None:  # of another section set
            continue
        decision = evaluator.decide(given)
        assert decision.error is None, (asked, decision.error.message)
        assert decision.allowed is stock_authzen(stock, case, given), asked


@pytest.mark.parametrize("case", CATALOGUE, ids=by_name)
def test_each_row_changes_an_answer_of_stock_casbins(case: Case, tmp_path: Path, stock_answers: StockAnswers) -> None:
    answers = list(zip(asked_of(case), stock_answers(case), strict=True))
    assert {answer for _, answer in answers} == {True, False}
    for at, row in enumerate(case.rows()):
        other = StockCasbin(tmp_path, case.model, case.without_row(at))
        assert any(stock_answer(other, case, asked) is not answer for asked, answer in answers), row
