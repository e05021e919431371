"""For applications that only evaluate files: nothing is recorded, and nothing can be."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NoReturn

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import StoreUnavailable
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.requests import Asked, Request
from doorward.domain.subscriptions import Subscription
from doorward.services.ports import Transaction
from doorward.services.ports.usage import Outcome

_NOTHING: Final = "nothing is recorded here: this only evaluates the files of a policy; ask a sidecar"


class NoDatabase:
    """The port `Records` where there is no database."""

    def change(self) -> AbstractContextManager[Transaction]:
        """Raise StoreUnavailable."""
        _refuse()

    def read(self) -> AbstractContextManager[Transaction]:
        """Raise StoreUnavailable."""
        _refuse()


class NoLedger:
    """The ports `Ledger` and `UsageSource` where there is no database."""

    @staticmethod
    def submit(_requests: Sequence[Request], done: Callable[[Outcome], None]) -> None:
        """Answer StoreUnavailable."""
        done(StoreUnavailable(_NOTHING))

    @staticmethod
    def accounts(_asked: Collection[tuple[str, Asked]], _now: int) -> Mapping[tuple[str, str], Account]:
        """Raise StoreUnavailable."""
        _refuse()

    @staticmethod
    def between(_tenant: str, _name: str, _aggregation: Aggregation, _edges: Sequence[int]) -> Sequence[int]:
        """Raise StoreUnavailable."""
        _refuse()


class NoPlanUse:
    """The port `PlanUseSource` where there is no database."""

    @staticmethod
    def settled(_now: int) -> Mapping[str, int]:
        """Raise StoreUnavailable."""
        _refuse()

    @staticmethod
    def changed(_now: int) -> Iterable[tuple[str, Subscription]]:
        """Raise StoreUnavailable."""
        _refuse()

    @staticmethod
    def pending(_now: int) -> Mapping[str, int]:
        """Raise StoreUnavailable."""
        _refuse()


def _refuse() -> NoReturn:
    raise StoreUnavailable(_NOTHING)
