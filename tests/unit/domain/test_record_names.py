"""Names, addresses and domains as people write them: which are the same, and what costs time."""

import time

import pytest

from doorward.domain.errors import BadRequest
from doorward.domain.record_names import (
    canonical,
    canonical_email,
    check_domain,
    check_email,
    check_record_id,
    check_record_name,
)

MARKS = "a" + "\u0301\u0316" * 25_000  # one mark above and one below, to be sorted: 14 seconds if somebody did


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@acme.com", " ANN@acme.com."),
        ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
        ("ann@acme.com", "\uff41nn@acme\uff0ecom"),
        ("ann@acme.com", "ann\uff20acme.com"),
    ],
)
def test_one_address_has_one_spelling(one: str, other: str) -> None:
    assert canonical_email(one) == canonical_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ann@acme.com", "ann+x@acme.com"), ("ann@acme.com", "an.n@acme.com"), ("ann@acme.com", "ann@acme.example")],
)
def test_other_addresses_have_another_spelling(one: str, other: str) -> None:
    assert canonical_email(one) != canonical_email(other)


@pytest.mark.parametrize("text", ["", "@", "ann", "ann@", "@acme.com", "a@b@", "ann@-"])
def test_what_is_no_address_has_a_spelling_too(text: str) -> None:
    assert canonical_email(text) == text


def test_a_text_that_takes_long_to_normalise_is_not() -> None:
    started = time.perf_counter()

    assert canonical(MARKS) == MARKS
    assert canonical_email(f"{MARKS}@acme.com") == f"{MARKS}@acme.com"
    for check in (check_email, check_domain):
        for text in (MARKS, f"{MARKS}@acme.com", f"ann@{MARKS}.com"):
            with pytest.raises(BadRequest, match="is longer than any"):
                check("it", text)

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("mark", list("\u200b\u034f\u3164\uffa0\ufe0f\u2800\u180b\U000e0101"))
def test_a_mark_that_nobody_sees_is_refused(mark: str) -> None:
    with pytest.raises(BadRequest, match="invisible"):
        check_record_name("username", f"ann{mark}")
    with pytest.raises(BadRequest):
        check_email("email", f"ann{mark}@acme.com")


@pytest.mark.parametrize("name", ["Zo\u00eb", "\u0939\u093f\u0928\u094d\u0926\u0940", "\uae40\uc5f0\uc544", "\u674e"])
def test_names_of_all_scripts_are_names(name: str) -> None:
    assert check_record_name("first_name", name) == name


@pytest.mark.parametrize("name", [".", "..", "-", "", "a/b", "a b", "*"])
def test_what_no_path_can_name_is_no_id(name: str) -> None:
    with pytest.raises(BadRequest):
        check_record_id("id", name)
