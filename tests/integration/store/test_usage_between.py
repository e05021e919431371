"""What was used between two times is what the events of that time say, for every kind of meter and any edges."""

import contextlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.requests import Consume, Request
from doorward.domain.plans import Per
from doorward.domain.windows import HOUR
from doorward.store.database import Database
from doorward.store.ledger.looking import UsageReader
from support.ledger_sums import Event, events_of, used_between, used_of
from support.ledgers import AT, Ask, asked, consume, give_back, new_id, report

KINDS = {"calls": Aggregation.SUM, "peak": Aggregation.MAX, "stored": Aggregation.LATEST, "seen": Aggregation.UNIQUE}


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    lane = database.ledger(new_id, lambda _books: None)
    yield Ask(lane)
    lane.close()


def some_time(chance: random.Random) -> int:
    """Of five hours; often at the edge of one, or beside it."""
    if chance.random() < 0.3:
        return AT - AT % HOUR + chance.randrange(5) * HOUR + chance.choice((-1, 0, 1))
    return AT + chance.randrange(5 * HOUR)


def some_request(chance: random.Random) -> Request:
    name, at = chance.choice([*KINDS]), some_time(chance)
    aggregation = KINDS[name]
    if aggregation is Aggregation.LATEST and chance.random() < 0.4:
        return consume(asked(name, chance.randrange(1, 9), None, aggregation=aggregation), at=at)
    value = chance.choice("abcde") if aggregation is Aggregation.UNIQUE else None
    amount = 1 if value else chance.randrange(1, 9)
    return report(name, amount, at=at, per=Per.TOTAL, limit=None, aggregation=aggregation, value=value)


def give(ask: Ask, request: Request, chance: random.Random) -> int:
    """Give it back, at some time or other."""
    at = request.at + chance.randrange(3 * HOUR)
    ask(give_back(request.id, at=at))
    return at


def right(
    events: list[Event], aggregation: Aggregation, start: int, end: int, returned_at: Mapping[str, int] | None = None
) -> int:
    if aggregation is Aggregation.LATEST:
        back = returned_at or {}
        known = [one if back.get(one.id, 0) < end else replace(one, returned=0) for one in events if one.at < end]
        return used_of(known, aggregation)
    return used_between(events, start, end, aggregation)


def test_stretches_of_time_hold_what_their_events_say(database: Database, ask: Ask) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    requests = [some_request(chance) for _ in range(300)]
    ask.many([[one] for one in requests])
    returned_at = {
        one.id: give(ask, one, chance) for one in requests if isinstance(one, Consume) and chance.random() < 0.5
    }
    events = events_of(database.address)
    with contextlib.closing(database.facts()) as facts:
        usage = UsageReader(facts.queries)
        for _ in range(40):
            edges = sorted({some_time(chance) for _ in range(chance.randrange(2, 9))})
            for name, aggregation in KINDS.items():
                mine = [one for one in events if one.name == name]
                told = usage.between("acme", name, aggregation, edges) if len(edges) > 1 else []
                assert [*told] == [right(mine, aggregation, *stretch, returned_at) for stretch in pairwise(edges)], (
                    name,
                    edges,
                )
        for name, aggregation in KINDS.items():
            mine = [one for one in events if one.name == name]
            assert usage.between("acme", name, aggregation, (0, 1 << 62)) == [right(mine, aggregation, 0, 1 << 62)]
            assert usage.between("nobody", name, aggregation, (0, 1 << 62)) == [0]
