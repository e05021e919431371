"""Answers that are kept for whoever asks the same again."""

from typing import Any

import pytest

from doorward.web.kept import LONGEST_QUESTION
from doorward.web.metrics import CountedFlags, FlagKinds
from doorward.web.repeated import AllFlags, Key, Repeated

POLICY: Any = object()
OTHER: Any = object()
KEY: Key = (None, b"{}")


def answer(body: bytes = b"x", since: float = 10, until: float = 20) -> AllFlags:
    return AllFlags(body, '"tag"', CountedFlags(FlagKinds([], []), [], []), since, until)


def kept(one: AllFlags, key: Key = KEY, most_bytes: int = 2_000) -> Repeated:
    repeated = Repeated(most_bytes)
    for _ in range(2):
        repeated.keep(key, POLICY, 7, one)
    return repeated


def test_what_was_asked_for_once_is_not_kept() -> None:
    repeated = Repeated()
    repeated.keep(KEY, OTHER, 6, answer())
    assert repeated.find(KEY, OTHER, 6, 10) is None

    repeated.keep(KEY, POLICY, 7, one := answer())

    assert repeated.find(KEY, POLICY, 7, 10) is one, "it was asked for before, though it was another answer"


def test_the_same_question_finds_the_answer_while_it_holds() -> None:
    one = answer()
    repeated = kept(one)

    found = [repeated.find(KEY, POLICY, 7, now) for now in (9.9, 10, 19.9, 20)]

    assert found == [None, one, one, None]


@pytest.mark.parametrize(
    ("key", "policy", "facts"),
    [
        pytest.param((None, b"{ }"), POLICY, 7, id="another body"),
        pytest.param(("acme", b"{}"), POLICY, 7, id="a caller of a tenant"),
        pytest.param(KEY, OTHER, 7, id="another policy"),
        pytest.param(KEY, POLICY, 8, id="newer facts"),
        pytest.param(KEY, POLICY, 6, id="older facts"),
    ],
)
def test_another_question_finds_nothing(key: Key, policy: Any, facts: int) -> None:
    assert kept(answer()).find(key, policy, facts, 10) is None


def test_what_came_late_from_older_facts_is_not_found_by_newer_ones() -> None:
    repeated = kept(answer())
    repeated.keep(KEY, POLICY, 8, newer := answer(b"y"))
    assert repeated.find(KEY, POLICY, 8, 10) is newer

    repeated.keep(KEY, POLICY, 7, answer())

    assert repeated.find(KEY, POLICY, 8, 10) is None


@pytest.mark.parametrize(
    ("one", "key"),
    [
        pytest.param(answer(until=10), KEY, id="what changes with time"),
        pytest.param(answer(), (None, b" " * (LONGEST_QUESTION + 1)), id="a long question"),
        pytest.param(answer(b"x" * 5_000), KEY, id="a large answer"),
    ],
)
def test_what_is_not_worth_it_is_not_kept(one: AllFlags, key: Key) -> None:
    assert kept(one, key, most_bytes=4_000).find(key, POLICY, 7, 10) is None


def test_no_more_is_kept_than_there_is_room_for() -> None:
    repeated = Repeated(2_500)
    for number in range(2_000):
        repeated.keep((None, b"%d" % (number // 2)), POLICY, 7, answer(b"x" * 20))

    found = [number for number in range(1_000) if repeated.find((None, b"%d" % number), POLICY, 7, 10)]

    assert 1 <= len(found) <= 4
    assert found[-1] == 999
