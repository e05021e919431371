"""The first key: made where the database holds none, so that somebody can make others."""

from collections.abc import Callable
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.api_keys import ApiKey, KeySecret
from doorward.domain.audit import AuditEventType
from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.errors import Conflict
from doorward.domain.facts import FactKind
from doorward.services.authentication import key_hash
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder

FIRST_KEY: Final = "admin"
"""Its id and name: of two sidecars that start on an empty database, one records it."""
_SHOWN: Final = 11


def record_first_key(recorder: Recorder, read_or_make: Callable[[], str], undo: Callable[[], None]) -> None:
    """Record the key of STATE/admin.key with every scope, if the database holds no key.

    The file is written first: a crash in between leaves a key that is recorded at the next start. `undo` removes
    it where another sidecar was first.
    """
    with recorder.records.read() as transaction:
        if transaction.api_keys.any():
            return
    secret = read_or_make()
    now = recorder.now()
    kept = KeySecret(digest=key_hash(secret), prefix=secret[:_SHOWN], created_at=now, expires_at=0)
    key = ApiKey(
        id=FIRST_KEY,
        name=FIRST_KEY,
        scopes=ALL_SCOPES,
        tenant=None,
        secrets=(kept,),
        expires_at=0,
        revoked_at=0,
        last_used_at=0,
        created_at=now,
        updated_at=now,
        version=1,
    )
    actor = Actor(caller=Caller("doorward", frozenset()))

    def work(transaction: Transaction) -> None:
        transaction.api_keys.add(key)
        recorder.note(transaction, actor, AuditEventType.CREATE, f"key:{FIRST_KEY}", "keys.create", tenant=None)
        transaction.touch(FactKind.KEY, FIRST_KEY)

    try:
        recorder.run(actor, work)
    except Conflict:
        undo()
