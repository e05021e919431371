"""What is remembered of records: never older than the version that is shown, bounded, and honest about outages."""

import logging
import threading
from array import array

import pytest

from doorward.domain.errors import BadRequest, FactsNotServed, StoreUnavailable
from doorward.domain.facts import FactsMissing, TenantFacts, UserFacts, id_hash
from doorward.domain.tenants import TenantStatus
from doorward.services.facts import WAIT_SECONDS, Facts, NothingRecorded, facts_version
from doorward.services.facts.managed import MERGED_AT, ManagedIds
from doorward.services.facts.second_chance import MOST_CHANCES, SecondChance
from support.recorded import RecordedFacts, api_key


class Clock:
    """Epoch seconds as a test wants them; to sleep makes it later."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def started(source: RecordedFacts, clock: Clock | None = None, most: int = 100) -> Facts:
    clock = clock or Clock()
    facts = Facts(source, clock, most_users=most, most_tenants=most, sleep=clock.sleep, monotonic=clock)
    facts.start()
    return facts


def user_of(found: UserFacts | None) -> str:
    assert found is not None
    return found.first_name


def test_what_was_not_read_is_missing_and_is_there_once_it_was_read() -> None:
    source = RecordedFacts()
    source.record_user("ann")
    source.record_tenant("acme", "acme.com")
    facts = started(source)
    for ask in (
        lambda view: view.user("ann").id,
        lambda view: view.tenant("acme").id,
        lambda view: view.tenant_of_domain("acme.com"),
    ):
        with pytest.raises(FactsMissing):
            ask(facts.memory)
        assert ask(facts.reading) == ask(facts.memory)


def test_who_was_never_recorded_is_known_to_be_nobody_without_asking_the_store() -> None:
    source = RecordedFacts()
    source.record_user("ann")
    facts = started(source)
    source.asked.clear()
    assert facts.memory.user("bob") is None
    assert facts.reading.user("bob") is None
    assert source.asked == []


def test_an_unknown_tenant_or_domain_is_asked_for_once() -> None:
    source = RecordedFacts()
    facts = started(source)
    source.asked.clear()
    for _ in range(3):
        assert facts.reading.tenant("ghost") is None
        assert facts.reading.tenant_of_domain("ghost.com") is None
    assert source.asked == [("tenant", "ghost"), ("domain", "ghost.com")]


def test_what_can_be_no_tenants_id_is_not_asked_for() -> None:
    source = RecordedFacts()
    facts = started(source)
    source.asked.clear()
    assert facts.memory.tenant("a b") is None
    assert facts.reading.tenant("x" * 129) is None
    assert source.asked == []


def test_unknown_tenants_take_no_more_room_than_is_given() -> None:
    facts = started(RecordedFacts(), most=10)
    for number in range(1000):
        facts.reading.tenant(f"ghost{number}")
        facts.reading.tenant_of_domain(f"ghost{number}.com")
        facts.reading.overrides(f"ghost{number}")
    assert facts.remembered.sizes() == {"user": 0, "tenant": 10, "domain": 10, "overrides": 10}


def test_a_change_is_seen_when_it_is_applied() -> None:
    source = RecordedFacts()
    source.record_user("ann", first_name="Old")
    facts = started(source)
    facts.reading.user("ann")
    source.record_user("ann", first_name="New")
    assert user_of(facts.memory.user("ann")) == "Old"
    facts.refresh()
    with pytest.raises(FactsMissing):
        facts.memory.user("ann")
    assert user_of(facts.reading.user("ann")) == "New"
    assert facts.version == source.committed


def test_a_new_user_is_managed_when_the_change_is_applied() -> None:
    source = RecordedFacts()
    facts = started(source)
    assert not facts.memory.has_users
    source.record_user("ann")
    facts.refresh()
    assert facts.memory.has_users
    assert facts.reading.user("ann") is not None


def test_a_domain_that_moves_is_seen_and_so_is_one_that_was_nobodys() -> None:
    source = RecordedFacts()
    source.record_tenant("acme", "acme.com")
    facts = started(source)
    assert [facts.reading.tenant_of_domain(name) for name in ("acme.com", "new.com")] == ["acme", None]
    source.record_tenant("acme", "new.com")
    facts.refresh()
    assert [facts.reading.tenant_of_domain(name) for name in ("acme.com", "new.com")] == [None, "acme"]


def test_what_was_read_before_a_change_was_applied_is_not_remembered_after_it() -> None:
    source = RecordedFacts()
    source.record_user("ann", first_name="Old")
    source.record_tenant("acme", "acme.com")
    facts = started(source)

    def change_meanwhile() -> None:
        source.record_user("ann", first_name="New")
        source.record_tenant("acme", None, status=TenantStatus.SUSPENDED)
        facts.refresh()

    for ask in (
        lambda view: view.user("ann"),
        lambda view: view.tenant("acme"),
        lambda view: view.tenant_of_domain("acme.com"),
    ):
        source.meanwhile = change_meanwhile
        ask(facts.reading)
        with pytest.raises(FactsMissing):
            ask(facts.memory)


def test_everything_is_forgotten_where_the_changes_are_not_known_any_more() -> None:
    source = RecordedFacts()
    source.record_user("ann", first_name="Old")
    facts = started(source)
    facts.reading.user("ann")
    source.record_user("ann", first_name="New")
    source.record_user("bob")
    source.forget_log()
    source.record_user("carl")
    facts.version = 0  # as one that has slept for long
    facts.refresh()
    assert user_of(facts.reading.user("ann")) == "New"
    assert facts.reading.user("bob") is not None
    assert facts.version == source.committed


def test_keys_are_told_before_their_version_is_shown() -> None:
    source = RecordedFacts()
    source.record_key(api_key("k1", "d1"))
    facts = Facts(source, Clock())
    told: list[tuple[set[str] | None, list[str], int]] = []
    facts.on_keys(
        lambda changed, keys: told.append(
            (None if changed is None else set(changed), [one.id for one in keys], facts.version)
        )
    )
    facts.start()
    source.record_key(api_key("k2", "d2"))
    facts.refresh()
    source.record_user("ann")
    facts.refresh()
    assert told == [(None, ["k1"], 0), ({"k2"}, ["k2"], 1)]


def test_an_outage_keeps_what_is_remembered_and_says_since_when(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "doorward.facts")
    clock, source = Clock(), RecordedFacts()
    source.record_user("ann")
    source.record_user("bob")
    facts = started(source, clock)
    facts.reading.user("ann")
    clock.now = 1001.0
    facts.refresh()
    source.is_down = True
    for clock.now in (1003.0, 1004.0):
        with pytest.raises(StoreUnavailable):
            facts.refresh()
    assert facts.stale_since == 1001.0
    assert user_of(facts.reading.user("ann")) == "First"
    with pytest.raises(StoreUnavailable, match="not remembered"):
        facts.reading.user("bob")
    source.is_down = False
    facts.refresh()
    assert facts.stale_since is None
    assert facts.reading.user("bob") is not None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_nobody_waits_for_a_store_that_is_known_not_to_answer() -> None:
    source = RecordedFacts()
    source.record_user("ann")
    facts = started(source)
    source.is_down = True
    with pytest.raises(StoreUnavailable):
        facts.refresh()
    source.is_down = False
    source.asked.clear()
    with pytest.raises(StoreUnavailable):
        facts.reading.user("ann")
    assert source.asked == []


def test_a_version_that_is_committed_is_waited_for_by_looking_at_once() -> None:
    source, clock = RecordedFacts(), Clock()
    facts = started(source, clock)
    source.record_user("ann")
    facts.wait_for(1)
    assert facts.version == 1
    assert clock.now == 1000.0


def test_a_version_is_waited_for_while_the_store_does_not_answer() -> None:
    source, clock = RecordedFacts(), Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        source.is_down = clock.now < 1001.0

    facts = Facts(source, clock, sleep=sleep, monotonic=clock)
    facts.start()
    source.record_user("ann")
    source.is_down = True
    facts.wait_for(1)
    assert facts.version == 1
    assert 1001.0 <= clock.now < 1001.1


def test_a_version_that_does_not_come_while_the_store_is_away_is_not_served() -> None:
    source, clock = RecordedFacts(), Clock()
    facts = started(source, clock)
    source.is_down = True
    with pytest.raises(FactsNotServed, match="version 7 of the facts"):
        facts.wait_for(7)
    assert WAIT_SECONDS <= clock.now - 1000.0 < WAIT_SECONDS + 0.1


def test_nobody_waits_for_a_version_that_the_store_has_not() -> None:
    source, clock = RecordedFacts(), Clock()
    facts = started(source, clock)
    source.asked.clear()
    with pytest.raises(FactsNotServed, match="version 999999999999999999 of the facts"):
        facts.wait_for(10**18 - 1)
    assert clock.now == 1000.0
    assert len(source.asked) == 1


def test_what_another_server_lost_and_changed_since_is_read_anew_after_an_outage() -> None:
    source = RecordedFacts()
    source.record_user("ann", first_name="Ann")
    facts = started(source)
    source.record_user("bob", first_name="Lost")
    facts.refresh()
    assert user_of(facts.reading.user("ann")) == "Ann"
    assert user_of(facts.reading.user("bob")) == "Lost"
    source.is_down = True
    with pytest.raises(StoreUnavailable):
        facts.refresh()

    source.log.pop()  # the server that answers now has not got it, and is as new already
    source.committed -= 1
    source.record_user("ann", first_name="Anne")
    source.record_user("cat")
    source.record_user("bob", first_name="Bob")
    source.is_down = False
    facts.refresh()

    assert facts.version == source.committed
    assert user_of(facts.reading.user("ann")) == "Anne"
    assert user_of(facts.reading.user("bob")) == "Bob"


def test_what_is_remembered_stays_over_an_outage_of_the_same_server() -> None:
    source = RecordedFacts()
    source.record_user("ann")
    source.record_user("bob")
    facts = started(source)
    source.record_user("bob")
    facts.refresh()
    facts.reading.user("ann")
    source.is_down = True
    with pytest.raises(StoreUnavailable):
        facts.refresh()
    source.is_down = False
    source.record_user("cat")
    facts.refresh()
    assert facts.version == source.committed
    assert user_of(facts.memory.user("ann")) == "First"


@pytest.mark.parametrize("text", ["", "-1", "1.0", "x", "\uff11", "9" * 19, " 1", "1\n"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="Doorward-Min-Facts"):
        facts_version(text)


def test_a_version_is_a_number() -> None:
    assert facts_version("042") == 42


def test_following_goes_on_after_an_outage_and_after_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()

    class Faulty(RecordedFacts):
        def wait(self, _seconds: float) -> None:
            self.rounds = getattr(self, "rounds", 0) + 1
            self.is_down = self.rounds == 2
            if self.rounds == 3:
                self.meanwhile = lambda: 1 / 0  # type: ignore[assignment,return-value]  # a fault of ours
            if self.rounds == 4:
                self.record_user("ann")
            if self.rounds > 4:
                stop.set()

    source = Faulty()
    facts = started(source)
    facts.follow(stop)
    assert facts.version == 1
    assert facts.failures == 2
    assert facts.stale_since is None
    assert "going on from what is remembered" in caplog.text


def test_of_many_that_refresh_while_somebody_reads_one_reads_again_for_all() -> None:
    source = RecordedFacts()
    facts = started(source)
    others = [threading.Thread(target=facts.refresh) for _ in range(8)]

    def others_come() -> None:
        for one in others:
            one.start()
        for _ in range(1000):
            if not any(one.is_alive() for one in others):
                break
            threading.Event().wait(0.0002)

    source.meanwhile = others_come
    source.asked.clear()
    facts.refresh()
    for one in others:
        one.join()
    assert 2 <= len(source.asked) <= 3


def test_where_nothing_is_recorded_everything_is_nothing() -> None:
    facts = Facts(NothingRecorded(), Clock())
    facts.start()
    facts.refresh()
    assert facts.reading.tenant("acme") is None
    assert facts.memory.user("ann") is None
    assert facts.version == 0


class Kept:
    used = False


def test_what_was_asked_for_gets_a_second_chance() -> None:
    memory: SecondChance[Kept] = SecondChance(3)
    kept = {key: Kept() for key in "abcd"}
    for key in "abc":
        memory.put(key, kept[key])
    kept["a"].used = True
    memory.put("d", kept["d"])
    assert list(memory.entries) == ["c", "a", "d"]
    assert not kept["a"].used


def test_room_is_made_in_a_few_steps_though_everything_was_asked_for() -> None:
    most = 10 * MOST_CHANCES
    memory: SecondChance[Kept] = SecondChance(most)
    for number in range(most):
        memory.put(str(number), Kept())
        memory.entries[str(number)].used = True
    memory.put("new", Kept())
    assert len(memory.entries) == most
    assert "new" in memory.entries


def test_ids_are_managed_before_and_after_they_go_among_the_others() -> None:
    ids = ManagedIds()
    ids.load(array("q", sorted(id_hash(f"old{number}") for number in range(1000))))
    new = [f"new{number}" for number in range(MERGED_AT + 5)]
    for at in range(0, len(new), 100):
        ids.add(new[at : at + 100])
        assert all(one in ids for one in new[: at + 100])
    assert all(f"old{number}" in ids for number in range(1000))
    assert "never" not in ids
    assert len(ids) == 1000 + len(new)


def test_facts_of_the_same_id_do_not_mix_kinds() -> None:
    source = RecordedFacts()
    source.record_user("acme")
    source.record_tenant("acme")
    facts = started(source)
    assert isinstance(facts.reading.user("acme"), UserFacts)
    assert isinstance(facts.reading.tenant("acme"), TenantFacts)


def test_whatever_is_applied_is_noted_also_where_it_comes_to_the_same_version() -> None:
    source = RecordedFacts()
    facts = started(source)
    seen = [facts.applied]

    facts.refresh()
    seen.append(facts.applied)
    source.record_user("alice")
    facts.refresh()
    seen.append(facts.applied)
    facts.start()
    seen.append(facts.applied)

    assert seen[0] == seen[1] < seen[2] < seen[3]
