"""Every decision equals stock Casbin's, and the rule that decides is the one that a plain reading finds."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Question
from support.casbin_models import DEFAULT, shapes
from support.casbin_oracle import StockCasbin
from support.casbin_policies import policies, questions
from support.casbin_reference import Policy
from support.trees import MODEL, snapshot

QUESTIONS = 5
SHARE = SCALE if SCALE >= 1 else SCALE / 2  # they are dear: the bounded tests have half of what is due
EXAMPLES = max(1, round(20_000 / QUESTIONS * SHARE))
property_settings = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
pytestmark = pytest.mark.timeout(3_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files are written that stock Casbin reads."""
    return tmp_path_factory.mktemp("casbin")


def compare(folder: Path, policy: Policy, asked: list[Question]) -> None:
    """Three opinions on each question: the engine's, stock Casbin's, the plain reading's."""
    note(f"{policy.shape.text}\n{policy.text}")
    evaluator = snapshot(policy.text, policy.shape.text).evaluator
    stock = StockCasbin(folder, policy.shape.text, policy.text)
    by_name = {evaluator.name(rule): evaluator.line(rule) for rule in evaluator.rules}
    for question in asked:
        note(f"{question.sub} {question.dom} {question.obj} {question.act} {question.context(policy.held(question))}")
        decision = evaluator.decide(question)
        assert decision.error is None
        assert decision.absent == ()
        assert decision.allowed is stock.allows(question, policy.held(question))
        line = by_name[decision.rule] if decision.rule is not None else None
        assert (decision.allowed, line) == policy.decide(question)


def test_default_model_of_these_tests_is_the_shipped_one() -> None:
    shipped, ours = (
        [line for line in text.splitlines() if "=" in line.split("#")[0]] for text in (MODEL, DEFAULT.text)
    )
    assert shipped == ours


@property_settings
@given(data=st.data())
def test_decisions_on_the_default_model_equal_stock_casbins(folder: Path, data: st.DataObject) -> None:
    policy = data.draw(policies(DEFAULT))
    compare(folder, policy, [data.draw(questions(policy)) for _ in range(QUESTIONS)])


@property_settings
@given(data=st.data())
def test_decisions_on_its_kin_equal_stock_casbins(folder: Path, data: st.DataObject) -> None:
    policy = data.draw(policies(data.draw(shapes())))
    compare(folder, policy, [data.draw(questions(policy)) for _ in range(QUESTIONS)])
