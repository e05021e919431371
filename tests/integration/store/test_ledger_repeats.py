"""Commits, releases and returns that come again, the same on SQLite and PostgreSQL."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from doorward.domain.errors import Conflict
from doorward.domain.ledger.answers import Counted
from doorward.domain.ledger.requests import Commit, GiveBack, Release
from doorward.store.database import Database
from support.ledger_sums import differences, rows_of
from support.ledgers import Ask, asked, commit, consume, give_back, new_id, release, reserve

Ends = Commit | Release | GiveBack


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    with contextlib.closing(database.ledger(new_id, lambda _books: None)) as lane:
        yield Ask(lane)


def under(key: str, request: Ends) -> Any:
    """A request as it comes with an Idempotency-Key."""
    request.repeats = key
    return request


def everything(database: Database) -> list[list[tuple[Any, ...]]]:
    tables = ("ledger", "usage_event", "reservation")
    return [sorted(rows_of(database.address, f"SELECT * FROM {one}")) for one in tables]  # noqa: S608 - ours


def test_the_same_commit_is_answered_again_and_another_one_is_not(ask: Ask, database: Database) -> None:
    ask(reserve(asked(amount=9), id="r"))
    first = ask(under("k", commit("r", {"max_agents": 4})))
    ask(consume(asked(amount=10)))
    before = everything(database)

    again = ask(under("k", commit("r", {"max_agents": 4})))

    assert (first.allowed, first.again, again.allowed, again.again) == (True, False, True, True)
    assert [one.standing.used for one in (*first.limits, *again.limits)] == [4, 14]
    for other in (under("other", commit("r", {"max_agents": 4})), commit("r"), under("k2", release("r")), release("r")):
        with pytest.raises(Conflict, match="was committed before"):
            ask(other)
    with pytest.raises(Conflict, match="was committed before"):
        ask(reserve(asked(amount=9), id="r"))
    assert everything(database) == before
    assert differences(database.address) == []


def test_a_commit_of_nothing_and_a_release_are_answered_again(ask: Ask) -> None:
    for name in ("c", "d"):
        ask(reserve(asked(amount=3), asked("max_workflows", 2), id=name))
    none = {"max_agents": 0, "max_workflows": 0}
    assert [ask(under("k", commit("c", none))).again for _ in range(2)] == [False, True]
    released = [ask(under("k", release("d"))) for _ in range(2)]
    amounts = (("max_agents", 3), ("max_workflows", 2))
    assert released == [Counted(amounts), Counted(amounts, again=True)]


def test_the_same_return_is_answered_again_and_of_each_limit_by_itself(ask: Ask, database: Database) -> None:
    taken = consume(asked(amount=5), asked("max_workflows", 2), id="c")
    ask(taken)
    for _ in range(2):
        ask(under("a", give_back("c", "max_agents", 3)))
        ask(under("w", give_back("c", "max_workflows")))
    assert ask(under("a", give_back("c", "max_agents", 3))) == Counted((("max_agents", 3),), again=True)
    assert ask(under("w", give_back("c", "max_workflows"))) == Counted((("max_workflows", 2),), again=True)
    for other in (
        give_back("c", "max_agents", 3),
        under("w", give_back("c", "max_agents", 3)),
        under("a", give_back("c")),
    ):
        with pytest.raises(Conflict, match="was returned before"):
            ask(other)
    assert ask(consume(*taken.items, id="c")).again, "what was consumed is known by its id as before"
    assert dict(rows_of(database.address, "SELECT name, used FROM ledger")) == {"max_agents": 2, "max_workflows": 0}
    assert differences(database.address) == []


def test_what_comes_twice_at_once_is_done_once(ask: Ask) -> None:
    ask(reserve(asked(amount=9), id="r"))
    ask(consume(asked(amount=5), id="c"))
    found = ask.many([[under("k", one)] for one in (commit("r"), commit("r"), give_back("c"), give_back("c"))])
    assert [one[0].again for one in found if isinstance(one, list | tuple)] == [False, True, False, True]
