"""Encryption: the keys that values are sealed with, made, read and rotated."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.encryption import KeyPurpose, Place, WrappedKey
from doorward.domain.errors import EncryptionFailed
from doorward.services.ports import Records, Transaction, Vault

RESEALED_A_CALL: Final = 500
NewKey = Callable[[KeyPurpose, int], WrappedKey]
"""Makes a key for a purpose at a time (epoch microseconds), wrapped under the master key."""


class Encryption:
    """The vault with the keys of the database; read again where one is missing: other processes make keys too."""

    def __init__(self, records: Records, vault: Callable[[list[WrappedKey]], Vault], new_key: NewKey) -> None:
        """`vault` makes one of keys. Call `start` before anything else."""
        self._records = records
        self._make_vault = vault
        self._new_key = new_key
        self._lock = threading.Lock()
        self._vault: Vault | None = None
        self._keys: list[WrappedKey] = []

    def start(self, now: int) -> None:
        """Read the keys, and make the first ones where there are none. Raises EncryptionFailed, StoreUnavailable."""
        with self._records.read() as transaction:
            found = list(transaction.encryption_keys.all())
        if {one.purpose for one in found} != set(KeyPurpose):
            with self._records.change() as transaction:
                found = list(transaction.encryption_keys.all())
                for purpose in KeyPurpose:
                    if all(one.purpose is not purpose for one in found):
                        made = self._new_key(purpose, now)
                        transaction.encryption_keys.add(made)
                        found.append(made)
        self._use(found)

    @property
    def vault(self) -> Vault:
        """What seals and opens now."""
        if self._vault is None:
            raise EncryptionFailed("the encryption keys were not read yet; start the sidecar first")
        return self._vault

    @property
    def keys(self) -> list[WrappedKey]:
        """The keys, the oldest first."""
        return self._keys

    def open(self, transaction: Transaction, sealed: str, place: Place) -> str:
        """Open a sealed text, with a key that another process has made too. Raises EncryptionFailed."""
        vault = self.vault
        if all(one.id != vault.key_id(sealed) for one in self._keys):
            vault = self.read_within(transaction)
        return vault.open(sealed, place)

    def read_within(self, transaction: Transaction) -> Vault:
        """Read the keys anew."""
        self._use(list(transaction.encryption_keys.all()))
        return self.vault

    def rotate(self, transaction: Transaction, now: int) -> None:
        """Make a new key that values are sealed with from now on."""
        made = self._new_key(KeyPurpose.DATA, now)
        transaction.encryption_keys.add(made)

    def _use(self, keys: list[WrappedKey]) -> None:
        with self._lock:
            self._vault = self._make_vault(keys)
            self._keys = keys


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionStatus:
    """Which key seals now, since when (epoch microseconds), how many there are, and what others sealed."""

    key_id: str
    created_at: int
    keys: int
    sealed_with_others: int


def require_operator(actor: Actor) -> None:
    """Raise NotPermitted for a caller that is bound to a tenant."""
    actor.require_unbound("encryption is everybody's")
