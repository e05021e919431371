"""API keys: made, shown without their secrets, rotated, revoked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.api_keys import MAX_LIVE_SECRETS, ApiKey, ApiKeyFilter, KeySecret, NewApiKey
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import BadRequest, Conflict, NotPermitted
from doorward.domain.facts import FactKind
from doorward.services.authentication import key_hash
from doorward.services.ports import Secrets, Transaction
from doorward.services.recording import Done, Recorder, check_version

LONGEST_OVERLAP_SECONDS: Final = 30 * 86_400
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key with its secret: the only time that it is told."""

    secret: str = field(repr=False)
    key: ApiKey


class ApiKeyService:
    """The life of API keys. Nobody gives what it has not got: neither scopes nor sight of other tenants nor time."""

    def __init__(self, recorder: Recorder, secrets: Secrets, new_id: Callable[[], str]) -> None:
        self._recorder = recorder
        self._secrets = secrets
        self._new_id = new_id

    def create(self, actor: Actor, new: NewApiKey) -> Done[MadeKey]:
        """Make a key.

        Raises:
            NotPermitted: it would have scopes, or see tenants, that the caller has not.
            BadRequest: its tenant is not there, or it would have expired already.
        """
        self._check_scopes(actor, new)
        now = self._recorder.now()
        if new.expires_at and new.expires_at <= now:
            raise BadRequest("expires_at is in the past; give a time to come")
        tenant = new.tenant if actor.tenant is None else actor.tenant
        secret, kept = self._new_secret(now)
        key = ApiKey(
            id=self._new_id(),
            name=new.name,
            scopes=new.scopes,
            tenant=tenant,
            secrets=(kept,),
            expires_at=new.expires_at,
            revoked_at=0,
            last_used_at=0,
            created_at=now,
            updated_at=now,
            version=1,
        )

        def work(transaction: Transaction) -> MadeKey:
            if tenant is not None:
                found = transaction.tenants.hold(tenant)
                if found is None or not found.is_there:
                    raise BadRequest(f"there is no tenant {tenant[:200]!r}; create it first")
            transaction.api_keys.add(key)
            self._noted(transaction, actor, AuditEventType.CREATE, key, "create")
            return MadeKey(secret=secret, key=key)

        return self._recorder.run(actor, work)

    def find(self, actor: Actor, key_id: str) -> ApiKey:
        """One key. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            return _there(transaction.api_keys.find(key_id), actor, key_id)

    def page(self, actor: Actor, after: str, count: int) -> list[ApiKey]:
        """Some keys, by id, revoked ones too; a caller that is bound to a tenant sees those of that one alone."""
        with self._recorder.records.read() as transaction:
            return list(transaction.api_keys.page(ApiKeyFilter(tenant=actor.tenant), after, count))

    def rotate(
        self, actor: Actor, key_id: str, overlap_seconds: int, wanted: frozenset[int] | None = None
    ) -> Done[MadeKey]:
        """Give a key another secret; the one before goes on to count for some seconds.

        Raises NotFound, Conflict where two secrets count already or the key is revoked or has expired.
        """
        if not 0 <= overlap_seconds <= LONGEST_OVERLAP_SECONDS:
            raise BadRequest(f"overlap_seconds must be from 0 to {LONGEST_OVERLAP_SECONDS}")

        def work(transaction: Transaction) -> MadeKey:
            key = self._locked(transaction, actor, key_id, wanted)
            self._check_gift(actor, key)
            now = self._recorder.now()
            live = key.live_secrets(now)
            if not live:
                raise Conflict("this key is revoked or has expired; make a new one")
            if len(live) >= MAX_LIVE_SECRETS:
                raise Conflict("this key has two secrets that count already; wait until the older one ends")
            secret, kept = self._new_secret(now)
            until = now + overlap_seconds * _SECOND
            ending = tuple(
                KeySecret(digest=one.digest, prefix=one.prefix, created_at=one.created_at, expires_at=until)
                for one in live
                if overlap_seconds  # else they are gone, also where a clock is behind ours
            )
            other = key.changed(now, secrets=(*ending, kept))
            transaction.api_keys.save(other)
            self._noted(transaction, actor, AuditEventType.UPDATE, other, "rotate")
            return MadeKey(secret=secret, key=other)

        return self._recorder.run(actor, work)

    def revoke(self, actor: Actor, key_id: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """End a key, all its secrets with it. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            key = self._locked(transaction, actor, key_id, wanted)
            if key.revoked_at:
                return
            now = self._recorder.now()
            gone = key.changed(now, revoked_at=now)
            transaction.api_keys.save(gone)
            self._noted(transaction, actor, AuditEventType.DELETE, gone, "revoke")

        return self._recorder.run(actor, work)

    def _locked(self, transaction: Transaction, actor: Actor, key_id: str, wanted: frozenset[int] | None) -> ApiKey:
        key = _there(transaction.api_keys.find(key_id, lock=True), actor, key_id)
        check_version(key.version, wanted)
        return key

    def _new_secret(self, now: int) -> tuple[str, KeySecret]:
        secret, prefix = self._secrets.new_api_key()
        return secret, KeySecret(digest=key_hash(secret), prefix=prefix, created_at=now, expires_at=0)

    @staticmethod
    def _check_scopes(actor: Actor, new: NewApiKey) -> None:
        more = sorted(one.value for one in new.scopes - actor.caller.scopes)
        if more:
            raise NotPermitted(f"this key lacks {', '.join(more)}, and nobody gives what it has not got")
        if actor.tenant is not None and new.tenant not in {None, actor.tenant}:
            raise NotPermitted("this key is bound to a tenant, and makes keys for that one alone")
        if _outlives(new.expires_at, actor):
            raise NotPermitted("this key ends, and makes none that goes on after it; give an expires_at before that")

    @staticmethod
    def _check_gift(actor: Actor, key: ApiKey) -> None:
        """A new secret is told to the caller: it must not be more than the caller is."""
        more = sorted(one.value for one in key.scopes - actor.caller.scopes)
        if more:
            raise NotPermitted(f"the key has {', '.join(more)}, which this key lacks; rotate it with one that has them")
        if _outlives(key.expires_at, actor):
            raise NotPermitted("the key goes on after this key has ended; rotate it with one that does not end before")

    def _noted(self, transaction: Transaction, actor: Actor, kind: AuditEventType, key: ApiKey, verb: str) -> None:
        self._recorder.note(
            transaction,
            actor,
            kind,
            f"key:{key.id}",
            f"keys.{verb}",
            tenant=key.tenant,
            details={"name": key.name, "scopes": sorted(one.value for one in key.scopes)},
        )
        transaction.touch(FactKind.KEY, key.id)


def _outlives(expires_at: int, actor: Actor) -> bool:
    """Whether a key that ends at a time (epoch microseconds, 0 for never) goes on after the caller's has ended."""
    ends = actor.caller.expires_at
    return ends is not None and (not expires_at or expires_at > round(ends * _SECOND))


def _there(key: ApiKey | None, actor: Actor, key_id: str) -> ApiKey:
    if key is None or not actor.may_see(key.tenant):
        raise not_there(f"key {key_id[:200]!r}")
    return key
