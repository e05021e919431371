"""Laws of flags over the wire: one, all and explained agree; the same question has the same answer; under change, too."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.domain.database_address import DatabaseAddress
from support.databases import PostgresqlDatabases
from support.flag_trees import KEYS, flag_tree
from support.recorded_api import Api, MakeApi
from support.threads import together

ALL = "/ofrep/v1/evaluate/flags"
WITHIN_SECONDS = 1.0
ALL_KEYS = [*KEYS, "analytics", "core_agents"]
VALUES = {"beta": True, "web/search engine": "v9", "price": 2.5, "page_size": 7, "banner": {"a": 1}, "analytics": True}

CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "targetingKey": st.sampled_from(["ann", "eve", "nobody", "", None]) | st.text(max_size=3),
        "tenant": st.sampled_from(["acme", "globex", "initech", None, 7]),
        "domain": st.sampled_from(["acme.com", "GLOBEX.com", None]),
        "tester": st.booleans() | st.none() | st.text(max_size=1),
        "age": st.integers(0, 40) | st.text(max_size=2) | st.none(),
        "other": st.recursive(st.none() | st.integers() | st.text(max_size=2), st.lists, max_leaves=4),
    },
)


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    made = make_api(tree=flag_tree())
    made.tenant("acme")
    made.tenant("globex", plan="enterprise")
    made.user("ann", "acme", roles=["admin"])
    made.user("eve", "globex")
    for key, value in VALUES.items():
        path = f"/v1/flags/{quote(key, safe='')}/overrides/globex"
        assert made("PUT", path, {"value": value}).status == 200
    return made


def told(flag: dict[str, Any]) -> tuple[object, ...]:
    """What the three ways have in common."""
    value = json.dumps(flag.get("value"))
    error = flag.get("errorCode", flag.get("error_code"))
    return value, flag.get("variant"), None if error else flag.get("reason"), error


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(context=CONTEXTS, key=st.sampled_from(ALL_KEYS))
def test_one_flag_is_what_it_is_among_all_and_explained_and_asked_again(
    api: Api, context: dict[str, Any], key: str
) -> None:
    path = quote(key, safe="")
    one = api("POST", f"{ALL}/{path}", {"context": context})
    every = api("POST", ALL, {"context": context})
    explained = api("POST", f"/v1/flags/{path}/explain", {"context": context})

    assert api("POST", f"{ALL}/{path}", {"context": context}).content == one.content
    assert api("POST", ALL, {"context": context}).headers.get("etag") == every.headers.get("etag")
    if every.status != 200:
        assert every.status == one.status == explained.status == 400
        assert one.body["errorCode"] == every.body["errorCode"]
        assert every.body["errorCode"] in {"INVALID_CONTEXT", "PARSE_ERROR"}  # the latter for a NUL in a text
        return
    among = next(flag for flag in every.body["flags"] if flag["key"] == key)
    assert among == one.body
    assert told(one.body) == told(explained.body)


def test_twenty_threads_see_nothing_but_whole_answers_while_overrides_change(api: Api) -> None:
    path = "/v1/flags/price/overrides/acme"
    allowed = {1.0, 10.0, 20.0}

    def act(number: int) -> set[object]:
        seen: set[object] = set()
        for turn in range(15):
            if number % 5 == 0:
                if turn % 3 == 2:
                    assert api("DELETE", path).status in {204, 404}
                else:
                    assert api("PUT", path, {"value": 10 if number % 2 else 20}).status == 200
            else:
                answer = api("POST", f"{ALL}/price", {"context": {"tenant": "acme"}})
                assert answer.status == 200, answer.content
                seen.add(answer.body["value"])
                flags = api("POST", ALL, {"context": {"tenant": "globex"}}).body["flags"]
                assert {one["key"]: one.get("value") for one in flags}["price"] == 2.5
        return seen

    for seen in together(20, act):
        assert isinstance(seen, set), seen
        assert seen <= allowed

    api("PUT", path, {"value": 10})
    assert api("POST", f"{ALL}/price", {"context": {"tenant": "acme"}}).body["value"] == 10.0


@pytest.fixture
def shared(postgresql: PostgresqlDatabases) -> Iterator[DatabaseAddress]:
    """A database of several processes."""
    address = postgresql.lend()
    yield address
    postgresql.take_back(address)


@contextmanager
def following(api: Api) -> Iterator[None]:
    """The application follows the facts, as a sidecar does."""
    stop = threading.Event()
    thread = threading.Thread(target=api.application.recorded.follow, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def test_another_process_has_an_override_within_a_second_and_a_new_one_from_the_beginning(
    make_api: MakeApi, shared: DatabaseAddress
) -> None:
    here, there = make_api(shared, tree=flag_tree()), make_api(shared, tree=flag_tree())
    here.tenant()
    question = {"context": {"tenant": "acme"}}
    with following(there):
        assert there("POST", f"{ALL}/price", question, Doorward_Min_Facts="2").body["value"] == 1.0

        assert here("PUT", "/v1/flags/price/overrides/acme", {"value": 3}).status == 200
        waited = threading.Event()
        for _ in range(int(WITHIN_SECONDS / 0.02)):
            value = there("POST", f"{ALL}/price", question).body["value"]
            if value == 3.0:
                break
            waited.wait(0.02)
        assert value == 3.0

        made = here("PUT", "/v1/flags/price/overrides/acme", {"value": 4})
        newer = there("POST", f"{ALL}/price", question, Doorward_Min_Facts=made.headers["doorward-facts"])
        assert newer.body["value"] == 4.0

    assert make_api(shared, tree=flag_tree())("POST", f"{ALL}/price", question).body["value"] == 4.0
