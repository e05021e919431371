"""Names, addresses and domains as people write them: which are the same, and what costs time."""

import time

import pytest

from doorward.domain.errors import BadRequest
from doorward.domain.record_names import canonical, canonical_email, check_domain, check_email

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
