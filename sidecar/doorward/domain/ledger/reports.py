"""Keeping what was reported."""

from collections.abc import Sequence
from typing import Final

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import BadRequest, Conflict, NotFound
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.answers import Answer, Counted
from doorward.domain.ledger.books import Books, EventKey
from doorward.domain.ledger.entries import new_event, require_same
from doorward.domain.ledger.requests import CONSUMED, Report, Request
from doorward.domain.ledger.shares import note_passed, used_shares
from doorward.domain.plans import MAX_AMOUNT, Per

SUMS: Final = frozenset({Aggregation.SUM, Aggregation.COUNT})


def keep_report(request: Report, books: Books) -> Answer:
    """Answer a report from the books, and note in them what has to be written.

    Raises:
        BadRequest: there is nothing of this kind to be taken back.
        Conflict: the id came with another content, or more is taken back than there is.
        NotFound: there is no event to be taken back.
    """
    if request.source == CONSUMED:
        raise BadRequest(f"source must not be {CONSUMED!r}: under it stands what is consumed")
    key = (request.tenant, request.source, request.id)
    before = books.events.get(key)
    asked = request.asked
    if before:
        require_same(before[0].digest, request)
        return Counted(((asked.name, before[0].amount),), again=True)
    account = books.account(request.tenant, asked.name)
    if request.corrects is not None:
        return _correct(request, books, account)
    shares = None
    if asked.aggregation in SUMS:
        account.add(asked.amount, request.at)
    else:
        shares = used_shares(account, asked)
        _keep_other(request, books, account)
    books.record(key, [new_event(request, asked, asked.amount, "report", value=request.value)])
    note_passed(books, account, asked, request.at, shares)
    return Counted(((asked.name, asked.amount),))


def cannot_fail(requests: Sequence[Request], books: Books) -> bool:
    """Whether all of these are reports that `keep_report` counts, or knows: seen before the books are changed.

    Of sums that take nothing back that is simple; anything else is not looked at, and said to be able to.
    """
    digests: dict[EventKey, str] = {}
    sums: dict[tuple[str, str], int] = {}
    for one in requests:
        if not isinstance(one, Report) or one.corrects is not None or one.source == CONSUMED:
            return False
        asked = one.asked
        if asked.aggregation not in SUMS:
            return False
        key = (one.tenant, one.source, one.id)
        known = books.events.get(key)
        if known:
            digest = known[0].digest
        elif key in digests:
            digest = digests[key]
        else:
            digest = digests[key] = one.digest
            account = (one.tenant, asked.name)
            sums[account] = sums.get(account, 0) + asked.amount
        if digest != one.digest:
            return False
    return all(books.accounts[key].used + amount <= MAX_AMOUNT for key, amount in sums.items())


def _keep_other(request: Report, books: Books, account: Account) -> None:
    """Count a report of a meter that is no sum."""
    asked = request.asked
    match asked.aggregation:
        case Aggregation.MAX:
            account.raise_to(asked.amount, request.at)
        case Aggregation.LATEST:
            by = f"{request.source}\n{request.id}"
            account.set_to(asked.amount, request.at, by, books.consumed_of_gauge(account, request.at))
        case _:
            _see(request, books, account)


def _correct(request: Report, books: Books, account: Account) -> Answer:
    """Take an event back, or a part of it: it counts at the time of that event."""
    asked = request.asked
    if asked.aggregation not in SUMS:
        raise BadRequest(f"{asked.name!r} is no sum: report what is right, nothing has to be taken back")
    events = books.events.get((request.tenant, request.source, request.corrects or ""), [])
    wrong = next((one for one in events if one.name == asked.name and one.amount > 0), None)
    if wrong is None:
        raise NotFound(f"there is no event {request.corrects!r} of this source and meter to be corrected")
    left = wrong.amount - wrong.corrected - wrong.returned
    if -asked.amount > left:
        raise Conflict(f"{-asked.amount} is more than the {left} that are left of the event {request.corrects!r}")
    wrong.corrected, wrong.changed = wrong.corrected - asked.amount, True
    account.add(asked.amount, wrong.at)
    events = [new_event(request, asked, asked.amount, "correct", wrong.at, corrects=request.corrects)]
    books.record((request.tenant, request.source, request.id), events)
    return Counted(((asked.name, asked.amount),))


def _see(request: Report, books: Books, account: Account) -> None:
    """Count a value that is told apart from others."""
    seen = books.values.setdefault((request.tenant, request.asked.name, request.value or ""), set())
    ever = (Per.TOTAL, 0)
    new_in = frozenset(
        key for key, one in account.periods.items() if key not in seen and key[1] <= request.at < one.ends_at
    )
    account.note_unique(request.at, new_in, is_new=ever not in seen)
    seen |= new_in | {ever}
