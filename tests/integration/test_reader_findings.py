"""What hypothesis and atheris found in the readers once, each with what is said about it now."""

import pytest

from doorward.engine.language.conditions import compile_condition
from doorward.engine.language.expressions import ExpressionError
from doorward.policy import Snapshot
from fuzz.readers import outcome
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, MODEL, RULES


@pytest.mark.parametrize(
    ("directory", "line", "said"),
    [
        pytest.param("tenants:\n- {a: b}\n", 1, "is no text", id="a tenant that is a mapping"),
        pytest.param("tenants: [[a]]\n", 1, "is no text", id="a tenant that is a list"),
        pytest.param("tenants: [\n", 1, "no YAML", id="an end after the last line"),
        pytest.param("%YAML 1.1\n", 1, "no YAML", id="a directive alone"),
        pytest.param("a: b\nc: d\re: f\n", 2, "'\\r' may not stand", id="a carriage return within"),
        pytest.param("a: b\nc: d\u2028e: f\n", 2, "'\\u2028' may not stand", id="a line separator"),
        pytest.param("a: b\nc: d\x85e: f\n", 2, "'\\x85' may not stand", id="a line break of another code"),
        pytest.param("a: b\nc: \x07\n", 2, "'\\x07' may not stand", id="a control character"),
        pytest.param("a: b\n...\n%TAG ! b\n", 3, "%TAG", id="tag directives, which PyYAML reads in quadratic time"),
        pytest.param("a: !%0A b\n", 1, "a tag ('!\\n')", id="a tag with a line break"),
        pytest.param('subjects:\n  "a\\nb": 1\n', 2, "'subjects.a\\nb' must be", id="a key with a line break"),
        pytest.param('actions:\n  "a\\nb": 1\n', 2, "'actions.a\\nb' must be", id="actions with a line break"),
    ],
)
def test_the_fault_of_a_directory_is_told_with_its_line(directory: str, line: int, said: str) -> None:
    files = {ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode(), DIRECTORY: directory.encode()}
    problems = outcome(files)
    assert not isinstance(problems, Snapshot)
    assert any(one.line == line and said in one.message for one in problems), problems


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        pytest.param("r.ctx.subject.level == 1or True", "`1or` is no number", id="a number runs into a word"),
        pytest.param("r.ctx.subject.level == 0x1for", "`0x1for` is no number", id="a hexadecimal one, too"),
        pytest.param(
            r"regexMatch(r.ctx.subject.name, '\ud800')", "half a character", id="half a character as a pattern"
        ),
        pytest.param(r"r.ctx.subject.name in ['\udfff']", "half a character", id="half a character in a list"),
    ],
)
def test_a_condition_is_refused_in_words(condition: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        compile_condition(condition)


@pytest.mark.parametrize("number", ["1", "1.", ".5", "1e5", "1.5e+3", "2E-1", "0x1F", "0o17", "0b1", "1_000"])
def test_numbers_of_every_spelling_are_numbers(number: str) -> None:
    compiled = compile_condition(f"r.ctx.context.number == {number}")
    assert compiled is not None
    assert compiled.holds({"context": {"number": float(eval(number))}})  # noqa: S307 - the literals above


def test_a_large_octal_escape_is_a_character_without_a_warning() -> None:
    compiled = compile_condition(r"r.ctx.context.name == '\400\777\101'")
    assert compiled is not None
    assert compiled.holds({"context": {"name": "\u0100\u01ffA"}})
