"""Small policies, single conditions and their faults, for tests that look at one thing."""

from collections.abc import Mapping
from typing import Any

from doorward.domain.access import AccessRequest, Question
from doorward.domain.errors import PolicyInvalid, Problem
from doorward.engine import Evaluator
from doorward.engine.language.conditions import compile_condition
from doorward.engine.language.expressions import ExpressionError
from support.trees import MODEL, RULES, snapshot

NOTHING: Mapping[str, Any] = {}
EVERYTHING = "p, everything, *, *, *, *, True, allow\n"


def evaluator(rules: str, model: str = MODEL) -> Evaluator:
    """The engine over a policy."""
    return snapshot(rules, model).evaluator


def faults(rules: str = RULES, model: str = MODEL) -> list[Problem]:
    """Why a policy does not load; none if it does."""
    try:
        snapshot(rules, model)
    except PolicyInvalid as refused:
        return list(refused.problems)
    return []


def model(  # noqa: PLR0913 - the definitions of a model
    matcher: str = "r.sub == p.sub",
    *,
    r: str = "sub, obj, act",
    p: str = "sub, obj, act",
    e: str = "some(where (p.eft == allow))",
    g: str = "",
    first: str = "",
) -> str:
    """A model of one line a definition."""
    roles = f"[role_definition]\ng = {g}\n" if g else ""
    return (
        f"{first}[request_definition]\nr = {r}\n[policy_definition]\np = {p}\n{roles}"
        f"[policy_effect]\ne = {e}\n[matchers]\nm = {matcher}\n"
    )


def row(when: str = "True", eft: str = "allow", name: str = "rule", sub: str = "*") -> str:
    """A row of the default model, for every tenant, resource and action."""
    return f"p, {name}, {sub}, *, *, *, {when}, {eft}\n"


def ask(  # noqa: PLR0913 - a question
    sub: str = "user:alice",
    act: str = "read",
    obj: str = "doc:1",
    dom: str = "acme",
    *,
    subject: Mapping[str, Any] = NOTHING,
    action: Mapping[str, Any] = NOTHING,
    resource: Mapping[str, Any] = NOTHING,
    context: Mapping[str, Any] = NOTHING,
    asserted: tuple[str, ...] = (),
    now: float = 0.0,
    address: str = "",
) -> Question:
    """A question with the attributes that are given."""
    request = AccessRequest("user", "alice", act, "doc", "1", subject, action, resource, context)
    return Question(sub, dom, obj, act, request, asserted, now=now, address=address)


def holds(text: str, **sections: Mapping[str, Any]) -> bool:
    """Whether a condition is true of the attributes by section. Raises what it raises."""
    condition = compile_condition(text)
    return condition is None or condition.holds(sections)


def refusal(text: str) -> str:
    """Why a condition is refused at load."""
    try:
        compile_condition(text)
    except ExpressionError as error:
        return str(error)
    raise AssertionError(f"{text!r} is not refused")
