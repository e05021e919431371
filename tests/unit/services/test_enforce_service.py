"""Questions by position: what reaches the policy, and what is refused before."""

from typing import Any

import pytest

from doorward.domain.access import AccessRequest
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.errors import BadRequest, NotPermitted, NotSupported
from doorward.services.access import AccessService
from doorward.services.enforce import EnforceService
from support.fake_policy import ALLOWED, Asked, FakePolicy, Shape

ADMIN = Caller("admin", ALL_SCOPES)
SHAPES = {
    "": Shape(("sub", "obj", "act"), frozenset({0, 1, 2})),
    "2": Shape(("sub", "dom", "age", "ctx"), frozenset({0, 1})),
    "3": Shape(("ctx",)),
    "4": Shape(("ctx", "sub"), frozenset({1})),
}
SERVICE = EnforceService(lambda: 50.0)


def ask(*values: Any, section: str | None = None, policy: FakePolicy | None = None, caller: Caller = ADMIN) -> Asked:
    policy = policy or FakePolicy(SHAPES)
    assert SERVICE.decide(values, section, caller, policy, "10.0.0.1") is ALLOWED
    return policy.asked[0]


def test_values_reach_the_policy_with_our_clock_and_the_address() -> None:
    assert ask("alice", "/a", "read") == Asked(["alice", "/a", "read"], "", 50.0, "10.0.0.1")


@pytest.mark.parametrize(
    ("values", "reach"),
    [
        pytest.param(("a", "-", 7), ["a", "-", 7, {}], id="left out"),
        pytest.param(("a", "-", 7, None), ["a", "-", 7, {}], id="null"),
        pytest.param(("a", "-", 7, {"ip": 1}), ["a", "-", 7, {"ip": 1}], id="given"),
    ],
)
def test_context_is(values: tuple[Any, ...], reach: list[Any]) -> None:
    assert ask(*values, section="2").values == reach


def test_context_may_be_left_out_only_at_the_end() -> None:
    assert ask(None, "a", section="4").values == [{}, "a"]
    with pytest.raises(BadRequest, match="r4 = ctx, sub takes 2"):
        ask("a", section="4")


def test_model_of_a_context_alone_takes_nothing() -> None:
    assert ask(section="3").values == [{}]


@pytest.mark.parametrize("value", [7, -0.5, True, "", " ", "\n", [], ["x"], {}, {"a": {"b": [1]}}])
def test_token_that_is_no_text_takes_any_value(value: Any) -> None:
    assert ask("a", "t", value, section="2").values[2] == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 512, id="512 bytes"),
        pytest.param("role:admin", id="a role"),
        pytest.param("*", id="a star"),
        pytest.param("\u00fc b", id="not ASCII, with a blank"),
    ],
)
def test_subject_may_be(text: str) -> None:
    assert ask(text, "/a", "read").values[0] == text


def test_path_may_be_longer_than_a_name() -> None:
    assert ask("a", "/" * 4096, "read")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param((), "request has 0 values; r = sub, obj, act takes 3", id="none"),
        pytest.param(("a", "b"), "request has 2 values; r = sub, obj, act takes 3", id="too few"),
        pytest.param(("a", "b", "c", {}), "request has 4 values; r = sub, obj, act takes 3", id="too many"),
        pytest.param(("a",) * 100_000, "request has 100000 values; r = sub, obj, act takes 3", id="far too many"),
        pytest.param((True, "b", "c"), 'request[0] (sub) is a boolean; send a string, like "true"', id="a boolean"),
        pytest.param(("a", 7, "c"), 'request[1] (obj) is a number; send a string, like "7"', id="a number"),
        pytest.param(("a", 7.5, "c"), "request[1] (obj) is a number", id="a decimal"),
        pytest.param(("a", "b", None), "request[2] (act) is null; send a value", id="null"),
        pytest.param(({"id": "a"}, "b", "c"), "request[0] (sub) is an object; send a string", id="an object"),
        pytest.param((["a"], "b", "c"), "request[0] (sub) is an array; send one string", id="an array"),
        pytest.param(("", "b", "c"), "request[0] (sub) is blank; give 1 to 512 bytes", id="empty"),
        pytest.param(("", "", ""), "is blank", id="all empty"),
        pytest.param(("a", " \u00a0", "c"), "request[1] (obj) is blank; give 1 to 4096 bytes", id="blank"),
        pytest.param(("a", "b\nc", "c"), "request[1] (obj) holds a control character", id="a line break"),
        pytest.param(("a", "b", "c\x85"), "request[2] (act) holds a control character", id="a C1 control"),
        pytest.param(("a" * 513, "b", "c"), "request[0] (sub) is longer than 512 bytes", id="a long subject"),
        pytest.param(("\u00fc" * 257, "b", "c"), "request[0] (sub) is longer than 512 bytes", id="in bytes"),
        pytest.param(("a", "b" * 4097, "c"), "request[1] (obj) is longer than 4096 bytes", id="a long path"),
        pytest.param(("a", "\u00fc" * 2049, "c"), "request[1] (obj) is longer than 4096 bytes", id="a path in bytes"),
    ],
)
def test_values_are_refused(values: tuple[Any, ...], says: str) -> None:
    policy = FakePolicy(SHAPES)
    with pytest.raises(BadRequest) as refused:
        ask(*values, policy=policy)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200
    assert policy.asked == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(("a", "b"), "r2 = sub, dom, age, ctx takes 3 values, and an object for ctx if you like", id="few"),
        pytest.param(("a", "b", 1, {}, 1), "request has 5 values; r2 = sub, dom, age, ctx takes 3", id="many"),
        pytest.param(
            ("a", "", 1), "request[1] (dom) is blank; give 1 to 512 bytes; the tenant of no tenant is '-'", id="dom"
        ),
        pytest.param(("a", "b", 1, []), "request[3] (ctx) must be an object", id="an array as context"),
        pytest.param(("a", "b", 1, "x"), "request[3] (ctx) must be an object", id="a text as context"),
    ],
)
def test_values_of_numbered_sections_are_refused(values: tuple[Any, ...], says: str) -> None:
    with pytest.raises(BadRequest) as refused:
        ask(*values, section="2")
    assert says in str(refused.value)


@pytest.mark.parametrize("section", ["", " ", "1", "5", "02", "2 ", "\u0662", "r2", "-2", "2" * 10_000])
def test_unknown_section_is_refused_and_the_known_are_named(section: str) -> None:
    with pytest.raises(BadRequest, match='there are "2" to "4"; leave it out for r, p, e and m') as refused:
        ask("a", "b", "c", section=section)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        pytest.param(("",), "the main ones alone", id="none"),
        pytest.param(("", "2"), 'there is "2";', id="one"),
        pytest.param(("", "2", "3", "4"), 'there are "2" to "4";', id="several"),
    ],
)
def test_sections_that_there_are_named(shapes: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        ask("a", section="9", policy=FakePolicy(dict.fromkeys(shapes, Shape(("sub",)))))


def test_key_of_a_tenant_is_not_permitted_whatever_it_asks() -> None:
    with pytest.raises(NotPermitted, match="bound to none"):
        ask("", section="9", caller=Caller("acme", ALL_SCOPES, tenant="acme"))


def test_access_question_of_a_model_that_has_no_place_for_it_is_not_supported() -> None:
    policy = FakePolicy(SHAPES, enforce_only="the matcher reads r.sub.age")
    request = AccessRequest("user", "a", "read", "doc", "1", context={"tenant": 7})
    access = AccessService(lambda: 50.0)
    for way in (access.decide, access.explain):
        with pytest.raises(NotSupported) as refused:
            way(request, ADMIN, policy)
        message = "the matcher reads r.sub.age; ask POST /v1/enforce with a value for each token of r = sub, obj, act"
        assert str(refused.value) == message
