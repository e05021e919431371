"""What waits for the ledger: in order, short requests not behind long batches, and never more than memory has room for."""

from doorward.store.ledger.waiting import MOST_AT_ONCE, MOST_REQUESTS, MOST_WAITING, Unit, Waiting
from support.ledgers import commit, consume, new_id, report, reserve


def unit(count: int, name: str) -> Unit:
    return Unit([report(id=new_id()) for _ in range(count)], print, float(int(name)))


def waiting(*units: Unit) -> Waiting:
    found = Waiting()
    for one in units:
        found.append(one)
    return found


def groups(found: Waiting) -> list[list[int]]:
    """The groups that are carried out, by what their units are called."""
    made = []
    while found:
        made.append([int(one.since) for one in found.next_group()])
    return made


def test_what_is_short_waits_for_one_long_batch_at_most() -> None:
    found = waiting(*(unit(1_000, str(number)) for number in range(4)), unit(1, "100"), unit(16, "101"))
    assert groups(found) == [[100, 101, 0], [1, 2], [3]]


def test_what_is_short_does_not_keep_long_batches_waiting() -> None:
    found = waiting(*(unit(1, str(number)) for number in range(MOST_AT_ONCE * 2)), unit(1_000, "9000"))
    first = found.next_group()
    assert [len(first), first[-1].since] == [MOST_AT_ONCE + 1, 9000.0]


def test_a_batch_that_is_longer_than_a_transaction_goes_alone() -> None:
    assert groups(waiting(*(unit(MOST_REQUESTS + 1, str(number)) for number in range(2)))) == [[0], [1]]


def test_a_commit_comes_after_the_transaction_of_its_reservation() -> None:
    requests = [reserve(id="r"), consume(), commit("r"), consume()]
    found = waiting(*(Unit([one], print, float(number)) for number, one in enumerate(requests)))
    assert groups(found) == [[0, 1], [2, 3]]


def test_it_is_full_by_requests_and_empty_again_when_they_are_carried_out() -> None:
    found = waiting(*(unit(1_000, str(number)) for number in range(MOST_WAITING // 1_000 - 1)))
    assert not found.is_full
    found.append(unit(1_000, "99"))
    assert found.is_full
    assert len(found) == MOST_WAITING // 1_000
    groups(found)
    assert not found.is_full
    assert len(found) == 0
