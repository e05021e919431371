"""Rotating the encryption key: a new one is made, and what older ones sealed is sealed anew, some rows a call."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.encryption import KeyPurpose, WrappedKey
from doorward.domain.errors import StoreUnavailable
from doorward.domain.users import Account
from doorward.services.encryption import RESEALED_A_CALL, EncryptionStatus, require_operator
from doorward.services.login import totp_place
from doorward.services.ports import Transaction, Vault
from doorward.services.recording import ANSWERS_KEPT_SECONDS, Done, Recorder
from doorward.services.user_directory import email_place

_KEPT: Final = (ANSWERS_KEPT_SECONDS + 3_600) * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """How far a rotation came: the key that seals now, rows sealed anew by this call, rows that wait."""

    key_id: str
    resealed: int
    remaining: int


class RotationService:
    """Rotates the key that values are sealed with."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def status(self, actor: Actor) -> EncryptionStatus:
        """Which key seals now, and how much others sealed."""
        require_operator(actor)
        with self._recorder.records.read() as transaction:
            vault, found = self._recorder.encryption.within(transaction)
            keys = [one for one in found if one.purpose is KeyPurpose.DATA]
            newest = next(one for one in keys if one.id == vault.newest_key_id)
            return EncryptionStatus(
                key_id=newest.id,
                created_at=newest.created_at,
                keys=len(keys),
                sealed_with_others=transaction.accounts.count_sealed_with_others(newest.id),
            )

    def rotate(self, actor: Actor) -> Done[Rotated]:
        """Seal some rows anew; where none waits, make a new key first. Call it until nothing remains.

        A process that was killed meanwhile leaves rows that wait, and nothing half sealed.
        """
        require_operator(actor)

        def work(transaction: Transaction) -> Rotated:
            vault, keys = self._recorder.encryption.within(transaction)
            if not transaction.accounts.count_sealed_with_others(vault.newest_key_id):
                self._recorder.encryption.rotate(transaction, self._recorder.now())
                vault, keys = self._recorder.encryption.within(transaction)
                self._recorder.note(
                    transaction,
                    actor,
                    AuditEventType.CONFIG_CHANGE,
                    f"encryption_key:{vault.newest_key_id}",
                    "encryption.rotate",
                    tenant=None,
                )
            waiting = transaction.accounts.sealed_with_others(vault.newest_key_id, RESEALED_A_CALL)
            for account in waiting:
                transaction.accounts.save(self._resealed(vault, account))
            remaining = transaction.accounts.count_sealed_with_others(vault.newest_key_id)
            if not remaining:
                self._forget_old(transaction, keys)
            return Rotated(key_id=vault.newest_key_id, resealed=len(waiting), remaining=remaining)

        done = self._recorder.run(actor, work)
        with contextlib.suppress(StoreUnavailable):  # housekeeping does it again
            self._recorder.encryption.refresh()
        return done

    def _resealed(self, vault: Vault, account: Account) -> Account:
        email, totp = account.email_sealed, account.totp_sealed
        at = email_place(account.id, account.tenant), totp_place(account.id, account.tenant)
        return replace(
            account,
            email_sealed=None if email is None else vault.seal(vault.open(email, at[0]), at[0]),
            totp_sealed=None if totp is None else vault.seal(vault.open(totp, at[1]), at[1]),
        )

    def _forget_old(self, transaction: Transaction, keys: Sequence[WrappedKey]) -> None:
        """Take away keys that seal nothing any more.

        By the time that there was a newer one for so long, every process seals with that, and what was kept of
        answers is gone.
        """
        before = self._recorder.now() - _KEPT
        data = [one for one in keys if one.purpose is KeyPurpose.DATA]
        for key, newer in pairwise(data):
            if newer.created_at < before:
                transaction.encryption_keys.remove(key.id)
