"""Sessions in the database, the same on SQLite and PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from doorward.domain.errors import NotFound
from doorward.domain.sessions import Session, SessionFilter
from doorward.store.database import Database
from support.records import NOW, SECOND, a_session, a_tenant, an_account

IDLE = 1_800 * SECOND


@pytest.fixture(autouse=True)
def users(database: Database) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
        transaction.accounts.add(an_account())
        transaction.accounts.add(an_account("bob"))


def add(database: Database, *sessions: Session) -> None:
    with database.change() as transaction:
        for session in sessions:
            transaction.sessions.add(session)


def ids(sessions: Sequence[Session]) -> list[str]:
    return [session.id for session in sessions]


def test_a_session_is_found_as_it_was_recorded(database: Database) -> None:
    session = a_session(mfa=True, address="::1", revoked_at=NOW)
    add(database, session, a_session("other"))
    with database.read() as transaction:
        assert transaction.sessions.find("session-1") == session
        assert transaction.sessions.find_by_digest("digest of session-1") == session
        assert transaction.sessions.find("nothing") is None
        assert transaction.sessions.find_by_digest("session-1") is None


def test_a_session_of_nobody_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match="there is no user 'nobody'"):
        add(database, a_session(user="nobody"))


def test_a_saved_session_is_read_as_it_was_saved(database: Database) -> None:
    add(database, a_session())
    rotated = replace(a_session(), digest="another", last_seen_at=NOW + 5)
    with database.change() as transaction:
        assert transaction.sessions.find("session-1", lock=True) == a_session()
        transaction.sessions.save(rotated)
        assert transaction.sessions.find_by_digest("another") == rotated
        assert transaction.sessions.find_by_digest("digest of session-1") is None


def test_a_session_that_was_seen_is_seen_in_the_same_transaction_and_never_earlier(database: Database) -> None:
    add(database, a_session())
    with database.change() as transaction:
        assert transaction.sessions.find("session-1") == a_session()
        transaction.sessions.seen("session-1", NOW + 9)
        transaction.sessions.seen("session-1", NOW + 8)
        assert transaction.sessions.find("session-1") == a_session(last_seen_at=NOW + 9)


def test_live_ones_are_neither_revoked_nor_expired_nor_idle_and_come_the_oldest_first(database: Database) -> None:
    add(
        database,
        a_session("z", created_at=NOW - 3),
        a_session("b", created_at=NOW - 2),
        a_session("a", created_at=NOW - 2),
        a_session("revoked", revoked_at=NOW),
        a_session("expired", expires_at=NOW + 1),
        a_session("idle", last_seen_at=NOW + 1 - IDLE),
        a_session("lives", expires_at=NOW + 2, last_seen_at=NOW + 2 - IDLE),
        a_session("of-bob", user="bob"),
    )
    with database.read() as transaction:
        assert ids(transaction.sessions.live_of("alice", NOW + 1)) == ["z", "a", "b", "lives"]
        live = SessionFilter(live_at=NOW + 1)
        assert ids(transaction.sessions.page(live, "", 100)) == ["a", "b", "lives", "of-bob", "z"]
        every = transaction.sessions.page(SessionFilter(), "", 100)
    assert {session.id: session.is_live(NOW + 1) for session in every} == {
        **dict.fromkeys(["a", "b", "lives", "of-bob", "z"], True),
        **dict.fromkeys(["revoked", "expired", "idle"], False),
    }


def test_pages_hold_what_is_wanted(database: Database) -> None:
    add(database, *map(a_session, ["c", "a", "b"]), a_session("d", user="bob", tenant="globex"))
    with database.read() as transaction:
        page = transaction.sessions.page
        assert ids(page(SessionFilter(), "", 3)) == ["a", "b", "c"]
        assert ids(page(SessionFilter(), "b", 3)) == ["c", "d"]
        assert ids(page(SessionFilter(user="bob"), "", 3)) == ["d"]
        assert ids(page(SessionFilter(tenant="acme"), "a", 3)) == ["b", "c"]
        assert ids(page(SessionFilter(tenant="acme", user="bob"), "", 3)) == []


def test_all_live_sessions_of_a_user_are_revoked_but_for_one(database: Database) -> None:
    add(database, *map(a_session, ["a", "b", "c"]), a_session("idle", last_seen_at=0), a_session("d", user="bob"))
    with database.change() as transaction:
        assert transaction.sessions.revoke_all("alice", NOW + 1, keep="b") == 2
        assert ids(transaction.sessions.live_of("alice", NOW + 1)) == ["b"]
        assert ids(transaction.sessions.live_of("bob", NOW + 1)) == ["d"]
        assert transaction.sessions.revoke_all("alice", NOW + 2) == 1
        assert transaction.sessions.revoke_all("alice", NOW + 3) == 0
        assert transaction.sessions.find("a") == a_session("a", revoked_at=NOW + 1)


def test_every_session_of_a_user_is_forgotten(database: Database) -> None:
    add(database, a_session("a"), a_session("b", revoked_at=NOW), a_session("c", user="bob"))
    with database.change() as transaction:
        transaction.sessions.forget_all("alice")
        assert ids(transaction.sessions.page(SessionFilter(), "", 100)) == ["c"]


def test_what_ended_before_a_time_is_forgotten(database: Database) -> None:
    add(
        database,
        a_session("lives"),
        a_session("revoked", revoked_at=NOW),
        a_session("revoked later", revoked_at=NOW + 2),
        a_session("expired", expires_at=NOW),
        a_session("idle", last_seen_at=NOW - IDLE),
    )
    with database.change() as transaction:
        assert transaction.sessions.prune(NOW + 1, 9) == 3
        assert ids(transaction.sessions.page(SessionFilter(), "", 100)) == ["lives", "revoked later"]
