"""Units: several reports are counted together or not at all, whatever way the books take to that."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.accounts import Account, Period
from doorward.domain.ledger.books import Books, Event
from doorward.domain.ledger.keeping import keep
from doorward.domain.ledger.reports import cannot_fail
from doorward.domain.ledger.requests import Report
from doorward.domain.ledger.units import keep_together
from doorward.domain.plans import MAX_AMOUNT
from support.ledgers import AT, report

_NAMES = {"api_calls": Aggregation.SUM, "logins": Aggregation.COUNT, "peak": Aggregation.MAX}


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """One of few ids, so that they come again, now and then with another content or taking another one back."""
    name = draw(st.sampled_from(sorted(_NAMES)))
    corrects = draw(st.sampled_from([None, None, None, "a"]))
    amount = draw(st.sampled_from([1, 2, MAX_AMOUNT // 2])) * (-1 if corrects else 1)
    return report(
        name,
        amount,
        id=draw(st.sampled_from("abcde")),
        aggregation=_NAMES[name],
        corrects=corrects,
        limit=draw(st.sampled_from([2, 3])),
    )


def books_of(known: list[Report]) -> Books:
    """Books in which some were counted before."""
    books = Books()
    for name in _NAMES:
        account = books.accounts["acme", name] = Account("acme", name)
        rule = report(name).asked.rules[0]
        account.periods[rule.key] = Period(rule.ends_at, 0, 0)
    for one in known:
        if one.corrects is None and ("acme", "app", one.id) not in books.events:
            asked = one.asked
            event = Event(asked.name, "report", asked.amount, None, AT, AT, None, one.digest)
            books.events["acme", "app", one.id] = [event]
            books.accounts["acme", asked.name].used += asked.amount
    return books


def told(value: object) -> str:
    """Everything that stands in books or answers."""
    if isinstance(value, list | tuple):
        return str([told(one) for one in value])
    if isinstance(value, dict):
        return str([(key, told(one)) for key, one in value.items()])
    slots = getattr(type(value), "__slots__", None)
    return repr(value) if slots is None else str([(name, told(getattr(value, name))) for name in slots])


@given(known=st.lists(reports(), max_size=3), unit=st.lists(reports(), min_size=2, max_size=6))
def test_a_unit_is_kept_as_one_after_the_other_is_or_leaves_the_books_as_they_were(
    known: list[Report], unit: list[Report]
) -> None:
    books = books_of(known)
    before, each = copy.deepcopy(books), copy.deepcopy(books)
    is_sure = cannot_fail(unit, books)
    assert told(books) == told(before)
    faults, answers = [], []
    for one in unit:
        try:
            answers.append(keep(one, each))
        except DoorwardError as error:
            faults.append(error)
    outcome = keep_together(unit, books)
    if faults:
        assert not is_sure
        assert isinstance(outcome, DoorwardError)
        assert told(books) == told(before)
    else:
        assert outcome == answers
        assert told(books) == told(each)
