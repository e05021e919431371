"""Keeping the ledger: what each kind of request makes of the books. Refusals and faults leave them as they were."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from doorward.domain.errors import BadRequest, Conflict, NotFound
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.answers import Answer, Counted, Taken, Told, tightest
from doorward.domain.ledger.books import COMMITTED, EXPIRED, HELD, RELEASED, Books, EventKey
from doorward.domain.ledger.entries import new_event, require_same
from doorward.domain.ledger.repeats import note_done, repeated
from doorward.domain.ledger.reports import keep_report
from doorward.domain.ledger.requests import (
    CONSUMED,
    Asked,
    Commit,
    Consume,
    GiveBack,
    Held,
    Release,
    Report,
    Request,
    Reserve,
)
from doorward.domain.ledger.shares import note_passed
from doorward.domain.plans import Per

_RATE: Final = Per.RATE_PER_SECOND


def keep(request: Request, books: Books) -> Answer:
    """Answer a request from the books, and note in them what has to be written.

    Raises:
        Conflict: the id was used for something else, or what is asked for is over.
        NotFound: there is no such reservation, or nothing was consumed under the id.
        BadRequest: what is asked for cannot be.
    """
    before = repeated(request, books)
    if before is not None:
        return before
    answer = _KEEPERS[type(request)](request, books)
    note_done(request, books)
    return answer


def _consume(request: Consume, books: Books) -> Answer:
    key = (request.tenant, CONSUMED, request.id)
    before = books.events.get(key)
    if before:
        require_same(before[0].digest, request)
        return Taken(True, _told(books, request, request.items, 0), again=True)
    found = _told(books, request, request.items)
    if not _fits(found):
        return Taken(False, found)
    for asked in request.items:
        books.account(request.tenant, asked.name).check_sum(asked.amount)
    times = [books.account(request.tenant, one.name).time_of(request.at) for one in request.items]
    books.record(
        key,
        [new_event(request, one, one.amount, "consume", at) for one, at in zip(request.items, times, strict=True)],
    )
    for asked, at in zip(request.items, times, strict=True):
        account = books.account(request.tenant, asked.name)
        account.add(asked.amount, at)
        books.note_of_gauge(account, at, asked.amount)
        _take_rates(account, asked, asked.amount, request.at)
        note_passed(books, account, asked, request.at)
    _note_audit(request, books)
    return Taken(True, _told(books, request, request.items, 0, found))


def _reserve(request: Reserve, books: Books) -> Answer:
    key = (request.tenant, request.id)
    before = books.reservations.get(key)
    if before:
        require_same(before[0].digest, request)
        _require_live(before, request)
        return Taken(True, _told(books, request, request.items, 0), again=True)
    found = _told(books, request, request.items)
    if not _fits(found):
        return Taken(False, found)
    for asked in request.items:
        books.account(request.tenant, asked.name).check_held(asked.amount)
    held = []
    for asked in request.items:
        account = books.account(request.tenant, asked.name)
        account.hold(asked.amount, request.at, request.expires_at)
        _take_rates(account, asked, asked.amount, request.at)
        held.append(Held(asked.name, asked.amount, HELD, 0, request.at, request.expires_at, request.digest))
    books.reservations[key] = held
    books.new_reservations.append(key)
    _note_audit(request, books)
    return Taken(True, _told(books, request, request.items, 0, found))


def _commit(request: Commit, books: Books) -> Answer:
    held = _live(request, books)
    key: EventKey = (request.tenant, CONSUMED, request.id)
    if books.events.get(key):
        raise Conflict(f"the id {request.id!r} was consumed before; reserve under another id")
    amounts = _real_amounts(request, held)
    unknown = sorted(amounts.keys() - {one.name for one in held})
    if unknown:
        raise BadRequest(f"{unknown[0]!r} was not reserved under {request.id!r}; commit what was")
    at = held[0].reserved_at
    real = [request.asked(one.name, amounts.get(one.name, one.amount), at) for one in held]
    for one, asked in zip(held, real, strict=True):
        account = books.account(request.tenant, one.name)
        account.check_sum(asked.amount)
        if asked.amount > one.amount:
            told = _tightest(account, asked, asked.amount - one.amount, request.at)
            if not (told.standing.has_room or asked.soft):
                raise Conflict(
                    f"{asked.amount} of {one.name!r} is more than the {one.amount} that were reserved, and there is no"
                    " room for the rest; nothing was committed, the reservation holds on"
                )
    events = []
    for one, asked in zip(held, real, strict=True):
        account = books.account(request.tenant, one.name)
        account.hold(-one.amount, one.reserved_at, 0)
        if asked.amount:
            when = account.time_of(at)
            events.append(new_event(request, asked, asked.amount, "commit", when))
            account.add(asked.amount, when)
            books.note_of_gauge(account, when, asked.amount)
            _take_rates(account, asked, max(0, asked.amount - one.amount), request.at)
            note_passed(books, account, asked, request.at)
        one.state, one.committed, one.changed = COMMITTED, asked.amount, True
    if events:
        books.record(key, events)
    _note_audit(request, books)
    return Taken(True, tuple(_tightest(books.account(request.tenant, one.name), one, 0, request.at) for one in real))


def _release(request: Release, books: Books) -> Answer:
    held = _live(request, books)
    for one in held:
        books.account(request.tenant, one.name).hold(-one.amount, one.reserved_at, 0)
        one.state, one.changed = RELEASED, True
    _note_audit(request, books)
    return Counted(tuple((one.name, one.amount) for one in held))


def _give_back(request: GiveBack, books: Books) -> Answer:
    events = books.events.get((request.tenant, CONSUMED, request.id), [])
    mine = [one for one in events if request.name in {None, one.name}]
    if not mine:
        what = "nothing" if request.name is None else f"nothing of {request.name!r}"
        raise NotFound(f"{what} was consumed under the id {request.id!r}; give the id of a consume")
    mine = [one for one in mine if request.is_total(one.name)]
    if not mine:
        raise Conflict("what is counted per period cannot be returned; only totals can")
    if any(one.returned_at for one in mine):
        raise Conflict(f"what was consumed under the id {request.id!r} was returned before; nothing was changed")
    amounts = []
    for one in mine:
        left = one.amount - one.corrected
        amount = left if request.amount is None else request.amount
        if amount > left:
            raise Conflict(f"{amount} is more than the {left} of {one.name!r} that were consumed under {request.id!r}")
        amounts.append((one, amount))
    for one, amount in amounts:
        one.returned, one.returned_at, one.changed = amount, request.at, True
        account = books.account(request.tenant, one.name)
        account.give_back(amount, one.at)
        books.note_of_gauge(account, one.at, -amount)
    _note_audit(request, books)
    return Counted(tuple((one.name, amount) for one, amount in amounts))


def _real_amounts(request: Commit, held: Sequence[Held]) -> Mapping[str, int]:
    """What was really used, by name."""
    if request.only is None:
        return request.amounts
    if len(held) > 1:
        raise BadRequest(f"{len(held)} limits were reserved under {request.id!r}; give amounts by limit")
    return {held[0].name: request.only}


def _live(request: Request, books: Books) -> list[Held]:
    """What a reservation holds. Raises NotFound, and Conflict where it holds nothing any more."""
    held = books.reservations.get((request.tenant, request.id))
    if not held:
        raise NotFound(f"there is no reservation {request.id!r}; reserve first")
    _require_live(held, request)
    return held


def _require_live(held: Sequence[Held], request: Request) -> None:
    """Raise Conflict unless all of a reservation holds: its items end one by one, where their ledgers are looked at."""
    states = {one.state for one in held}
    if EXPIRED in states or (HELD in states and held[0].expires_at <= request.at):
        raise Conflict(f"the reservation {request.id!r} has expired; consume what was used, or reserve again")
    if HELD not in states:
        raise Conflict(f"the reservation {request.id!r} was {held[0].state} before; nothing was changed")


def _told(
    books: Books, request: Request, items: Sequence[Asked], more: int | None = None, before: Sequence[Told] = ()
) -> tuple[Told, ...]:
    """How each limit stands before its amount, or before `more`; what was over before is told as over."""
    told = [
        _tightest(books.account(request.tenant, one.name), one, one.amount if more is None else more, request.at)
        for one in items
    ]
    for place, one in enumerate(before):
        if one.is_over:
            told[place] = Told(one.asked, told[place].standing._replace(has_room=False))
    return tuple(told)


def _tightest(account: Account, asked: Asked, amount: int, at: int) -> Told:
    """How the rule of a limit stands that has no room, else the one that leaves the least."""
    standings = [account.standing(rule, amount, at, asked.aggregation) for rule in asked.rules]
    return Told(asked, tightest(standings), tuple(standings))


def _fits(told: Sequence[Told]) -> bool:
    return all(one.standing.has_room or one.asked.soft for one in told)


def _take_rates(account: Account, asked: Asked, amount: int, at: int) -> None:
    for rule in asked.rules:
        if rule.per is _RATE:
            account.take_rate(rule, amount, at)


def _note_audit(request: Request, books: Books) -> None:
    if request.audit is not None:
        books.audit.append(request.audit)


_KEEPERS: Final[Mapping[type[Request], Callable[[Any, Books], Answer]]] = {
    Consume: _consume,
    Reserve: _reserve,
    Commit: _commit,
    Release: _release,
    GiveBack: _give_back,
    Report: keep_report,
}
