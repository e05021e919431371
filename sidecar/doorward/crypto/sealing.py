"""AES-256-GCM with the nonce in front, and texts joined so that they cannot be taken for others."""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

RandomBytes = Callable[[int], bytes]
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_LENGTH_BYTES: Final = 4


class NotOpened(Exception):  # noqa: N818 - reads as what happened; never leaves this room
    """The bytes were not sealed under this key with this associated data."""


def joined(*parts: str | bytes) -> bytes:
    """The parts, each behind its length: no two lists of parts give the same bytes."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in encoded)


def sealed_bytes(key: AESGCM, plain: bytes, bound_to: bytes, random: RandomBytes) -> bytes:
    """Nonce, ciphertext and tag.

    Nonces are random, so one key is good for 2**32 texts (NIST SP 800-38D, section 8.3).
    """
    nonce = random(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to)


def opened_bytes(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """What was sealed. Raises NotOpened."""
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise NotOpened
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except InvalidTag as error:
        raise NotOpened from error
