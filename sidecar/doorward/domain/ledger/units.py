"""Units: requests that are carried out together or not at all."""

import copy
from collections.abc import Sequence

from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.answers import Answer
from doorward.domain.ledger.books import Books, EventKey
from doorward.domain.ledger.keeping import keep
from doorward.domain.ledger.reports import cannot_fail
from doorward.domain.ledger.requests import Report, Request
from doorward.domain.usage import together


def keep_together(requests: Sequence[Request], books: Books) -> Sequence[Answer] | DoorwardError:
    """The answers to all of a unit, or all that is wrong with it; then the books are as they were."""
    before = None if len(requests) == 1 or cannot_fail(requests, books) else _Before(books, requests)
    answers: list[Answer] = []
    faults: list[DoorwardError] = []
    for request in requests:
        try:
            answers.append(keep(request, books))
        except DoorwardError as error:
            faults.append(_placed(request, error))
    if not faults:
        return answers
    if before is not None:
        before.restore(books)
    return together(faults)


def _placed(request: Request, error: DoorwardError) -> DoorwardError:
    """An error that says which of the requests that came together it is about."""
    if not isinstance(request, Report) or not request.place:
        return error
    return type(error)(f"{request.place.rstrip('.')}: {error}")


class _Before:
    """What several reports may change in books, as it was. Whatever else comes alone, or is kept by a copy of all."""

    def __init__(self, books: Books, requests: Sequence[Request]) -> None:
        reports = [one for one in requests if isinstance(one, Report)]
        self._all = copy.deepcopy(books) if len(reports) < len(requests) else None
        names = {(one.tenant, one.asked.name) for one in reports}
        self._accounts = {key: _copied(books.accounts[key]) for key in names if key in books.accounts}
        corrected = [(one.tenant, one.source, one.corrects) for one in reports if one.corrects is not None]
        self._corrected: dict[EventKey, list[tuple[int, bool]]] = {
            key: [(event.corrected, event.changed) for event in books.events.get(key, ())] for key in corrected
        }
        seen = {(one.tenant, one.asked.name, one.value or "") for one in reports if one.value is not None}
        self._values = {key: set(books.values[key]) for key in seen if key in books.values}
        self._unseen = seen - books.values.keys()
        self._counts = [len(one) for one in _lists(books)]

    def restore(self, books: Books) -> None:
        """Make the books what they were."""
        if self._all is not None:
            for member in Books.__slots__:
                setattr(books, member, getattr(self._all, member))
            return
        books.accounts.update(self._accounts)
        for key, was in self._corrected.items():
            for event, (corrected, changed) in zip(books.events.get(key, ()), was, strict=False):
                event.corrected, event.changed = corrected, changed
        books.values.update(self._values)
        for value in self._unseen:
            books.values.pop(value, None)
        for key in books.new_events[self._counts[0] :]:
            del books.events[key]
        for one, count in zip(_lists(books), self._counts, strict=True):
            del one[count:]


def _lists(books: Books) -> Sequence[list[object]]:
    """What only grows; new events first."""
    return books.new_events, books.new_reservations, books.gauge_changes, books.passed, books.audit  # type: ignore[return-value]


def _copied(account: Account) -> Account:
    found = copy.copy(account)
    found.periods = {key: copy.copy(one) for key, one in account.periods.items()}
    found.held = dict(account.held)
    found.hours = {key: copy.copy(one) for key, one in account.hours.items()}
    return found
