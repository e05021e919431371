"""Version 1 of the hash that puts whom a flag is split by into one of 100,000 buckets. It never changes.

docs/reference/flags.md has it in words, with vectors for those who write it in another language.
"""

import hashlib
from typing import Final

VERSION: Final = 1
BUCKETS: Final = 100_000
_NAME: Final = b"doorward.flags.1"


def bucket(salt: str, key: str) -> int:
    """The bucket of a key, 0 to 99,999: the same for equal salts, whatever the flag."""
    return bucket_after(salt_prefix(salt), key)


def salt_prefix(salt: str) -> bytes:
    """What is hashed before the key: made once, when a policy loads."""
    return _measured(_NAME) + _measured(salt.encode())


def bucket_after(prefix: bytes, key: str) -> int:
    """The bucket of a key behind the prefix of a salt."""
    text = key.encode()
    digest = hashlib.sha256(prefix + len(text).to_bytes(8, "big") + text).digest()
    return int.from_bytes(digest[:8], "big") * BUCKETS >> 64


def _measured(text: bytes) -> bytes:
    """A text behind its length, so that no two lists of texts are the same bytes."""
    return len(text).to_bytes(8, "big") + text
