"""A ledger in memory: `domain/ledger` alone, with books that are computed anew for each group of requests."""

import copy
from collections.abc import Sequence

from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.accounts import Account, Period, Rule
from doorward.domain.ledger.answers import Answer
from doorward.domain.ledger.books import EXPIRED, HELD, Books, Event, EventKey
from doorward.domain.ledger.keeping import keep
from doorward.domain.ledger.requests import Asked, Commit, Consume, Held, Report, Request, Reserve
from doorward.domain.plans import Per

_TOTAL = (Per.TOTAL, 0)


class PureLedger:
    """Sums, counts and reservations of one tenant; each request is a group of its own."""

    def __init__(self, names: Sequence[str]) -> None:
        self.accounts = {name: Account("acme", name) for name in names}
        self.events: dict[EventKey, list[Event]] = {}
        self.reservations: dict[tuple[str, str], list[Held]] = {}

    def ask(self, request: Request) -> Sequence[Answer] | DoorwardError:
        """The outcome of one request, as the lane tells it."""
        books = Books(events=copy.deepcopy(self.events), reservations=copy.deepcopy(self.reservations))
        for name, account in self.accounts.items():
            books.accounts["acme", name] = self._read(copy.deepcopy(account), books, request)
        before = copy.deepcopy((books.events, books.reservations, [one.used for one in self.accounts.values()]))
        try:
            answer = keep(request, books)
        except DoorwardError as error:
            after = (books.events, books.reservations, [one.used for one in books.accounts.values()])
            assert repr(_plain(after)) == repr(_plain(before)), "a fault has changed the books"
            return error
        self.events, self.reservations = books.events, books.reservations
        self.accounts = {name: account for (_, name), account in books.accounts.items()}
        return [answer]

    def _read(self, account: Account, books: Books, request: Request) -> Account:
        account.hours.clear()
        account.periods.clear()
        account.held.clear()
        for held in books.reservations.values():
            for one in held:
                if one.name == account.name and one.state == HELD and one.expires_at <= request.at:
                    one.state = EXPIRED
        for rule in _rules(request, account.name, books):
            if rule.ends_at:
                events = [one for found in self.events.values() for one in found if one.name == account.name]
                used = sum(one.amount for one in events if rule.starts_at <= one.at < rule.ends_at)
                account.periods[rule.key] = Period(rule.ends_at, used, account.seq)
        live = [one for held in books.reservations.values() for one in held if one.name == account.name]
        for one in live:
            if one.state == HELD:
                account.hold(one.amount, one.reserved_at, one.expires_at)
        return account


def _rules(request: Request, name: str, books: Books) -> Sequence[Rule]:
    items: Sequence[Asked] = ()
    match request:
        case Consume() | Reserve():
            items = request.items
        case Report():
            items = (request.asked,)
        case Commit():
            held = books.reservations.get((request.tenant, request.id), [])
            items = [request.asked(one.name, one.amount, one.reserved_at) for one in held]
    return [rule for one in items if one.name == name for rule in one.rules]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return [(key, _plain(one)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Event):
        return [getattr(value, slot) for slot in Event.__slots__]
    return value
