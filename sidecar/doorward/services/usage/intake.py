"""The intake of usage: events of a batch, checked by their meters, and reported to the ledger together."""

from collections.abc import Callable, Sequence
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.catalog import Aggregation
from doorward.domain.errors import BadRequest, DoorwardError, NotFound, NotPermitted
from doorward.domain.ledger.requests import Asked, Report
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.usage import UsageEvent, check_event_id, check_time, together
from doorward.services.facts import FactsView
from doorward.services.limits import Allowance, Allowances
from doorward.services.ports import Clock, PolicySnapshot
from doorward.services.ports.usage import Ledger, Outcome

_SECOND: Final = 1_000_000
_SUM: Final = Aggregation.SUM  # to look a member up takes longer than what is done with it below
_COUNT: Final = Aggregation.COUNT
_UNIQUE: Final = Aggregation.UNIQUE
_SUMS: Final = frozenset({Aggregation.SUM, Aggregation.COUNT})
_Refused = BadRequest | NotFound | NotPermitted


class UsageIntake:
    """Takes usage events. Answers come from another thread, after they are on disk."""

    def __init__(self, ledger: Ledger, allowances: Allowances, clock: Clock) -> None:
        self._ledger = ledger
        self._allowances = allowances
        self._clock = clock

    def record(
        self,
        caller: Caller,
        events: Sequence[UsageEvent],
        policy: PolicySnapshot,
        facts: FactsView,
        done: Callable[[Outcome], None],
    ) -> None:
        """Count all of these events or none, each once; done with a Counted for each.

        Raises:
            BadRequest, NotFound, NotPermitted: some cannot be taken; the message names each of them.
            FactsMissing, StoreUnavailable: as the view does.
        """
        now = int(self._clock() * _SECOND)
        allowances: dict[str, Allowance] = {}
        reports: list[Report] = []
        faults: list[DoorwardError] = []
        for event in events:
            try:
                allowance = allowances.get(event.tenant)
                if allowance is None:
                    allowance = allowances[event.tenant] = self._allowance(event, caller, policy, facts, now)
                reports.append(_report(event, allowance))
            except (BadRequest, NotFound, NotPermitted) as fault:
                faults.append(fault)
        if faults:
            raise together(faults)
        self._ledger.submit(reports, done)

    def _allowance(
        self, event: UsageEvent, caller: Caller, policy: PolicySnapshot, facts: FactsView, now: int
    ) -> Allowance:
        try:
            return self._allowances.of(event.tenant, caller, policy, facts, now)
        except (BadRequest, NotFound, NotPermitted) as fault:
            raise _placed(event, "subject", fault) from fault


def _report(event: UsageEvent, allowance: Allowance) -> Report:
    """What an event asks of the ledger. Raises BadRequest and NotFound, with the place."""
    now, place = allowance.now, event.place
    at = now if event.at is None else check_time(f"{place}time", event.at, now)
    try:
        asked = allowance.asked(event.meter, 0, at)
    except NotFound as fault:
        raise _placed(event, "type", fault) from fault
    aggregation = asked.aggregation
    corrects = None if event.corrects is None else check_event_id(f"{place}data.corrects", event.corrects)
    if corrects is not None and aggregation not in _SUMS:
        raise BadRequest(
            f"{place}data.corrects: {event.meter!r} is a meter of {aggregation.value}: nothing has to be taken back,"
            " report what is right"
        )
    if at > now and aggregation is Aggregation.LATEST:
        at = now  # how a gauge will stand is not known; who consumes meanwhile consumes after this
        asked = allowance.asked(event.meter, 0, at)
    return Report(
        tenant=allowance.tenant,
        id=event.id,
        at=at,
        digest=event.digest,
        source=event.source,
        asked=Asked(event.meter, _amount(event, aggregation), asked.rules, aggregation, asked.soft),
        value=_unique(event) if aggregation is _UNIQUE else None,
        corrects=corrects,
        place=place,
    )


def _amount(event: UsageEvent, aggregation: Aggregation) -> int:
    """How much an event counts; less than 0 where it takes another one back."""
    is_correction = event.corrects is not None
    if aggregation is _COUNT:
        return -1 if is_correction else 1
    if aggregation is _UNIQUE:
        return 1
    value = event.value
    if value is None and aggregation is _SUM and not is_correction:
        return 1
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(f"{event.place}data.value: must be an integer")
    if is_correction:
        if not -MAX_AMOUNT <= value <= -1:
            raise BadRequest(
                f"{event.place}data.value: takes an event back, so it must be less than 0, and no less than"
                f" -{MAX_AMOUNT}"
            )
        return value
    least = 1 if aggregation is _SUM else 0
    if not least <= value <= MAX_AMOUNT:
        fix = "; to take an event back, name it in data.corrects" if value < 0 and aggregation in _SUMS else ""
        raise BadRequest(f"{event.place}data.value: must be an integer from {least} to {MAX_AMOUNT}{fix}")
    return value


def _unique(event: UsageEvent) -> str:
    """What a meter of unique values tells apart: an integer is the text of its digits."""
    value = event.value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    try:
        return check_event_id(f"{event.place}data.value", value)
    except BadRequest as fault:
        raise BadRequest(f"{fault}, or an integer") from fault


def _placed(event: UsageEvent, member: str, fault: DoorwardError) -> DoorwardError:
    return type(fault)(f"{event.place}{member}: {fault}")
