"""Password hashing: one derivation on each path, bounded in number, in cost and in what is taken."""

import hashlib
import threading
import time

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from doorward.crypto import PasswordHasher
from doorward.crypto.passwords import argon2id
from doorward.crypto.phc import Argon2Cost
from doorward.domain.errors import BadRequest, Busy

OURS = Argon2Cost(memory_kib=19456, iterations=2, lanes=1)
CHEAP = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$BTgf0Y0gWTPvKLS9eIv5dOpFZ3+7gsdCcbCQdtIdKhI"
RIGHT = "correct horse"


class FakeDerivation:
    """Counts, and remembers what was asked of it; quick."""

    def __init__(self) -> None:
        self.passwords: list[bytes] = []
        self.costs: list[Argon2Cost] = []

    def __call__(self, password: bytes, cost: Argon2Cost, salt: bytes, tag_bytes: int) -> bytes:
        self.passwords.append(password)
        self.costs.append(cost)
        return hashlib.shake_256(repr((password, cost, salt)).encode()).digest(tag_bytes)


@pytest.fixture
def derivation() -> FakeDerivation:
    return FakeDerivation()


@pytest.fixture
def hasher(derivation: FakeDerivation) -> PasswordHasher:
    return PasswordHasher(derive=derivation)


def test_a_password_verifies_and_another_does_not() -> None:
    hasher = PasswordHasher()
    phc = hasher.hash(RIGHT)
    assert hasher.verify(RIGHT, phc)
    assert not hasher.verify(RIGHT + "!", phc)


def test_a_hash_is_what_others_read_too() -> None:
    phc = PasswordHasher().hash(RIGHT)
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    Argon2id.verify_phc_encoded(RIGHT.encode(), phc)


@pytest.mark.parametrize(
    "phc",
    [
        # From the tests of the reference implementation.
        pytest.param(
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", id="64 MiB"
        ),
        pytest.param(
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", id="two lanes"
        ),
    ],
)
def test_a_hash_made_elsewhere_verifies(phc: str) -> None:
    assert PasswordHasher().verify("password", phc)
    assert not PasswordHasher().verify("passworD", phc)


def test_one_password_hashed_twice_gives_two(hasher: PasswordHasher) -> None:
    assert hasher.hash(RIGHT) != hasher.hash(RIGHT)


@pytest.mark.parametrize(
    ("password", "phc"),
    [
        pytest.param(RIGHT, CHEAP, id="a hash from elsewhere"),
        pytest.param(RIGHT, None, id="an unknown user"),
        pytest.param(RIGHT, "", id="an empty hash"),
        pytest.param(RIGHT, "$2b$12$abcdefghijklmnopqrstuu", id="a hash of another algorithm"),
        pytest.param(RIGHT, CHEAP.replace("m=64", "m=9999999"), id="a hash out of bounds"),
        pytest.param(RIGHT, CHEAP[:-1] + "J", id="a hash with bits to spare"),
        pytest.param("", CHEAP, id="no password"),
        pytest.param("x" * 1025, CHEAP, id="a password too long"),
        pytest.param("x" * (1 << 20), CHEAP, id="a password of a megabyte"),
        pytest.param("\ud800", CHEAP, id="a password that is no text"),
        pytest.param("\ud800", None, id="no text for an unknown user"),
    ],
)
def test_a_wrong_login_of_any_kind_makes_exactly_one_derivation(
    hasher: PasswordHasher, derivation: FakeDerivation, password: str, phc: str | None
) -> None:
    assert not hasher.verify(password, phc)
    assert len(derivation.passwords) == 1


def test_a_right_login_makes_exactly_one_derivation(hasher: PasswordHasher, derivation: FakeDerivation) -> None:
    phc = hasher.hash(RIGHT)
    derivation.passwords.clear()
    assert hasher.verify(RIGHT, phc)
    assert derivation.passwords == [RIGHT.encode()]


def test_for_an_unknown_user_it_costs_what_it_costs_for_a_known_one(
    hasher: PasswordHasher, derivation: FakeDerivation
) -> None:
    hasher.verify(RIGHT, hasher.hash(RIGHT))
    hasher.verify(RIGHT, None)
    assert derivation.costs == [OURS, OURS, OURS]


def test_a_hash_out_of_bounds_is_never_derived_at_its_cost(hasher: PasswordHasher, derivation: FakeDerivation) -> None:
    hasher.verify(RIGHT, CHEAP.replace("t=1", "t=11"))
    assert derivation.costs == [OURS]


def test_too_long_a_password_and_an_unknown_user_are_refused_even_where_the_derivation_matches() -> None:
    always = PasswordHasher(derive=lambda _password, _cost, _salt, size: bytes(size), random=bytes)
    phc = always.hash(RIGHT)
    assert always.verify("anything", phc)
    assert not always.verify("x" * 1025, phc)
    assert not always.verify(RIGHT, None)


def test_composed_and_decomposed_spellings_are_one_password(hasher: PasswordHasher) -> None:
    phc = hasher.hash("Ame\u0301lie")
    assert hasher.verify("Am\u00e9lie", phc)


@pytest.mark.parametrize("other", ["am\u00e9lie", "Amelie", "\uff21m\u00e9lie", " Am\u00e9lie"])
def test_case_width_accents_and_blanks_count(hasher: PasswordHasher, other: str) -> None:
    assert not hasher.verify(other, hasher.hash("Am\u00e9lie"))


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("x" * 1024, id="1,024 letters"),
        pytest.param("\u20ac" * 341, id="1,023 bytes of signs"),
        pytest.param("u\u0308\u0304" * 512, id="1,024 bytes when composed"),
    ],
)
def test_a_password_of_1024_bytes_is_taken(hasher: PasswordHasher, password: str) -> None:
    assert hasher.verify(password, hasher.hash(password))


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("x" * 1025, id="1,025 letters"),
        pytest.param("\u20ac" * 342, id="1,026 bytes of signs"),
        pytest.param("u\u0308\u0304" * 512 + "x", id="1,025 bytes when composed"),
        pytest.param("\ud800", id="no text"),
    ],
)
def test_too_long_a_password_is_refused_when_it_is_set(hasher: PasswordHasher, password: str) -> None:
    with pytest.raises(BadRequest, match="longer than 1024 bytes, or no text; choose another") as refused:
        hasher.hash(password)
    assert password not in str(refused.value)


def test_many_combining_marks_do_not_keep_the_thread(hasher: PasswordHasher) -> None:
    began = time.monotonic()
    assert not hasher.verify("a" + "\u0315\u0300" * 100_000, None)
    assert time.monotonic() - began < 5  # normalising them takes a minute


def test_others_run_while_a_password_is_hashed() -> None:
    dear = Argon2Cost(memory_kib=64 * 1024, iterations=10, lanes=1)
    hashing = threading.Thread(target=argon2id, args=(b"x", dear, b"saltsalt", 32))
    hashing.start()
    turns = 0
    while hashing.is_alive():
        time.sleep(0.005)
        turns += 1
    assert turns > 5  # two, if the interpreter lock were held


def test_no_more_than_two_passwords_are_hashed_at_a_time() -> None:
    pairs = threading.Barrier(2, timeout=30)
    running: list[int] = []
    most: list[int] = []

    def derive(_password: bytes, _cost: Argon2Cost, _salt: bytes, tag_bytes: int) -> bytes:
        running.append(1)
        pairs.wait()  # so two do run
        most.append(len(running))
        pairs.wait()
        running.pop()
        return bytes(tag_bytes)

    hasher = PasswordHasher(derive=derive, wait_seconds=30)
    threads = [threading.Thread(target=hasher.verify, args=(RIGHT, None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2] * 8


def test_who_waits_too_long_for_a_turn_is_told_to_try_again_and_derives_nothing() -> None:
    began, go_on = threading.Event(), threading.Event()
    asked: list[bytes] = []

    def derive(password: bytes, _cost: Argon2Cost, _salt: bytes, tag_bytes: int) -> bytes:
        asked.append(password)
        began.set()
        go_on.wait(30)
        return bytes(tag_bytes)

    hasher = PasswordHasher(at_a_time=1, wait_seconds=0.01, derive=derive)
    first = threading.Thread(target=hasher.verify, args=("first", None))
    first.start()
    began.wait(30)
    try:
        with pytest.raises(Busy, match="too many passwords are being checked; try again in a moment"):
            hasher.verify("second", None)
    finally:
        go_on.set()
        first.join()
    assert asked == [b"first"]


def test_a_derivation_that_failed_gives_its_turn_back() -> None:
    def out_of_memory(_password: bytes, _cost: Argon2Cost, _salt: bytes, _tag_bytes: int) -> bytes:
        raise MemoryError

    hasher = PasswordHasher(at_a_time=1, wait_seconds=0, derive=out_of_memory)
    for _ in range(2):
        with pytest.raises(MemoryError):
            hasher.verify(RIGHT, None)


def test_a_hash_of_today_is_not_outdated(hasher: PasswordHasher) -> None:
    assert not hasher.is_outdated(hasher.hash(RIGHT))


@pytest.mark.parametrize(
    "phc",
    [
        pytest.param(CHEAP, id="another cost"),
        pytest.param(CHEAP.replace("m=64,t=1", "m=19456,t=2"), id="a short salt"),
        pytest.param("$2b$12$abcdefghijklmnopqrstuu", id="another algorithm"),
    ],
)
def test_any_other_hash_is_outdated(hasher: PasswordHasher, phc: str) -> None:
    assert hasher.is_outdated(phc)


def test_a_hasher_shows_nothing(hasher: PasswordHasher) -> None:
    phc = hasher.hash(RIGHT)
    shown = repr(hasher) + repr(hasher._dummy)
    assert RIGHT not in shown
    assert "salt" not in shown
    assert phc.rpartition("$")[2] not in shown
