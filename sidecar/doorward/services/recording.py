"""Recording: one use case is one transaction, with its audit row, and with the answer for whoever asks twice."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, NoReturn, TypeVar

from doorward.domain.actors import Actor, Once, Replayed
from doorward.domain.audit import AuditEvent, AuditEventType
from doorward.domain.encryption import Place
from doorward.domain.errors import KeyReused, PreconditionFailed, StoreUnavailable
from doorward.services.encryption import Encryption
from doorward.services.ports import Clock, Records, Transaction

ANSWERS_KEPT_SECONDS: Final = 24 * 3600
_AT_WORK_MICROSECONDS: Final = 60_000_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[_T]):
    """What a change came to, and the version of the facts with it."""

    value: _T
    version: int


class _Rehearsed(Exception):  # noqa: N818 - undoes a transaction that went well
    def __init__(self, value: Any) -> None:  # noqa: ANN401 - whatever it came to
        self.value = value


class Recorder:
    """Carries out changes of what is recorded."""

    def __init__(
        self, records: Records, encryption: Encryption, clock: Clock, applied: Callable[[], None] = lambda: None
    ) -> None:
        """`applied` is called after each commit, before the change is answered: this process knows it then."""
        self.records = records
        self.encryption = encryption
        self._clock = clock
        self._applied = applied

    def now(self) -> int:
        """Epoch microseconds."""
        return int(self._clock() * 1_000_000)

    def run(self, actor: Actor, work: Callable[[Transaction], _T]) -> Done[_T]:
        """Carry out a change, all of it or nothing.

        Raises:
            Replayed: it was carried out before, under the same Idempotency-Key.
            KeyReused: that key came with another request.
            StoreUnavailable: the database cannot be used.
        """
        vault = self.encryption.vault
        with self.records.change() as transaction:
            if actor.once is not None:
                self._begin(transaction, actor, actor.once, stale=self.now())
            value = work(transaction)
            version = transaction.facts_version()
            if actor.once is not None:
                scope = _scope(actor)
                sealed = vault.seal(actor.once.answer(value, version), _place(scope, actor.once.key))
                transaction.answers.keep(scope, actor.once.key, sealed)
        self._applied()
        return Done(value=value, version=version)

    def rehearse(self, work: Callable[[Transaction], _T]) -> _T:
        """What a change would come to; nothing of it is kept."""
        try:
            with self.records.change() as transaction:
                _undo(work(transaction))
        except _Rehearsed as rehearsed:
            value: _T = rehearsed.value
            return value

    def run_beside(self, actor: Actor, work: Callable[[], _T]) -> _T:
        """Carry out a change that is no transaction: its Idempotency-Key is taken before, its answer kept after.

        Where the process dies in between, the key counts as at work for a minute, then the change is carried out
        again. Where the database cannot be used, it is carried out, and its answer is not kept.

        Raises Replayed and KeyReused as `run`, Conflict while somebody else is at it.
        """
        once = actor.once
        if once is None or not self._taken(actor, once):
            return work()
        scope = _scope(actor)
        try:
            value = work()
        except BaseException:
            self._after(lambda transaction: transaction.answers.give_back(scope, once.key))
            raise
        sealed = self.encryption.vault.seal(once.answer(value, 0), _place(scope, once.key))
        self._after(lambda transaction: transaction.answers.keep(scope, once.key, sealed))
        return value

    def _taken(self, actor: Actor, once: Once) -> bool:
        try:
            with self.records.change() as transaction:
                self._begin(transaction, actor, once, stale=self.now() - _AT_WORK_MICROSECONDS)
        except StoreUnavailable:
            return False
        return True

    def _after(self, work: Callable[[Transaction], None]) -> None:
        """Note what became of a change that is done; it is done also where that cannot be noted."""
        with contextlib.suppress(StoreUnavailable), self.records.change() as transaction:
            work(transaction)

    def _begin(self, transaction: Transaction, actor: Actor, once: Once, *, stale: int) -> None:
        scope = _scope(actor)
        fingerprint = self.encryption.vault.fingerprint(once.request)
        kept = transaction.answers.begin(scope, once.key, fingerprint, self.now(), stale=stale)
        if kept is None:
            return
        if kept.fingerprint != fingerprint:
            raise KeyReused("this Idempotency-Key came with another request before; make a new key for each request")
        if once.seconds is not None and kept.kept_at < self.now() - once.seconds * 1_000_000:
            raise KeyReused("the request with this Idempotency-Key was answered a while ago; ask again with a new key")
        raise Replayed(self.encryption.open(transaction, kept.sealed, _place(scope, once.key)))

    def note(  # noqa: PLR0913 - the parts of an event
        self,
        transaction: Transaction,
        actor: Actor,
        kind: AuditEventType,
        resource: str,
        action: str,
        *,
        tenant: str | None,
        details: Mapping[str, Any] | None = None,
        success: bool = True,
    ) -> None:
        """Write the audit event of a change, in its transaction."""
        transaction.audit.record(
            AuditEvent(
                at=self.now(),
                actor=actor.caller.name,
                tenant=tenant,
                type=kind,
                resource=resource,
                action=action,
                details=details or {},
                success=success,
                request_id=actor.request_id,
                address=actor.address,
            )
        )


def _undo(value: object) -> NoReturn:
    raise _Rehearsed(value)


def _scope(actor: Actor) -> str:
    """Whose Idempotency-Keys they are: two callers may choose the same."""
    return actor.caller.key_id or actor.caller.name


def _place(scope: str, key: str) -> Place:
    return Place("kept_answer", "answer", json.dumps([scope, key]), "")


def check_version(version: int, wanted: frozenset[int] | None) -> None:
    """Raise PreconditionFailed unless a version is one of those that the caller wants to change (If-Match)."""
    if wanted is not None and version not in wanted:
        raise PreconditionFailed(f"it is at version {version} by now; read it again, and change that")
