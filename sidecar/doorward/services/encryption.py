"""Encryption: the keys that values are sealed with, made, read and rotated."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.encryption import KeyPurpose, Place, WrappedKey
from doorward.domain.errors import Conflict, EncryptionFailed
from doorward.services.ports import Records, Transaction, Vault

RESEALED_A_CALL: Final = 500
NewKey = Callable[[str, KeyPurpose, int], WrappedKey]
"""Makes a key of an id, for a purpose, at a time (epoch microseconds), wrapped under the master key."""


class Encryption:
    """The vault with the keys of the database; read again where one is missing: other processes make keys too.

    It seals with keys that are committed alone: what a key seals that is undone can never be opened.
    """

    def __init__(
        self,
        records: Records,
        vault: Callable[[Sequence[WrappedKey]], Vault],
        new_key: NewKey,
        new_id: Callable[[], str],
    ) -> None:
        """`vault` makes one of keys. Call `start` before anything else."""
        self._records = records
        self._make_vault = vault
        self._new_key = new_key
        self._new_id = new_id
        self._lock = threading.Lock()
        self._vault: Vault | None = None
        self._keys: Sequence[WrappedKey] = ()

    def start(self, now: int) -> None:
        """Read the keys, and make the first ones where there are none. Raises EncryptionFailed, StoreUnavailable."""
        if {one.purpose for one in self._read()} != set(KeyPurpose):
            with contextlib.suppress(Conflict):  # another sidecar was first, and its keys count
                self._make_first(now)
        self.refresh()

    def _make_first(self, now: int) -> None:
        """The first keys have ids that everybody knows: of two sidecars that make them, one records them."""
        with self._records.change() as transaction:
            purposes = {one.purpose for one in transaction.encryption_keys.all()}
            for purpose in KeyPurpose:
                if purpose not in purposes:
                    transaction.encryption_keys.add(self._new_key(f"first-{purpose.value}", purpose, now))

    @property
    def vault(self) -> Vault:
        """What seals and opens now."""
        if self._vault is None:
            raise EncryptionFailed("the encryption keys were not read yet; start the sidecar first")
        return self._vault

    def open(self, transaction: Transaction, sealed: str, place: Place) -> str:
        """Open a sealed text, with a key that another process has made too. Raises EncryptionFailed."""
        vault = self.vault
        if all(one.id != vault.key_id(sealed) for one in self._keys):
            vault, keys = self.within(transaction)
            self._use(vault, keys)
        return vault.open(sealed, place)

    def within(self, transaction: Transaction) -> tuple[Vault, Sequence[WrappedKey]]:
        """The keys as a transaction sees them, and a vault of them: not for what outlives it if it is undone."""
        keys = transaction.encryption_keys.all()
        return self._make_vault(keys), keys

    def refresh(self) -> None:
        """Go on with the keys that are committed now: others make some too. Raises StoreUnavailable."""
        keys = self._read()
        self._use(self._make_vault(keys), keys)

    def rotate(self, transaction: Transaction, now: int) -> None:
        """Make a new key: values are sealed with it once it is committed, and `refresh` was called."""
        transaction.encryption_keys.add(self._new_key(self._new_id(), KeyPurpose.DATA, now))

    def _use(self, vault: Vault, keys: Sequence[WrappedKey]) -> None:
        """Seal with these from now on, unless somebody has read newer ones meanwhile."""
        with self._lock:
            if not self._keys or keys[-1].created_at >= self._keys[-1].created_at:
                self._vault, self._keys = vault, keys

    def _read(self) -> Sequence[WrappedKey]:
        with self._records.read() as transaction:
            return transaction.encryption_keys.all()


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
