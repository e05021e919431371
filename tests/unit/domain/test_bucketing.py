"""The hash of splits is the one that the docs write down, and it never changes."""

import hashlib
import re
import struct
from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.bucketing import BUCKETS, begun, bounds_of, bucket, measured, places_of, salt_prefix
from support.trees import ROOT

PAGE = (ROOT / "docs/reference/flags.md").read_text()
VECTORS = re.findall(r"^\| `(.+)` \| `(.+)` \| (\d+) \|$", PAGE, re.MULTILINE)
TEXTS = st.text(st.characters(codec="utf-8"))


def test_the_vectors_of_the_page_are_what_is_computed() -> None:
    assert len(VECTORS) >= 20
    assert [bucket(salt, key) for salt, key, _ in VECTORS] == [int(number) for _, _, number in VECTORS]


@given(TEXTS, TEXTS)
def test_the_hash_is_the_formula_of_the_page_and_lies_among_the_buckets(salt: str, key: str) -> None:
    parts = [text.encode() for text in ("doorward.flags.1", salt, key)]
    digest = hashlib.sha256(b"".join(struct.pack(">Q", len(part)) + part for part in parts)).digest()
    (first,) = struct.unpack(">Q", digest[:8])
    assert bucket(salt, key) == first * BUCKETS // 2**64
    assert 0 <= bucket(salt, key) < BUCKETS


def test_where_the_salt_ends_and_the_key_begins_counts() -> None:
    assert len({bucket("ab", "c"), bucket("a", "bc"), bucket("", "abc"), bucket("abc", "")}) == 4


@given(TEXTS, TEXTS, st.lists(st.integers(0, BUCKETS) | st.integers(-2, 2).map(str), max_size=6))
def test_a_digest_lies_among_bounds_as_its_bucket_does(salt: str, key: str, given: list[int | str]) -> None:
    found = bucket(salt, key)
    upper = sorted(min(max(found + int(one), 0), BUCKETS) if isinstance(one, str) else one for one in given)
    assert places_of([(begun(salt_prefix(salt)), bounds_of(upper))], measured(key)) == [bisect_right(upper, found)]
