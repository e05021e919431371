"""What is remembered of usage, for those who look and do not count."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytest

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactsMissing
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.books import Books
from doorward.domain.ledger.requests import Asked
from doorward.domain.plans import Per
from doorward.services.limits import UsageMemory
from doorward.services.limits.looking import MOST_IDLE
from support.ledgers import AT, asked


class Source:
    """Reads accounts of 1, 2, 3... used; `meanwhile` happens during each."""

    def __init__(self) -> None:
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def accounts(self, asked: Collection[tuple[str, Asked]], _now: int) -> Mapping[tuple[str, str], Account]:
        self.reads += 1
        found = {(tenant, one.name): Account(tenant, one.name, used=self.reads) for tenant, one in asked}
        self.meanwhile()
        return found

    def between(self, _tenant: str, _name: str, _aggregation: Aggregation, _edges: Sequence[int]) -> Sequence[int]:
        raise NotImplementedError


def counted(tenant: str, used: int) -> Books:
    return Books(accounts={(tenant, "max_agents"): Account(tenant, "max_agents", used=used)})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def memory(source: Source) -> UsageMemory:
    return UsageMemory(source, Clock())


def used(memory: UsageMemory, *, may_block: bool = True, of: Asked | None = None) -> int:
    return memory.account("acme", of or asked(), AT, may_block=may_block).used


def test_what_others_count_meanwhile_keeps_nothing_from_being_remembered(memory: UsageMemory, source: Source) -> None:
    source.meanwhile = lambda: memory.take(counted("globex", 7))
    assert used(memory) == 1
    assert used(memory, may_block=False) == 1


def test_what_was_counted_while_it_was_read_is_remembered_and_not_what_was_read(
    memory: UsageMemory, source: Source
) -> None:
    source.meanwhile = lambda: memory.take(counted("acme", 50))
    used(memory)
    assert used(memory, may_block=False) == 50


def test_what_nobody_looks_at_is_not_remembered(memory: UsageMemory) -> None:
    memory.take(counted("acme", 50))
    with pytest.raises(FactsMissing):
        used(memory, may_block=False)


def test_a_second_later_it_is_read_again(memory: UsageMemory) -> None:
    used(memory)
    memory._monotonic.now += 1.0  # type: ignore[attr-defined]
    assert used(memory) == 2


def later(memory: UsageMemory, seconds: float) -> None:
    memory._monotonic.now += seconds  # type: ignore[attr-defined]


def test_what_is_looked_at_again_and_again_is_read_before_it_is_too_old(memory: UsageMemory, source: Source) -> None:
    used(memory)
    for known in (1, 2, 3):
        assert used(memory, may_block=False) == known
        memory.read_ahead(AT)
        later(memory, 0.8)
        assert used(memory, may_block=False) == known
        memory.read_ahead(AT)
    assert source.reads == 4


def test_what_nobody_looks_at_any_more_is_read_for_a_while(memory: UsageMemory, source: Source) -> None:
    used(memory)
    used(memory)
    for _ in range(3 * MOST_IDLE):
        later(memory, 0.8)
        memory.read_ahead(AT)
    assert source.reads == 1 + MOST_IDLE + 1
    with pytest.raises(FactsMissing):
        used(memory, may_block=False)
    assert used(memory) == source.reads
    later(memory, 0.8)
    assert used(memory, may_block=False) == source.reads
    memory.read_ahead(AT)
    assert used(memory, may_block=False) == source.reads == 1 + MOST_IDLE + 3


class Watched(dict[tuple[str, str], Any]):
    """What is watched; somebody looks just before something is taken away."""

    def __init__(self, memory: UsageMemory) -> None:
        super().__init__(memory._watched)
        self._memory = memory

    def pop(self, *arguments: Any) -> Any:
        used(self._memory, may_block=False)
        return super().pop(*arguments)


def test_what_is_looked_at_while_it_is_let_go_is_read_ahead_again(memory: UsageMemory, source: Source) -> None:
    used(memory)
    used(memory)
    for _ in range(MOST_IDLE + 1):
        later(memory, 0.8)
        memory.read_ahead(AT)
    memory._watched = Watched(memory)
    memory.read_ahead(AT)
    before = source.reads
    used(memory, may_block=False)
    later(memory, 0.8)
    memory.read_ahead(AT)
    assert source.reads == before + 1


class Rounds(threading.Event):
    """Lets so many rounds be made, without waiting."""

    def __init__(self, memory: UsageMemory, left: int) -> None:
        super().__init__()
        self._memory = memory
        self._left = left

    def wait(self, _timeout: float | None = None) -> bool:
        self._left -= 1
        later(self._memory, 0.8)
        return self._left < 0


def test_reading_ahead_goes_on_whatever_fails(
    memory: UsageMemory, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    used(memory)
    used(memory)
    failures = [StoreUnavailable("away"), RuntimeError("not foreseen")]

    def fail() -> None:
        if failures:
            raise failures.pop()

    source.meanwhile = fail
    memory.follow(Rounds(memory, 3), lambda: AT / 1_000_000)
    assert used(memory, may_block=False) == source.reads == 4
    assert [one.exc_info[0] for one in caplog.records if one.exc_info] == [RuntimeError]


def test_what_was_counted_while_it_was_read_ahead_is_kept(memory: UsageMemory, source: Source) -> None:
    used(memory)
    used(memory)
    later(memory, 0.8)
    source.meanwhile = lambda: memory.take(counted("acme", 50))
    memory.read_ahead(AT)
    assert used(memory, may_block=False) == 50
    assert memory._being_read == {}


def test_what_cannot_be_read_is_asked_for_again(memory: UsageMemory, source: Source) -> None:
    def fail() -> None:
        raise StoreUnavailable("away")

    source.meanwhile = fail
    with pytest.raises(StoreUnavailable):
        used(memory)
    source.meanwhile = lambda: None
    assert used(memory) == 2
    memory.take(counted("globex", 7))
    assert memory._being_read == {}


def test_a_gauge_is_remembered_whatever_its_limit_is_counted_in(memory: UsageMemory) -> None:
    gauge = asked(per=Per.HOUR, aggregation=Aggregation.LATEST)
    used(memory, of=gauge)
    assert used(memory, of=gauge, may_block=False) == 1


class Away(Source):
    """Fails after some seconds."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.takes = 1.7
        self.is_away = True

    def accounts(self, asked: Collection[tuple[str, Asked]], now: int) -> Mapping[tuple[str, str], Account]:
        found = super().accounts(asked, now)
        if self.is_away:
            self.clock.now += self.takes
            raise StoreUnavailable("away")
        return found


def asks(memory: UsageMemory, times: int) -> None:
    for _ in range(times):
        with pytest.raises(StoreUnavailable, match="away"):
            used(memory)


def test_a_database_that_was_waited_for_in_vain_is_asked_again_a_second_later() -> None:
    clock = Clock()
    source = Away(clock)
    memory = UsageMemory(source, clock)
    asks(memory, 5)
    assert source.reads == 1
    clock.now += 1.0
    asks(memory, 5)
    assert source.reads == 2
    clock.now += 1.0
    source.is_away = False
    assert used(memory) == 3


def test_a_database_that_says_at_once_that_it_is_away_is_asked_each_time() -> None:
    clock = Clock()
    source = Away(clock)
    source.takes = 0.0
    asks(UsageMemory(source, clock), 5)
    assert source.reads == 5


def test_a_database_that_counts_is_there_again() -> None:
    clock = Clock()
    source = Away(clock)
    memory = UsageMemory(source, clock)
    asks(memory, 2)
    source.is_away = False
    memory.take(counted("globex", 1))
    assert used(memory) == 2
