"""Another master key: the keys of the database are wrapped under it, all of them or none."""

from collections.abc import Callable
from dataclasses import dataclass

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.encryption import WrappedKey
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder

Rewrap = Callable[[WrappedKey], WrappedKey | None]
"""A key under the new master key; None where it is already. Raises EncryptionFailed where it opens under neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """How many keys the database holds, and how many of them were wrapped anew."""

    keys: int
    rewrapped: int


def rewrap_all(recorder: Recorder, actor: Actor, rewrap: Rewrap) -> Rewrapped:
    """Wrap every key that is not under the new master key yet. What they seal stays as it is.

    Raises:
        EncryptionFailed: a key opens under neither master key; nothing was changed.
        StoreUnavailable: the database cannot be used; if the commit was not answered, do it again.
    """
    with recorder.records.change() as transaction:
        transaction.encryption_keys.lock()
        keys = transaction.encryption_keys.all()
        anew = [wrapped for key in keys if (wrapped := rewrap(key)) is not None]
        for key in anew:
            transaction.encryption_keys.replace(key)
        if anew:
            _note(recorder, transaction, actor, [key.id for key in anew])
    return Rewrapped(keys=len(keys), rewrapped=len(anew))


def _note(recorder: Recorder, transaction: Transaction, actor: Actor, keys: list[str]) -> None:
    recorder.note(
        transaction,
        actor,
        AuditEventType.CONFIG_CHANGE,
        "encryption_key:*",
        "encryption.rewrap",
        tenant=None,
        details={"keys": keys},
    )
