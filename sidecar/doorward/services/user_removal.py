"""Purging users: of each, only the id is left, so that it is never used again."""

from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import Conflict
from doorward.domain.facts import FactKind
from doorward.domain.users import Account, UserStatus
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder

MOST_WITH_A_TENANT: Final = 1_000


def purge_user(transaction: Transaction, recorder: Recorder, actor: Actor, account: Account) -> None:
    """Take away all that is recorded of a user but its id."""
    now = recorder.now()
    for grant in transaction.accounts.grants([account.id]).get(account.id, ()):
        transaction.accounts.take(account.id, grant)
    transaction.accounts.set_recovery_codes(account.id, ())
    transaction.sessions.forget_all(account.id)
    transaction.throttles.succeeded(f"user:{account.id}")
    transaction.accounts.save(
        account.changed(
            now,
            status=UserStatus.PURGED,
            username="",
            first_name="",
            last_name="",
            email_sealed=None,
            email_index=None,
            password=None,
            password_changed_at=0,
            password_history=(),
            totp_sealed=None,
            totp_confirmed=False,
            totp_step=0,
        )
    )
    recorder.note(transaction, actor, AuditEventType.DELETE, f"user:{account.id}", "users.purge", tenant=account.tenant)
    transaction.touch(FactKind.USER, account.id)


def purge_users(transaction: Transaction, recorder: Recorder, actor: Actor, tenant: str) -> int:
    """Purge the users of a tenant; how many they were. Raises Conflict where they are too many for one transaction."""
    found = transaction.accounts.of_tenant(tenant, MOST_WITH_A_TENANT + 1)
    if len(found) > MOST_WITH_A_TENANT:
        raise Conflict(
            f"the tenant has more than {MOST_WITH_A_TENANT} users; purge those first (`doorward users purge`)"
        )
    for account in found:
        purge_user(transaction, recorder, actor, account)
    return len(found)
