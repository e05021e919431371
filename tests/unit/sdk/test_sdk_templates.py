from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from doorward_sdk import CallError, MalformedEntity, TemplateError
from doorward_sdk.gates.templates import ResourceTemplate


class Color(str, Enum):  # noqa: UP042 - StrEnum came with 3.11
    RED = "red"


class Number(IntEnum):
    ONE = 1


@dataclass
class Agent:
    id: str


def function(agent: object = None, other: object = None, *rest: object, **named: object) -> None:
    """Has arguments of every kind that a template may or may not name."""


@pytest.mark.parametrize(
    ("template", "value", "resource"),
    [
        pytest.param("agents:*", None, "agents:*", id="constant"),
        pytest.param("agents:a:b", None, "agents:a:b", id="constant with colons"),
        pytest.param("agents:{agent}", "7", "agents:7", id="argument"),
        pytest.param("agents:{agent.id}", SimpleNamespace(id=7), "agents:7", id="attribute"),
        pytest.param("a:{agent.a.b}", SimpleNamespace(a=SimpleNamespace(b="x")), "a:x", id="deeper attribute"),
        pytest.param("a:org/{agent}/{other}", "7", "a:org/7/o", id="several"),
        pytest.param("{agent}:x", "doc", "doc:x", id="type"),
        pytest.param("a:{{{agent}}}", "7", "a:{7}", id="braces"),
        pytest.param("a:{agent}", "b:c", "a:b:c", id="a value with a colon stays in the id"),
        pytest.param("a:{agent}", "{other}", "a:{other}", id="a value is not a template"),
        pytest.param("a:{agent}", Color.RED, "a:red", id="string enumeration"),
        pytest.param("a:{agent}", Number.ONE, "a:1", id="number enumeration"),
        pytest.param("a:{agent}", UUID(int=1), f"a:{UUID(int=1)}", id="UUID"),
        pytest.param("a:{agent}", PurePosixPath("x/y"), "a:x/y", id="something with a text of its own"),
    ],
)
def test_a_template_takes_values_of_arguments(template: str, value: object, resource: str) -> None:
    rendered = ResourceTemplate(template, function).render({"agent": value, "other": "o"})
    assert str(rendered) == resource


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param("agents", "write 'type:id'", id="no colon"),
        pytest.param("agents:", "is blank", id="no id"),
        pytest.param(":{agent}", "the type ''", id="no type"),
        pytest.param("a b:{agent}", "must match", id="malformed type"),
        pytest.param("agents:{nobody}", "no argument 'nobody'; it has: agent, other", id="unknown argument"),
        pytest.param("agents:{rest}", "no argument 'rest'", id="positional rest"),
        pytest.param("agents:{named}", "no argument 'named'", id="named rest"),
        pytest.param("agents:{}", "write {argument}", id="no name"),
        pytest.param("agents:{0}", "write {argument}", id="number"),
        pytest.param("agents:{agent[0]}", "write {argument}", id="index"),
        pytest.param("agents:{agent!r}", "write {argument}", id="conversion"),
        pytest.param("agents:{agent:>3}", "write {argument}", id="format"),
        pytest.param("agents:{agent", "template", id="open brace"),
        pytest.param("agents:agent}", "template", id="lone brace"),
    ],
)
def test_a_malformed_template_is_refused_before_any_call(template: str, said: str) -> None:
    with pytest.raises(CallError) as refusal:
        ResourceTemplate(template, function)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, b"7", "", "  ", "a\nb", "x" * 513, "*", [1], {"a": 1}, (1,), object(), Agent("7")],
)
def test_a_value_that_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(MalformedEntity, match=r"\{agent\} of function"):
        ResourceTemplate("agents:{agent}", function).render({"agent": value})


def test_a_value_cannot_move_the_colon_between_type_and_id() -> None:
    with pytest.raises(MalformedEntity, match="must match"):
        ResourceTemplate("{agent}:{other}", function).render({"agent": "doc:secret", "other": "o"})


def test_a_missing_attribute_is_named() -> None:
    with pytest.raises(TemplateError, match="a str has no attribute 'id'"):
        ResourceTemplate("agents:{agent.id}", function).render({"agent": "7"})
