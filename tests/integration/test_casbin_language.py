"""Random policies of the whole language: three opinions on each question, stock Casbin's, a plain reading's, the engine's."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Decision, Question
from doorward.domain.errors import PolicyInvalid
from doorward.policy import Snapshot, Tree, load_snapshot
from support.casbin_catalogue import context_of
from support.casbin_conditions import ask
from support.casbin_language import ORDERED, PRIORITY, SUBJECT_PRIORITY, Language
from support.casbin_language_policies import CTX, Generated, generated
from support.casbin_language_questions import ADDRESS, Put, questions, with_gaps
from support.casbin_oracle import StockCasbin
from support.casbin_reference import ALLOW, ALLOW_AND_DENY, DENY
from support.trees import snapshot, tree

QUESTIONS = 5
SHARE = SCALE if SCALE >= 1 else SCALE / 2  # they are dear: the bounded tests have half of what is due
EFFECTS = [ALLOW, ALLOW_AND_DENY, DENY, PRIORITY, SUBJECT_PRIORITY]
EXAMPLES = max(1, round(20_000 / QUESTIONS / len(EFFECTS) * SHARE))
property_settings = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def fewer(times: int) -> settings:
    """So many times fewer policies."""
    return settings(property_settings, max_examples=max(1, round(20_000 / QUESTIONS / times * SHARE)))


pytestmark = pytest.mark.timeout(3_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files are written that stock Casbin reads."""
    return tmp_path_factory.mktemp("casbin")


def authzen_question(put: Put) -> Question:
    """What AuthZEN asks."""
    told = {name: put.values.get(name) for name in ("sub", "dom", "obj", "act")}
    return ask(
        told["sub"] or "alice", told["dom"] or "-", told["obj"] or "/a", told["act"] or "read", put.attributes, put.now
    )


def full_request(language: Language, made: Generated, put: Put) -> dict[str, Any]:
    """The request with all that stands for `ctx`."""
    if CTX not in put.values:
        return dict(put.values)
    if not made.authzen:
        return {**put.values, CTX: context_of(put.values, put.now, ADDRESS)}
    asked = authzen_question(put)
    held = language.roles["g"].held(asked.sub, asked.dom, put.now) if _gives_roles(language, put) else set()
    return {**put.values, CTX: asked.context(held)}


def _gives_roles(language: Language, put: Put) -> bool:
    return "g" in language.roles and "sub" in put.values


def answered(loaded: Snapshot, made: Generated, put: Put) -> Decision:
    """The engine's answer."""
    if made.authzen:
        return loaded.evaluator.decide(authzen_question(put))
    return loaded.enforce(tuple(put.values.values()), put.section, put.now, ADDRESS)


def loads(rules: str, model: str) -> Snapshot:
    """A loaded policy. Patterns that stock Casbin takes for each other's names are refused: another example, please."""
    try:
        return snapshot(rules, model)
    except PolicyInvalid as refused:
        assume(not all("itself for a name" in one.message for one in refused.problems))
        raise


def line_of(loaded: Snapshot, put: Put, decision: Decision) -> int:
    """Where the rule stands that decided."""
    evaluator = loaded.sections[put.section]
    return next(evaluator.line(rule) for rule in evaluator.rules if evaluator.name(rule) == decision.rule)


def compare(folder: Path, made: Generated, puts: list[Put]) -> None:
    """The three opinions on some questions."""
    language = made.language
    note(f"{language.model}\n{language.rules}")
    loaded = loads(language.rules, language.model)
    stock = StockCasbin(folder, language.model, language.rules)
    for put in puts:
        request = full_request(language, made, put)
        note(f"{put.section} {request} at {put.now}")
        allowed, line = language.decide(put.section, request, put.now)
        assert stock.enforce(list(request.values()), put.section, put.now) is allowed
        decision = answered(loaded, made, put)
        assert decision.error is None, decision.error.message
        assert decision.absent == ()
        assert decision.allowed is allowed
        assert (None if decision.rule is None else line_of(loaded, put, decision)) == line
        if made.authzen:
            explained = loaded.explain(authzen_question(put)).decision
            assert (explained.allowed, explained.rule) == (decision.allowed, decision.rule)


@pytest.mark.parametrize("effect", EFFECTS)
@property_settings
@given(data=st.data())
def test_decisions_on_the_whole_language_equal_stock_casbins(folder: Path, effect: str, data: st.DataObject) -> None:
    made = data.draw(generated(effect))
    compare(folder, made, [data.draw(questions(made)) for _ in range(QUESTIONS)])


@fewer(40)
@given(data=st.data())
def test_decisions_among_hundreds_of_rows_equal_stock_casbins(folder: Path, data: st.DataObject) -> None:
    made = data.draw(generated(data.draw(st.sampled_from(EFFECTS)), more=data.draw(st.integers(50, 300))))
    compare(folder, made, [data.draw(questions(made)) for _ in range(4 * QUESTIONS)])


@fewer(4)
@given(data=st.data())
def test_a_policy_that_changes_by_a_row_decides_as_one_that_is_read_anew(data: st.DataObject) -> None:
    made = data.draw(generated(data.draw(st.sampled_from(EFFECTS)), more=data.draw(st.sampled_from([0, 60]))))
    language = made.language
    lines = language.rules.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    other = "".join(lines[:at] + lines[at + 1 :])
    texts = [(other, language.rules), (language.rules, other)][:: data.draw(st.sampled_from([1, -1]))]
    before, after = texts[0]
    note(f"{language.model}\n{before}\nbecomes\n{after}")
    try:
        first, anew = loads(before, language.model), loads(after, language.model)
    except PolicyInvalid:  # without its only row a section set does not load
        return
    changed = load_snapshot(Tree(tree(after, language.model)), previous=first)
    for _ in range(4 * QUESTIONS):
        put = data.draw(questions(made))
        one, two = answered(changed, made, put), answered(anew, made, put)
        assert (one.allowed, one.rule, one.absent) == (two.allowed, two.rule, two.absent)


def stock_answer(stock: StockCasbin, put: Put, request: dict[str, Any]) -> bool | None:
    """Stock Casbin's answer; None where it raises, as it does at an absent attribute."""
    try:
        return stock.enforce(list(request.values()), put.section, put.now)
    except Exception:  # noqa: BLE001 - it raises anything
        return None


@fewer(4)
@given(data=st.data())
def test_absent_attributes_open_nothing(folder: Path, data: st.DataObject) -> None:
    made = data.draw(generated(data.draw(st.sampled_from(EFFECTS))))
    language = made.language
    note(f"{language.model}\n{language.rules}")
    if "has(" in language.model + language.rules:  # it knows what is absent, and is no function of stock Casbin
        return
    loaded = loads(language.rules, language.model)
    stock = StockCasbin(folder, language.model, language.rules)
    for _ in range(QUESTIONS):
        put = data.draw(with_gaps(data.draw(questions(made))))
        request = full_request(language, made, put)
        note(f"{put.section} {request} at {put.now}")
        decision = answered(loaded, made, put)
        assert decision.error is None, decision.error.message
        if not decision.allowed:
            continue
        assert stock_answer(stock, put, request) is not False
        line = None if decision.rule is None else line_of(loaded, put, decision)
        before = language.certain(put.section, request, put.now)
        assert line is None or before[line] == "allow"
        if language.effect in ORDERED:
            before = dict(list(before.items())[: list(before).index(line)])
        assert "deny" not in before.values()
