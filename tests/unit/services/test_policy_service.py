"""What is served: swapped whole, kept while a newer one is broken, started from the last good one."""

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from doorward.domain.errors import PolicyInvalid, PolicyUnavailable, Problem, SourceUnreadable
from doorward.policy import Snapshot
from doorward.services.policy import PolicyService
from support.trees import RULES, snapshot

FIRST, SECOND = snapshot(), snapshot(RULES + "p, extra, *, *, a:*, b, True, allow\n")
BROKEN = PolicyInvalid([Problem(path="policies/access.csv", line=3, message="wrong")])


class Source:
    """Gives what it is told to."""

    name = "test"
    is_remote = False

    def __init__(self, *given: Snapshot | PolicyInvalid | SourceUnreadable) -> None:
        self.given = list(given)
        self.previous: Snapshot | None = None

    def load(self, _pace: Callable[[], None], previous: Snapshot | None) -> Snapshot:
        self.previous = previous
        one = self.given.pop(0)
        if isinstance(one, PolicyInvalid | SourceUnreadable):
            raise one
        return one


class Kept:
    """A last good policy in memory."""

    def __init__(self, kept: Snapshot | None = None, *, full: bool = False) -> None:
        self.kept = kept
        self.full = full

    def save(self, one: Snapshot) -> None:
        if self.full:
            raise OSError("no space left")
        self.kept = one

    def load(self) -> Snapshot | None:
        return self.kept

    @property
    def answered_at(self) -> float | None:
        return 900.0


GONE = SourceUnreadable("no route to the host")


def service(*given: Snapshot | PolicyInvalid | SourceUnreadable, kept: Kept | None = None) -> PolicyService:
    return PolicyService(Source(*given), kept, lambda: 1000.0, lambda: None)


def test_nothing_is_served_before_the_start() -> None:
    with pytest.raises(PolicyUnavailable):
        _ = service().current


def test_good_policy_is_served_and_kept() -> None:
    kept = Kept()
    policy = service(FIRST, kept=kept)
    policy.start()
    assert policy.current is FIRST
    assert kept.kept is FIRST


def test_broken_policy_changes_nothing_and_is_told() -> None:
    policy = service(FIRST, BROKEN)
    policy.start()
    with pytest.raises(PolicyInvalid):
        policy.reload()
    assert policy.current is FIRST
    assert policy.served.refusal is not None
    assert policy.served.refusal.problems == BROKEN.problems
    assert (policy.loads, policy.refusals) == (1, 1)


def test_policy_that_is_mended_is_no_longer_stale() -> None:
    policy = service(FIRST, BROKEN, FIRST)
    policy.start()
    with pytest.raises(PolicyInvalid):
        policy.reload()
    policy.reload()
    assert not policy.served.is_stale
    assert policy.loads == 1


def test_broken_start_serves_the_last_good_and_says_so() -> None:
    policy = service(BROKEN, SECOND, kept=Kept(FIRST))
    served = policy.start()
    assert served.snapshot is FIRST
    assert served.from_last_good
    assert served.is_stale
    policy.reload()
    assert policy.current is SECOND
    assert not policy.served.from_last_good


def test_broken_start_without_a_last_good_is_an_error() -> None:
    with pytest.raises(PolicyInvalid):
        service(BROKEN, kept=Kept(None)).start()


def test_full_disk_does_not_stop_a_policy() -> None:
    policy = service(FIRST, kept=Kept(full=True))
    policy.start()
    assert policy.current is FIRST


def test_source_is_given_what_is_served() -> None:
    source = Source(FIRST, BROKEN, SECOND)
    policy = PolicyService(source, None, lambda: 1000.0, lambda: None)
    policy.start()
    assert source.previous is None
    for _ in range(2):
        with contextlib.suppress(PolicyInvalid):
            policy.reload()
        assert source.previous is FIRST


def test_an_outage_keeps_what_is_served_and_says_since_when() -> None:
    times = iter(range(1000, 2000))
    one = PolicyService(Source(FIRST, GONE, GONE, FIRST), None, lambda: float(next(times)), lambda: None)
    one.start()
    answered = one.answered_at
    outages = []
    for _ in range(2):
        with pytest.raises(SourceUnreadable):
            one.reload()
        outages.append(one.served.outage)
    assert outages[0] == outages[1]
    assert one.served.is_stale
    assert one.served.reason == "the policy's source cannot be read: no route to the host"
    assert (one.current, one.answered_at, one.outages) == (FIRST, answered, 2)
    one.reload()
    assert (one.served.is_stale, one.served.outage) == (False, None)
    assert one.answered_at is not None
    assert answered is not None
    assert one.answered_at > answered


def test_an_outage_after_a_refusal_does_not_hide_it() -> None:
    one = service(FIRST, BROKEN, GONE, BROKEN, SECOND)
    one.start()
    for error, reason in (
        (PolicyInvalid, "is refused"),
        (SourceUnreadable, "cannot be read"),
        (PolicyInvalid, "is refused"),
    ):
        with pytest.raises(error):
            one.reload()
        assert reason in (one.served.reason or "")
        assert one.served.refusal is not None
    one.reload()
    assert (one.served.refusal, one.served.outage, one.current) == (None, None, SECOND)


def test_the_last_good_policy_is_started_from_while_the_source_does_not_answer() -> None:
    one = service(GONE, kept=Kept(FIRST))
    one.start()
    assert (one.current, one.served.from_last_good, one.served.is_stale) == (FIRST, True, True)
    with pytest.raises(SourceUnreadable):
        service(GONE, kept=Kept()).start()


def test_the_newest_revision_is_told_while_it_is_refused() -> None:
    one = service(FIRST, PolicyInvalid(BROKEN.problems, "git:newer"), GONE)
    one.start()
    assert one.newest == FIRST.revision
    with contextlib.suppress(PolicyInvalid):
        one.reload()
    with contextlib.suppress(SourceUnreadable):
        one.reload()
    assert one.newest == "git:newer"
    assert one.served.refusal is not None
    assert one.served.refusal.revision == "git:newer"


class Remote(Source):
    """A source elsewhere, which answers when it is let."""

    is_remote = True

    def __init__(self, *given: Snapshot | PolicyInvalid | SourceUnreadable) -> None:
        super().__init__(*given)
        self.let = threading.Event()
        self.let.set()

    def load(self, pace: Callable[[], None], previous: Snapshot | None) -> Snapshot:
        self.let.wait(30)
        return super().load(pace, previous)


def remote(source: Remote, kept: Snapshot | None) -> PolicyService:
    return PolicyService(source, Kept(kept), lambda: 1000.0, lambda: None)


def test_a_remote_source_is_compared_with_the_last_good_policy_at_the_start() -> None:
    source = Remote(FIRST)
    one = remote(source, FIRST)
    one.start()
    assert source.previous is FIRST
    assert (one.served.from_last_good, one.served.is_stale, one.answered_at) == (False, False, 1000.0)


def test_a_slow_source_keeps_no_restart_waiting_and_is_served_when_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorward.services.policy.START_SECONDS", 0.05)
    source = Remote(SECOND)
    source.let.clear()
    one = remote(source, FIRST)
    one.start()
    assert (one.current, one.served.from_last_good, one.served.is_stale, one.answered_at) == (FIRST, True, True, 900.0)
    source.let.set()
    deadline = time.monotonic() + 10
    while one.current is not SECOND and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (one.current, one.served.from_last_good, one.served.is_stale) == (SECOND, False, False)


def test_those_who_ask_while_the_source_is_read_share_one_more_reading() -> None:
    source = Remote(FIRST, SECOND, FIRST, SECOND, FIRST)
    one = remote(source, None)
    one.start()
    source.let.clear()
    asking = [threading.Thread(target=one.reload) for _ in range(8)]
    for thread in asking:
        thread.start()
    time.sleep(0.1)
    source.let.set()
    for thread in asking:
        thread.join()
    assert len(source.given) == 2
    assert one.current is FIRST


def test_the_same_refused_revision_is_counted_and_told_once_and_another_one_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    problems = BROKEN.problems
    first, second = PolicyInvalid(problems, "git:1"), PolicyInvalid(problems, "git:2")
    one = service(FIRST, first, first, second)
    one.start()
    for _ in range(3):
        with pytest.raises(PolicyInvalid):
            one.reload()
    assert one.refusals == 2
    assert [record.levelname for record in caplog.records].count("WARNING") == 2


def test_an_outage_is_told_once_though_each_try_took_another_time(caplog: pytest.LogCaptureFixture) -> None:
    refused = [SourceUnreadable(f"port 80 refused the connection after {ms} ms") for ms in (0, 1)]
    one = service(FIRST, *refused, SourceUnreadable("the certificate has expired"))
    one.start()
    for _ in range(3):
        with pytest.raises(SourceUnreadable):
            one.reload()
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [message.rpartition(": ")[2] for message in told] == [str(refused[0]), "the certificate has expired"]
