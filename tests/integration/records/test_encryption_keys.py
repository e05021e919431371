"""The keys that values are sealed with: whatever is undone, raced or far away, what was sealed opens afterwards."""

import time
from collections.abc import Callable
from dataclasses import replace

from doorward import crypto
from doorward.bootstrap.ids import new_id
from doorward.domain.actors import Actor
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.encryption import KeyPurpose, Place, WrappedKey
from doorward.domain.errors import Conflict
from doorward.services.encryption import Encryption
from doorward.services.recording import ANSWERS_KEPT_SECONDS, Recorder
from doorward.services.rotation import RotationService
from doorward.store.database import Database
from support.databases import undone_by
from support.recorded_api import Api, MakeApi
from support.threads import together

MASTER = bytes(32)
DAY = 86_400
HERE = Place("account", "email", "ann", "acme")


def new_key(key_id: str, purpose: KeyPurpose, now: int) -> WrappedKey:
    return crypto.new_key(MASTER, key_id, purpose, now)


def encryption_of(database: Database, make: Callable[[str, KeyPurpose, int], WrappedKey] = new_key) -> Encryption:
    return Encryption(database, lambda keys: crypto.Vault(MASTER, keys), make, new_id)


def rotated(database: Database, encryption: Encryption, at: float) -> None:
    recorder = Recorder(database, encryption, lambda: at)
    RotationService(recorder).rotate(Actor(caller=Caller("operator", ALL_SCOPES)))


def keys_of(database: Database) -> list[str]:
    with database.read() as transaction:
        return [one.id for one in transaction.encryption_keys.all() if one.purpose is KeyPurpose.DATA]


def damage(api: Api, *users: str) -> None:
    """Change a byte of what is sealed."""
    with api.application.recorded.records.change() as transaction:
        for user in users:
            found = transaction.accounts.find(user, lock=True)
            assert found is not None
            transaction.accounts.save(replace(found, email_sealed=(found.email_sealed or "")[:-4] + "AAAA"))


def test_what_is_sealed_after_a_rotation_that_came_to_nothing_can_be_opened(
    make_api: MakeApi, database_address: DatabaseAddress
) -> None:
    api = make_api(database_address)
    api.tenant()
    recorded = api.application.recorded
    with undone_by(Conflict), recorded.records.change() as transaction:
        recorded.encryption.rotate(transaction, 1)
        recorded.encryption.within(transaction)
        raise Conflict("undone")
    api.user("bob")

    recorded.encryption.refresh()  # as a restart does
    assert api("GET", "/v1/users/bob").body["email"] == "bob@acme.com"


def test_a_damaged_value_is_named_and_left_and_the_others_are_sealed_anew(
    make_api: MakeApi, database_address: DatabaseAddress
) -> None:
    api = make_api(database_address)
    api.tenant()
    for user in ("ann", "bob", "cid"):
        api.user(user)
    damage(api, "ann", "cid")

    rotated = api("POST", "/v1/encryption/rotate").body

    assert (rotated["resealed"], rotated["remaining"], rotated["next"]) == (1, 0, None)
    assert [(one["user_id"], one["value"]) for one in rotated["unopened"]] == [("ann", "email"), ("cid", "email")]
    assert "restore it from a backup" in rotated["unopened"][0]["detail"]
    assert api("GET", "/v1/encryption").body["sealed_with_others"] == 2
    assert api("GET", "/v1/users/bob").body["email"] == "bob@acme.com"
    again = api("POST", "/v1/encryption/rotate").body
    assert again["key_id"] != rotated["key_id"], "what cannot be sealed anew keeps no new key from being made"
    assert again["resealed"] == 1
    assert len(again["unopened"]) == 2


def test_a_damaged_address_is_given_anew(make_api: MakeApi, database_address: DatabaseAddress) -> None:
    api = make_api(database_address)
    api.tenant()
    api.user("ann")
    damage(api, "ann")

    assert api("PATCH", "/v1/users/ann", {"email": "ann@acme.com"}).body["email"] == "ann@acme.com"
    assert api("POST", "/v1/encryption/rotate").body["unopened"] == []


def test_a_rotation_goes_on_after_the_users_that_it_has_looked_at(
    make_api: MakeApi, database_address: DatabaseAddress
) -> None:
    api = make_api(database_address)
    api.tenant()
    for user in ("ann", "bob"):
        api.user(user)

    rotated = api("POST", "/v1/encryption/rotate?cursor=ann").body

    assert (rotated["resealed"], rotated["remaining"]) == (0, 0), "there is no new key, and nothing waits"
    assert api("POST", "/v1/encryption/rotate?cursor=%00").status == 400


def test_sidecars_that_start_together_on_an_empty_database_have_the_same_keys(database: Database) -> None:
    def slowly(key_id: str, purpose: KeyPurpose, now: int) -> WrappedKey:
        time.sleep(0.1)
        return new_key(key_id, purpose, now)

    started = [encryption_of(database, slowly) for _ in range(4)]

    assert together(4, lambda number: started[number].start(number)) == [None] * 4

    assert len({one.vault.blind_index("email", "ann@acme.com") for one in started}) == 1
    assert keys_of(database) == ["first-data"]


def test_another_process_seals_with_a_new_key_once_it_has_looked(database: Database) -> None:
    here, there = encryption_of(database), encryption_of(database)
    here.start(1)
    there.start(1)

    rotated(database, here, 10.0)
    there.refresh()

    sealed = there.vault.seal("ann@acme.com", HERE)
    assert there.vault.key_id(sealed) == here.vault.newest_key_id != "first-data"


def test_a_key_goes_once_all_have_sealed_with_a_newer_one_for_longer_than_answers_are_kept(database: Database) -> None:
    encryption = encryption_of(database)
    encryption.start(1)
    rotated(database, encryption, DAY)
    second = encryption.vault.newest_key_id

    rotated(database, encryption, DAY + ANSWERS_KEPT_SECONDS)
    assert keys_of(database)[:2] == ["first-data", second]

    rotated(database, encryption, DAY * 3)
    assert keys_of(database)[0] == second
