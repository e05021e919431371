"""Facts that follow a database: what was committed counts when its version is applied, and soon without being asked for."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from doorward.domain.errors import Unauthenticated
from doorward.domain.facts import FactKind
from doorward.domain.users import Grant
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.facts import Facts
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.records import NOW, a_secret, a_tenant, an_account, an_api_key
from support.threads import together

USERS = 12
WRITERS = 3


@pytest.fixture
def followed(database: Database, facts: FactsReader) -> Iterator[Facts]:
    """Facts that follow the database, of which few fit in memory."""
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
        for number in range(USERS):
            transaction.accounts.add(an_account(f"u{number}"))
        transaction.api_keys.add(an_api_key("ci", secrets=(a_secret(key_hash("ci")),)))
        transaction.touch(FactKind.TENANT, "acme")
        transaction.facts_version()
    made = Facts(facts, time.time, most_users=USERS // 2)
    made.start()
    stop = threading.Event()
    follower = threading.Thread(target=made.follow, args=(stop,))
    follower.start()
    yield made
    stop.set()
    follower.join()


def rename(database: Database, user: str, name: str) -> int:
    with database.change() as transaction:
        account = transaction.accounts.find(user, lock=True)
        assert account is not None
        transaction.accounts.save(account.changed(NOW, first_name=name))
        transaction.touch(FactKind.USER, user)
        return transaction.facts_version()


def first_name(facts: Facts, user: str) -> str:
    found = facts.reading.user(user)
    assert found is not None
    return found.first_name


def within_a_second(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 1.0
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_what_was_committed_counts_once_its_version_is_applied(database: Database, followed: Facts) -> None:
    def write(writer: int) -> None:
        for count in range(25):
            user = f"u{count * 7 % (USERS // WRITERS) * WRITERS + writer}"
            followed.wait_for(rename(database, user, f"{writer}-{count}"))
            assert first_name(followed, user) == f"{writer}-{count}"

    assert together(WRITERS, write) == [None] * WRITERS


def test_a_change_counts_within_a_second_without_being_asked_for(database: Database, followed: Facts) -> None:
    assert first_name(followed, "u1") == "Ålice"
    rename(database, "u1", "New")
    assert within_a_second(lambda: first_name(followed, "u1") == "New")


def test_a_user_and_a_role_that_are_new_count_once_applied(database: Database, followed: Facts) -> None:
    assert followed.reading.user("new") is None
    with database.change() as transaction:
        transaction.accounts.add(an_account("new"))
        transaction.accounts.give("new", Grant(role="viewer", tenant="acme"), NOW, "ci")
        transaction.touch(FactKind.USER, "new")
        version = transaction.facts_version()
    followed.wait_for(version)
    found = followed.reading.user("new")
    assert found is not None
    assert found.grants == (("viewer", "acme"),)


def test_a_key_that_is_revoked_is_refused_once_applied(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        transaction.api_keys.add(an_api_key("ci", secrets=(a_secret(key_hash("ci")),)))
    known = Authenticator({})
    followed = Facts(facts, time.time)
    followed.on_keys(known.follow)
    followed.start()
    assert known.caller("Bearer ci", None).key_id == "ci"
    with database.change() as transaction:
        key = transaction.api_keys.find("ci", lock=True)
        assert key is not None
        transaction.api_keys.save(replace(key, revoked_at=NOW, version=2))
        transaction.touch(FactKind.KEY, "ci")
        version = transaction.facts_version()
    followed.wait_for(version)
    with pytest.raises(Unauthenticated):
        known.caller("Bearer ci", None)
