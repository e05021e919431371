"""Guard: access, flags and limits in one request; one no and nothing is consumed; as the three alone answer."""

import itertools
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.flag_trees import flag_tree
from support.recorded_api import Answer, Api, MakeApi
from support.threads import together

GUARD = "/v1/guard"
_NUMBERS = itertools.count()


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    made = make_api(tree=flag_tree())
    made.tenant("acme")
    made.tenant("globex", plan="enterprise")
    made.user("ann", "acme", roles=["admin"])
    made.user("eve", "globex")
    return made


def evaluation(user: str = "ann", action: str = "create", **context: object) -> dict[str, Any]:
    return {
        "subject": {"type": "user", "id": user},
        "action": {"name": action},
        "resource": {"type": "agents", "id": "*"},
        "context": context,
    }


def guarded(api: Api, access: object = None, **members: object) -> Answer:
    return api("POST", GUARD, {"access": access or evaluation(), **members})


def used(api: Api, limit: str = "max_agents", tenant: str = "acme") -> int:
    answer = api("POST", "/v1/limits/check", {"tenant": tenant, "limit": limit})
    assert answer.status == 200, answer.content
    count: int = answer.body["used"]
    return count


def test_everything_is_answered_at_once_and_consumed(api: Api) -> None:
    answer = guarded(api, flags=["by_user"], consume=[{"limit": "max_agents", "amount": 2}], id="a-1")

    assert answer.status == 200, answer.content
    assert answer.body["allowed"] is True
    assert answer.body["access"] == {"decision": True}
    assert answer.body["flags"] == {"by_user": True}
    assert [(one["name"], one["used"], one["remaining"]) for one in answer.body["limits"]] == [("max_agents", 2, 3)]
    assert answer.body["id"] == "a-1"
    assert answer.headers["ratelimit"] == '"max_agents";r=3'
    assert answer.headers["doorward-revision"]


def test_the_same_id_is_consumed_once(api: Api) -> None:
    consume = [{"limit": "max_agents"}]
    first, second = (guarded(api, consume=consume, id="same").body for _ in range(2))
    clash = guarded(api, consume=[{"limit": "max_agents", "amount": 2}], id="same")

    assert (first["allowed"], second["allowed"], second["repeated"]) == (True, True, True)
    assert [one["used"] for one in second["limits"]] == [1]
    assert clash.status == 409


def test_an_id_is_made_where_none_is_given(api: Api) -> None:
    answer = guarded(api, consume=[{"limit": "max_agents"}]).body
    assert api("POST", "/v1/limits/return", {"tenant": "acme", "id": answer["id"]}).body["amounts"] == {"max_agents": 1}
    assert "id" not in guarded(api).body


@pytest.mark.parametrize(
    ("access", "flags", "answered"),
    [
        pytest.param(evaluation("eve"), ["by_user"], ({"decision": False}, {}), id="access"),
        pytest.param(evaluation(), ["by_user", "beta"], ({"decision": True}, {"by_user": True, "beta": False}), id="a flag"),
    ],
)  # fmt: skip
def test_behind_a_no_nothing_is_asked_or_consumed(api: Api, access: object, flags: list[str], answered: Any) -> None:
    answer = guarded(api, access, flags=flags, consume=[{"limit": "max_agents"}], id="never").body

    assert answer["allowed"] is False
    assert (answer["access"], answer["flags"]) == answered
    assert answer["limits"] == []
    assert "id" not in answer
    assert used(api) == 0
    assert api("POST", "/v1/limits/return", {"tenant": "acme", "id": "never"}).status == 404


def test_one_limit_without_room_and_nothing_is_consumed(api: Api) -> None:
    answer = guarded(api, consume=[{"limit": "api_calls", "amount": 3}, {"limit": "max_agents", "amount": 6}]).body

    assert answer["allowed"] is False
    assert answer["access"] == {"decision": True}
    assert [one["allowed"] for one in answer["limits"]] == [True, False]
    assert answer["limits"][1]["allowed_by"] == "professional"
    assert (used(api), used(api, "api_calls")) == (0, 0)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param("nothing", "there is no such flag", id="unknown"),
        pytest.param("banner", "the flag is object, not boolean", id="of another type"),
        pytest.param("x" * 300, "there is no such flag", id="longer than any"),
    ],
)
def test_a_flag_without_a_boolean_value_is_a_no_and_told(api: Api, key: str, told: str) -> None:
    answer = guarded(api, flags=[key], consume=[{"limit": "max_agents"}]).body

    assert answer["allowed"] is False
    assert answer["flags"] == {key: False}
    assert told in answer["flag_errors"][key]
    assert answer["limits"] == []
    assert key.encode() not in api("GET", "/metrics").content or key == "banner"


def test_the_tenant_stands_anywhere_once(api: Api) -> None:
    consume = [{"limit": "max_agents"}]
    named_beside = guarded(api, evaluation("eve", "view"), tenant="globex", consume=consume)
    differ = guarded(api, evaluation(tenant="acme"), tenant="globex", consume=consume)
    domain = guarded(api, evaluation(domain="globex.com"), tenant="acme", consume=consume)
    stranger = guarded(api, evaluation("ann"), tenant="globex", consume=consume)

    assert named_beside.body["access"] == {"decision": False}  # eve has no role
    assert (differ.status, domain.status) == (400, 400)
    assert "access.context.tenant is 'acme', but tenant is 'globex'" in differ.body["detail"]
    assert stranger.body["allowed"] is False
    assert (used(api), used(api, tenant="globex")) == (0, 0)


def test_who_acts_in_no_tenant_consumes_nothing(make_api: MakeApi) -> None:
    rule = b"p, everybody-looks, *, *, agents:*, look, True, allow\n"
    tree = flag_tree()
    api = make_api(tree={**tree, "policies/access.csv": tree["policies/access.csv"] + rule})
    access = {**evaluation("x", "look"), "subject": {"type": "service", "id": "x"}}

    refused = guarded(api, access, consume=[{"limit": "max_agents"}])

    assert guarded(api, access).body["allowed"] is True
    assert refused.status == 400
    assert "tenant is missing" in refused.body["detail"]


def test_a_suspended_tenant_is_denied(api: Api) -> None:
    api("PATCH", "/v1/tenants/acme", {"status": "suspended"})
    answer = guarded(api, flags=["by_user"], consume=[{"limit": "max_agents"}]).body
    assert answer["allowed"] is False
    assert answer["access"]["context"]["error"]["status"] == 403
    assert (answer["flags"], answer["limits"]) == ({}, [])


def test_what_a_suspended_tenant_still_may_has_no_flags_and_takes_nothing(make_api: MakeApi) -> None:
    tree = flag_tree()
    open_to = tree["policies/catalog.yaml"].replace(b"suspended_may: []", b"suspended_may: ['view on agents']")
    api = make_api(tree={**tree, "policies/catalog.yaml": open_to})
    api.tenant()
    api.user(roles=["viewer"])
    api("PATCH", "/v1/tenants/acme", {"status": "suspended"})

    assert guarded(api, evaluation(action="view")).body["allowed"] is True
    flags = guarded(api, evaluation(action="view"), flags=["by_user"], consume=[{"limit": "max_agents"}]).body
    limits = guarded(api, evaluation(action="view"), consume=[{"limit": "max_agents"}]).body

    assert (flags["access"], flags["flags"], flags["limits"]) == ({"decision": True}, {"by_user": False}, [])
    assert flags["flag_errors"] == {"by_user": "the tenant 'acme' is suspended"}
    assert (limits["allowed"], limits["limits"][0]["reason"]) == (False, "the tenant is suspended")


def test_only_the_subject_is_whom_flags_are_for(api: Api) -> None:
    answer = guarded(api, evaluation(targetingKey="*", tester=True), flags=["by_user", "beta"])
    assert answer.body["flags"] == {"by_user": True, "beta": True}
    assert answer.body["allowed"] is True


def test_an_explanation_is_part_of_access(api: Api) -> None:
    answer = guarded(api, evaluation(explain=True)).body
    assert answer["access"] == api("POST", "/access/v1/evaluation", evaluation(explain=True)).body


@pytest.mark.parametrize(
    ("members", "status", "detail"),
    [
        pytest.param({"access": None}, 400, "access", id="no access"),
        pytest.param({"access": {"subject": {"type": "user", "id": "ann"}}}, 400, "action", id="half a question"),
        pytest.param({"flags": "beta"}, 400, "flags", id="flags that are no list"),
        pytest.param({"flags": ["beta"] * 51}, 400, "name 50 at most", id="too many flags"),
        pytest.param({"consume": [{"limit": "nothing"}]}, 404, "no limit and no meter 'nothing'", id="unknown limit"),
        pytest.param({"consume": [{"limit": "max_agents", "amount": 0}]}, 400, "amount must be", id="nothing"),
        pytest.param({"consume": [{"limit": "max_agents", "amount": True}]}, 400, "amount", id="a boolean"),
        pytest.param({"consume": [{"limit": "max_agents", "amount": 1.5}]}, 400, "amount", id="a fraction"),
        pytest.param({"consume": [{"limit": "max_agents"}] * 2}, 400, "consume names a limit twice", id="twice"),
        pytest.param({"consume": [{"limit": "max_agents"}], "id": ""}, 400, "id must be", id="an empty id"),
        pytest.param({"consume": [{"limit": "max_agents"}], "tenant": "a\u0007"}, 400, "tenant", id="a control character"),
        pytest.param({"limits": []}, 400, "limits", id="unknown member"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(api: Api, members: dict[str, Any], status: int, detail: str) -> None:
    answer = api("POST", GUARD, {"access": evaluation(), **members})
    assert answer.status == status, answer.content
    assert detail in answer.body["detail"]
    assert used(api) == 0


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (("flags:read", "limits:consume"), "decide"),
        (("decide", "limits:consume"), "flags:read"),
        (("decide", "flags:read"), "limits:consume"),
    ],
)
def test_a_key_needs_the_scope_of_all_that_it_asks(api: Api, scopes: tuple[str, ...], missing: str) -> None:
    asked = api.bound("acme", *scopes)
    answer = guarded(asked, flags=["by_user"], consume=[{"limit": "max_agents"}])
    assert answer.status == 403
    assert missing in answer.body["detail"]
    assert used(api) == 0


def test_a_bound_key_may_leave_its_tenant_out_and_names_no_other(api: Api) -> None:
    bound = api.bound("acme", "decide", "flags:read", "limits:consume")
    own = guarded(bound, consume=[{"limit": "max_agents"}]).body
    assert own["limits"][0]["used"] == 1
    assert guarded(bound, tenant="globex", consume=[{"limit": "max_agents"}]).status == 403


ASKED = st.fixed_dictionaries(
    {
        "user": st.sampled_from(["ann", "eve", "nobody"]),
        "action": st.sampled_from(["create", "view"]),
        "flags": st.lists(st.sampled_from(["beta", "by_user", "by_tenant", "banner", "broken", "analytics", "no"]), max_size=3),
        "consume": st.lists(
            st.builds(
                lambda limit, amount: {"limit": limit, "amount": amount},
                st.sampled_from(["max_agents", "max_workflows", "api_calls", "nothing"]),
                st.sampled_from([1, 1, 2, 7, 10**6]),
            ),
            max_size=2,
            unique_by=lambda one: one["limit"],
        ),
    },
    optional={"tenant": st.sampled_from(["acme", "globex", "initech"]), "tester": st.booleans()},
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(asked=ASKED)
def test_guard_answers_what_the_three_alone_answer(api: Api, asked: dict[str, Any]) -> None:
    context = {name: asked[name] for name in ("tenant", "tester") if name in asked}
    access = evaluation(asked["user"], asked["action"], **context)
    tenant = asked.get("tenant") or {"ann": "acme", "eve": "globex"}.get(asked["user"])
    name = {"id": f"guard-{next(_NUMBERS)}"}

    answer = guarded(api, access, flags=asked["flags"], consume=asked["consume"], **name)

    alone = api("POST", "/access/v1/evaluation", access).body
    if answer.status != 200:
        assert answer.status == (404 if tenant else 400)
        assert alone["decision"]
        assert asked["consume"]
        return
    assert answer.body["access"] == alone
    expected = alone["decision"]
    values = {}
    for key in asked["flags"] if expected else ():
        path = f"/ofrep/v1/evaluate/flags/{quote(key, safe='')}"
        values[key] = (
            api("POST", path, {"context": {"targetingKey": asked["user"], **context}}).body.get("value") is True
        )
    assert answer.body["flags"] == values
    expected = expected and all(values.values())
    if expected and asked["consume"]:
        body = {"tenant": tenant, "items": asked["consume"], **name}
        taken = api("POST", "/v1/limits/consume", body).body  # the same id: what was done is told again
        expected = taken["allowed"]
        assert taken.get("repeated", False) is expected
        assert [(one["name"], one["allowed"], one["used"]) for one in answer.body["limits"]] == [
            (one["name"], one["allowed"], one["used"]) for one in taken["limits"]
        ]
    else:
        assert answer.body["limits"] == []
    assert answer.body["allowed"] is expected


def test_no_more_than_there_is_room_for_are_let_in_at_once(api: Api) -> None:
    def ask(number: int) -> bool:
        body = guarded(api, flags=["by_user"], consume=[{"limit": "max_agents"}], id=f"at-once-{number % 20}").body
        allowed: bool = body["allowed"]
        return allowed

    allowed = together(40, ask)

    assert sum(one is True for one in allowed) == 10  # five ids, each sent twice
    assert [one for one in allowed if isinstance(one, Exception)] == []
    assert used(api) == 5
