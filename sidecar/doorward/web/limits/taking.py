"""Taking some of several limits at once: answered later, when it is on disk, or at once where nothing is counted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from doorward.domain.actors import Actor
from doorward.domain.errors import DoorwardError, StoreUnavailable
from doorward.domain.ledger.answers import Counted, Taken
from doorward.services.limits import Allowance, LimitService
from doorward.services.ports.usage import Outcome
from doorward.web.http import Headers, Response
from doorward.web.later import Later
from doorward.web.limits.telling import SUSPENDED, limit_answer, nothing_of, rate_headers, uncounted
from doorward.web.limits.wire import LimitAnswer

_Answer = TypeVar("_Answer", Taken, Counted)
Items = Sequence[tuple[str, int]]


class Took(NamedTuple):
    """What came of it: `headers` tell of rates, `again` says that the same was done before."""

    allowed: bool
    limits: list[LimitAnswer]
    headers: Headers
    again: bool = False


def take(  # noqa: PLR0913, PLR0917 - what is asked, by whom
    service: LimitService,
    actor: Actor,
    allowance: Allowance,
    consume_id: str,
    items: Items,
    told: Callable[[Took], Response],
    *,
    audit: bool = False,
) -> Response | Later:
    """Take all of it, or nothing; `told` makes the answer. Raises as LimitService.consume."""
    if allowance.is_suspended:
        return told(Took(False, *refused(allowance, items)))

    def answer(taken: Taken) -> Response:
        limits = [limit_answer(one, allowance, is_refused=not taken.allowed) for one in taken.limits]
        return told(Took(taken.allowed, limits, rate_headers(taken.limits, allowance.now), taken.again))

    def pass_uncounted() -> Response:
        return told(Took(True, [uncounted(allowance.asked(*one)) for one in items], []))

    later = Later()
    passes = pass_uncounted if all(allowance.lets_pass(name) for name, _ in items) else None
    service.consume(actor, allowance, consume_id, items, answering(later, answer, passes), audit=audit)
    return later


def refused(allowance: Allowance, items: Items) -> tuple[list[LimitAnswer], Headers]:
    """What is told of limits that a suspended tenant may not use, and the headers."""
    nothing = [nothing_of(allowance.consumed(*one)) for one in items]
    limits = [limit_answer(one, allowance, reason=SUSPENDED) for one in nothing]
    return limits, rate_headers(nothing, allowance.now)


def answering(
    later: Later, answer: Callable[[_Answer], Response], passes: Callable[[], Response] | None = None
) -> Callable[[Outcome], None]:
    """What is called with the outcome of a request; `passes` answers where nothing can be counted."""

    def done(outcome: Outcome) -> None:
        def made() -> Response:
            if not isinstance(outcome, DoorwardError):
                return answer(outcome[0])  # type: ignore[arg-type] # of the kind that the request has
            if passes is not None and isinstance(outcome, StoreUnavailable):
                return passes()
            raise outcome

        later.make(made)

    return done
