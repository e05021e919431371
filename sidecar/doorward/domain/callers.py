"""Who calls: the scopes a key carries and the tenant it is bound to."""

from enum import StrEnum

from doorward.domain.errors import NotPermitted


class Scope(StrEnum):
    """What a key may be used for."""

    DECIDE = "decide"
    EXPLAIN = "explain"
    ENFORCE = "enforce"
    FLAGS_READ = "flags:read"
    FLAGS_WRITE = "flags:write"
    LIMITS_CONSUME = "limits:consume"
    USAGE_WRITE = "usage:write"
    USAGE_READ = "usage:read"
    AUDIT_WRITE = "audit:write"
    AUDIT_READ = "audit:read"
    ASSERT_ROLES = "assert:roles"
    POLICY_READ = "policy:read"
    POLICY_WRITE = "policy:write"
    ADMIN_TENANTS = "admin:tenants"
    ADMIN_USERS = "admin:users"
    ADMIN_KEYS = "admin:keys"
    ADMIN_SESSIONS = "admin:sessions"
    ADMIN_SUBSCRIPTIONS = "admin:subscriptions"


class Caller:
    """The holder of a key: its scopes, and the tenant it is bound to or None.

    `key_id` names a recorded key; `expires_at` (epoch seconds) is when the credential ends, if it does.
    """

    __slots__ = ("expires_at", "key_id", "name", "scopes", "tenant")

    def __init__(
        self,
        name: str,
        scopes: frozenset[Scope],
        tenant: str | None = None,
        key_id: str | None = None,
        expires_at: float | None = None,
    ) -> None:
        self.name = name
        self.scopes = scopes
        self.tenant = tenant
        self.key_id = key_id
        self.expires_at = expires_at

    def require(self, scope: Scope) -> None:
        """Raise NotPermitted unless the caller holds `scope`."""
        if scope not in self.scopes:
            raise NotPermitted(f"this key lacks the scope {scope.value!r}; use a key that has it")


ALL_SCOPES = frozenset(Scope)
