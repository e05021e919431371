"""Commits, releases and returns that come again: under an Idempotency-Key the same one is answered as it was.

What was done under an id stands behind the digest of what made it, in the digest of its rows.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from doorward.domain.ledger.answers import Answer, Counted, Taken, Told, tightest
from doorward.domain.ledger.books import Books, Event
from doorward.domain.ledger.requests import CONSUMED, Asked, Commit, GiveBack, Held, Release, Request

_BETWEEN: Final = "\n"


def made_by(digest: str) -> str:
    """The digest of the request that made what it stands in."""
    return digest.partition(_BETWEEN)[0]


def repeated(request: Request, books: Books) -> Answer | None:
    """The answer to a request that was carried out before; None where it was not, or has no key."""
    if not request.repeats:
        return None
    match request:
        case Commit() if _all_done(held := _held(request, books), request):
            return Taken(True, tuple(_told(books, request, held)), again=True)
        case Release() if _all_done(held := _held(request, books), request):
            return Counted(tuple((one.name, one.amount) for one in held), again=True)
        case GiveBack() if _all_done(events := _of_total(request, books), request):
            return Counted(tuple((one.name, one.returned) for one in events), again=True)
    return None


def note_done(request: Request, books: Books) -> None:
    """Note that a request was carried out, so that it is known when it comes again."""
    if not request.repeats:
        return
    done: Iterable[Held | Event] = ()
    match request:
        case Commit() | Release():
            done = _held(request, books)
        case GiveBack():
            done = [one for one in _of_total(request, books) if one.changed and one.returned_at == request.at]
    for one in done:
        one.digest = f"{made_by(one.digest)}{_BETWEEN}{request.repeats}"


def _all_done(rows: Sequence[Held | Event], request: Request) -> bool:
    return bool(rows) and all(one.digest.partition(_BETWEEN)[2] == request.repeats for one in rows)


def _held(request: Request, books: Books) -> Sequence[Held]:
    return books.reservations.get((request.tenant, request.id), [])


def _of_total(request: GiveBack, books: Books) -> Sequence[Event]:
    """What was consumed under the id and can be given back."""
    events = books.events.get((request.tenant, CONSUMED, request.id), [])
    return [one for one in events if request.name in {None, one.name} and request.is_total(one.name)]


def _told(books: Books, request: Commit, held: Sequence[Held]) -> Iterable[Told]:
    """How each limit stands now."""
    for one in held:
        asked: Asked = request.asked(one.name, one.committed, one.reserved_at)
        account = books.account(request.tenant, one.name)
        standings = tuple(account.standing(rule, 0, request.at, asked.aggregation) for rule in asked.rules)
        yield Told(asked, tightest(standings), standings)
