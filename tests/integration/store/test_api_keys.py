"""API keys in the database, the same on SQLite and PostgreSQL."""

from dataclasses import replace

from doorward.domain.api_keys import ApiKeyFilter
from doorward.domain.callers import Scope
from doorward.domain.errors import Conflict
from doorward.store.database import Database
from support.databases import undone_by
from support.records import NOW, a_secret, an_api_key
from support.threads import together


def test_a_key_is_found_as_it_was_recorded(database: Database) -> None:
    key = an_api_key(
        tenant="acme", secrets=(a_secret("a"), a_secret("b", created_at=NOW + 1, expires_at=NOW + 9)), expires_at=NOW
    )
    with database.change() as transaction:
        assert not transaction.api_keys.any()
        transaction.api_keys.add(key)
        assert transaction.api_keys.any()
        assert transaction.api_keys.find("key-1") == key
        assert transaction.api_keys.find("key-2") is None


def test_the_id_of_a_key_is_taken_once(database: Database) -> None:
    with database.change() as transaction:
        transaction.api_keys.add(an_api_key())
    with undone_by(Conflict, "the id 'key-1' is taken"), database.change() as transaction:
        transaction.api_keys.add(an_api_key(secrets=()))


def test_a_saved_key_has_the_secrets_that_were_saved(database: Database) -> None:
    with database.change() as transaction:
        transaction.api_keys.add(an_api_key())
        transaction.api_keys.add(an_api_key("key-2"))
    rotated = replace(an_api_key(), secrets=(a_secret("new", created_at=NOW + 1),), scopes=frozenset({Scope.EXPLAIN}))
    with database.change() as transaction:
        assert transaction.api_keys.find("key-1", lock=True) == an_api_key()
        transaction.api_keys.save(rotated)
        assert transaction.api_keys.find("key-1") == rotated
        assert transaction.api_keys.find("key-2") == an_api_key("key-2")


def test_when_a_key_was_used_last_goes_forward_alone(database: Database) -> None:
    with database.change() as transaction:
        transaction.api_keys.add(an_api_key())
        transaction.api_keys.note_used([("key-1", NOW + 5), ("nobody", NOW)])
        transaction.api_keys.note_used([("key-1", NOW + 4)])
        transaction.api_keys.save(an_api_key(name="renamed"))
        assert transaction.api_keys.find("key-1") == an_api_key(name="renamed", last_used_at=NOW + 5)


def test_uses_are_noted_by_many_who_do_not_wait_in_a_circle(database: Database) -> None:
    keys = [f"key-{number}" for number in range(8)]
    with database.change() as transaction:
        for key in keys:
            transaction.api_keys.add(an_api_key(key))

    def note(number: int) -> None:
        for turn in range(5):
            with database.change() as transaction:
                order = keys if number % 2 else reversed(keys)
                transaction.api_keys.note_used([(key, NOW + turn) for key in order])

    assert together(8, note) == [None] * 8


def test_pages_hold_what_is_wanted(database: Database) -> None:
    with database.change() as transaction:
        for key in (an_api_key("c"), an_api_key("a", revoked_at=NOW), an_api_key("b", tenant="acme", name="other")):
            transaction.api_keys.add(key)
        page = transaction.api_keys.page
        assert [key.id for key in page(ApiKeyFilter(), "", 10)] == ["a", "b", "c"]
        assert [key.id for key in page(ApiKeyFilter(), "a", 1)] == ["b"]
        assert page(ApiKeyFilter(tenant="acme"), "", 10) == [an_api_key("b", tenant="acme", name="other")]
        assert [key.id for key in page(ApiKeyFilter(name="ci"), "", 10)] == ["a", "c"]
