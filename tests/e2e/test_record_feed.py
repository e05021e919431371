"""What one sidecar records counts in another one on the same database: within a second, and at once where it is waited for."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

import psycopg2
import pytest

from support.postgresql_server import PostgresqlServer
from support.record_changes import PERMITS, Feed, Person
from support.record_pairs import Answer, Pair, ask, evaluate
from support.sidecars import Sidecar
from support.slack import SLACK
from support.threads import together

CHANGES = 1_000
CHANGES_WITHOUT_NEWS = 200
SECONDS = 1.0
BOUND = SECONDS * SLACK
OUTAGE_SECONDS = 5.0
WRITERS = 80  # more than either has threads for
REFUSED_SECONDS = 2.0
OLD_SECONDS = 2.0


@pytest.mark.timeout(1200)
def test_a_change_counts_in_the_other_sidecar_in_time_and_at_once_where_it_is_waited_for(
    pair: Pair, scale: float
) -> None:
    Feed(pair, 5, BOUND).run(round(CHANGES * scale))
    print(pair.told())  # noqa: T201 - evidence


@contextlib.contextmanager
def listeners_ended(server: PostgresqlServer) -> Iterator[list[int]]:
    """End whoever listens for news again and again; how many each time."""
    stop, ended = threading.Event(), list[int]()
    sql = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    )

    def end() -> None:
        with contextlib.closing(psycopg2.connect(server.address().place)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                while not stop.wait(0.02):
                    cursor.execute(sql)
                    ended.append(cursor.rowcount)

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def listeners_silent(server: PostgresqlServer) -> Iterator[list[int]]:
    """Stop the server's processes that tell news, as where a firewall has forgotten the connection."""
    with contextlib.closing(psycopg2.connect(server.address().place)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()")
        found = [pid for (pid,) in cursor.fetchall()]
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield found
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broken", [listeners_ended, listeners_silent], ids=["ended", "silent"])
def test_changes_are_followed_in_time_without_news_of_them(
    broken: Callable[[PostgresqlServer], contextlib.AbstractContextManager[list[int]]], pair: Pair, scale: float
) -> None:
    feed = Feed(pair, 6, BOUND)
    with broken(pair.server) as listeners:
        feed.run(round(CHANGES_WITHOUT_NEWS * scale))
    assert sum(listeners) >= 2, "nobody listened"
    print(pair.told())  # noqa: T201 - evidence


class Watch:
    """Asks both sidecars over and over what they remember, and notes what they say and how long they take."""

    def __init__(self, pair: Pair, person: Person, role: str) -> None:
        self.answers: list[tuple[float, Answer]] = []
        self._pair, self._person, self._action = pair, person, PERMITS[role]
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._ask, args=(one,)) for one in (pair.near, pair.far)]

    def _ask(self, sidecar: Sidecar) -> None:
        while not self._stop.wait(0.05):
            at = time.monotonic() - self._began
            self.answers.append((at, evaluate(sidecar, self._person.id, self._action, {"tenant": self._person.tenant})))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def pause(server: PostgresqlServer) -> None:
    server.pause()
    time.sleep(OUTAGE_SECONDS)
    server.resume()


def restart(server: PostgresqlServer) -> None:
    server.kill()
    time.sleep(OUTAGE_SECONDS)
    server.start()


def refusals(pair: Pair) -> list[Answer]:
    """What is answered to changes while the database is away: to one after another, and to many at once."""

    def change(number: int) -> Answer:
        body = {"name": "Late", "domain": f"{pair.new_name('late')}.example"}
        return ask((pair.near, pair.far)[number % 2], "POST", "/v1/tenants", body)

    found = [*together(WRITERS, change), *together(2, change)]
    answers = [one for one in found if isinstance(one, Answer)]
    assert len(answers) == len(found), found
    return answers


@pytest.mark.timeout(120)
@pytest.mark.parametrize("outage", [pause, restart], ids=["silent", "killed"])
def test_answers_go_on_and_changes_are_refused_in_time_while_the_database_is_away_and_all_heals(
    outage: Callable[[PostgresqlServer], None], pair: Pair
) -> None:
    feed = Feed(pair, 7, BOUND)
    feed.make_user()
    person = feed.people[0]
    role = next(iter(person.roles))
    assert evaluate(pair.near, person.id, PERMITS[role], {"tenant": person.tenant}).body["decision"] is True
    with Watch(pair, person, role) as watch:
        breaker = threading.Thread(target=outage, args=(pair.server,))
        breaker.start()
        time.sleep(0.2)
        refused = refusals(pair)
        breaker.join()

    assert [one.status for _, one in watch.answers] == [200] * len(watch.answers)
    assert all(one.body["decision"] for _, one in watch.answers)
    slowest = max(one.seconds for _, one in watch.answers)
    assert slowest < 0.2 * SLACK, "an answer from memory waited for the database"
    late = [one for at, one in watch.answers if OUTAGE_SECONDS - 0.5 > at > OLD_SECONDS + 0.2 + 0.2 * SLACK]
    assert late
    assert all(int(one.headers.get("doorward-facts-age", "0")) >= OLD_SECONDS for one in late), (
        "an old answer does not say so"
    )
    assert {(one.status, one.problem, "retry-after" in one.headers) for one in refused} == {
        (503, "store-unavailable", True)
    }
    slowest_refusal = max(one.seconds for one in refused)
    assert slowest_refusal < REFUSED_SECONDS + 0.1 * SLACK

    feed.run(8)
    answer = evaluate(pair.far, feed.somebody().id, "view", {})
    assert "doorward-facts-age" not in answer.headers
    assert ask(pair.far, "GET", "/readyz").status == 200
    worst = f"slowest answer {slowest:.3f} s, slowest of {len(refused)} refusals {slowest_refusal:.3f} s"
    print(worst, pair.told())  # noqa: T201 - evidence
