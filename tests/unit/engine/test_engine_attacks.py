"""What a caller or a careless rule could turn into an open door, or into a door that stands still."""

import time

import pytest

from doorward.domain.access import AccessRequest, Question
from doorward.domain.errors import PolicyInvalid
from support.trees import MODEL, snapshot

OWNER = "p, owners, *, *, doc:*, edit, r.ctx.subject.id in r.ctx.resource.owners, allow\n"


def edit(owners: object) -> tuple[bool, bool]:
    request = AccessRequest("user", "ali", "edit", "doc", "1", None, None, {"owners": owners})
    decision = snapshot(OWNER).decide(Question("user:ali", "-", "doc:1", "edit", request))
    return decision.allowed, decision.error is not None


def test_part_of_a_text_is_no_element_of_a_list() -> None:
    assert edit(["ali"]) == (True, False)
    assert edit("alice,bob") == (False, True)


def test_numbers_that_collide_do_not_hold_up_anybody() -> None:
    rules = "p, groups, *, *, doc:*, read, any_in(r.ctx.subject.groups, ('a','b')), allow\n"
    numbers = [(2**61 - 1) * count for count in range(20_000)]
    request = AccessRequest("user", "a", "read", "doc", "1", {"groups": numbers})
    policy = snapshot(rules)
    started = time.perf_counter()
    assert not policy.decide(Question("user:a", "-", "doc:1", "read", request)).allowed
    assert time.perf_counter() - started < 2, "colliding numbers took quadratic time"


@pytest.mark.parametrize(("numbers", "found"), [([1, 2.0], True), ([3], False), ([True], True), ([2], True)])
def test_equal_numbers_are_shared_whatever_their_type(numbers: list[object], found: bool) -> None:
    policy = snapshot("p, n, *, *, doc:*, read, any_in(r.ctx.subject.n, (1, 2)), allow\n")
    request = AccessRequest("user", "a", "read", "doc", "1", {"n": numbers})
    assert policy.decide(Question("user:a", "-", "doc:1", "read", request)).allowed is found


def test_group_is_no_role_in_conditions() -> None:
    policy = snapshot(
        "p, r, *, *, doc:*, read, 'admin' in r.ctx.subject.roles, allow\ng, user:a, admin, *\ng, user:b, role:admin, *\n"
    )
    allowed = [
        policy.decide(
            Question(f"user:{name}", "-", "doc:1", "read", AccessRequest("user", name, "read", "doc", "1"))
        ).allowed
        for name in ("a", "b")
    ]
    assert allowed == [False, True]


def test_tenant_column_must_be_read() -> None:
    crossing = MODEL.replace(" && keyMatch(r.dom, p.dom)", "")
    with pytest.raises(PolicyInvalid, match="rules would cross tenants"):
        snapshot(model=crossing)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param("p, d, *, doc:1, read, deny", "p.sub and knows no", id="everyone"),
        pytest.param("p, d, user:bob, doc:1, *, deny", "p.act and knows no", id="every action"),
        pytest.param("p, d, user:*, doc:1, read, deny", "p.sub and knows no", id="a prefix"),
    ],
)
def test_star_that_would_never_match_is_refused(row: str, said: str) -> None:
    model = """[request_definition]
r = sub, obj, act
[policy_definition]
p = rule, sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act
"""
    with pytest.raises(PolicyInvalid, match=said):
        snapshot(f"p, a, user:bob, doc:*, read, allow\n{row}\n", model=model)
