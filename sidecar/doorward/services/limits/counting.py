"""Counting: consume, reserve, commit, release and return, checked before they go to the ledger."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEvent, AuditEventType
from doorward.domain.errors import BadRequest
from doorward.domain.ledger.requests import Asked, Commit, Consume, GiveBack, Release, Reserve
from doorward.domain.plans import MAX_AMOUNT
from doorward.services.limits.allowances import Allowance
from doorward.services.ports import Clock
from doorward.services.ports.usage import Ledger, Outcome

MAX_ID: Final = 256
MAX_ITEMS: Final = 20
MAX_HELD_SECONDS: Final = 24 * 3600
_SECOND: Final = 1_000_000
Done = Callable[[Outcome], None]
Items = Sequence[tuple[str, int]]


class LimitService:
    """What changes how much of a limit is used. Answers come from another thread, after they are on disk."""

    def __init__(self, ledger: Ledger, clock: Clock, new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._clock = clock
        self.new_id = new_id

    def now(self) -> int:
        """Epoch microseconds."""
        return int(self._clock() * _SECOND)

    def consume(  # noqa: PLR0913 - what is asked, by whom
        self, actor: Actor, allowance: Allowance, consume_id: str, items: Items, done: Done, *, audit: bool = False
    ) -> None:
        """Take all of this, or nothing; done with a Taken.

        Raises:
            BadRequest: an amount or id that cannot be, or a limit that is named twice.
            NotFound: there is no such limit.
        """
        asked = _checked(allowance, consume_id, items)
        request = Consume(
            tenant=allowance.tenant,
            id=consume_id,
            at=allowance.now,
            digest=_digest("consume", sorted(items)),
            items=asked,
            audit=_audited(actor, allowance, consume_id, "consume", dict(items)) if audit else None,
        )
        self._ledger.submit([request], done)

    def reserve(  # noqa: PLR0913, PLR0917 - what is asked, by whom
        self,
        actor: Actor,
        allowance: Allowance,
        reserve_id: str,
        items: Items,
        seconds: int,
        done: Done,
        *,
        audit: bool,
    ) -> None:
        """Keep room for all of this for some seconds, or for nothing of it; done with a Taken. Raises as `consume`."""
        if not 1 <= seconds <= MAX_HELD_SECONDS:
            raise BadRequest(f"expires_in must be a number of seconds from 1 to {MAX_HELD_SECONDS}")
        asked = _checked(allowance, reserve_id, items)
        request = Reserve(
            tenant=allowance.tenant,
            id=reserve_id,
            at=allowance.now,
            digest=_digest("reserve", sorted(items), seconds),
            items=asked,
            expires_at=allowance.now + seconds * _SECOND,
            audit=_audited(actor, allowance, reserve_id, "reserve", dict(items)) if audit else None,
        )
        self._ledger.submit([request], done)

    def commit(  # noqa: PLR0913 - what is asked, by whom
        self,
        actor: Actor,
        allowance: Allowance,
        reserve_id: str,
        amounts: Mapping[str, int],
        done: Done,
        *,
        only: int | None,
        audit: bool,
        key: str | None = None,
    ) -> None:
        """Consume what was reserved, or what was really used of it; done with a Taken. Raises BadRequest.

        `only` is what was really used of what was reserved alone. With a `key` the same may be asked again.
        """
        if only is not None:
            check_amount("amount", only, least=0)
        for name, amount in amounts.items():
            check_amount(f"amounts.{name[:100]}", amount, least=0)
        request = Commit(
            tenant=allowance.tenant,
            id=check_request_id(reserve_id),
            at=allowance.now,
            digest=_digest("commit", sorted(amounts.items()), only),
            repeats=_repeats(key, "commit", sorted(amounts.items()), only),
            amounts=amounts,
            only=only,
            asked=allowance.consumed,
            audit=_audited(actor, allowance, reserve_id, "commit", dict(amounts)) if audit else None,
        )
        self._ledger.submit([request], done)

    def release(  # noqa: PLR0913 - what is asked, by whom
        self, actor: Actor, allowance: Allowance, reserve_id: str, done: Done, *, audit: bool, key: str | None = None
    ) -> None:
        """Give up what was reserved; done with a Counted. Raises BadRequest. With a `key` it may be asked again."""
        request = Release(
            tenant=allowance.tenant,
            id=check_request_id(reserve_id),
            at=allowance.now,
            repeats=_repeats(key, "release"),
            audit=_audited(actor, allowance, reserve_id, "release", {}) if audit else None,
        )
        self._ledger.submit([request], done)

    def give_back(  # noqa: PLR0913, PLR0917 - what is asked, by whom
        self,
        actor: Actor,
        allowance: Allowance,
        consume_id: str,
        name: str | None,
        amount: int | None,
        done: Done,
        *,
        audit: bool,
        key: str | None = None,
    ) -> None:
        """Lower a total by what was consumed under an id; done with a Counted. Raises BadRequest, NotFound.

        With a `key` the same may be asked again.
        """
        if amount is not None:
            check_amount("amount", amount)
        if name is not None:
            allowance.asked(name, 0)
        request = GiveBack(
            tenant=allowance.tenant,
            id=check_request_id(consume_id),
            at=allowance.now,
            name=name,
            amount=amount,
            is_total=allowance.is_total,
            repeats=_repeats(key, "return", name, amount),
            audit=_audited(actor, allowance, consume_id, "return", {"limit": name, "amount": amount})
            if audit
            else None,
        )
        self._ledger.submit([request], done)


def _checked(allowance: Allowance, request_id: str, items: Items) -> list[Asked]:
    check_request_id(request_id)
    check_items("items", items)
    return [allowance.consumed(name, amount) for name, amount in items]


def check_items(member: str, items: Items) -> None:
    """Raise BadRequest unless these are some limits, each named once, with amounts that can be."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise BadRequest(f"{member} must be 1 to {MAX_ITEMS} of {{limit, amount}}")
    if len(items) > 1 and len({name for name, _ in items}) < len(items):
        raise BadRequest(f"{member} names a limit twice; add its amounts up")
    for _, amount in items:
        check_amount("amount", amount)


def check_amount(member: str, value: object, least: int = 1) -> int:
    """Raise BadRequest unless it is an integer within 64 bits that counts something."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_AMOUNT:
        raise BadRequest(f"{member} must be an integer from {least} to {MAX_AMOUNT}")
    return value


def check_request_id(value: str) -> str:
    """Raise BadRequest unless it can name a request."""
    if not 1 <= len(value) <= MAX_ID or not value.isprintable():
        raise BadRequest(f"id must be 1 to {MAX_ID} printable characters; make a new one for each request")
    return value


def _digest(*what: Any) -> str:  # noqa: ANN401 - plain data
    """What a request is known by under its id."""
    return hashlib.blake2b(json.dumps(what).encode(), digest_size=16).hexdigest()


def _repeats(key: str | None, *what: Any) -> str:  # noqa: ANN401 - plain data
    """What a request is known by that may be asked again; nothing where it has no key."""
    return "" if key is None else _digest(key, *what)


def _audited(actor: Actor, allowance: Allowance, request_id: str, verb: str, details: Mapping[str, Any]) -> AuditEvent:
    return AuditEvent(
        at=allowance.now,
        actor=actor.caller.name,
        tenant=allowance.tenant,
        type=AuditEventType.OTHER,
        resource=f"tenant:{allowance.tenant}",
        action=f"limits.{verb}",
        details={"id": request_id, **details},
        success=True,
        request_id=actor.request_id,
        address=actor.address,
    )
