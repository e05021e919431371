"""For applications that only evaluate files: nothing is recorded, and nothing can be."""

from contextlib import AbstractContextManager
from typing import NoReturn

from doorward.domain.errors import StoreUnavailable
from doorward.services.ports import Transaction


class NoDatabase:
    """The port `Records` where there is no database."""

    def change(self) -> AbstractContextManager[Transaction]:
        """Raise StoreUnavailable."""
        _refuse()

    def read(self) -> AbstractContextManager[Transaction]:
        """Raise StoreUnavailable."""
        _refuse()


def _refuse() -> NoReturn:
    raise StoreUnavailable("nothing is recorded here: this only evaluates the files of a policy; ask a sidecar")
