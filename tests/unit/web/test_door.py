"""Which requests the front door answers where they stand, and which it gives to Flask."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from doorward.services.authentication import Authenticator
from doorward.services.facts import Facts
from doorward.web.endpoints import Endpoint, Gate
from doorward.web.http import Headers, Response
from doorward.web.metrics import Meter
from doorward.web.serving.door import Door
from support.recorded import RecordedFacts

SERVED = "dir:0000000000000001"
NEWER = "dir:0000000000000002"


def flask(_environ: Any, start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"by Flask"]


@pytest.fixture
def door() -> Door:
    """One hot endpoint; facts stand at version 2, and one revision is served."""
    source = RecordedFacts()
    source.record_user("ann")
    source.record_user("bob")
    facts = Facts(source, time.time)
    facts.start()
    gate = Gate(
        Authenticator({}), Meter(), lambda _wanted: None, facts=facts, has_revision=lambda wanted: wanted == SERVED
    )
    hot = Endpoint(
        method="GET",
        path="/x",
        name="x",
        summary="",
        handler=lambda _request, _caller: Response(200, [], b"where it stands"),
        scope=None,
        answers={200: "text/plain"},
        hot=True,
    )
    return Door([hot], gate, flask)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="nothing is asked for"),
        pytest.param([("Doorward-Min-Facts", "2")], id="the facts that are here"),
        pytest.param([("doorward-min-facts", "0")], id="older facts"),
        pytest.param([("Doorward-Min-Facts", "000000000000000002")], id="a version with zeros before it"),
        pytest.param([("Doorward-Min-Revision", SERVED)], id="the served revision"),
        pytest.param([("Doorward-Min-Revision", SERVED), ("Doorward-Min-Facts", "1")], id="both"),
    ],
)
def test_what_asks_for_no_more_than_is_here_is_answered_where_it_stands(door: Door, headers: Headers) -> None:
    assert door.handle("GET", "/x", headers, b"")[2] == b"where it stands"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("Doorward-Min-Facts", "3")], id="newer facts"),
        pytest.param([("Doorward-Min-Facts", "0000000000000000002")], id="a version too long"),
        pytest.param([("Doorward-Min-Facts", "")], id="an empty version"),
        pytest.param([("Doorward-Min-Facts", "1,1")], id="two versions"),
        pytest.param([("Doorward-Min-Facts", "+1")], id="a version with a sign"),
        pytest.param([("Doorward-Min-Facts", " 1")], id="a version with a space"),
        pytest.param([("Doorward-Min-Facts", "1_0")], id="a version with an underscore"),
        pytest.param([("Doorward-Min-Facts", "\u0661")], id="another script's digit"),
        pytest.param([("Doorward-Min-Revision", NEWER)], id="another revision"),
        pytest.param([("Doorward-Min-Revision", "")], id="an empty revision"),
        pytest.param([("Doorward-Min-Revision", SERVED), ("Doorward-Min-Facts", "3")], id="a newer one of both"),
        pytest.param([("Doorward-Min-Revision", NEWER), ("Doorward-Min-Facts", "1")], id="the other of both"),
    ],
)
def test_what_may_have_to_be_waited_for_or_refused_is_not(door: Door, headers: Headers) -> None:
    assert door.handle("GET", "/x", headers, b"")[2] == b"by Flask"


def test_without_facts_a_version_may_have_to_be_waited_for() -> None:
    gate = Gate(Authenticator({}), Meter(), lambda _wanted: None)
    assert gate.may_wait(None, "0")
    assert gate.may_wait(SERVED, None)
    assert not gate.may_wait(None, None)
