"""Kept answers, audit events and wrapped keys in the database, the same on SQLite and PostgreSQL."""

import threading
from dataclasses import replace

import pytest

from doorward.domain.answers import KeptAnswer
from doorward.domain.audit import AuditEventType
from doorward.domain.encryption import KeyPurpose, WrappedKey
from doorward.domain.errors import Conflict, StoreUnavailable
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.databases import undone_by
from support.records import NOW, an_event
from support.threads import together


def begin(database: Database, fingerprint: str = "f") -> KeptAnswer | None:
    with database.change() as transaction:
        return transaction.answers.begin("scope", "key", fingerprint, NOW, stale=NOW)


def test_a_kept_answer_is_given_to_who_asks_again(database: Database) -> None:
    with database.change() as transaction:
        assert transaction.answers.begin("scope", "key", "f", NOW, stale=NOW) is None
        transaction.answers.keep("scope", "key", "sealed")
    assert begin(database, "other") == KeptAnswer(fingerprint="f", sealed="sealed")
    with database.change() as transaction:
        assert transaction.answers.begin("scope", "other key", "f", NOW, stale=NOW) is None
        assert transaction.answers.begin("other scope", "key", "f", NOW, stale=NOW) is None


def test_a_key_whose_transaction_was_undone_is_free_again(database: Database) -> None:
    with undone_by(Conflict), database.change() as transaction:
        assert transaction.answers.begin("scope", "key", "f", NOW, stale=NOW) is None
        transaction.answers.keep("scope", "key", "sealed")
        raise Conflict("the use case came to nothing")
    assert begin(database) is None


def test_a_key_is_free_where_no_answer_was_ever_kept(database: Database) -> None:
    assert begin(database, "first") is None
    assert begin(database, "second") is None


def test_the_second_of_two_waits_for_the_first_and_has_its_answer(database: Database) -> None:
    begun, answers = threading.Event(), []

    def first() -> None:
        with database.change() as transaction:
            answers.append(transaction.answers.begin("scope", "key", "f", NOW, stale=NOW))
            begun.set()
            threading.Event().wait(0.3)
            transaction.answers.keep("scope", "key", "sealed")

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait(5)
    answers.append(begin(database))
    thread.join()
    assert answers == [None, KeptAnswer(fingerprint="f", sealed="sealed")]


def test_who_waits_for_too_long_is_told_to_try_again(database: Database) -> None:
    with database.change() as transaction:
        transaction.answers.begin("scope", "key", "f", NOW, stale=NOW)
        (outcome,) = together(1, lambda _: begin(database))
    assert isinstance(outcome, StoreUnavailable if database.address.is_sqlite else Conflict)
    assert "try again in a moment" in str(outcome)


def test_of_many_at_the_same_time_one_does_the_work(database: Database) -> None:
    worked: list[int] = []

    def ask(number: int) -> str:
        with database.change() as transaction:
            kept = transaction.answers.begin("scope", "key", "f", NOW, stale=NOW)
            if kept is None:
                worked.append(number)
                transaction.answers.keep("scope", "key", f"answer {number}")
                return f"answer {number}"
            return kept.sealed

    outcomes = together(12, ask)
    assert outcomes == [f"answer {worked[0]}"] * 12
    assert len(worked) == 1


def test_old_answers_are_forgotten(database: Database) -> None:
    with database.change() as transaction:
        for key, at in (("old", NOW), ("new", NOW + 1)):
            transaction.answers.begin("scope", key, "f", at, stale=at)
            transaction.answers.keep("scope", key, "sealed")
        assert transaction.answers.prune(NOW + 1, 9) == 1
        assert transaction.answers.begin("scope", "old", "f", NOW, stale=NOW) is None
        assert transaction.answers.begin("scope", "new", "f", NOW, stale=NOW) is not None


def test_events_are_written_with_the_change_that_they_tell_of(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        transaction.audit.record(an_event())
        transaction.audit.record(an_event(type=AuditEventType.LOGIN, tenant="acme", success=False, request_id="r-1"))
    with undone_by(Conflict), database.change() as transaction:
        transaction.audit.record(an_event(action="undone"))
        raise Conflict("undone")
    rows = facts._queries.rows("SELECT * FROM audit_event ORDER BY seq")
    assert [tuple(row)[1:] for row in rows] == [
        (NOW, "ci", None, "create", "tenant:acme", "create", '{"name": "\\u00c5cme"}', 1, None, ""),
        (NOW, "ci", "acme", "login", "tenant:acme", "create", '{"name": "\\u00c5cme"}', 0, "r-1", ""),
    ]
    assert rows[0][0] < rows[1][0]


def a_key(key_id: str, created_at: int = NOW) -> WrappedKey:
    return WrappedKey(id=key_id, purpose=KeyPurpose.DATA, wrapped=b"\x00\xff'wrapped", created_at=created_at)


def test_wrapped_keys_come_the_oldest_first_and_are_replaced_and_removed(database: Database) -> None:
    with database.change() as transaction:
        keys = transaction.encryption_keys
        assert keys.all() == []
        keys.add(a_key("b", NOW + 1))
        keys.add(a_key("a", NOW + 1))
        keys.add(a_key("z"))
        assert keys.all() == [a_key("z"), a_key("a", NOW + 1), a_key("b", NOW + 1)]
        keys.replace(replace(a_key("z"), wrapped=b"anew", purpose=KeyPurpose.INDEX))
        keys.remove("a")
    with database.read() as transaction:
        assert transaction.encryption_keys.all() == [
            replace(a_key("z"), wrapped=b"anew", purpose=KeyPurpose.INDEX),
            a_key("b", NOW + 1),
        ]
    with undone_by(Conflict, "the id 'z' is taken"), database.change() as transaction:
        transaction.encryption_keys.add(a_key("z"))


def test_a_key_that_is_at_work_is_taken_over_only_once_it_is_stale(database: Database) -> None:
    with database.change() as transaction:
        assert transaction.answers.begin("scope", "key", "f", NOW, stale=NOW - 60) is None

    with pytest.raises(Conflict, match="still being carried out"), database.change() as transaction:
        transaction.answers.begin("scope", "key", "f", NOW + 10, stale=NOW - 50)
    with database.change() as transaction:
        assert transaction.answers.begin("scope", "key", "f", NOW + 60, stale=NOW) is None


def test_a_key_that_is_given_back_is_as_if_it_was_never_taken(database: Database) -> None:
    with database.change() as transaction:
        transaction.answers.begin("scope", "key", "f", NOW, stale=NOW - 60)
    with database.change() as transaction:
        transaction.answers.give_back("scope", "key")

    with database.change() as transaction:
        assert transaction.answers.begin("scope", "key", "other", NOW, stale=NOW - 60) is None
        transaction.answers.keep("scope", "key", "sealed")
        transaction.answers.give_back("scope", "key")
        kept = transaction.answers.begin("scope", "key", "other", NOW, stale=NOW)
    assert kept is not None, "what is answered stays"
