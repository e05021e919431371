"""What services need of the ledger: requests carried out in groups, and accounts to look at."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.answers import Answer
from doorward.domain.ledger.requests import Asked, Request

Outcome = Sequence[Answer] | DoorwardError


class Ledger(Protocol):
    """Carries requests out."""

    def submit(self, requests: Sequence[Request], done: Callable[[Outcome], None]) -> None:
        """Have requests carried out, all of them or none; `done` is called by another thread, or at once.

        It gets the answers in the order of the requests, or what was wrong: StoreUnavailable where it may or may not
        have happened, any other error where nothing did.
        """
        ...


class UsageSource(Protocol):
    """Reads accounts, behind nobody's lock."""

    def accounts(self, asked: Collection[tuple[str, Asked]], now: int) -> Mapping[tuple[str, str], Account]:
        """What is used, by tenant and name, of limits that tenants are asked for, with the periods of their rules.

        Raises StoreUnavailable.
        """
        ...

    def between(self, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]) -> Sequence[int]:
        """What was used from each edge up to the next one (epoch microseconds); of a gauge, where it stands then.

        What was given back later stays used. Raises StoreUnavailable.
        """
        ...
