"""OpenFeature's SDKs for servers and for the web, in node, ask a live sidecar."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from doorward_sdk import Doorward
from support.openfeature_cases import CASES, UNKNOWN_TENANT, Case
from support.openfeature_node import answers_of, need_clients, started, what_to_ask
from support.openfeature_sidecar import flag_key, flagged_sidecar
from support.sidecars import Sidecar

pytestmark = pytest.mark.needs("node")
KINDS = [pytest.param(("server.cjs",), id="server-sdk"), pytest.param(("web.mjs", "all"), id="web-sdk")]


@dataclass
class Keys:
    """The sidecar, and what it is asked with."""

    sidecar: Sidecar
    right: str


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    need_clients()
    with flagged_sidecar(tmp_path_factory.mktemp("flagged")) as running:
        yield Keys(running, flag_key(running))


def expected(case: Case) -> dict[str, Any]:
    return {"value": case.value, "variant": case.variant, "reason": case.reason, "error": case.error}


@pytest.mark.parametrize("program", KINDS)
def test_every_flag_is_answered(program: tuple[str, ...], flagged: Keys) -> None:
    name, *mode = program
    answers = answers_of(name, flagged.sidecar.url, CASES, flagged.right, *mode)
    assert {case.name: answer for case, answer in zip(CASES, answers, strict=True)} == {
        case.name: expected(case) for case in CASES
    }


def test_an_unknown_tenant_is_an_invalid_context(flagged: Keys) -> None:
    (answer,) = answers_of("server.cjs", flagged.sidecar.url, [UNKNOWN_TENANT], flagged.right)
    assert answer == expected(UNKNOWN_TENANT)


def test_a_wrong_key_leaves_a_server_its_default(flagged: Keys) -> None:
    (answer,) = answers_of("server.cjs", flagged.sidecar.url, CASES[:1], "dw_no-such-key")
    assert (answer["value"], answer["reason"], answer["error"]) == (False, "ERROR", "GENERAL")


def test_a_wrong_key_leaves_a_page_its_default(flagged: Keys) -> None:
    found = answers_of("web.mjs", flagged.sidecar.url, CASES[:1], "dw_no-such-key", "vain")
    assert found["status"] == "FATAL"
    assert found["answer"]["value"] is False


def test_polling_asks_for_nothing_that_is_known_until_something_changes(flagged: Keys) -> None:
    case = Case("own", "engine", "string", "x", "v1", context={"tenant": "initech"})
    with (
        Doorward(flagged.sidecar.url, flagged.sidecar.key, timeout=5) as client,
        started("web.mjs", flagged.sidecar.url, "poll") as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(what_to_ask([case], flagged.right))
        process.stdin.close()
        process.stdin = None
        assert process.stdout.readline() == "ready\n"
        client.flags.set_override("engine", "initech", "own")
        found = json.loads(process.stdout.read())
        client.flags.remove_override("engine", "initech")
    assert found["statuses"][0] == 200
    assert set(found["statuses"][1:]) == {200, 304}
    assert found["statuses"].count(304) >= 2
    assert found["statuses"].count(200) == 2
    assert (found["before"]["value"], found["after"]["value"]) == ("v1", "own")
    assert found["after"]["variant"] == "override"
    assert found["flagsChanged"] == ["engine"]
