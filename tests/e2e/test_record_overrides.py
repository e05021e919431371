"""An override that one sidecar records counts in another one in time, at once where it is waited for, and after restarts."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.databases import PostgresqlDatabases
from support.flag_trees import flag_tree
from support.record_journal import reading
from support.record_pairs import LOOK_SECONDS, ask, shared_database, start_pair
from support.sidecars import Sidecar, Start
from support.slack import SLACK
from support.trees import write_tree

ALL = "/ofrep/v1/evaluate/flags"
PATH = "/v1/flags/price/overrides/acme"
BOUND = SLACK  # a second, and more for busy machines


@pytest.fixture
def database(postgresql: PostgresqlDatabases) -> Iterator[DatabaseAddress]:
    address = postgresql.lend()
    yield address
    postgresql.take_back(address)


def price(sidecar: Sidecar, **headers: str) -> object:
    """What it is for the tenant: the same by its key and among all."""
    question = {"context": {"tenant": "acme"}}
    among = ask(sidecar, "POST", ALL, question, **headers).body["flags"]
    found: object = ask(sidecar, "POST", f"{ALL}/price", question, **headers).body["value"]
    assert {one["key"]: one.get("value") for one in among}["price"] == found
    return found


def changed(sidecar: Sidecar, value: float | None) -> str:
    """Set the override, or take it away; the version of the facts that has it."""
    answer = (
        ask(sidecar, "DELETE", PATH) if value is None else ask(sidecar, "PUT", PATH, {"value": value, "reason": "R"})
    )
    assert answer.status in {200, 204}, answer.content
    return answer.headers["doorward-facts"]


def seconds_until(sidecar: Sidecar, value: float) -> float:
    began = time.monotonic()
    while (found := ask(sidecar, "POST", f"{ALL}/price", {"context": {"tenant": "acme"}}).body.get("value")) != value:
        assert time.monotonic() - began < BOUND, f"it is {found} after {BOUND} s"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def test_an_override_counts_in_another_sidecar_in_time_and_survives_both(
    sidecar: Start, database: DatabaseAddress, tmp_path: Path
) -> None:
    environment = shared_database(database, tmp_path, write_tree(tmp_path / "policy", flag_tree()))
    near, far = start_pair(sidecar, environment, tmp_path)
    assert ask(near, "POST", "/v1/tenants", {"id": "acme", "name": "Acme", "domain": "acme.com"}).status == 201
    seconds_until(far, 1.0)

    changed(near, 2.0)
    delay = seconds_until(far, 2.0)
    assert price(far) == 2.0
    for value in (3.0, 4.0):
        assert price(far, Doorward_Min_Facts=changed(near, value)) == value
    assert price(near, Doorward_Min_Facts=changed(far, 5.0)) == 5.0

    near.stop()
    far.stop(signal.SIGKILL)
    near, far = start_pair(sidecar, environment, tmp_path)
    assert price(near) == price(far) == 5.0

    assert price(far, Doorward_Min_Facts=changed(near, None)) == 1.0
    with reading(database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, tenant, details FROM audit_event WHERE resource = 'flag:price' AND success = 1 ORDER BY seq"
        )
        rows = [(action, tenant, json.loads(details)["value"]) for action, tenant, details in cursor.fetchall()]
    kept = [("flags.set_override", "acme", value) for value in (2.0, 3.0, 4.0, 5.0)]
    assert rows == [*kept, ("flags.remove_override", "acme", 5.0)]
    print(f"counted after {delay:.3f} s")  # noqa: T201 - evidence
