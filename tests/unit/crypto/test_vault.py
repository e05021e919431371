"""The vault: what is sealed opens in its place alone, and is found without being opened."""

import base64
import dataclasses
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.crypto import Vault, new_key, rewrap
from doorward.crypto.sealing import joined
from doorward.domain.encryption import KeyPurpose, Place, WrappedKey
from doorward.domain.errors import EncryptionFailed

MASTER, OTHER_MASTER = bytes(range(32)), bytes(range(1, 33))
PLACE = Place(table="users", column="email", row="u1", tenant="acme")
TEXT = "alice@example.com"

# Made by version 1 of the format from the randomness below; what is stored somewhere must go on opening.
WRAPPED_THEN = [
    "020202020202020202020202c4a6d635cd161c2c5006082b3acc0bac7b10ea115dfe738d35f0f37688aa35997b21051c1e84ed251b72b51c7b80bd1f",
    "04040404040404040404040465bf6181f3cbe8360a73312cecdd0572574c1e9dfe897970860a448a35bc1f7413108e28e743d49ecd57e5060ec17cef",
]
SEALED_THEN = "v1.d1.BQUFBQUFBQUFBQUFYM6IVgfyVv8UdwjwpL2W5Q1vZ5VSbQngT6zolTwbwK-7"
INDEXED_THEN = "_UvnjATdvdmRlSe3Kl2TvUp_rwmuksHy67JQeS1Eax8"


def counted() -> Callable[[int], bytes]:
    """Randomness of which each piece is another: 1, 1, 1, ...; 2, 2, 2, ..."""
    numbers = itertools.count(1)
    return lambda size: bytes([next(numbers)]) * size


def data_key(key_id: str = "d1", created_at: int = 1) -> WrappedKey:
    return new_key(MASTER, key_id, KeyPurpose.DATA, created_at)


INDEX = new_key(MASTER, "i1", KeyPurpose.INDEX, 1)
DATA = data_key()
VAULT = Vault(MASTER, [DATA, INDEX])


@given(st.text(), st.builds(Place, table=st.text(), column=st.text(), row=st.text(), tenant=st.text()))
def test_what_is_sealed_opens_in_its_place(text: str, place: Place) -> None:
    assert VAULT.open(VAULT.seal(text, place), place) == text


def test_neither_a_sealed_text_nor_its_index_shows_what_it_holds() -> None:
    shown = VAULT.seal(TEXT, PLACE) + VAULT.blind_index("email", TEXT)
    encoded = base64.urlsafe_b64encode(TEXT.encode()).decode()
    assert [text for text in (TEXT, "alice", encoded[:8], encoded[4:12]) if text in shown] == []


def test_one_text_sealed_twice_gives_two() -> None:
    assert VAULT.seal(TEXT, PLACE) != VAULT.seal(TEXT, PLACE)


def test_what_an_earlier_release_sealed_opens_and_is_found() -> None:
    random = counted()
    keys = [new_key(MASTER, "d1", KeyPurpose.DATA, 1, random), new_key(MASTER, "i1", KeyPurpose.INDEX, 1, random)]
    assert [key.wrapped.hex() for key in keys] == WRAPPED_THEN
    vault = Vault(MASTER, keys, random)
    assert vault.seal(TEXT, PLACE) == SEALED_THEN
    assert vault.open(SEALED_THEN, PLACE) == TEXT
    assert vault.blind_index("email", TEXT) == INDEXED_THEN


@pytest.mark.parametrize("member", ["table", "column", "row", "tenant"])
def test_a_text_that_was_moved_does_not_open(member: str) -> None:
    sealed = VAULT.seal(TEXT, PLACE)
    elsewhere = dataclasses.replace(PLACE, **{member: "other"})
    with pytest.raises(EncryptionFailed, match=r"does not open.*restore it from a backup"):
        VAULT.open(sealed, elsewhere)


def test_a_place_is_not_taken_for_one_whose_names_join_to_the_same() -> None:
    sealed = VAULT.seal(TEXT, Place(table="ab", column="c", row="d", tenant=""))
    with pytest.raises(EncryptionFailed):
        VAULT.open(sealed, Place(table="a", column="bc", row="d", tenant=""))


@given(st.lists(st.text()), st.lists(st.text()))
def test_no_two_lists_join_to_the_same_bytes(one: list[str], other: list[str]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


def test_a_sealed_text_of_which_any_character_was_changed_does_not_open() -> None:
    for text in ("a", "ab", "abc"):  # with none, two and four bits of base64 to spare
        sealed = VAULT.seal(text, PLACE)
        for at, was in enumerate(sealed):
            for other in set("Aaz09_-.=\n ") - {was}:
                with pytest.raises(EncryptionFailed):
                    VAULT.open(sealed[:at] + other + sealed[at + 1 :], PLACE)


def test_a_sealed_text_of_which_any_bit_of_base64_was_changed_does_not_open() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for text in ("a", "ab", "abc"):
        sealed = VAULT.seal(text, PLACE)
        for at in range(sealed.rindex(".") + 1, len(sealed)):
            for bit in range(6):
                other = alphabet[alphabet.index(sealed[at]) ^ 1 << bit]
                with pytest.raises(EncryptionFailed):
                    VAULT.open(sealed[:at] + other + sealed[at + 1 :], PLACE)


@pytest.mark.parametrize("length", range(len(VAULT.seal("a", PLACE))))
def test_a_sealed_text_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(EncryptionFailed):
        VAULT.open(VAULT.seal("a", PLACE)[:length], PLACE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="a text in clear"),
        pytest.param("", id="nothing"),
        pytest.param("v2.d1.AAAA", id="another version"),
        pytest.param("v1.d1.AAAA", id="too short for a tag"),
        pytest.param("v1..AAAA", id="no key"),
        pytest.param("v1.d1.A", id="no base64"),
        pytest.param("v1.d1.\ud800", id="a lone surrogate"),
    ],
)
def test_what_is_no_sealed_text_does_not_open(text: str) -> None:
    with pytest.raises(EncryptionFailed, match="restore it from a backup"):
        VAULT.open(text, PLACE)


def test_a_text_opens_with_its_own_key_alone() -> None:
    vault = Vault(MASTER, [DATA, data_key("d2", 2), INDEX])
    sealed = vault.seal(TEXT, PLACE)
    assert vault.key_id(sealed) == "d2"
    with pytest.raises(EncryptionFailed):
        vault.open(sealed.replace("v1.d2.", "v1.d1."), PLACE)


def test_a_text_whose_key_is_gone_names_that_key() -> None:
    sealed = Vault(MASTER, [data_key("d2"), INDEX]).seal(TEXT, PLACE)
    with pytest.raises(EncryptionFailed, match=r"users\.email of u1 is encrypted under the key d2, which is gone"):
        VAULT.open(sealed, PLACE)


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    before = VAULT.seal(TEXT, PLACE)
    vault = Vault(MASTER, [data_key("d2", 2), DATA, INDEX])
    assert vault.newest_key_id == vault.key_id(vault.seal(TEXT, PLACE)) == "d2"
    assert vault.open(before, PLACE) == TEXT


def test_of_two_keys_of_one_moment_all_take_the_same() -> None:
    keys = [data_key("d1"), data_key("d2"), INDEX]
    assert {Vault(MASTER, order).newest_key_id for order in itertools.permutations(keys)} == {"d2"}


def test_another_master_key_is_refused_at_once_with_the_fix() -> None:
    with pytest.raises(EncryptionFailed, match="give DOORWARD_MASTER_KEY_FILE the file that belongs"):
        Vault(OTHER_MASTER, [DATA, INDEX])


def test_an_older_key_that_does_not_open_is_refused_at_once() -> None:
    foreign = new_key(OTHER_MASTER, "d0", KeyPurpose.DATA, 0)
    with pytest.raises(EncryptionFailed, match="data key d0"):
        Vault(MASTER, [foreign, DATA, INDEX])


def test_a_wrapped_key_of_which_any_byte_was_changed_does_not_open() -> None:
    for at in range(len(DATA.wrapped)):
        wrapped = bytearray(DATA.wrapped)
        wrapped[at] ^= 1
        with pytest.raises(EncryptionFailed):
            Vault(MASTER, [dataclasses.replace(DATA, wrapped=bytes(wrapped)), INDEX])


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(dataclasses.replace(DATA, id="d2"), id="another id"),
        pytest.param(dataclasses.replace(DATA, purpose=KeyPurpose.INDEX), id="another purpose"),
        pytest.param(dataclasses.replace(DATA, wrapped=INDEX.wrapped), id="another key's content"),
        pytest.param(dataclasses.replace(DATA, wrapped=b""), id="no content"),
        pytest.param(dataclasses.replace(DATA, wrapped=DATA.wrapped[:27]), id="too short"),
    ],
)
def test_a_wrapped_key_opens_only_as_what_it_was_made_for(key: WrappedKey) -> None:
    with pytest.raises(EncryptionFailed, match="does not open with this master key"):
        Vault(MASTER, [data_key("d0"), INDEX, key])


@pytest.mark.parametrize("missing", [KeyPurpose.DATA, KeyPurpose.INDEX])
def test_a_vault_needs_a_key_for_each_purpose(missing: KeyPurpose) -> None:
    with pytest.raises(EncryptionFailed, match=f"holds no {missing} key"):
        Vault(MASTER, [key for key in (DATA, INDEX) if key.purpose is not missing])


def test_rewrapped_keys_open_what_was_sealed_before_under_the_new_master_key_alone() -> None:
    sealed, indexed = VAULT.seal(TEXT, PLACE), VAULT.blind_index("email", TEXT)
    keys = [rewrap(key, MASTER, OTHER_MASTER) for key in (DATA, INDEX)]
    moved = Vault(OTHER_MASTER, keys)
    assert moved.open(sealed, PLACE) == TEXT
    assert moved.blind_index("email", TEXT) == indexed
    with pytest.raises(EncryptionFailed):
        Vault(MASTER, keys)


def test_rewrapping_keeps_all_but_the_wrapped_bytes() -> None:
    again = rewrap(DATA, MASTER, OTHER_MASTER)
    assert again.wrapped != DATA.wrapped
    assert dataclasses.replace(again, wrapped=DATA.wrapped) == DATA


def test_rewrapping_with_the_wrong_old_master_key_is_refused() -> None:
    with pytest.raises(EncryptionFailed, match="DOORWARD_MASTER_KEY_FILE"):
        rewrap(DATA, OTHER_MASTER, MASTER)


@pytest.mark.parametrize("key_id", ["", "a.b", "a b", "a\n", "x" * 65])
def test_an_id_that_would_not_fit_a_sealed_text_makes_no_key(key_id: str) -> None:
    with pytest.raises(ValueError, match="id of a key"):
        new_key(MASTER, key_id, KeyPurpose.DATA, 1)


def test_a_master_key_of_another_length_wraps_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        new_key(b"x" * 16, "d1", KeyPurpose.DATA, 1)


def test_equal_texts_of_one_kind_have_one_index_and_others_another() -> None:
    there = [("email", TEXT), ("email", "bob@example.com"), ("name", TEXT), ("emaila", TEXT[1:])]
    assert VAULT.blind_index(*there[0]) == VAULT.blind_index(*there[0])
    assert len({VAULT.blind_index(*one) for one in there}) == len(there)


def test_an_index_depends_on_its_key_and_not_on_the_data_key() -> None:
    same = Vault(MASTER, [data_key("d2", 2), INDEX])
    other = Vault(MASTER, [DATA, new_key(MASTER, "i2", KeyPurpose.INDEX, 1)])
    assert VAULT.blind_index("email", TEXT) == same.blind_index("email", TEXT)
    assert VAULT.blind_index("email", TEXT) != other.blind_index("email", TEXT)


def test_equal_bodies_have_one_fingerprint_and_others_another() -> None:
    bodies = [b"", b"{}", b"\xff\xfe", TEXT.encode()]
    assert len({VAULT.fingerprint(body) for body in bodies}) == len(bodies)
    assert VAULT.fingerprint(b"{}") == VAULT.fingerprint(b"{}")
    assert VAULT.fingerprint(TEXT.encode()) != VAULT.blind_index("email", TEXT)


def test_nothing_shows_a_key_or_a_text() -> None:
    shown = repr(VAULT) + repr(DATA) + str(DATA)
    with pytest.raises(EncryptionFailed) as moved:
        VAULT.open(VAULT.seal(TEXT, PLACE), dataclasses.replace(PLACE, row="u2"))
    shown += repr(moved.value)
    assert [secret for secret in (repr(MASTER), repr(DATA.wrapped), TEXT) if secret in shown] == []
