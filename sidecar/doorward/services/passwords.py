"""Passwords: what the security policy accepts, and how they are set."""

from collections.abc import Callable
from typing import Final

from doorward.domain.errors import PasswordRefused
from doorward.domain.security import SecurityPolicies
from doorward.domain.users import Account
from doorward.services.ports import Hasher

REPEATED: Final = "it was used before; choose one that is new"


class Passwords:
    """The security policy's passwords, and the hasher."""

    def __init__(self, hasher: Hasher, security: Callable[[], SecurityPolicies]) -> None:
        """`security` gives the security policies that are served."""
        self._hasher = hasher
        self._security = security

    def faults(self, password: str) -> tuple[str, ...]:
        """All reasons for which a password is not accepted; none of them repeats it."""
        return self._security().passwords.faults(password)

    def hash(self, password: str) -> str:
        """A password as it is kept."""
        return self._hasher.hash(password)

    def matches(self, password: str, account: Account | None) -> bool:
        """Whether it is a user's password. Costs one derivation, also where there is no user or no password."""
        return self._hasher.verify(password, None if account is None else account.password)

    def is_outdated(self, phc: str) -> bool:
        """Whether a password should be hashed anew."""
        return self._hasher.is_outdated(phc)

    def check_phc(self, phc: str) -> None:
        """Raise BadRequest for a hash that was not made by Argon2id, or costs too much to verify."""
        self._hasher.check_phc(phc)

    def refuse_repeated(self, password: str, account: Account) -> None:
        """Raise PasswordRefused for one of the last passwords, as far back as the policy says."""
        most = self._security().passwords.history
        used = [one for one in (account.password, *account.password_history) if one is not None][:most]
        if any(self._hasher.verify(password, one) for one in used):
            raise PasswordRefused((REPEATED,))

    def replaced(self, account: Account, phc: str, now: int) -> Account:
        """The account with another password."""
        kept = tuple(one for one in (account.password, *account.password_history) if one is not None)
        history = kept[: self._security().passwords.history]
        return account.changed(now, password=phc, password_changed_at=now, password_history=history)

    def is_expired(self, account: Account, now: int) -> bool:
        """Whether it is older than the policy lets it be."""
        days = self._security().passwords.max_age_days
        return days is not None and account.password_changed_at + days * 86_400_000_000 <= now
