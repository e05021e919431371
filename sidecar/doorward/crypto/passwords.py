"""Passwords hashed by Argon2id, a bounded number at a time, each check at the same cost."""

import hmac
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from doorward.crypto.phc import Argon2Cost, PasswordHash, check_phc, parsed_phc
from doorward.crypto.sealing import RandomBytes
from doorward.domain.errors import BadRequest, Busy

MAX_PASSWORD_BYTES: Final = 1024
_MOST_CHARACTERS: Final = 1536
"""NFC makes at best two bytes of three characters, so more of them are too long; and ordering many marks is slow."""
_COST: Final = Argon2Cost(memory_kib=19456, iterations=2, lanes=1)  # RFC 9106, section 4, by OWASP's figures
_SALT_BYTES: Final = 16
_TAG_BYTES: Final = 32

Derive = Callable[[bytes, Argon2Cost, bytes, int], bytes]
"""Password, cost, salt and length of the tag to the tag."""


def argon2id(password: bytes, cost: Argon2Cost, salt: bytes, tag_bytes: int) -> bytes:
    """One derivation; the interpreter lock is free meanwhile."""
    return Argon2id(
        salt=salt, length=tag_bytes, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
    ).derive(password)


class PasswordHasher:
    """Hashes and verifies passwords; every call that is not refused makes exactly one derivation."""

    def __init__(
        self,
        *,
        at_a_time: int = 2,
        wait_seconds: float = 2.0,
        derive: Derive = argon2id,
        random: RandomBytes = os.urandom,
    ) -> None:
        """At most `at_a_time` derivations run, 19 MiB each; others wait for `wait_seconds`."""
        self._free = BoundedSemaphore(at_a_time)
        self._wait_seconds = wait_seconds
        self._derive = derive
        self._random = random
        self._dummy = PasswordHash(cost=_COST, salt=random(_SALT_BYTES), tag=random(_TAG_BYTES))

    def hash(self, password: str) -> str:
        """The PHC string to keep.

        Raises:
            BadRequest: the password is too long, or no text.
            Busy: too many others are being hashed.
        """
        data = _bytes(password)
        if data is None:
            raise BadRequest(f"the password is longer than {MAX_PASSWORD_BYTES} bytes, or no text; choose another")
        salt = self._random(_SALT_BYTES)
        with self._turn():
            tag = self._derive(data, _COST, salt, _TAG_BYTES)
        return PasswordHash(cost=_COST, salt=salt, tag=tag).text()

    def verify(self, password: str, phc: str | None) -> bool:
        """Whether the password is the one that was hashed.

        Where there is no hash, none that counts, or a password that cannot be right, a dummy is derived instead: how
        long it takes does not tell which users there are.

        Raises:
            Busy: too many others are being hashed.
        """
        kept = None if phc is None else parsed_phc(phc)
        data = _bytes(password)
        asked = kept or self._dummy
        with self._turn():
            tag = self._derive(data or b"", asked.cost, asked.salt, len(asked.tag))
        same = hmac.compare_digest(tag, asked.tag)
        return same and kept is not None and data is not None

    @staticmethod
    def check_phc(phc: str) -> None:
        """Raise BadRequest for a hash from elsewhere that `verify` would not take."""
        check_phc(phc)

    @staticmethod
    def is_outdated(phc: str) -> bool:
        """Whether a hash should be made anew when its password is known: it has another cost than new ones."""
        kept = parsed_phc(phc)
        sizes = (_SALT_BYTES, _TAG_BYTES)
        return kept is None or kept.cost != _COST or (len(kept.salt), len(kept.tag)) != sizes

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=self._wait_seconds):
            raise Busy("too many passwords are being checked; try again in a moment")
        try:
            yield
        finally:
            self._free.release()


def _bytes(password: str) -> bytes | None:
    """NFC, then UTF-8 (RFC 8265, section 4.2.2: OpaqueString), or None where it is too long or no text."""
    if len(password) > _MOST_CHARACTERS:
        return None
    try:
        data = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        return None
    return data if len(data) <= MAX_PASSWORD_BYTES else None
