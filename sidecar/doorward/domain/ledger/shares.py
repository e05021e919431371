"""Shares of limits: which of them a request has reached."""

from collections.abc import Sequence
from typing import Final

from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.books import Books, Passed
from doorward.domain.ledger.requests import Asked
from doorward.domain.plans import Per

THRESHOLDS: Final = (80, 100)
"""In percent: those that are told when they are reached."""
_LEAST: Final = THRESHOLDS[0]
_RATE: Final = Per.RATE_PER_SECOND


def used_shares(account: Account, asked: Asked) -> list[int]:
    """What is used of each rule before a request; a rate is always used and free again, so nobody is told of it."""
    return [
        0 if rule.per is _RATE or not rule.amount else account.used_of(rule, asked.aggregation) for rule in asked.rules
    ]


def note_passed(books: Books, account: Account, asked: Asked, at: int, before: Sequence[int] | None = None) -> None:
    """Note the shares of limits that a request has reached; `before` is what was used where it was not just added."""
    for place, rule in enumerate(asked.rules):
        amount = rule.amount
        if not amount or rule.per is _RATE:
            continue
        used = account.used_of(rule, asked.aggregation)
        if used * 100 < _LEAST * amount:
            continue
        used_before = used - asked.amount if before is None else before[place]
        for percent in THRESHOLDS:
            if used_before * 100 < percent * amount <= used * 100:
                books.passed.append(Passed(account.tenant, account.name, rule.key, percent, used, amount, at))
