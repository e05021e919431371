"""YAML as 1.2 means it, and nothing that hides something."""

from typing import Any

import pytest

from doorward.engine import Problems
from doorward.policy.yaml_reader import read_yaml


def read(text: str) -> tuple[Any, list[str]]:
    problems = Problems("a.yaml")
    return read_yaml(text, problems), [str(one) for one in problems.all()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("true", True), ("False", False),
        ("~", None), ("null", None), ("", None), ("017", 17), ("0o17", 15), ("0x1F", 31), ("1:30", "1:30"),
        ("1e3", 1000.0), ("-1.5", -1.5), (".5", 0.5), ("1_000", "1_000"), ("'12'", "12"), ('"true"', "true"),
        ("2026-01-01", "2026-01-01"), ("=", "="), (".inf", ".inf"), (".nan", ".nan"), ("+7", 7), ("[1, a]", [1, "a"]),
    ],
)  # fmt: skip
def test_scalar_means(text: str, value: object) -> None:
    read_value, problems = read(f"k: {text}\n")
    assert problems == []
    assert read_value["k"] == value
    assert type(read_value["k"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("a: 1\na: 2\n", 2, "stands in line 1", id="a duplicate key"),
        pytest.param("a: &x 1\nb: *x\n", 1, "anchor", id="an anchor"),
        pytest.param("b: *x\n", 1, "alias", id="an alias"),
        pytest.param("a: {x: 1}\nb:\n  <<: {y: 1}\n", 3, "'<<'", id="a merge"),
        pytest.param("a: !!python/object:os.system x\n", 1, "tag", id="a tag"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "second document", id="a second document"),
        pytest.param("- 1\n", 1, "mapping", id="a list at the top"),
        pytest.param("a: [1\n", 1, "no YAML", id="an open bracket"),
        pytest.param("? [a]\n: 1\n", 1, "key", id="a key that is no name"),
        pytest.param("a: " + "[" * 40 + "]" * 40 + "\n", 1, "deeper than 32", id="too deep"),
        pytest.param("a: " + "[" * 20000 + "\n", 1, "deeper than 32", id="very much too deep"),
        pytest.param("a: 1e999\n", 1, "too large", id="a number too large"),
        pytest.param("a: 12345678901234567890\n", 1, "too large", id="an integer too large"),
        pytest.param('a: "\\0"\n', 1, "NUL", id="a NUL"),
        pytest.param("a: \x01\n", 0, "no YAML", id="a control character"),
        pytest.param("a:\n" + "- 1\n" * 200_001, 199_999, "more than 200000", id="too many values"),
    ],
)
def test_refused_with_its_line(text: str, line: int, said: str) -> None:
    value, problems = read(text)
    assert value is None
    assert len(problems) == 1
    assert said in problems[0]
    if line:
        assert problems[0].startswith(f"a.yaml:{line}: ")


def test_empty_document_is_an_empty_mapping() -> None:
    assert read("# nothing\n") == ({}, [])


def test_keys_know_their_lines() -> None:
    value, _ = read("a:\n  b: 1\n\n  c: {d: 2}\n")
    assert value.lines == {"a": 1}
    assert value["a"].lines == {"b": 2, "c": 4}
