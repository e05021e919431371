"""The ledger for tests: requests in short, and a lane that is asked and answered at once."""

import itertools
import queue
from collections.abc import Sequence
from typing import Any, Final

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.accounts import Rule
from doorward.domain.ledger.answers import Answer
from doorward.domain.ledger.requests import Asked, Commit, Consume, GiveBack, Release, Report, Request, Reserve
from doorward.domain.plans import Per
from doorward.domain.windows import window
from doorward.store.ledger.lane import Lane, Outcome

AT: Final = 1_800_000_000_000_000
SECOND: Final = 1_000_000
_numbers = itertools.count()


def new_id() -> str:
    return f"id-{next(_numbers)}"


def rule(per: Per, amount: int | None, at: int = AT) -> Rule:
    return Rule(per, amount, *window(per, at))


def asked(  # noqa: PLR0913 - the parts of what is asked
    name: str = "max_agents",
    amount: int = 1,
    limit: int | None = 100,
    per: Per = Per.TOTAL,
    *,
    at: int = AT,
    soft: bool = False,
    aggregation: Aggregation = Aggregation.SUM,
) -> Asked:
    return Asked(name, amount, (rule(per, limit, at),), aggregation, soft)


def consume(*items: Asked, id: str = "", tenant: str = "acme", at: int = AT) -> Consume:  # noqa: A002 - its name
    given = items or (asked(),)
    return Consume(tenant=tenant, id=id or new_id(), at=at, items=given, digest=str([one[:2] for one in given]))


def reserve(*items: Asked, id: str, tenant: str = "acme", at: int = AT, seconds: int = 60) -> Reserve:  # noqa: A002
    given = items or (asked(),)
    digest = str([one[:2] for one in given])
    return Reserve(tenant=tenant, id=id, at=at, items=given, digest=digest, expires_at=at + seconds * SECOND)


def commit(id: str, amounts: dict[str, int] | None = None, *, tenant: str = "acme", at: int = AT, **as_: Any) -> Commit:  # noqa: A002
    def one(name: str, amount: int, _at: int) -> Asked:
        return asked(name, amount, **as_)

    return Commit(tenant=tenant, id=id, at=at, amounts=amounts or {}, asked=one)


def release(id: str, *, tenant: str = "acme", at: int = AT) -> Release:  # noqa: A002
    return Release(tenant=tenant, id=id, at=at)


def give_back(id: str, name: str | None = None, amount: int | None = None, at: int = AT) -> GiveBack:  # noqa: A002
    return GiveBack(tenant="acme", id=id, at=at, name=name, amount=amount, is_total=lambda name: name != "api_calls")


def report(  # noqa: PLR0913 - the parts of a report
    name: str = "api_calls",
    amount: int = 1,
    *,
    id: str = "",  # noqa: A002 - its name
    at: int = AT,
    per: Per = Per.HOUR,
    limit: int | None = 1000,
    aggregation: Aggregation = Aggregation.SUM,
    value: str | None = None,
    corrects: str | None = None,
    tenant: str = "acme",
) -> Report:
    given = asked(name, amount, limit, per, aggregation=aggregation)
    digest = f"{name} {amount} {at} {value} {corrects}"
    return Report(
        tenant=tenant,
        source="app",
        id=id or new_id(),
        at=at,
        asked=given,
        digest=digest,
        value=value,
        corrects=corrects,
    )


class Ask:
    """Asks a lane and waits."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane

    def many(self, units: Sequence[Sequence[Request]]) -> list[Outcome]:
        """The outcomes of units that were all asked for before the first was answered."""
        answers: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()

        def keep(place: int) -> Any:
            return lambda outcome: answers.put((place, outcome))

        for place, unit in enumerate(units):
            self.lane.submit(unit, keep(place))
        found = dict(answers.get(timeout=20) for _ in units)
        return [found[place] for place in range(len(units))]

    def __call__(self, request: Request) -> Any:
        """The answer to one; raises what was wrong."""
        outcome = self.many([[request]])[0]
        if isinstance(outcome, DoorwardError):
            raise outcome
        answer: Answer = outcome[0]
        return answer
