"""Where nothing is recorded: a policy that is asked without a store."""

import time
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from doorward.domain.api_keys import ApiKey
from doorward.domain.facts import FactChange, TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides


class NothingRecorded:
    """A source of facts, and a view of them, that has none."""

    def __init__(self) -> None:
        self.has_users = False
        self.may_read = True

    def user(self, user_id: str) -> UserFacts | None:  # noqa: ARG002 - as every source has it
        """Nobody."""
        return None

    def tenant(self, tenant_id: str) -> TenantFacts | None:  # noqa: ARG002
        """None."""
        return None

    def tenant_of_domain(self, domain: str) -> str | None:  # noqa: ARG002
        """None."""
        return None

    def overrides(self, tenant_id: str) -> TenantOverrides:  # noqa: ARG002
        """None."""
        return TenantOverrides()

    def user_id_hashes(self) -> "array[int]":
        """None."""
        return array("q")

    def api_keys(self, ids: Iterable[str] | None = None) -> Sequence[ApiKey]:  # noqa: ARG002
        """None."""
        return ()

    def version(self) -> int:
        """The first, for ever."""
        return 0

    def changes(self, after: int) -> Sequence[FactChange] | None:  # noqa: ARG002
        """None ever."""
        return ()

    def wait(self, seconds: float) -> None:
        """Nothing changes meanwhile."""
        time.sleep(seconds)


NOTHING_RECORDED: Final = NothingRecorded()
