"""The directory of users: found in a transaction, and shown in clear to those who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.encryption import Place
from doorward.domain.errors import EncryptionFailed, NotPermitted
from doorward.domain.record_names import canonical_email
from doorward.domain.sessions import Throttle
from doorward.domain.users import Account, Grant, User
from doorward.services.ports import Transaction
from doorward.services.recording import Recorder
from doorward.services.tenants import CurrentPolicy

EMAIL: Final = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUser:
    """A user, and the tries to log in as one."""

    user: User
    throttle: Throttle | None


class Directory:
    """Finds users in a transaction, and shows them in clear."""

    def __init__(self, recorder: Recorder, policy: CurrentPolicy) -> None:
        self._recorder = recorder
        self._policy = policy

    def email_index(self, email: str) -> str:
        """The keyed hash by which an address is found, however it is written."""
        return self._recorder.encryption.vault.blind_index(EMAIL, canonical_email(email))

    def there(self, transaction: Transaction, actor: Actor, user_id: str, *, lock: bool = False) -> Account:
        """A user that is there for the caller, as its tenant is. Raises NotFound."""
        account = transaction.accounts.find(user_id, lock=lock)
        if account is None or not account.is_there or not actor.may_see(account.tenant):
            raise not_there(f"user {user_id[:200]!r}")
        tenant = transaction.tenants.find(account.tenant)
        if tenant is None or not tenant.is_there:
            raise not_there(f"user {user_id[:200]!r}")
        return account

    def require_own(self, transaction: Transaction, actor: Actor, account: Account) -> None:
        """Raise NotPermitted where a bound caller would become somebody who holds roles outside its tenant."""
        if actor.tenant is None:
            return
        recorded = transaction.accounts.grants([account.id])[account.id]
        declared = self._policy().role_rows(f"user:{account.id}")
        held = {one.tenant for one in recorded} | {tenant for _, tenant, _ in declared}
        if held - {actor.tenant}:
            raise NotPermitted("this user holds roles outside the tenant that this key is bound to; use another key")

    def shown(self, transaction: Transaction, actor: Actor, accounts: Sequence[Account]) -> list[ShownUser]:
        """Users as a caller sees them: without the roles that they were given in tenants of others."""
        grants = transaction.accounts.grants([one.id for one in accounts])

        def told(grant: Grant) -> bool:
            return actor.may_see_role_in(grant.tenant)

        return [
            ShownUser(
                user=self._user(transaction, one, tuple(filter(told, grants.get(one.id, ())))),
                throttle=transaction.throttles.find(account_key(one)),
            )
            for one in accounts
        ]

    def has_email(self, transaction: Transaction, account: Account, email: str) -> bool:
        """Whether this is a user's address, letter by letter; of one that does not open it is not."""
        place = email_place(account.id, account.tenant)
        try:
            return self._recorder.encryption.open(transaction, account.email_sealed or "", place) == email
        except EncryptionFailed:
            return False

    def _user(self, transaction: Transaction, account: Account, grants: tuple[Grant, ...]) -> User:
        place = email_place(account.id, account.tenant)
        return User(
            id=account.id,
            tenant=account.tenant,
            email=self._recorder.encryption.open(transaction, account.email_sealed or "", place),
            username=account.username,
            first_name=account.first_name,
            last_name=account.last_name,
            status=account.status,
            grants=grants,
            has_password=account.password is not None,
            has_totp=account.totp_confirmed,
            password_changed_at=account.password_changed_at,
            created_at=account.created_at,
            updated_at=account.updated_at,
            version=account.version,
        )


def email_place(user_id: str, tenant: str) -> Place:
    """Where a sealed address stands."""
    return Place("account", EMAIL, user_id, tenant)


def account_key(account: Account) -> str:
    """What the tries to log in as a user are counted under."""
    return f"user:{account.id}"
