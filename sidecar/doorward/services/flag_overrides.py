"""Overrides of flags: set, listed and taken away, each in a transaction with its audit event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import NotFound, PreconditionFailed
from doorward.domain.facts import FactKind
from doorward.domain.flag_overrides import FlagOverride, NewOverride, OverrideState, state_of
from doorward.services.ports import PolicySnapshot, Transaction
from doorward.services.recording import Done, Recorder, check_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOverride:
    """An override, and whether it counts."""

    override: FlagOverride
    state: OverrideState


class FlagOverrideService:
    """The values that tenants have of flags. They count in every process as soon as it knows the facts."""

    def __init__(self, recorder: Recorder, policy: Callable[[], PolicySnapshot]) -> None:
        self._recorder = recorder
        self._policy = policy

    def now(self) -> int:
        """Epoch microseconds."""
        return self._recorder.now()

    def set(
        self, actor: Actor, key: str, tenant: str, new: NewOverride, wanted: frozenset[int] | None = None
    ) -> Done[ShownOverride]:
        """Give a tenant a value of its own.

        Raises NotFound for a flag or a tenant that is not there, BadRequest where the value does not fit the flag,
        PreconditionFailed where it is another override by now.
        """
        policy = self._policy()
        flag = policy.flags.find(key)
        if flag is None:
            raise _no_flag(key)
        value = new.fitted(flag)

        def work(transaction: Transaction) -> ShownOverride:
            self._require_tenant(transaction, actor, tenant, policy)
            self._check(transaction.flag_overrides.find(key, tenant, lock=True), wanted)
            now = self._recorder.now()
            made = transaction.flag_overrides.put(
                FlagOverride(
                    flag=key,
                    tenant=tenant,
                    value=value,
                    reason=new.reason,
                    expires_at=new.expires_at,
                    created_at=now,
                    updated_at=now,
                    created_by=actor.caller.name,
                    version=1,
                )
            )
            details = {"value": value, "reason": new.reason, "expires_at": new.expires_at or None}
            self._noted(transaction, actor, key, tenant, "set_override", details)
            return self._shown(made)

        return self._recorder.run(actor, work)

    def remove(self, actor: Actor, key: str, tenant: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """Take a tenant's own value away, also of a flag that is gone. Raises NotFound, PreconditionFailed."""

        def work(transaction: Transaction) -> None:
            found = transaction.flag_overrides.find(key, tenant, lock=True) if actor.may_see(tenant) else None
            if found is None:
                raise not_there(f"override of {key[:200]!r} for the tenant {tenant[:200]!r}")
            self._check(found, wanted)
            transaction.flag_overrides.remove(key, tenant)
            self._noted(transaction, actor, key, tenant, "remove_override", {"value": found.value})

        return self._recorder.run(actor, work)

    def find(self, actor: Actor, key: str, tenant: str) -> ShownOverride:
        """A tenant's own value of a flag. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            found = transaction.flag_overrides.find(key, tenant) if actor.may_see(tenant) else None
        if found is None:
            raise not_there(f"override of {key[:200]!r} for the tenant {tenant[:200]!r}")
        return self._shown(found)

    def of_flag(self, actor: Actor, key: str, after: str, count: int) -> list[ShownOverride]:
        """Some overrides of a flag, by tenant. Raises NotFound for a flag that neither is there nor has any."""
        with self._recorder.records.read() as transaction:
            overrides = transaction.flag_overrides
            if actor.tenant is None:
                found: Sequence[FlagOverride] = overrides.of_flag(key, after, count)
            else:
                own = overrides.find(key, actor.tenant)
                found = [own] if own is not None and own.tenant > after else []
        if not found and not after and self._policy().flags.find(key) is None:
            raise _no_flag(key)
        return [self._shown(one) for one in found]

    def page(self, actor: Actor, after: tuple[str, str], count: int) -> list[ShownOverride]:
        """Some of all overrides, by tenant and flag."""
        actor.require_unbound("this lists the overrides of all")
        with self._recorder.records.read() as transaction:
            return [self._shown(one) for one in transaction.flag_overrides.page(after, count)]

    @staticmethod
    def _check(found: FlagOverride | None, wanted: frozenset[int] | None) -> None:
        """Raise PreconditionFailed unless what is there is a version that the caller wants to change."""
        if found is not None:
            check_version(found.version, wanted)
        elif wanted is not None:
            raise PreconditionFailed("there is no such override any more; leave If-Match out to set one")

    @staticmethod
    def _require_tenant(transaction: Transaction, actor: Actor, tenant: str, policy: PolicySnapshot) -> None:
        """Raise NotFound unless the tenant is recorded and there, or the policy names it, for this caller."""
        recorded = transaction.tenants.hold(tenant)
        is_there = tenant in policy.tenants if recorded is None else recorded.is_there
        if not is_there or not actor.may_see(tenant):
            raise not_there(f"tenant {tenant[:200]!r}")

    def _noted(  # noqa: PLR0913, PLR0917 - the parts of an event
        self, transaction: Transaction, actor: Actor, key: str, tenant: str, verb: str, details: dict[str, Any]
    ) -> None:
        kind, resource = AuditEventType.CONFIG_CHANGE, f"flag:{key}"
        self._recorder.note(transaction, actor, kind, resource, f"flags.{verb}", tenant=tenant, details=details)
        transaction.touch(FactKind.TENANT, tenant)

    def _shown(self, override: FlagOverride) -> ShownOverride:
        flag = self._policy().flags.find(override.flag)
        return ShownOverride(override=override, state=state_of(override, flag, self._recorder.now()))


def _no_flag(key: str) -> NotFound:
    return NotFound(f"there is no flag {key[:200]!r}; `doorward features list` or GET /v1/flags lists them")
