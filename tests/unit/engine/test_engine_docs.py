"""docs/reference: every function, section, limit and difference stands there, and every example answers as it says."""

import datetime as dt
import importlib.util
import json
import re
from types import ModuleType

import pytest

from doorward.domain.access import AccessRequest, Question
from doorward.engine.language import expressions
from doorward.engine.language.conditions import FUNCTIONS, SECTIONS
from support.casbin_small import evaluator, faults, row
from support.trees import ROOT

CONDITIONS = (ROOT / "docs/reference/conditions.md").read_text()
DIFFERENCES = (ROOT / "docs/reference/casbin-differences.md").read_text()
TESTS = ROOT / "tests/integration"
EXAMPLES = re.findall(r"\| `([^`]+)` \| (true|false|undecided|error|refused) \|", CONDITIONS)
NOON = dt.datetime(2026, 7, 6, 12, tzinfo=dt.UTC).timestamp()


def question() -> Question:
    """The one question of the page."""
    (text,) = re.findall(r"```json\n(.*?)```", CONDITIONS, flags=re.DOTALL)
    asked = json.loads(text)
    subject, resource, action = asked["subject"], asked["resource"], asked["action"]
    request = AccessRequest(
        subject["type"], subject["id"], action["name"], resource["type"], resource["id"],
        subject["properties"], action["properties"], resource["properties"], asked["context"],
    )  # fmt: skip
    return Question("user:alice", "acme", "doc:7", "read", request, now=NOON, address="10.1.2.3")


def answer(condition: str) -> str:
    """What becomes of a condition, in the words of the page."""
    if faults(row(condition)):
        return "refused"
    decision = evaluator(row(condition)).decide(question())
    if decision.error is not None:
        return "error"
    return "undecided" if decision.absent else str(decision.allowed).lower()


@pytest.mark.parametrize(("condition", "result"), [pytest.param(*one, id=one[0]) for one in EXAMPLES])
def test_example_answers_as_the_page_says(condition: str, result: str) -> None:
    assert answer(condition) == result


def test_the_page_has_an_example_of_every_function_and_result() -> None:
    assert {result for _, result in EXAMPLES} == {"true", "false", "undecided", "error", "refused"}
    assert all(any(f"{name}(" in condition for condition, _ in EXAMPLES) for name in FUNCTIONS)


def test_every_function_is_documented_and_exists() -> None:
    documented = re.findall(r"^\| `(\w+)\([a-z]+(?:, [a-z]+)?\)` \|", CONDITIONS, flags=re.MULTILINE)
    assert documented == list(FUNCTIONS)


def test_every_section_is_documented_and_exists() -> None:
    table = CONDITIONS.split("## What `r.ctx` holds", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == SECTIONS


def test_every_limit_is_documented() -> None:
    limits = (expressions.MAX_LENGTH, expressions.MAX_NODES, expressions.MAX_DEPTH)
    characters, parts, levels = limits
    assert f"Limits: {characters} characters, {parts} parts, {levels} levels of nesting." in CONDITIONS


def test_the_conditions_at_the_top_load() -> None:
    (text,) = re.findall(r"```\n(.*?)```", CONDITIONS, flags=re.DOTALL)
    assert [answer(line) for line in text.splitlines()] == ["true", "undecided", "true"]


def load(name: str) -> ModuleType:
    """A test module by its file."""
    spec = importlib.util.spec_from_file_location(f"documented_{name}", TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_in(name: str) -> set[str]:
    """The tests of a module as pytest names them."""
    found = set()
    for test, function in vars(load(name)).items():
        if not test.startswith("test_"):
            continue
        marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
        cases = [case for mark in marks for case in mark.args[1]]
        found |= {f"{test}[{case.id}]" for case in cases} if cases else {test}
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in TESTS.glob("test_casbin_differences_*.py")))
def test_every_difference_is_proven_and_documented(name: str) -> None:
    (section,) = (part for part in DIFFERENCES.split("\n## ") if f"/{name}.py" in part)
    named = re.findall(r"\| `(test_\w+(?:\[[^`]+\])?)` \|$", section, flags=re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == names_in(name)


def differences() -> list[tuple[str, str]]:
    """The test and the direction of every row."""
    rows = [line for line in DIFFERENCES.split("## Where it is neither")[0].splitlines() if "`test_" in line]
    return [
        (line.rstrip(" |").split("`")[-1 - line.rstrip(" |").endswith("`")], line.split(" | ")[-2]) for line in rows
    ]


def test_every_difference_has_a_direction_that_the_page_explains() -> None:
    explained = re.findall(r"^\* \*\*([a-z ]+)\*\*", DIFFERENCES, flags=re.MULTILINE)
    assert {direction for _, direction in differences()} == set(explained)


def test_each_difference_that_is_neither_denial_nor_load_error_says_why() -> None:
    reasons = DIFFERENCES.split("## Where it is neither")[1]
    neither = {test for test, direction in differences() if direction not in {"load error", "denial"}}
    assert set(re.findall(r"`(test_[^`]+)`", reasons)) == neither
