"""A source of facts that is told what is recorded, and what somebody else does while it is asked."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from doorward.bootstrap.recorded import RecordedState, nothing_recorded
from doorward.domain.api_keys import ApiKey, KeySecret
from doorward.domain.callers import Scope
from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactChange, FactKind, TenantFacts, UserFacts, id_hash
from doorward.domain.flag_overrides import TenantOverrides
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus
from doorward.services.facts import Facts


class RecordedFacts:
    """Records in memory. `asked` has every question; `meanwhile` is called once a record was read, before it is told."""

    def __init__(self) -> None:
        self.users: dict[str, UserFacts] = {}
        self.tenants: dict[str, TenantFacts] = {}
        self.keys: dict[str, ApiKey] = {}
        self.values: dict[str, dict[str, tuple[object, int]]] = {}
        self.log: list[FactChange] = []
        self.kept_after = 0
        self.committed = 0
        self.is_down = False
        self.asked: list[tuple[str, str]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def record_user(
        self,
        user_id: str,
        tenant: str = "acme",
        *grants: tuple[str, str],
        status: UserStatus = UserStatus.ACTIVE,
        username: str = "",
        first_name: str = "First",
    ) -> None:
        self.users[user_id] = UserFacts(user_id, tenant, status, grants, username or user_id, first_name, "Last")
        self._note(FactKind.USER, user_id)

    def record_tenant(
        self,
        tenant_id: str,
        domain: str | None = None,
        *,
        plan: str = "basic",
        status: TenantStatus = TenantStatus.ACTIVE,
        limits: tuple[OwnLimit, ...] = (),
    ) -> None:
        self.tenants[tenant_id] = TenantFacts(tenant_id, tenant_id.title(), domain, plan, status, {}, limits)
        self._note(FactKind.TENANT, tenant_id)

    def record_override(self, tenant_id: str, flag: str, value: object, end: int = 0) -> None:
        """A tenant's own value of a flag; it ends at a time in epoch microseconds."""
        self.values.setdefault(tenant_id, {})[flag] = (value, end)
        self._note(FactKind.TENANT, tenant_id)

    def record_key(self, key: ApiKey) -> None:
        self.keys[key.id] = key
        self._note(FactKind.KEY, key.id)

    def _note(self, kind: FactKind, record_id: str) -> None:
        self.committed += 1
        self.log.append(FactChange(self.committed, kind, record_id))

    def forget_log(self) -> None:
        """As a store that has pruned its changes, or that was restored."""
        self.kept_after = self.committed

    def _answer(self, question: str, key: str, found: Any) -> Any:
        if self.is_down:
            raise StoreUnavailable("the database is gone")
        self.asked.append((question, key))
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found

    def user(self, user_id: str) -> UserFacts | None:
        found = self.users.get(user_id)
        fresh = found and UserFacts(
            found.id, found.tenant, found.status, found.grants, found.username, found.first_name, found.last_name
        )
        answer: UserFacts | None = self._answer("user", user_id, fresh)
        return answer

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        found = self.tenants.get(tenant_id)
        fresh = found and TenantFacts(
            found.id,
            found.name,
            found.domain,
            found.plan,
            found.status,
            found.settings,
            found.limit_overrides,
        )
        answer: TenantFacts | None = self._answer("tenant", tenant_id, fresh)
        return answer

    def tenant_of_domain(self, domain: str) -> str | None:
        there = (one for one in self.tenants.values() if one.domain == domain)
        found = next((one.id for one in there if one.status in {TenantStatus.ACTIVE, TenantStatus.SUSPENDED}), None)
        answer: str | None = self._answer("domain", domain, found)
        return answer

    def overrides(self, tenant_id: str) -> TenantOverrides:
        rows = self.values.get(tenant_id, {})
        answer: TenantOverrides = self._answer(
            "overrides", tenant_id, TenantOverrides((flag, *given) for flag, given in rows.items())
        )
        return answer

    def user_id_hashes(self) -> "array[int]":
        found: array[int] = self._answer("hashes", "", array("q", sorted(map(id_hash, self.users))))
        return found

    def api_keys(self, ids: Iterable[str] | None = None) -> Sequence[ApiKey]:
        wanted = self.keys.keys() if ids is None else set(ids)
        found = [one for one in self.keys.values() if one.id in wanted and not one.revoked_at]
        answer: Sequence[ApiKey] = self._answer("keys", "", found)
        return answer

    def version(self) -> int:
        answer: int = self._answer("version", "", self.committed)
        return answer

    def changes(self, after: int) -> Sequence[FactChange] | None:
        found = None if after < self.kept_after else [one for one in self.log if one.version > after]
        answer: Sequence[FactChange] | None = self._answer("changes", "", found)
        return answer

    def wait(self, _seconds: float) -> None:
        self._answer("wait", "", None)


def recorded_state(facts: Facts) -> RecordedState:
    """Facts for an application that records nothing itself."""
    return replace(nothing_recorded(), facts=facts, start=lambda _authenticator: facts.start())


def api_key(
    key_id: str,
    *digests: str,
    scopes: Iterable[Scope] = (Scope.DECIDE,),
    tenant: str | None = None,
    expires_at: int = 0,
    secret_expires_at: int = 0,
) -> ApiKey:
    """A recorded key; times in epoch microseconds."""
    secrets = tuple(KeySecret(digest=one, prefix="dw", created_at=1, expires_at=secret_expires_at) for one in digests)
    return ApiKey(
        id=key_id,
        name=key_id,
        scopes=frozenset(scopes),
        tenant=tenant,
        secrets=secrets,
        expires_at=expires_at,
        revoked_at=0,
        last_used_at=0,
        created_at=1,
        updated_at=1,
        version=1,
    )


def revoked(key: ApiKey) -> ApiKey:
    """The key after somebody revoked it."""
    return replace(key, revoked_at=1)
