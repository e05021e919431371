"""What time does to a subscription counts in every process at its instant, without news of it."""

import contextlib
import time

import psycopg2

from support.record_pairs import Pair, ask
from support.sidecars import Sidecar

SECOND = 1_000_000
GRACE_DAYS = 7  # of the plan professional
AHEAD_SECONDS = 2.0
OF_PLAN = {"professional": 20, "basic": 5}


def let_expire(pair: Pair, subscription: str, at: int) -> None:
    """Have a subscription be past due so that its days of grace end at a time, as if a payment had failed days ago."""
    sql = "UPDATE subscription SET status = 'past_due', past_due_since = %s, version = version + 1 WHERE id = %s"
    connected = contextlib.closing(psycopg2.connect(pair.server.address().place))
    with connected as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql, (at - GRACE_DAYS * 86_400 * SECOND, subscription))
        assert cursor.rowcount == 1


def agents(sidecar: Sidecar, tenant: str) -> tuple[float, int, float]:
    """How many agents a tenant may have, and when that was asked for and answered."""
    began = time.time()
    answer = ask(sidecar, "POST", "/v1/limits/check", {"tenant": tenant, "limit": "max_agents"})
    assert answer.status == 200, answer.content
    return began, int(answer.body["limit"]), time.time()


def test_two_sidecars_see_a_subscription_expire_at_the_same_instant(pair: Pair) -> None:
    tenant = pair.tenant()
    made = pair.change("POST", "/v1/subscriptions", {"tenant": tenant, "plan": "professional", "trial": False}).body
    expires = int((time.time() + AHEAD_SECONDS) * SECOND)
    let_expire(pair, made["id"], expires)

    seen = [agents(one, tenant) for one in (pair.near, pair.far)]
    while time.time() * SECOND < expires + SECOND // 10:
        seen += [agents(one, tenant) for one in (pair.near, pair.far)]
    seen += [agents(one, tenant) for one in (pair.near, pair.far)]

    for began, limit, ended in seen:
        if ended * SECOND < expires:
            assert limit == OF_PLAN["professional"], f"{expires / SECOND - ended} s too early"
        elif began * SECOND > expires:
            assert limit == OF_PLAN["basic"], f"{began - expires / SECOND} s too late"
    told = [ask(one, "GET", f"/v1/subscriptions/{made['id']}").body for one in (pair.near, pair.far)]
    assert [one["status"] for one in told] == ["expired", "expired"]
    assert told[0]["ended_at"] == told[1]["ended_at"]
