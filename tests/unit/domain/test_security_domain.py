"""What a password must be like: every reason at once, and not a word of the password."""

import unicodedata
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.common_passwords import common_passwords
from doorward.domain.security import MAX_PASSWORD_BYTES, PasswordPolicy

ANYTHING = PasswordPolicy(
    min_length=1,
    require_uppercase=False,
    require_lowercase=False,
    require_numbers=False,
    require_special_chars=False,
    blocklist=False,
)


@pytest.mark.parametrize("password", ["SecurePass123!", "MyPassword123!", "Straße-9 ist lang", "Пароль-7-хорош"])
def test_a_good_password_has_no_fault(password: str) -> None:
    assert PasswordPolicy().faults(password) == ()


def test_every_reason_is_told_at_once() -> None:
    assert PasswordPolicy().faults("") == (
        "The password must have at least 8 characters.",
        "The password must contain an uppercase letter.",
        "The password must contain a lowercase letter.",
        "The password must contain a number.",
        "The password must contain a special character, like ! or #.",
    )


@pytest.mark.parametrize(
    ("password", "says"),
    [
        pytest.param("Short1!", "at least 8 characters", id="short"),
        pytest.param("lowercase1!", "an uppercase letter", id="no uppercase letter"),
        pytest.param("UPPERCASE1!", "a lowercase letter", id="no lowercase letter"),
        pytest.param("NoNumbers!", "a number", id="no number"),
        pytest.param("NoSpecial 123", "a special character", id="blanks alone"),
        pytest.param("P@ssw0rd1!", "most common", id="a common one"),
        pytest.param("wElCoMe123!", "most common", id="a common one in other capitals"),
        pytest.param("Aa1!" * 256 + "x", "at most 1,024 bytes", id="long"),
        pytest.param("Aa1!\ud800aaaa", "half a character", id="half a character"),
    ],
)
def test_one_reason_is_told_alone(password: str, says: str) -> None:
    (fault,) = PasswordPolicy().faults(password)
    assert says in fault


@pytest.mark.parametrize("rule", [one.name for one in fields(PasswordPolicy) if one.type is bool or one.type == "bool"])
def test_what_is_not_required_is_no_fault(rule: str) -> None:
    weakest = {"require_uppercase": "a", "require_lowercase": "A", "require_numbers": "a", "require_special_chars": "a", "blocklist": "letmein"}  # fmt: skip
    required = PasswordPolicy(**{**{one.name: getattr(ANYTHING, one.name) for one in fields(ANYTHING)}, rule: True})
    assert len(required.faults(weakest[rule])) == 1
    assert ANYTHING.faults(weakest[rule]) == ()


def test_characters_are_counted_in_their_normal_form() -> None:
    accents = unicodedata.normalize("NFD", "éééé")
    policy = PasswordPolicy(min_length=5)
    assert len(accents) == 8
    assert "The password must have at least 5 characters." in policy.faults(accents)
    assert policy.faults(accents) == policy.faults("éééé")


def test_the_most_bytes_are_counted_and_not_characters() -> None:
    assert ANYTHING.faults("é" * (MAX_PASSWORD_BYTES // 2)) == ()
    assert len(ANYTHING.faults("é" * (MAX_PASSWORD_BYTES // 2) + "e")) == 1


def test_a_megabyte_of_accents_is_refused_at_once() -> None:
    text = "a" + "\u0301\u0316" * 500_000
    assert "The password must have at most 1,024 bytes." in PasswordPolicy().faults(text)


@given(st.text(min_size=4))
def test_no_reason_says_anything_of_the_password(password: str) -> None:
    said = "".join(PasswordPolicy().faults(password)) + "".join(PasswordPolicy(min_length=256).faults(password))
    assert set(PasswordPolicy().faults(password)) <= set(PasswordPolicy(min_length=8).faults("") + KNOWN)
    assert said.isascii()


KNOWN = (
    "The password holds half a character, which cannot be written; type it again.",
    "The password must have at most 1,024 bytes.",
    "The password is one of the most common ones; choose another.",
)


def test_the_list_is_casefolded_and_has_those_that_the_default_rules_would_let_through() -> None:
    passwords = common_passwords()
    assert len(passwords) > 1_000
    assert all(one == one.casefold() for one in passwords)
    rest = PasswordPolicy(blocklist=False)
    assert sum(not rest.faults(one[0].upper() + one[1:]) for one in passwords) > 100
