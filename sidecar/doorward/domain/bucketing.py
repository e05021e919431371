"""Version 1 of the hash that puts whom a flag is split by into one of 100,000 buckets. It never changes.

docs/reference/flags.md has it in words, with vectors for those who write it in another language.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

VERSION: Final = 1
BUCKETS: Final = 100_000
_NAME: Final = b"doorward.flags.1"


class Begun(Protocol):
    """A hash under way; copies go on by themselves."""

    def copy(self) -> "Begun":
        """Another one that has taken the same bytes."""
        ...

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """What it is so far."""
        ...


def bucket(salt: str, key: str) -> int:
    """The bucket of a key, 0 to 99,999: the same for equal salts, whatever the flag."""
    return bucket_after(salt_prefix(salt), key)


def salt_prefix(salt: str) -> bytes:
    """What is hashed before the key: made once, when a policy loads."""
    return _measured(_NAME) + _measured(salt.encode())


def bucket_after(prefix: bytes, key: str) -> int:
    """The bucket of a key behind the prefix of a salt."""
    digest = hashlib.sha256(prefix + measured(key)).digest()
    return int.from_bytes(digest[:8], "big") * BUCKETS >> 64


def measured(key: str) -> bytes:
    """What is hashed of a key."""
    text = key.encode()
    return len(text).to_bytes(8, "big") + text


def bounds_of(upper: Iterable[int]) -> list[bytes]:
    """What digests of buckets from each of `upper` on are at least; left out where no bucket is that high.

    A digest has the place among them that its bucket has among `upper`.
    """
    return [(-(-(bound << 64) // BUCKETS)).to_bytes(8, "big") for bound in upper if bound < BUCKETS]


def begun(prefix: bytes) -> Begun:
    """The hash of a salt, to which keys are added."""
    return hashlib.sha256(prefix)


def places_of(splits: Iterable[tuple[Begun, Sequence[bytes]]], key: bytes) -> list[int]:
    """Where a measured key lies among the bounds of some splits, each given with the hash of its salt."""
    places = []
    for salted, bounds in splits:
        digest = salted.copy()
        digest.update(key)
        places.append(bisect_right(bounds, digest.digest()))
    return places


def _measured(text: bytes) -> bytes:
    """A text behind its length, so that no two lists of texts are the same bytes."""
    return len(text).to_bytes(8, "big") + text
