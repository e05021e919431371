"""Recovery codes: long enough, readable, and known again however they are typed."""

import re

import pytest

from doorward.crypto import new_recovery_codes, recovery_digest
from doorward.crypto.recovery import ALPHABET

CODE = "0a1b-2c3d-4e5f-6g7h"


def test_codes_are_sixteen_characters_of_five_bits_in_groups() -> None:
    assert len(set(ALPHABET)) == 32
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert [code for code in codes if not re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", code)] == []


def test_as_many_codes_are_made_as_are_wanted() -> None:
    assert len(new_recovery_codes(3)) == 3


def test_each_random_bit_changes_the_code() -> None:
    numbers = iter([0, *(1 << bit for bit in range(80))])
    codes = new_recovery_codes(81, lambda size: next(numbers).to_bytes(size, "big"))
    assert codes[0] == "0000-0000-0000-0000"
    assert len(set(codes)) == 81


def test_every_character_can_come() -> None:
    assert set("".join(new_recovery_codes(1000))) == set(ALPHABET) | {"-"}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("0A1B-2C3D-4E5F-6G7H", id="upper case"),
        pytest.param("0a1b2c3d4e5f6g7h", id="no dashes"),
        pytest.param(" 0a1b 2c3d\t4e5f\u00a06g7h\n", id="blanks"),
        pytest.param("0a1b\u20132c3d\u20144e5f\u20106g7h", id="other dashes"),
        pytest.param("oAlb-2c3d-4e5f-6g7h", id="o and l for 0 and 1"),
        pytest.param("OaIb-2c3d-4e5f-6g7h", id="O and I for 0 and 1"),
    ],
)
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    assert recovery_digest(typed) == recovery_digest(CODE)


@pytest.mark.parametrize("other", ["0a1b-2c3d-4e5f-6g7j", "0a1b-2c3d-4e5f", "", "0a1b-2c3d-4e5f-6g7h-0", "\ud800"])
def test_another_code_has_another_digest(other: str) -> None:
    assert recovery_digest(other) != recovery_digest(CODE)


def test_a_digest_is_sha_256_in_hex() -> None:
    # printf 0a1b2c3d4e5f6g7h | sha256sum
    assert recovery_digest(CODE) == "498c516cee2442c2e18024a087ca6200422ec227a72b9344e0e3242476db7bd3"
