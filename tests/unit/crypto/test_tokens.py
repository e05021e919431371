"""Session tokens and API keys: their form, their strength, and that nothing shows them."""

import re

from doorward.crypto import new_api_key, new_token
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.services.authentication import Authenticator, key_hash


def all_ones(size: int) -> bytes:
    return b"\xff" * size


def test_a_token_is_its_prefix_and_32_bytes() -> None:
    assert re.fullmatch(r"dws_[A-Za-z0-9_-]{43}", new_token("dws"))
    assert new_token("dws", bytes) == f"dws_{'A' * 43}"
    assert new_token("dws", all_ones) == f"dws_{'_' * 42}8"


def test_a_key_is_its_prefix_and_32_bytes() -> None:
    key, prefix = new_api_key()
    assert re.fullmatch(r"dw_[a-z2-7]{8}", prefix)
    assert re.fullmatch(rf"{prefix}_[A-Za-z0-9_-]{{43}}", key)


def test_no_two_are_alike() -> None:
    assert len({new_token("dws") for _ in range(100)}) == 100
    assert len({new_api_key().prefix for _ in range(100)}) == 100
    assert len({new_api_key().key[-43:] for _ in range(100)}) == 100


def test_a_new_key_is_a_key_by_its_hash() -> None:
    caller = Caller("host", ALL_SCOPES)
    key, _ = new_api_key()
    assert Authenticator({key_hash(key): caller}).caller(f"Bearer {key}", None) is caller


def test_a_key_that_is_printed_shows_its_prefix_alone() -> None:
    made = new_api_key()
    shown = f"{made!r} {made} {[made]}"
    assert made.prefix in shown
    assert made.key[-43:] not in shown
