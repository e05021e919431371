"""Waiting for a revision: at once where it was served, through history, in vain with an end."""

import threading
from collections.abc import Callable, Sequence

import pytest

from doorward.domain.errors import BadRequest, PolicyInvalid, RevisionNotServed
from doorward.domain.policy_changes import Logged
from doorward.services.policy import PolicyService
from doorward.services.revisions import WAIT_SECONDS, Revisions
from support.fake_policy import FakePolicy

OLD, SERVED, NEWER = (f"dir:000000000000000{number}" for number in range(3))


class Source:
    """Gives a policy of each revision in turn, and goes on with the last."""

    name = "test"
    is_remote = False

    def __init__(self, *revisions: str) -> None:
        self.revisions = list(revisions)
        self.asked = threading.Event()

    def load(self, _pace: Callable[[], None], _previous: object) -> FakePolicy:
        self.asked.set()
        revision = self.revisions.pop(0) if len(self.revisions) > 1 else self.revisions[0]
        if revision == "broken":
            raise PolicyInvalid([])
        return FakePolicy({}, revision=revision)


class History:
    """A repository whose revisions came in an order."""

    def __init__(self, *order: str) -> None:
        self.order = order
        self.asked = 0

    def change(self, *_: object) -> None:
        raise AssertionError("nobody changes anything here")

    def revisions(self, _start: int, _count: int) -> Sequence[Logged]:
        return []

    def proposals(self) -> Sequence[Logged]:
        return []

    def includes(self, revision: str, *, within: str) -> bool:
        self.asked += 1
        return {revision, within} <= set(self.order) and self.order.index(revision) <= self.order.index(within)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, source: Source) -> None:
        self.now = 0.0
        self._source = source

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def made(*revisions: str, history: History | None = None) -> tuple[Revisions, Source, Time, PolicyService]:
    source = Source(*revisions)
    policy = PolicyService(source, None, lambda: 0.0, lambda: None)
    policy.start()
    source.asked.clear()
    time = Time(source)
    return Revisions(policy, history, time.sleep, time.clock), source, time, policy


@pytest.mark.parametrize(
    "wanted", ["", "1", "git:abc", "dir:xyz", "dir:" + "0" * 17, f"{SERVED}\n", "*", "git:" + "A" * 40]
)
def test_what_is_no_revision_is_refused(wanted: str) -> None:
    revisions, *_ = made(SERVED)
    with pytest.raises(BadRequest, match="must be what Doorward-Revision said"):
        revisions.wait(wanted)


def test_what_is_or_was_served_is_answered_at_once() -> None:
    history = History()
    revisions, source, time, policy = made(OLD, SERVED, history=history)
    policy.reload()
    source.asked.clear()
    revisions.wait(SERVED)
    revisions.wait(OLD)
    assert (time.now, source.asked.is_set(), history.asked) == (0.0, False, 0)


def test_what_came_before_the_served_one_is_answered_at_once_though_it_was_never_served() -> None:
    revisions, _, time, _ = made(SERVED, history=History(OLD, SERVED))
    revisions.wait(OLD)
    assert time.now == 0.0


def test_what_comes_meanwhile_is_waited_for_and_the_source_is_asked() -> None:
    _, source, _, policy = made(SERVED, NEWER)
    Revisions(policy).wait(NEWER)
    assert source.asked.is_set()
    assert policy.current.revision == NEWER


def test_what_does_not_come_ends_after_a_while_and_says_what_is_served() -> None:
    revisions, _, time, _ = made(SERVED, "broken", history=History(OLD, SERVED))
    with pytest.raises(RevisionNotServed, match=f"{NEWER} is not served here yet, but {SERVED}"):
        revisions.wait(NEWER)
    assert time.now == pytest.approx(WAIT_SECONDS, abs=0.05)


def test_history_is_asked_once_for_each_policy_that_is_served_and_not_at_every_look() -> None:
    history = History(OLD, SERVED)
    revisions, *_ = made(SERVED, history=history)
    with pytest.raises(RevisionNotServed):
        revisions.wait(NEWER)
    assert history.asked == 1
