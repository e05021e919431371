"""OpenFeature's Python SDK asks a live sidecar: over its own OFREP provider, and over Doorward's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("openfeature.contrib.provider.ofrep", reason="openfeature-provider-ofrep is not installed")
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.provider import AbstractProvider

from doorward_sdk import Doorward
from doorward_sdk.openfeature import DoorwardProvider
from support.openfeature_cases import CASES, UNKNOWN_TENANT, Case
from support.openfeature_sidecar import flag_key, flagged_sidecar
from support.sidecars import Sidecar


@dataclass
class Keys:
    """The sidecar, and what it is asked with."""

    sidecar: Sidecar
    right: str


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    with flagged_sidecar(tmp_path_factory.mktemp("flagged")) as running:
        yield Keys(running, flag_key(running))
    api.shutdown()


def ofrep(flagged: Keys, key: str, header: str = "Authorization") -> AbstractProvider:
    value = f"Bearer {key}" if header == "Authorization" else key
    return OFREPProvider(flagged.sidecar.url, headers_factory=lambda: {header: value})


def doorward(flagged: Keys, key: str) -> AbstractProvider:
    return DoorwardProvider(Doorward(flagged.sidecar.url, key, timeout=5))


PROVIDERS = [pytest.param(ofrep, id="OFREP"), pytest.param(doorward, id="Doorward")]


def asked(provider: AbstractProvider, case: Case) -> Any:
    api.set_provider(provider)
    client: OpenFeatureClient = api.get_client()
    context = dict(case.context)
    key = context.pop("targetingKey", None)
    return getattr(client, f"get_{case.type}_details")(case.flag, case.default, EvaluationContext(key, context))


@pytest.mark.parametrize("make", PROVIDERS)
@pytest.mark.parametrize("case", [*CASES, UNKNOWN_TENANT], ids=lambda case: case.name)
def test_a_flag_is_answered(case: Case, make: Any, flagged: Keys) -> None:
    details = asked(make(flagged, flagged.right), case)
    assert details.value == case.value
    assert type(details.value) is type(case.value)
    assert details.error_code == case.error
    if case.error is None:
        assert (details.variant, details.reason) == (case.variant, case.reason)


@pytest.mark.parametrize("make", PROVIDERS)
def test_a_wrong_key_is_the_default_with_a_general_error(make: Any, flagged: Keys) -> None:
    details = asked(make(flagged, "dw_no-such-key"), CASES[0])
    assert (details.value, details.error_code, details.reason) == (False, "GENERAL", "ERROR")


@pytest.mark.parametrize("make", PROVIDERS)
def test_a_key_that_may_not_read_flags_is_the_default_with_a_general_error(make: Any, flagged: Keys) -> None:
    details = asked(make(flagged, flag_key(flagged.sidecar, "decide")), CASES[0])
    assert (details.value, details.error_code, details.reason) == (False, "GENERAL", "ERROR")


def test_a_key_is_taken_from_either_header(flagged: Keys) -> None:
    details = asked(ofrep(flagged, flagged.right, "X-API-Key"), CASES[0])
    assert (details.value, details.error_code) == (True, None)


@pytest.mark.parametrize("make", PROVIDERS)
def test_a_tenants_own_value_is_answered_at_once(make: Any, flagged: Keys) -> None:
    case = Case("own", "engine", "string", "x", "own", "override", "TARGETING_MATCH", context={"tenant": "initech"})
    with Doorward(flagged.sidecar.url, flagged.sidecar.key, timeout=5) as client:
        assert client.flags.set_override("engine", "initech", "own").state == "active"
        details = asked(make(flagged, flagged.right), case)
        assert (details.value, details.variant, details.reason) == (case.value, case.variant, case.reason)
        client.flags.remove_override("engine", "initech")
    assert asked(make(flagged, flagged.right), case).value == "v1"
