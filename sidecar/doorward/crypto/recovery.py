"""Recovery codes: what lets somebody in who lost the authenticator, once each."""

import hashlib
import os
import re
from typing import Final

from doorward.crypto.sealing import RandomBytes

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32: without i, l and o, which are read as 1, 1 and 0, and without u."""
_CHARACTERS: Final = 16  # of five bits: 80
_GROUP: Final = 4
_BITS: Final = 5
_LOOK_ALIKES: Final = str.maketrans("ilo", "110")
_BETWEEN: Final = re.compile(r"[\s\u2010-\u2015-]+")  # programs that write texts make longer dashes of dashes


def new_recovery_codes(count: int = 10, random: RandomBytes = os.urandom) -> tuple[str, ...]:
    """Codes of 80 random bits, as `xxxx-xxxx-xxxx-xxxx`."""
    return tuple(_new_code(random) for _ in range(count))


def recovery_digest(code: str) -> str:
    """How a code is kept: SHA-256 of it in hex, whatever case, blanks, dashes and look-alikes it was typed with.

    Codes are random, so a slow hash would add nothing.
    """
    plain = _BETWEEN.sub("", code).lower().translate(_LOOK_ALIKES)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _new_code(random: RandomBytes) -> str:
    number = int.from_bytes(random(_CHARACTERS * _BITS // 8), "big")
    characters = "".join(ALPHABET[number >> shift & 31] for shift in range(0, _CHARACTERS * _BITS, _BITS))
    return "-".join(characters[at : at + _GROUP] for at in range(0, _CHARACTERS, _GROUP))
