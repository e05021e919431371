"""What users prove themselves with: passwords set, one-time codes set up, lockouts ended."""

import base64
from dataclasses import dataclass, field
from typing import Final

from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import BadRequest, Conflict, PasswordRefused
from doorward.domain.users import Account
from doorward.services.login import opened_secret, totp_place
from doorward.services.passwords import Passwords
from doorward.services.ports import OneTimeCodes, RecoveryCodes, Transaction
from doorward.services.recording import Done, Recorder, check_version
from doorward.services.user_directory import Directory, account_key

ISSUER: Final = "Doorward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A shared secret for one-time codes, to be confirmed by one of them: the only time that it is told."""

    secret: str = field(repr=False)  # base32, as apps take it by hand
    uri: str = field(repr=False)


class UserSecretService:
    """Sets and takes away what users prove themselves with."""

    def __init__(
        self,
        recorder: Recorder,
        directory: Directory,
        passwords: Passwords,
        codes: OneTimeCodes,
        recovery: RecoveryCodes,
    ) -> None:
        self._recorder = recorder
        self._directory = directory
        self._passwords = passwords
        self._codes = codes
        self._recovery = recovery

    def set_password(
        self, actor: Actor, user_id: str, password: str, wanted: frozenset[int] | None = None
    ) -> Done[None]:
        """Set a password, and end the user's sessions. Raises NotFound, PasswordRefused with all reasons."""
        faults = self._passwords.faults(password)
        if faults:
            raise PasswordRefused(faults)
        with self._recorder.records.read() as transaction:
            account = self._own(transaction, actor, user_id)
        self._passwords.refuse_repeated(password, account)
        phc = self._passwords.hash(password)

        def work(transaction: Transaction) -> None:
            held = self._own(transaction, actor, user_id, lock=True)
            check_version(held.version, wanted)
            if held.password != account.password:
                raise Conflict("the password was set by somebody else at the same time; try again")
            now = self._recorder.now()
            transaction.accounts.save(self._passwords.replaced(held, phc, now))
            transaction.sessions.revoke_all(held.id, now)
            transaction.throttles.succeeded(account_key(held))
            self._noted(transaction, actor, held, "set_password")

        return self._recorder.run(actor, work)

    def enrol(self, actor: Actor, user_id: str) -> Done[Enrolment]:
        """Make a shared secret; it counts once a code of it is confirmed. Raises NotFound, Conflict if one does."""
        secret = self._codes.new_secret()

        def work(transaction: Transaction) -> Enrolment:
            held = self._own(transaction, actor, user_id, lock=True)
            if held.totp_confirmed:
                raise Conflict("one-time codes are set up already; take them away first")
            sealed = self._recorder.encryption.vault.seal(
                base64.b64encode(secret).decode(), totp_place(held.id, held.tenant)
            )
            transaction.accounts.save(held.changed(self._recorder.now(), totp_sealed=sealed, totp_step=0))
            self._noted(transaction, actor, held, "enrol_totp")
            uri = self._codes.provisioning_uri(secret, held.username, ISSUER)
            return Enrolment(secret=base64.b32encode(secret).decode().rstrip("="), uri=uri)

        return self._recorder.run(actor, work)

    def confirm(self, actor: Actor, user_id: str, code: str) -> Done[tuple[str, ...]]:
        """Confirm a shared secret by a code; gives the recovery codes. Raises NotFound, BadRequest, Conflict."""
        recovery = self._recovery.new_recovery_codes()

        def work(transaction: Transaction) -> tuple[str, ...]:
            held = self._own(transaction, actor, user_id, lock=True)
            if held.totp_confirmed or held.totp_sealed is None:
                raise Conflict("there is nothing to confirm; enrol first")
            now = self._recorder.now()
            step = self._codes.matching_step(
                opened_secret(transaction, self._recorder, held), code, now // 1_000_000, held.totp_step
            )
            if step is None:
                raise BadRequest("code is not right; send the six digits that the app shows now")
            transaction.accounts.save(held.changed(now, totp_confirmed=True, totp_step=step))
            self._set_recovery(transaction, held, recovery)
            self._noted(transaction, actor, held, "confirm_totp")
            return recovery

        return self._recorder.run(actor, work)

    def remove(self, actor: Actor, user_id: str) -> Done[None]:
        """Take one-time codes and recovery codes away. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            held = self._own(transaction, actor, user_id, lock=True)
            if held.totp_sealed is None:
                return
            transaction.accounts.save(
                held.changed(self._recorder.now(), totp_sealed=None, totp_confirmed=False, totp_step=0)
            )
            transaction.accounts.set_recovery_codes(held.id, ())
            self._noted(transaction, actor, held, "remove_totp")

        return self._recorder.run(actor, work)

    def renew_recovery(self, actor: Actor, user_id: str) -> Done[tuple[str, ...]]:
        """Replace the recovery codes. Raises NotFound, Conflict where no one-time codes are set up."""
        recovery = self._recovery.new_recovery_codes()

        def work(transaction: Transaction) -> tuple[str, ...]:
            held = self._own(transaction, actor, user_id, lock=True)
            if not held.totp_confirmed:
                raise Conflict("no one-time codes are set up; recovery codes come with them")
            self._set_recovery(transaction, held, recovery)
            self._noted(transaction, actor, held, "renew_recovery_codes")
            return recovery

        return self._recorder.run(actor, work)

    def unlock(self, actor: Actor, user_id: str) -> Done[None]:
        """End a lockout, and forget the tries that led to it. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            held = self._directory.there(transaction, actor, user_id)
            transaction.throttles.succeeded(account_key(held))
            self._noted(transaction, actor, held, "unlock")

        return self._recorder.run(actor, work)

    def _own(self, transaction: Transaction, actor: Actor, user_id: str, *, lock: bool = False) -> Account:
        """A user that the caller may be. Raises NotFound, NotPermitted."""
        account = self._directory.there(transaction, actor, user_id, lock=lock)
        self._directory.require_own(transaction, actor, account)
        return account

    def _set_recovery(self, transaction: Transaction, account: Account, codes: tuple[str, ...]) -> None:
        transaction.accounts.set_recovery_codes(account.id, map(self._recovery.recovery_digest, codes))

    def _noted(self, transaction: Transaction, actor: Actor, account: Account, verb: str) -> None:
        self._recorder.note(
            transaction,
            actor,
            AuditEventType.UPDATE,
            f"user:{account.id}",
            f"users.{verb}",
            tenant=account.tenant,
        )
