"""Ending the keys of a tenant: whoever holds one acts in it no more once it is deleted."""

from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.api_keys import ApiKeyFilter
from doorward.domain.audit import AuditEventType
from doorward.domain.facts import FactKind
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder

_AT_ONCE: Final = 100


def revoke_keys(transaction: Transaction, recorder: Recorder, actor: Actor, tenant: str) -> int:
    """Revoke every key that is bound to a tenant which this transaction holds; how many that were."""
    now, after, count = recorder.now(), "", 0
    while found := transaction.api_keys.page(ApiKeyFilter(tenant=tenant), after, _AT_ONCE):
        after = found[-1].id
        for key_id in [one.id for one in found if not one.revoked_at]:
            key = transaction.api_keys.find(key_id, lock=True)
            if key is None or key.revoked_at:
                continue
            transaction.api_keys.save(key.changed(now, revoked_at=now))
            recorder.note(transaction, actor, AuditEventType.DELETE, f"key:{key_id}", "keys.revoke", tenant=tenant)
            transaction.touch(FactKind.KEY, key_id)
            count += 1
    return count
