"""One flag, all flags, the SDK and the command give the same answer, whatever the context."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.cli import main
from doorward_sdk import Doorward
from support.openfeature_cases import CASES
from support.openfeature_sidecar import flagged_sidecar
from support.sidecars import Sidecar

KEYS = sorted({case.flag for case in CASES} - {"no_such_flag"})
EXAMPLES = max(20, int(1000 * SCALE))
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "tenant": st.sampled_from(["acme", "globex", "initech"]),
        "targetingKey": NAMES,
        "country": st.sampled_from(["DE", "FR"]) | st.integers() | st.booleans() | st.none(),
        "more": st.recursive(st.none() | st.booleans() | NAMES, lambda one: st.lists(one, max_size=3), max_leaves=5),
    },
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with flagged_sidecar(tmp_path_factory.mktemp("flagged")) as one:
        with Doorward(one.url, one.key, timeout=10) as client:
            client.flags.set_override("engine", "initech", "own")
        yield one


@pytest.fixture(scope="module")
def client(running: Sidecar) -> Iterator[Doorward]:
    with Doorward(running.url, running.key, timeout=10) as made:
        yield made


def of_all_flags(client: Doorward, key: str, context: Any) -> Any:
    answer: Any = client.request("POST", "/ofrep/v1/evaluate/flags", {"context": context}).json()
    (found,) = [one for one in answer["flags"] if one["key"] == key]
    if "errorCode" in found:
        return found["errorCode"]
    return (found["value"], found["variant"], found["reason"])


def of_one_flag(client: Doorward, key: str, context: Any) -> Any:
    """The SDK asks for it by its key."""
    details = client.flag_details(key, None, context=context)
    if details.error is not None:
        return details.error.code
    return (details.value, details.variant, details.reason)


def of_the_command(running: Sidecar, key: str, context: Any) -> Any:
    environment = {"DOORWARD_URL": running.url, "DOORWARD_KEY": running.key}
    options = ["--context", json.dumps(context), "--json"]
    ended = CliRunner().invoke(main, ["features", "get", key, *options], env=environment)
    if ended.exit_code != 0:
        return ended.stderr.removeprefix("error: ").partition(":")[0]
    told = json.loads(ended.stdout)
    return (told["value"], told["variant"], told["reason"])


@settings(max_examples=EXAMPLES)
@given(key=st.sampled_from(KEYS), context=CONTEXTS)
def test_every_way_to_ask_gives_one_answer(key: str, context: Any, running: Sidecar, client: Doorward) -> None:
    answer = of_one_flag(client, key, context)
    assert of_all_flags(client, key, context) == answer
    assert of_the_command(running, key, context) == answer
