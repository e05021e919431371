"""Rotating the encryption key: a new one is made, and what older ones sealed is sealed anew, some rows a call."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.encryption import KeyPurpose, WrappedKey
from doorward.domain.errors import EncryptionFailed, StoreUnavailable
from doorward.domain.users import Account
from doorward.services.encryption import RESEALED_A_CALL, EncryptionStatus, require_operator
from doorward.services.login import totp_place
from doorward.services.ports import Transaction, Vault
from doorward.services.recording import ANSWERS_KEPT_SECONDS, Done, Recorder
from doorward.services.user_directory import email_place

_KEPT: Final = (ANSWERS_KEPT_SECONDS + 3_600) * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A value of a user that no key opens, and stays: `value` is `email` or `totp`, `detail` says what to do."""

    user: str
    value: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """How far a rotation came: the key that seals now, users sealed anew by this call, users that wait after `last`.

    `unopened` are values that this call came upon and left; `last` is the last user that it looked at.
    """

    key_id: str
    resealed: int
    remaining: int
    unopened: Sequence[Unopened]
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A user with what can be sealed anew of it, by column, and what cannot."""

    account: Account
    resealed: Mapping[str, Any]
    unopened: Sequence[Unopened]


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

    def rotate(self, actor: Actor, after: str = "") -> Done[Rotated]:
        """Seal values of some users anew, by id after one; a new key is made first where nothing waits.

        Call it until nothing remains, each time after the `last` of the call before. A process that was killed
        meanwhile leaves users that wait, and nothing half sealed.
        """
        require_operator(actor)

        def work(transaction: Transaction) -> Rotated:
            transaction.encryption_keys.lock()
            vault, keys = self._recorder.encryption.within(transaction)
            looked = _looked_at(transaction, vault, after)
            if not after and not any(one.resealed for one in looked):
                vault, keys = self._new_key(transaction, actor)
                looked = _looked_at(transaction, vault, after)
            for one in looked:
                if one.resealed:
                    transaction.accounts.save(replace(one.account, **one.resealed))
            if not transaction.accounts.count_sealed_with_others(vault.newest_key_id):
                self._forget_old(transaction, keys)
            last = looked[-1].account.id if looked else None
            return Rotated(
                key_id=vault.newest_key_id,
                resealed=sum(bool(one.resealed) for one in looked),
                remaining=transaction.accounts.count_sealed_with_others(vault.newest_key_id, last) if last else 0,
                unopened=[unopened for one in looked for unopened in one.unopened],
                last=last,
            )

        done = self._recorder.run(actor, work)
        with contextlib.suppress(StoreUnavailable):  # housekeeping does it again
            self._recorder.encryption.refresh()
        return done

    def _new_key(self, transaction: Transaction, actor: Actor) -> tuple[Vault, Sequence[WrappedKey]]:
        self._recorder.encryption.rotate(transaction, self._recorder.now())
        vault, keys = self._recorder.encryption.within(transaction)
        resource = f"encryption_key:{vault.newest_key_id}"
        self._recorder.note(
            transaction, actor, AuditEventType.CONFIG_CHANGE, resource, "encryption.rotate", tenant=None
        )
        return vault, keys

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


def _looked_at(transaction: Transaction, vault: Vault, after: str) -> Sequence[_Looked]:
    waiting = transaction.accounts.sealed_with_others(vault.newest_key_id, after, RESEALED_A_CALL)
    return [_looked(vault, account) for account in waiting]


def _looked(vault: Vault, account: Account) -> _Looked:
    places = {
        "email_sealed": email_place(account.id, account.tenant),
        "totp_sealed": totp_place(account.id, account.tenant),
    }
    resealed, unopened = {}, []
    for column, place in places.items():
        sealed: str | None = getattr(account, column)
        if sealed is None:
            continue
        try:
            if vault.key_id(sealed) != vault.newest_key_id:
                resealed[column] = vault.seal(vault.open(sealed, place), place)
        except EncryptionFailed as error:
            unopened.append(Unopened(user=account.id, value=place.column, detail=str(error)))
    return _Looked(account=account, resealed=resealed, unopened=unopened)
