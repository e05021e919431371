"""Sessions: begun by a login, told of, rotated, revoked."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import LoginRefused, NotFound, StoreUnavailable
from doorward.domain.security import SecurityPolicies
from doorward.domain.sessions import Login, LoginRefusal, Session, SessionFilter
from doorward.domain.users import Account, UserStatus
from doorward.services.authentication import key_hash
from doorward.services.login import LoggedIn, LoginService
from doorward.services.ports import Secrets, Transaction
from doorward.services.recording import Done, Recorder
from doorward.services.user_directory import Directory, ShownUser

_SECOND: Final = 1_000_000
_SEEN_EVERY: Final = 20
"""A session's last use is noted this many times in the time that it may idle, no more often."""
REFUSED: Final = "the login was refused: the name, the password or the code is wrong, or there were too many tries"
_TOLD: Final = {
    LoginRefusal.CODE_NEEDED: "the password is right, and a one-time code is needed too: send it as code",
    LoginRefusal.ENROLMENT_NEEDED: "a role of this user needs one-time codes: set them up first",
    LoginRefusal.EXPIRED: "the password is older than the security policy lets it be: set another one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that was begun or rotated: the only time that its token is told."""

    token: str = field(repr=False)
    session: Session
    user: ShownUser | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspected:
    """What a token stands for."""

    session: Session
    user: ShownUser


class SessionService:
    """The life of sessions."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a session is made of
        self,
        recorder: Recorder,
        directory: Directory,
        login: LoginService,
        secrets: Secrets,
        security: Callable[[], SecurityPolicies],
        new_id: Callable[[], str],
    ) -> None:
        self._recorder = recorder
        self._directory = directory
        self._login = login
        self._secrets = secrets
        self._security = security
        self._new_id = new_id

    def authenticate(self, actor: Actor, login: Login) -> ShownUser | LoginRefusal:
        """Who somebody is, without a session."""
        outcome = self._login.log_in(actor, login, lambda _transaction, _logged_in: None)
        return outcome if isinstance(outcome, LoginRefusal) else outcome[1].user

    def begin(self, actor: Actor, login: Login) -> Begun:
        """Log somebody in. The oldest sessions end where there are more than the policy lets there be.

        Raises:
            LoginRefused: with one text for all who do not know the password.
        """
        token = self._secrets.new_token("dws")

        def then(transaction: Transaction, logged_in: LoggedIn) -> Session:
            session = self._made(logged_in, login, token)
            self._make_room(transaction, actor, logged_in.account)
            transaction.sessions.add(session)
            return session

        outcome = self._login.log_in(actor, login, then)
        if isinstance(outcome, LoginRefusal):
            raise LoginRefused(_TOLD.get(outcome, REFUSED), code_needed=outcome is LoginRefusal.CODE_NEEDED)
        session, logged_in = outcome
        return Begun(token=token, session=session, user=logged_in.user)

    def introspect(self, actor: Actor, token: str) -> Introspected | None:
        """What a token stands for now; None where it stands for nothing (any more)."""
        now = self._recorder.now()
        with self._recorder.records.read() as transaction:
            found = self._live(transaction, actor, token, now)
            if found is None:
                return None
            session, account = found
            user = self._directory.shown(transaction, actor, [account])[0]
        if now - session.last_seen_at >= session.idle_seconds * _SECOND // _SEEN_EVERY:
            with contextlib.suppress(StoreUnavailable):  # it counts all the same, and is noted the next time
                with self._recorder.records.change() as transaction:
                    transaction.sessions.seen(session.id, now)
                session = replace(session, last_seen_at=now)
        return Introspected(session=session, user=user)

    def rotate(self, actor: Actor, token: str) -> Done[Begun]:
        """Give a session another token; the one before stands for nothing from now on. Raises NotFound."""
        fresh = self._secrets.new_token("dws")

        def work(transaction: Transaction) -> Begun:
            now = self._recorder.now()
            found = self._live(transaction, actor, token, now)
            held = None if found is None else transaction.sessions.find(found[0].id, lock=True)
            if held is None or held.digest != key_hash(token) or not held.is_live(now):
                raise NotFound("this token stands for no session; log in again")
            session = replace(held, digest=key_hash(fresh), last_seen_at=now)
            transaction.sessions.save(session)
            self._noted(transaction, actor, session, AuditEventType.UPDATE, "rotate")
            return Begun(token=fresh, session=session)

        return self._recorder.run(actor, work)

    def revoke_token(self, actor: Actor, token: str) -> Done[int]:
        """End the session of a token; how many that were."""

        def work(transaction: Transaction) -> int:
            found = self._live(transaction, actor, token, self._recorder.now())
            return 0 if found is None else self._revoked(transaction, actor, found[0].id)

        return self._recorder.run(actor, work)

    def revoke(self, actor: Actor, session_id: str) -> Done[int]:
        """End a session. Raises NotFound."""

        def work(transaction: Transaction) -> int:
            session = transaction.sessions.find(session_id)
            if session is None or not actor.may_see(session.tenant):
                raise not_there(f"session {session_id[:200]!r}")
            return self._revoked(transaction, actor, session_id)

        return self._recorder.run(actor, work)

    def revoke_all(self, actor: Actor, user_id: str) -> Done[int]:
        """End every session of a user; how many that were. Raises NotFound."""

        def work(transaction: Transaction) -> int:
            account = self._directory.there(transaction, actor, user_id, lock=True)
            count = transaction.sessions.revoke_all(account.id, self._recorder.now())
            self._recorder.note(
                transaction,
                actor,
                AuditEventType.LOGOUT,
                f"user:{account.id}",
                "sessions.revoke_all",
                tenant=account.tenant,
                details={"sessions": count},
            )
            return count

        return self._recorder.run(actor, work)

    def page(self, actor: Actor, user: str | None, after: str, count: int) -> list[Session]:
        """Some live sessions, by id; a caller that is bound to a tenant sees those of that one alone."""
        wanted = SessionFilter(user=user, tenant=actor.tenant, live_at=self._recorder.now())
        with self._recorder.records.read() as transaction:
            return list(transaction.sessions.page(wanted, after, count))

    def _made(self, logged_in: LoggedIn, login: Login, token: str) -> Session:
        policy = self._security().sessions
        now = self._recorder.now()
        return Session(
            id=self._new_id(),
            user=logged_in.account.id,
            tenant=logged_in.account.tenant,
            digest=key_hash(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + policy.absolute_hours * 3600 * _SECOND,
            idle_seconds=policy.timeout_minutes * 60,
            revoked_at=0,
            mfa=logged_in.mfa,
            address=login.address,
            user_agent=login.user_agent,
        )

    def _make_room(self, transaction: Transaction, actor: Actor, account: Account) -> None:
        """End the oldest sessions of a user whose account this transaction holds, until one more may begin."""
        live = transaction.sessions.live_of(account.id, self._recorder.now())
        too_many = len(live) - self._security().sessions.max_concurrent + 1
        for session in live[: max(too_many, 0)]:
            self._revoked(transaction, actor, session.id)

    def _live(self, transaction: Transaction, actor: Actor, token: str, now: int) -> tuple[Session, Account] | None:
        session = transaction.sessions.find_by_digest(key_hash(token))
        if session is None or not session.is_live(now) or not actor.may_see(session.tenant):
            return None
        account = transaction.accounts.find(session.user)
        tenant = transaction.tenants.find(session.tenant)
        if account is None or account.status is not UserStatus.ACTIVE or tenant is None or not tenant.is_there:
            return None
        return session, account

    def _revoked(self, transaction: Transaction, actor: Actor, session_id: str) -> int:
        held = transaction.sessions.find(session_id, lock=True)
        now = self._recorder.now()
        if held is None or not held.is_live(now):
            return 0
        session = replace(held, revoked_at=now)
        transaction.sessions.save(session)
        self._noted(transaction, actor, session, AuditEventType.LOGOUT, "revoke")
        return 1

    def _noted(self, transaction: Transaction, actor: Actor, session: Session, kind: AuditEventType, verb: str) -> None:
        self._recorder.note(
            transaction,
            actor,
            kind,
            f"user:{session.user}",
            f"sessions.{verb}",
            tenant=session.tenant,
            details={"session": session.id},
        )
