from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from doorward_sdk.transport.pool import Pool

if TYPE_CHECKING:
    from doorward_sdk.transport.connection import Connection


class FakeConnection:
    def __init__(self) -> None:
        self.idle_since = 0.0
        self.quiet = True
        self.closed = False

    def is_quiet(self) -> bool:
        return self.quiet

    def close(self) -> None:
        self.closed = True


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> Pool:
    return Pool(clock)


def given(pool: Pool, count: int = 1) -> list[FakeConnection]:
    connections = [FakeConnection() for _ in range(count)]
    for connection in connections:
        pool.give(cast("Connection", connection))
    return connections


def taken(pool: Pool) -> object:
    return pool.take()


def test_the_connection_given_last_is_taken_first(pool: Pool) -> None:
    first, second = given(pool, 2)
    assert [taken(pool), taken(pool), taken(pool)] == [second, first, None]


def test_a_connection_that_is_not_quiet_is_closed_and_the_next_one_taken(pool: Pool) -> None:
    quiet, noisy = given(pool, 2)
    noisy.quiet = False
    assert taken(pool) is quiet
    assert noisy.closed


def test_a_connection_that_was_idle_for_long_is_closed(pool: Pool, clock: Clock) -> None:
    (old,) = given(pool)
    clock.now += 51
    assert taken(pool) is None
    assert old.closed


def test_connections_that_nobody_takes_are_closed_as_others_are_given(pool: Pool, clock: Clock) -> None:
    old = given(pool, 3)
    clock.now += 51
    given(pool, 2)
    assert [connection.closed for connection in old] == [True, True, False]


def test_no_more_than_128_are_kept(pool: Pool) -> None:
    connections = given(pool, 130)
    assert [connection.closed for connection in connections] == [True] * 2 + [False] * 128


def test_a_closed_pool_closes_what_it_has_and_what_it_is_given(pool: Pool) -> None:
    (before,) = given(pool)
    pool.close()
    (after,) = given(pool)
    assert (before.closed, after.closed) == (True, True)
    assert taken(pool) is None
