"""Flags over OFREP: values, reasons, errors in its own shape, tags, and what is recorded of whom a flag is for."""

from typing import Any
from urllib.parse import quote

import pytest

from support.flag_trees import KEYS, flag_tree
from support.recorded_api import Answer, Api, MakeApi

ALL = "/ofrep/v1/evaluate/flags"


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    made = make_api(tree=flag_tree())
    made.tenant()
    return made


def one(api: Api, key: str, **context: object) -> Answer:
    return api("POST", f"{ALL}/{quote(key, safe='')}", {"context": context})


def all_of(api: Api, **context: object) -> dict[str, Any]:
    answer = api("POST", ALL, {"context": context})
    assert answer.status == 200, answer.content
    return {flag["key"]: flag for flag in answer.body["flags"]}


@pytest.mark.parametrize(
    ("key", "context", "value", "variant", "reason"),
    [
        pytest.param("beta", {}, False, "off", "DEFAULT", id="a rule that does not hold"),
        pytest.param("beta", {"tester": True}, True, "on", "TARGETING_MATCH", id="a rule that holds"),
        pytest.param("web/search engine", {}, "v1", "classic", "DEFAULT", id="a text"),
        pytest.param("price", {}, 1.0, "plain", "STATIC", id="a number"),
        pytest.param("page_size", {}, 20, "small", "DISABLED", id="a disabled one"),
        pytest.param("banner", {}, {"text": "Summer", "colours": ["#fff"]}, "summer", "STATIC", id="an object"),
        pytest.param("by_tenant", {"tenant": "acme"}, True, "on", "SPLIT", id="a split by tenant"),
        pytest.param("by_user", {"targetingKey": "x"}, True, "on", "SPLIT", id="a split by user"),
        pytest.param("größe / 機能", {}, True, "on", "STATIC", id="a key of any script"),
        pytest.param("/ends/", {}, True, "on", "STATIC", id="a key with slashes at its ends"),
    ],
)
def test_one_flag(  # noqa: PLR0913, PLR0917 - the members of an answer
    api: Api, key: str, context: dict[str, Any], value: object, variant: str, reason: str
) -> None:
    answer = one(api, key, **context)

    assert answer.status == 200, answer.content
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == {"key": key, "value": value, "variant": variant, "reason": reason}


def test_a_float_is_written_as_one(api: Api) -> None:
    assert b'"value":1.0,' in one(api, "price").content


def test_a_key_with_slashes_may_be_sent_raw(api: Api) -> None:
    answer = api("POST", f"{ALL}/web/search%20engine", {"context": {}})

    assert answer.body["key"] == "web/search engine"


@pytest.mark.parametrize("body", [{}, {"context": None}, {"context": {}}], ids=["nothing", "null", "nothing in it"])
def test_no_context_is_one_without_anything(api: Api, body: object) -> None:
    assert api("POST", f"{ALL}/price", body).status == 200


@pytest.mark.parametrize(
    ("key", "context", "status", "code"),
    [
        pytest.param("nobody knows", {}, 404, "FLAG_NOT_FOUND", id="unknown"),
        pytest.param("by_user", {}, 400, "TARGETING_KEY_MISSING", id="for nobody"),
        pytest.param("by_user", {"targetingKey": ""}, 400, "TARGETING_KEY_MISSING", id="for an empty name"),
        pytest.param("broken", {"age": "old"}, 400, "GENERAL", id="a rule that cannot be told"),
        pytest.param("price", {"targetingKey": 7}, 400, "INVALID_CONTEXT", id="a user that is a number"),
        pytest.param("price", {"targetingKey": "*"}, 400, "INVALID_CONTEXT", id="everybody"),
        pytest.param("price", {"targetingKey": "a\nb"}, 400, "INVALID_CONTEXT", id="a user of two lines"),
        pytest.param("price", {"targetingKey": "x" * 513}, 400, "INVALID_CONTEXT", id="a long user"),
        pytest.param("price", {"tenant": 7}, 400, "INVALID_CONTEXT", id="a tenant that is a number"),
        pytest.param("price", {"tenant": "nobody"}, 400, "INVALID_CONTEXT", id="an unknown tenant"),
        pytest.param("price", {"domain": "no.com"}, 400, "INVALID_CONTEXT", id="an unknown domain"),
        pytest.param("price", {"domain": "no domain"}, 400, "INVALID_CONTEXT", id="what is no domain"),
    ],
)
def test_why_a_flag_has_no_value(api: Api, key: str, context: dict[str, Any], status: int, code: str) -> None:
    answer = one(api, key, **context)

    assert (answer.status, answer.body["key"], answer.body["errorCode"]) == (status, key, code)
    assert answer.body["errorDetails"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", [ALL, f"{ALL}/price"], ids=["all", "one"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "PARSE_ERROR", id="nothing"),
        pytest.param(b"{", "PARSE_ERROR", id="no JSON"),
        pytest.param(b"[]", "PARSE_ERROR", id="an array"),
        pytest.param(b'{"context": {"a": NaN}}', "PARSE_ERROR", id="no number"),
        pytest.param(b'{"context": {"a": 1, "a": 2}}', "PARSE_ERROR", id="a name twice"),
        pytest.param(b'{"context": []}', "INVALID_CONTEXT", id="a context that is an array"),
        pytest.param(b'{"context": "x"}', "INVALID_CONTEXT", id="a context that is a text"),
    ],
)
def test_what_is_wrong_with_a_request(api: Api, path: str, body: bytes, code: str) -> None:
    answer = api("POST", path, body)

    assert (answer.status, answer.body["errorCode"]) == (400, code)
    assert answer.body.get("key") == ("price" if path.endswith("price") else None)


def test_a_wrong_key_is_told_in_the_same_shape(api: Api) -> None:
    answer = one(api.with_key("dw_wrong"), "price")

    assert (answer.status, answer.body["key"], answer.body["errorCode"]) == (401, "price", "GENERAL")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_needs_the_scope_to_read_flags(api: Api) -> None:
    answer = one(api.bound("acme", "decide"), "price")

    assert (answer.status, answer.body["errorCode"]) == (403, "GENERAL")


def test_a_key_may_be_sent_as_x_api_key(api: Api) -> None:
    path, content = f"{ALL}/price", b"{}"
    sent = [("X-API-Key", api.key), ("Content-Type", "application/json")]
    status, _, _ = api.application.door.handle("POST", path, sent, content)

    assert status == 200


def test_a_context_of_ten_thousand_keys_is_answered(api: Api) -> None:
    assert one(api, "beta", **{f"k{number}": number for number in range(10_000)}, tester=True).body["value"] is True


def test_all_flags_are_in_the_order_of_the_file_then_features_by_name(api: Api) -> None:
    keys = list(all_of(api))

    assert keys[: len(KEYS)] == list(KEYS)
    assert keys[len(KEYS) :] == sorted(keys[len(KEYS) :]) != []


def test_a_flag_without_a_value_stands_among_the_others(api: Api) -> None:
    flags = all_of(api)

    assert flags["by_user"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert flags["price"]["value"] == 1.0


@pytest.mark.parametrize(
    "header",
    ["{}", "W/{}", '"x", {}', 'W/"x" , W/{}', "*", " * "],
    ids=["it", "weak", "a list", "weak list", "any", "blanks"],
)
def test_nothing_is_sent_again_that_the_client_has(api: Api, header: str) -> None:
    tag = api("POST", ALL, {"context": {}}).headers["etag"]

    answer = api("POST", ALL, {"context": {}}, If_None_Match=header.format(tag))

    assert (answer.status, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("header", ['"x"', "", "nonsense", '"*"'], ids=["another", "empty", "no tag", "a quoted star"])
def test_another_tag_gets_the_answer(api: Api, header: str) -> None:
    assert api("POST", ALL, {"context": {}}, If_None_Match=header).status == 200


def test_the_tag_changes_with_a_context_that_changes_the_answer_alone(api: Api) -> None:
    def tag(**context: object) -> str:
        return api("POST", ALL, {"context": context}).headers["etag"]

    assert tag() == tag(colour="red") != tag(tester=True)


def test_a_flag_reads_the_recorded_roles_of_a_user(api: Api) -> None:
    api.user("ann", roles=["admin"])

    assert one(api, "web/search engine", targetingKey="ann").body["value"] == "v2"
    assert one(api, "web/search engine", targetingKey="bob").body["value"] == "v1"


def test_the_tenant_is_that_of_the_user_where_none_is_named(api: Api) -> None:
    api.tenant("globex", plan="enterprise")
    api.user("eve", "globex")

    assert one(api, "beta", targetingKey="eve").body["value"] is True
    assert one(api, "beta", domain="GLOBEX.com").body["value"] is True
    assert one(api, "beta", tenant="acme").body["value"] is False


def test_what_names_somebody_is_not_read_as_context(make_api: MakeApi) -> None:
    rules = b"[{when: has(r.ctx.context.tenant) or has(r.ctx.context.targetingKey), serve: on}]"
    api = make_api(tree=flag_tree(b"a: {type: boolean, default: off, rules: " + rules + b"}\n"))
    api.tenant()

    assert one(api, "a", tenant="acme", targetingKey="ann").body["value"] is False


@pytest.mark.parametrize("change", [("PATCH", {"status": "suspended"}), ("DELETE", None)], ids=["suspended", "deleted"])
@pytest.mark.parametrize("path", ["/v1/tenants/acme", "/v1/users/ann"], ids=["the tenant", "the user"])
def test_who_is_shut_out_gets_no_value(api: Api, path: str, change: tuple[str, object]) -> None:
    api.user("ann")
    assert one(api, "price", targetingKey="ann").status == 200
    method, body = change

    assert api(method, path, body).status in {200, 204}

    assert one(api, "price", targetingKey="ann").body["errorCode"] == "INVALID_CONTEXT"


def test_a_user_is_no_member_of_another_tenant(api: Api) -> None:
    api.tenant("globex")
    api.user("ann")

    assert one(api, "price", targetingKey="ann", tenant="globex").body["errorCode"] == "INVALID_CONTEXT"


def test_a_bound_key_asks_for_its_tenant_alone(api: Api) -> None:
    api.tenant("globex", plan="enterprise")
    bound = api.bound("globex", "flags:read")

    assert one(bound, "beta").body["value"] is True
    assert one(bound, "beta", tenant="acme").status == 403
    assert one(bound, "beta", domain="acme.com").status == 403


@pytest.mark.parametrize("status", ["active", "suspended", "deleted"])
def test_to_a_bound_key_another_tenants_user_is_nobody(api: Api, status: str) -> None:
    api.tenant("globex")
    api.user("eve", "globex", roles=["admin"])
    if status == "suspended":
        api("PATCH", "/v1/users/eve", {"status": status})
    elif status == "deleted":
        api("DELETE", "/v1/users/eve")
    bound = api.bound("acme", "flags:read")

    theirs, nobodys = (one(bound, "web/search engine", targetingKey=key) for key in ("eve", "nobody"))

    assert (theirs.status, theirs.content) == (200, nobodys.content)


def test_a_feature_of_the_plan_is_a_flag(api: Api) -> None:
    api.tenant("globex", plan="enterprise")

    assert one(api, "advanced_analytics", tenant="globex").body["reason"] == "TARGETING_MATCH"
    assert one(api, "advanced_analytics", tenant="acme").body["value"] is False


def test_answers_name_the_policy_and_the_facts_they_came_from(api: Api) -> None:
    answer = one(api, "price")

    assert answer.headers["doorward-revision"].startswith("dir:")
    assert answer.headers["doorward-facts"] == "2", "the first key, and the tenant"


def test_answers_are_counted_by_variant_and_reason_and_unknown_flags_are_not(api: Api) -> None:
    one(api, "price")
    one(api, "by_user")
    one(api, "nobody knows")

    text = api("GET", "/metrics").content.decode()

    assert 'doorward_flag_evaluations_total{flag="price",reason="STATIC",variant="plain"} 1.0' in text
    assert 'doorward_flag_evaluations_total{flag="by_user",reason="ERROR",variant=""} 1.0' in text
    assert "nobody" not in text
