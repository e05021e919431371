"""The tries to log in, counted in the database, the same on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.domain.sessions import CountedTry, Throttle
from doorward.store.database import Database
from support.records import NOW
from support.threads import together

LOCK = 900_000_000


class Model:
    """What the docstring of `Throttles.try_once` says, one try at a time."""

    def __init__(self) -> None:
        self.noted = Throttle(account="a", failures=0, streak=0, lockouts=0, locked_until=0, last_failed_at=0)

    def try_once(self, now: int, most: int, lock: int) -> bool:
        noted = replace(self.noted, failures=self.noted.failures + 1, last_failed_at=now)
        if noted.locked_until > now:
            self.noted = noted
            return False
        noted = replace(noted, streak=noted.streak + 1)
        if noted.streak >= most:
            wait = lock * min(8, 2**noted.lockouts)
            noted = replace(noted, streak=0, lockouts=noted.lockouts + 1, locked_until=now + wait)
        self.noted = noted
        return True


def test_nothing_is_noted_of_who_has_not_tried(database: Database) -> None:
    with database.change() as transaction:
        assert transaction.throttles.find("a") is None
        transaction.throttles.succeeded("a")


def test_the_last_of_so_many_tries_locks_for_longer_each_time(database: Database) -> None:
    now, opened = NOW, []
    with database.change() as transaction:
        for _ in range(6):
            assert [transaction.throttles.try_once("a", now, 3, LOCK).is_open for _ in range(4)] == [
                True,
                True,
                True,
                False,
            ]
            noted = transaction.throttles.find("a")
            assert noted is not None
            opened.append((noted.locked_until - now) // LOCK)
            assert not transaction.throttles.try_once("a", noted.locked_until - 1, 3, LOCK).is_open
            now = noted.locked_until
    assert opened == [1, 2, 4, 8, 8, 8]


def test_accounts_are_counted_apart_and_success_begins_anew(database: Database) -> None:
    with database.change() as transaction:
        throttles = transaction.throttles
        assert throttles.try_once("a", NOW, 2, LOCK).is_open
        assert throttles.try_once("b", NOW, 2, LOCK).is_open
        throttles.succeeded("a")
        assert throttles.find("a") is None
        assert throttles.try_once("a", NOW, 2, LOCK).is_open
        assert throttles.try_once("a", NOW, 2, LOCK).is_open
        assert not throttles.try_once("a", NOW, 2, LOCK).is_open


def test_a_try_is_told_with_how_many_failed_until_then(database: Database) -> None:
    with database.change() as transaction:
        told = [transaction.throttles.try_once("a", NOW, 2, LOCK) for _ in range(4)]
    assert told == [CountedTry(True, 1), CountedTry(True, 2), CountedTry(False, 3), CountedTry(False, 4)]


def test_what_is_noted_can_be_written_as_it_is(database: Database) -> None:
    with database.change() as transaction:
        transaction.throttles.try_once("a", NOW, 2, LOCK)
        noted = transaction.throttles.find("a")
        transaction.throttles.touch("a")
        transaction.throttles.touch("nobody")
        assert transaction.throttles.find("a") == noted
        assert transaction.throttles.find("nobody") is None


def test_one_try_may_be_all_there_are(database: Database) -> None:
    with database.change() as transaction:
        assert transaction.throttles.try_once("a", NOW, 1, LOCK).is_open
        assert not transaction.throttles.try_once("a", NOW + 1, 1, LOCK).is_open
        assert transaction.throttles.try_once("a", NOW + LOCK, 1, LOCK).is_open


def test_a_try_that_is_taken_back_was_never_counted(database: Database) -> None:
    with database.change() as transaction:
        throttles = transaction.throttles
        throttles.take_back("nobody", was_open=True)
        assert throttles.find("nobody") is None
        for number in range(20):
            assert throttles.try_once("a", NOW + number, 3, LOCK).is_open
            throttles.take_back("a", was_open=True)
        assert [throttles.try_once("a", NOW, 3, LOCK).is_open for _ in range(4)] == [True, True, True, False]


def test_a_try_that_is_taken_back_late_undoes_the_lock_that_it_led_to(database: Database) -> None:
    with database.change() as transaction:
        throttles = transaction.throttles
        assert [throttles.try_once("a", NOW, 3, LOCK).is_open for _ in range(4)] == [True, True, True, False]
        throttles.take_back("a", was_open=True)
        assert [throttles.try_once("a", NOW, 3, LOCK).is_open for _ in range(2)] == [True, False]
        noted = throttles.find("a")
    assert noted == Throttle(account="a", failures=5, streak=0, lockouts=1, locked_until=NOW + LOCK, last_failed_at=NOW)


def test_a_try_that_came_while_it_was_locked_is_taken_back_without_opening_it(database: Database) -> None:
    with database.change() as transaction:
        throttles = transaction.throttles
        assert [throttles.try_once("a", NOW, 3, LOCK).is_open for _ in range(4)] == [True, True, True, False]
        throttles.take_back("a", was_open=False)
        assert not throttles.try_once("a", NOW, 3, LOCK).is_open
        noted = throttles.find("a")
    assert noted == Throttle(account="a", failures=4, streak=0, lockouts=1, locked_until=NOW + LOCK, last_failed_at=NOW)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tries=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 4), st.integers(1, 5), st.booleans()), max_size=25),
)
def test_tries_are_counted_as_the_law_says(database: Database, tries: list[tuple[int, int, int, bool]]) -> None:
    model, now = Model(), 0
    with database.change() as transaction:
        transaction.throttles.succeeded("a")
        for later, most, lock, takes_back in tries:
            now += later
            before = model.noted
            looked_at = transaction.throttles.try_once("a", now, most, lock).is_open
            assert looked_at == model.try_once(now, most, lock)
            if takes_back:
                transaction.throttles.take_back("a", was_open=looked_at)
                undoes = looked_at and model.noted.locked_until > now
                locked_until = 0 if undoes else before.locked_until
                model.noted = replace(before, last_failed_at=now, locked_until=locked_until)
            assert transaction.throttles.find("a") == model.noted


@pytest.fixture
def fifty(database: Database) -> list[bool | Exception]:
    """Fifty tries at the same time."""

    def try_once(_: int) -> bool:
        with database.change() as transaction:
            return transaction.throttles.try_once("a", NOW, 20, LOCK).is_open

    return together(50, try_once)


def test_fifty_tries_at_the_same_time_are_counted_one_by_one(database: Database, fifty: list[bool | Exception]) -> None:
    assert sorted(fifty, key=str) == [False] * 30 + [True] * 20
    with database.read() as transaction:
        noted = transaction.throttles.find("a")
    assert noted == Throttle(
        account="a", failures=50, streak=0, lockouts=1, locked_until=NOW + LOCK, last_failed_at=NOW
    )


def test_what_is_long_ago_is_forgotten(database: Database) -> None:
    with database.change() as transaction:
        throttles = transaction.throttles
        throttles.try_once("old", NOW, 5, LOCK)
        throttles.try_once("locked", NOW, 1, LOCK)
        throttles.try_once("new", NOW + 5, 5, LOCK)
        assert throttles.prune(NOW + 5, 9) == 1
        assert throttles.find("old") is None
        assert throttles.prune(NOW + LOCK + 1, 9) == 2
