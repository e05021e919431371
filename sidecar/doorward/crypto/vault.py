"""Texts encrypted at rest, each bound to its place, and found by keyed hashes without being opened."""

import base64
import hmac
import os
import re
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doorward.crypto.sealing import NotOpened, RandomBytes, joined, opened_bytes, sealed_bytes
from doorward.crypto.wrapping import KEY_ID, unwrapped
from doorward.domain.encryption import KeyPurpose, Place, WrappedKey
from doorward.domain.errors import EncryptionFailed

_VERSION: Final = "v1"
_SEALED: Final = re.compile(rf"{_VERSION}\.({KEY_ID})\.([A-Za-z0-9_-]+)")
_FINGERPRINT: Final = "fingerprint"


class Vault:
    """Seals and opens texts; immutable, and safe to use from several threads."""

    __slots__ = ("_data", "_index", "_master", "_random", "newest_key_id")

    newest_key_id: str
    """The key that texts are sealed under; texts under older ones can be opened."""

    def __init__(self, master: bytes, keys: Sequence[WrappedKey], random: RandomBytes = os.urandom) -> None:
        """Unwrap the keys: at least one for data and one for the index; the newest of each is used.

        Raises:
            EncryptionFailed: the master key is another one, a key is damaged, or one is missing.
        """
        self._random = random
        plain = {key.id: unwrapped(key, master) for key in keys}
        self._data = {key.id: AESGCM(plain[key.id]) for key in keys if key.purpose is KeyPurpose.DATA}
        self._index = plain[_newest(keys, KeyPurpose.INDEX).id]
        self.newest_key_id = _newest(keys, KeyPurpose.DATA).id

    def seal(self, text: str, place: Place) -> str:
        """The text, encrypted under the newest key and bound to its place: `v1.KEYID.BASE64URL`."""
        key_id = self.newest_key_id
        sealed = sealed_bytes(self._data[key_id], text.encode(), _bound_to(key_id, place), self._random)
        return f"{_VERSION}.{key_id}.{_base64url(sealed)}"

    def open(self, sealed: str, place: Place) -> str:
        """The text that was sealed for this place.

        Raises:
            EncryptionFailed: it was changed, moved here from another place, or its key is not here.
        """
        key_id, content = _parts(sealed)
        key = self._data.get(key_id)
        if key is None:
            raise EncryptionFailed(
                f"{_named(place)} is encrypted under the key {key_id}, which is gone; restore that key"
            )
        try:
            return opened_bytes(key, content, _bound_to(key_id, place)).decode()
        except NotOpened as error:
            raise EncryptionFailed(
                f"{_named(place)} does not open: it was changed, or moved here from elsewhere; restore it from a backup"
            ) from error

    @staticmethod
    def key_id(sealed: str) -> str:
        """The key that a text was sealed under. Raises EncryptionFailed where it is no sealed text."""
        return _parts(sealed)[0]

    def blind_index(self, kind: str, text: str) -> str:
        """What stands for a text in an index: equal for equal texts of one kind, and says nothing without the key."""
        return self._keyed_hash(kind, text.encode())

    def fingerprint(self, data: bytes) -> str:
        """What tells two bodies apart later, without keeping them."""
        return self._keyed_hash(_FINGERPRINT, data)

    def _keyed_hash(self, kind: str, data: bytes) -> str:
        return _base64url(hmac.digest(self._index, joined(kind, data), "sha256"))


def _newest(keys: Sequence[WrappedKey], purpose: KeyPurpose) -> WrappedKey:
    """The newest key of a purpose; among those of one moment, the last by id, so that everybody takes the same."""
    fitting = [key for key in keys if key.purpose is purpose]
    if not fitting:
        raise EncryptionFailed(f"the database holds no {purpose} key; restore its table of keys from a backup")
    return max(fitting, key=lambda key: (key.created_at, key.id))


def _named(place: Place) -> str:
    return f"{place.table}.{place.column} of {place.row}"


def _bound_to(key_id: str, place: Place) -> bytes:
    return joined(_VERSION, key_id, place.table, place.column, place.row, place.tenant)


def _parts(sealed: str) -> tuple[str, bytes]:
    """The key id and the bytes of a sealed text, which has one spelling only."""
    found = _SEALED.fullmatch(sealed)
    if found is not None and len(found[2]) % 4 != 1:
        content = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
        if _base64url(content) == found[2]:
            return found[1], content
    raise EncryptionFailed("what is kept here is no sealed text; restore it from a backup")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
