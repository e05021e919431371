"""Checking usage: whether ledgers, hours and periods are what the events say, and mending them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.catalog import Aggregation
from doorward.domain.usage import Checked, Difference
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder

LEDGERS_A_STEP: Final = 100
SECONDS_A_STEP: Final = 1.0
_BEFORE_ALL: Final = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step came to: how many ledgers it checked, what was wrong, and where the next one begins."""

    checked: int
    differences: Sequence[Difference]
    next: tuple[str, str] | None


class UsageChecking:
    """Checks usage, some ledgers a step."""

    def __init__(
        self, recorder: Recorder, aggregation_of: Callable[[str], Aggregation], monotonic: Callable[[], float]
    ) -> None:
        self._recorder = recorder
        self._aggregation_of = aggregation_of
        self._monotonic = monotonic

    def step(self, actor: Actor, tenant: str | None, after: tuple[str, str] | None, *, repair: bool) -> Step:
        """Check the ledgers after one (tenant, name), each in a transaction of its own. Raises StoreUnavailable.

        A ledger may have millions of events: it is looked at while others count, and held only where something differs.
        """
        actor.require_unbound("this looks at what all tenants used")
        until = self._monotonic() + SECONDS_A_STEP
        place = after or _BEFORE_ALL
        found: list[Difference] = []
        for number in range(LEDGERS_A_STEP):
            if number and self._monotonic() > until:
                return Step(checked=number, differences=found, next=place)
            looked = self._look(place, tenant)
            if looked is None:
                return Step(checked=number, differences=found, next=None)
            place = looked.tenant, looked.name
            if looked.differences:
                done = self._recorder.run(actor, lambda transaction: self._check(transaction, actor, place, repair))  # noqa: B023 - called at once
                found += done.value.differences
        return Step(checked=LEDGERS_A_STEP, differences=found, next=place)

    def _look(self, after: tuple[str, str], tenant: str | None) -> Checked | None:
        with self._recorder.records.read() as transaction:
            key = transaction.usage_checks.next_key(after, tenant)
            return None if key is None else transaction.usage_checks.look(*key, self._aggregation_of(key[1]))

    def _check(
        self,
        transaction: Transaction,
        actor: Actor,
        key: tuple[str, str],
        repair: bool,  # noqa: FBT001 - as step has it
    ) -> Checked:
        checked = transaction.usage_checks.check(*key, self._aggregation_of(key[1]), repair=repair)
        if repair and checked.differences:
            self._recorder.note(
                transaction,
                actor,
                AuditEventType.OTHER,
                f"tenant:{key[0]}",
                "usage.repair",
                tenant=key[0],
                details={"name": key[1], "differences": len(checked.differences)},
            )
        return checked
