"""Logging in: one way for everybody, so that neither the answer nor its time says why somebody was refused.

Every try is counted before the password is looked at, in one statement of its own: tries at the same time
cannot slip past the limit. Each costs one read, one count and one derivation, and most of them an audit row.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.encryption import Place
from doorward.domain.errors import BadRequest, Busy
from doorward.domain.record_names import canonical, canonical_email
from doorward.domain.security import SecurityPolicies
from doorward.domain.sessions import CountedTry, Login, LoginRefusal
from doorward.domain.users import Account, Grant, UserStatus
from doorward.services.passwords import Passwords
from doorward.services.ports import OneTimeCodes, RecoveryCodes, Transaction
from doorward.services.recording import Recorder
from doorward.services.user_directory import Directory, ShownUser, account_key

_MINUTE: Final = 60_000_000
_RECOVERY_LENGTH: Final = 10
_UNKNOWN_NAMES: Final = "login:unknown"
_UNKNOWN_TOLD: Final = 100
"""So many tries with names that nobody has are told at once, then for a minute, and later up to eight, few of them."""
_T = TypeVar("_T")
RolesOf = Callable[[Account, tuple[Grant, ...]], frozenset[str]]
"""The bare names of all roles that a user with some recorded ones holds in its own tenant, through others too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A user who gave the right password, and code where one is needed; `mfa` says whether one was given."""

    user: ShownUser
    account: Account
    mfa: bool


class LoginService:
    """Checks who somebody is."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a login is checked against
        self,
        recorder: Recorder,
        directory: Directory,
        passwords: Passwords,
        codes: OneTimeCodes,
        recovery: RecoveryCodes,
        security: Callable[[], SecurityPolicies],
        roles_of: RolesOf,
    ) -> None:
        self._recorder = recorder
        self._directory = directory
        self._passwords = passwords
        self._codes = codes
        self._recovery = recovery
        self._security = security
        self._roles_of = roles_of

    def log_in(
        self, actor: Actor, login: Login, then: Callable[[Transaction, LoggedIn], _T]
    ) -> tuple[_T, LoggedIn] | LoginRefusal:
        """Check a login; `then` goes on in the transaction that notes its success.

        Raises:
            BadRequest: it names nobody: neither an address nor a username with a tenant.
            Busy: too many passwords are being checked.
        """
        account, counted_as = self._found(actor, login)
        security = self._security().access
        most, lock = security.max_login_attempts, security.lockout_minutes * _MINUTE
        with self._recorder.records.change() as transaction:
            counted = transaction.throttles.try_once(counted_as, self._recorder.now(), most, lock)
        try:
            matches = self._passwords.matches(login.password, account)
            renewed = self._renewed(account, login.password) if matches and counted.is_open else None
        except Busy:
            with self._recorder.records.change() as transaction:
                transaction.throttles.take_back(counted_as, was_open=counted.is_open)
            raise
        with self._recorder.records.change() as transaction:
            outcome = self._outcome(transaction, actor, account, login, is_open=counted.is_open, matches=matches)
            if isinstance(outcome, LoginRefusal):
                if outcome is LoginRefusal.CODE_NEEDED:
                    transaction.throttles.take_back(counted_as, was_open=True)  # else it was refused as locked
                    counted = replace(counted, failures=counted.failures - 1)
                if self._is_told(transaction, account, counted):
                    self._note(transaction, actor, login, account, counted.failures, outcome)
                else:
                    transaction.throttles.touch(counted_as)  # waits for the disk as long as the others do
                return outcome
            transaction.throttles.succeeded(counted_as)
            if renewed is not None:
                transaction.accounts.save(replace(outcome.account, password=renewed))
            self._note(transaction, actor, login, outcome.account, counted.failures - 1, None)
            return then(transaction, outcome), outcome

    def _found(self, actor: Actor, login: Login) -> tuple[Account | None, str]:
        """Who is meant, and what the tries are counted under: one counter however the name is written."""
        tenant = actor.tenant or login.tenant
        named = canonical(login.username or "") if login.email is None else canonical_email(login.email)
        if not named or (login.email is None and tenant is None):
            raise BadRequest("give email, or username and tenant_id")
        with self._recorder.records.read() as transaction:
            if login.email is not None:
                account = transaction.accounts.find_by_email(self._directory.email_index(login.email))
            else:
                account = transaction.accounts.find_by_username(tenant or "", named)
        if account is not None and actor.may_see(account.tenant) and login.tenant in {None, account.tenant}:
            return account, account_key(account)
        where = "" if login.email is not None else tenant
        index = self._recorder.encryption.vault.blind_index("login", f"{where}\n{named}")
        return None, f"login:{index}"

    def _outcome(  # noqa: PLR0913 - what a login comes to depends on all of it
        self,
        transaction: Transaction,
        actor: Actor,
        account: Account | None,
        login: Login,
        *,
        is_open: bool,
        matches: bool,
    ) -> LoggedIn | LoginRefusal:
        if account is None:
            return LoginRefusal.UNKNOWN
        if not is_open:
            return LoginRefusal.LOCKED
        kept = self._active(transaction, account)
        if kept is None:
            return LoginRefusal.DISABLED
        # Set anew while it was looked at? Another login may have hashed the same one anew, which changes no time.
        if not matches or kept.password_changed_at != account.password_changed_at:
            return LoginRefusal.WRONG_PASSWORD
        refusal = self._second_factor(transaction, kept, login.code)
        if refusal is None and self._passwords.is_expired(kept, self._recorder.now()):
            refusal = LoginRefusal.EXPIRED
        if refusal is not None:
            return refusal
        shown = self._directory.shown(transaction, actor, [kept])[0]
        user = replace(shown, throttle=None)  # a success forgets the tries
        return LoggedIn(user=user, account=kept, mfa=kept.totp_confirmed)

    @staticmethod
    def _active(transaction: Transaction, account: Account) -> Account | None:
        """The account as it is now, held until the transaction ends; None where nobody may log in as it."""
        kept = transaction.accounts.find(account.id, lock=True)
        tenant = transaction.tenants.find(account.tenant)
        if kept is None or tenant is None or not tenant.is_there:
            return None
        return kept if kept.status is UserStatus.ACTIVE else None

    def _second_factor(self, transaction: Transaction, account: Account, code: str | None) -> LoginRefusal | None:
        """What is wrong with the code; None where it is right, or none is needed."""
        if not account.totp_confirmed:
            return LoginRefusal.ENROLMENT_NEEDED if self._needs_codes(transaction, account) else None
        if code is None:
            return LoginRefusal.CODE_NEEDED
        if len(code) >= _RECOVERY_LENGTH:
            digest = self._recovery.recovery_digest(code)
            return None if transaction.accounts.use_recovery_code(account.id, digest) else LoginRefusal.WRONG_CODE
        secret = opened_secret(transaction, self._recorder, account)
        now = self._recorder.now() // 1_000_000
        step = self._codes.matching_step(secret, code, now, account.totp_step)
        if step is None or not transaction.accounts.use_step(account.id, step):
            return LoginRefusal.WRONG_CODE
        return None

    def _needs_codes(self, transaction: Transaction, account: Account) -> bool:
        needed = self._security().access.mfa_required_roles
        if not needed:
            return False
        grants = transaction.accounts.grants([account.id]).get(account.id, ())
        return not self._roles_of(account, grants).isdisjoint(needed)

    def _renewed(self, account: Account | None, password: str) -> str | None:
        """The password hashed with today's parameters, where it is kept with others."""
        kept = None if account is None else account.password
        return self._passwords.hash(password) if kept is not None and self._passwords.is_outdated(kept) else None

    def _is_told(self, transaction: Transaction, account: Account | None, counted: CountedTry) -> bool:
        """Whether a refusal has an audit event; names that nobody has are without number, and told as one account's."""
        if account is not None or not counted.is_told:
            transaction.throttles.touch(_UNKNOWN_NAMES)  # waits for the same row as tries with unknown names do
            return counted.is_told
        now = self._recorder.now()
        return transaction.throttles.try_once(_UNKNOWN_NAMES, now, _UNKNOWN_TOLD, _MINUTE).is_told

    def _note(  # noqa: PLR0913, PLR0917 - what a login came to
        self,
        transaction: Transaction,
        actor: Actor,
        login: Login,
        account: Account | None,
        failures: int,
        refusal: LoginRefusal | None,
    ) -> None:
        """Write the audit event; `failures` is how many there were since the last success, with this one."""
        kind = AuditEventType.LOGIN if refusal is None else AuditEventType.LOGIN_FAILED
        resource = "user:-" if account is None else f"user:{account.id}"
        tenant = actor.tenant or login.tenant if account is None else account.tenant
        details = {"address": login.address, "failures": failures}
        if refusal is not None:
            details["reason"] = refusal.value
        self._recorder.note(
            transaction,
            actor,
            kind,
            resource,
            "sessions.login",
            tenant=tenant,
            details=details,
            success=refusal is None,
        )


def totp_place(user_id: str, tenant: str) -> Place:
    """Where a sealed shared secret stands."""
    return Place("account", "totp", user_id, tenant)


def opened_secret(transaction: Transaction, recorder: Recorder, account: Account) -> bytes:
    """The shared secret of a user's one-time codes."""
    text = recorder.encryption.open(transaction, account.totp_sealed or "", totp_place(account.id, account.tenant))
    return base64.b64decode(text)
