"""Doorward as a provider of OpenFeature's own Python SDK."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("openfeature", reason="openfeature-sdk is not installed")
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from doorward_sdk import Doorward, Unreachable, acting_as
from doorward_sdk.openfeature import DoorwardProvider
from unit.sdk.sdk_fakes import RecordingTransport, json_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openfeature.client import OpenFeatureClient


def answer(value: object) -> Any:
    told = {"key": "k", "value": value, "variant": "v", "reason": "SPLIT"}
    return json_response(told, headers={"doorward-revision": "git:abc"})


class Provided:
    """A provider over a transport, and OpenFeature's client of it."""

    def __init__(self) -> None:
        self.answered: Any = answer(None)
        self.transport = RecordingTransport(lambda _: self.answered)
        self.doorward = Doorward(transport=self.transport)
        api.set_provider(DoorwardProvider(self.doorward))
        self.client: OpenFeatureClient = api.get_client()


@pytest.fixture
def provided() -> Iterator[Provided]:
    yield Provided()
    api.shutdown()


CASES: list[Any] = [
    ("boolean", True, False),
    ("string", "v2", "v1"),
    ("integer", 7, 0),
    ("float", 1.5, 0.0),
    ("object", {"a": 1}, {}),
]


@pytest.mark.parametrize(("kind", "value", "default"), CASES, ids=str)
def test_every_type_is_answered(kind: str, value: Any, default: Any, provided: Provided) -> None:
    provided.answered = answer(value)
    details = getattr(provided.client, f"get_{kind}_details")("k", default)
    assert (details.value, details.variant, details.reason, details.error_code) == (value, "v", "SPLIT", None)
    assert details.flag_metadata == {"revision": "git:abc"}
    asynchronous = asyncio.run(getattr(provided.client, f"get_{kind}_details_async")("k", default))
    assert asynchronous == details


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (answer("text"), ErrorCode.TYPE_MISMATCH),
        (json_response({"key": "k", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "d"}, 404), ErrorCode.FLAG_NOT_FOUND),
        (json_response({"key": "k", "errorCode": "TARGETING_KEY_MISSING", "errorDetails": "d"}, 400), ErrorCode.TARGETING_KEY_MISSING),
        (json_response({}, 401), ErrorCode.GENERAL),
        (Unreachable("gone"), ErrorCode.GENERAL),
    ],
)  # fmt: skip
def test_what_has_no_value_is_the_default_with_a_code(answered: Any, code: ErrorCode, provided: Provided) -> None:
    provided.answered = answered
    details = provided.client.get_boolean_details("k", default_value=True)
    assert (details.value, details.error_code, details.reason) == (True, code, "ERROR")
    assert details.error_message


def test_the_context_is_sent_as_ofrep_has_it(provided: Provided) -> None:
    at = datetime(2026, 11, 28, 4, 46, 10, tzinfo=timezone(timedelta(hours=1)))
    attributes: Mapping[str, Any] = {"tenant": "acme", "at": at, "tags": ["a", at], "device": {"os": "x", "seen": at}}
    provided.client.get_string_value("k", "d", EvaluationContext("alice", attributes))
    text = "2026-11-28T03:46:10.000Z"
    assert provided.transport.body == {
        "context": {
            "targetingKey": "alice",
            "tenant": "acme",
            "at": text,
            "tags": ["a", text],
            "device": {"os": "x", "seen": text},
        }
    }


def test_who_is_acting_stands_in_where_the_context_names_nobody(provided: Provided) -> None:
    with acting_as("user:alice", tenant="acme"):
        provided.client.get_string_value("k", "d")
        assert provided.transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}
        provided.client.get_string_value("k", "d", EvaluationContext("bob", {"tenant": "globex"}))
        assert provided.transport.body == {"context": {"tenant": "globex", "targetingKey": "bob"}}


def test_a_context_that_is_no_json_is_an_invalid_one(provided: Provided) -> None:
    attributes: Any = {"thing": object()}
    details = provided.client.get_string_details("k", "d", EvaluationContext("alice", attributes))
    assert (details.value, details.error_code) == ("d", ErrorCode.INVALID_CONTEXT)
    assert provided.transport.requests == []


def test_a_closed_client_is_not_ready() -> None:
    client = Doorward("http://127.0.0.1:1", "k")
    client.close()
    details = DoorwardProvider(client).resolve_boolean_details("k", default_value=True)
    assert (details.value, details.error_code) == (True, ErrorCode.PROVIDER_NOT_READY)


def test_nothing_else_in_the_package_imports_openfeature() -> None:
    program = (
        "import sys, pkgutil, importlib, doorward_sdk\n"
        "for one in pkgutil.walk_packages(doorward_sdk.__path__, 'doorward_sdk.'):\n"
        "    if one.name != 'doorward_sdk.openfeature': importlib.import_module(one.name)\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'openfeature']\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_without_openfeature_the_import_says_what_to_install() -> None:
    program = (
        "import sys\n"
        "sys.modules['openfeature.exception'] = None\n"
        "try:\n    import doorward_sdk.openfeature\n"
        "except ImportError as error:\n    print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert "pip install 'doorward-sdk[openfeature]'" in ran.stdout
