"""Keys under the master key: made, opened, and moved to another master key."""

import dataclasses
import os
import re
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorward.crypto.sealing import KEY_BYTES, NotOpened, RandomBytes, joined, opened_bytes, sealed_bytes
from doorward.domain.encryption import KeyPurpose, WrappedKey
from doorward.domain.errors import EncryptionFailed

KEY_ID: Final = r"[A-Za-z0-9_-]{1,64}"
_KEY_ID: Final = re.compile(KEY_ID)
_WRAPS: Final = b"doorward: wraps keys, version 1"


def new_key(master: bytes, key_id: str, purpose: KeyPurpose, now: int, random: RandomBytes = os.urandom) -> WrappedKey:
    """A random key, wrapped. `now` is in epoch microseconds; the id must be 1 to 64 of `A-Za-z0-9_-`."""
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError(f"the id of a key must be 1 to 64 letters, digits, _ or -, not {key_id!r}")
    wrapped = sealed_bytes(_wrapping(master), random(KEY_BYTES), joined(key_id, purpose), random)
    return WrappedKey(id=key_id, purpose=purpose, wrapped=wrapped, created_at=now)


def unwrapped(key: WrappedKey, master: bytes) -> bytes:
    """The key itself.

    Raises:
        EncryptionFailed: it was wrapped under another master key, or it is damaged.
    """
    try:
        return opened_bytes(_wrapping(master), key.wrapped, joined(key.id, key.purpose))
    except NotOpened as error:
        raise EncryptionFailed(
            f"the {key.purpose} key {key.id} does not open with this master key; give DOORWARD_MASTER_KEY_FILE "
            "the file that belongs to this database, or restore the database if it is damaged"
        ) from error


def opens(key: WrappedKey, master: bytes) -> bool:
    """Whether this is the master key that a key was wrapped under."""
    try:
        unwrapped(key, master)
    except EncryptionFailed:
        return False
    return True


def rewrap(key: WrappedKey, old_master: bytes, new_master: bytes, random: RandomBytes = os.urandom) -> WrappedKey:
    """The same key under another master key: what is sealed under it stays as it is.

    Raises:
        EncryptionFailed: `old_master` is not what it was wrapped under.
    """
    plain = unwrapped(key, old_master)
    bound_to = joined(key.id, key.purpose)
    return dataclasses.replace(key, wrapped=sealed_bytes(_wrapping(new_master), plain, bound_to, random))


def _wrapping(master: bytes) -> AESGCM:
    """What wraps, derived by HKDF (RFC 5869): the master key itself encrypts nothing."""
    if len(master) != KEY_BYTES:
        raise ValueError(f"a master key has {KEY_BYTES} bytes, not {len(master)}")
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_WRAPS).derive(master))
