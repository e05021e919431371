"""Recorded things for tests, with everything filled in that a test does not care about."""

from typing import Any

from doorward.domain.api_keys import ApiKey, KeySecret
from doorward.domain.audit import AuditEvent, AuditEventType
from doorward.domain.callers import Scope
from doorward.domain.sessions import Session
from doorward.domain.tenants import Tenant, TenantStatus
from doorward.domain.users import Account, UserStatus

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND


def a_tenant(tenant_id: str = "acme", **fields: Any) -> Tenant:
    values = {
        "name": "Acme",
        "domain": f"{tenant_id}.example",
        "plan": "basic",
        "status": TenantStatus.ACTIVE,
        "settings": {"colour": "grün", "deep": [1, None, {"a": True}]},
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
    }
    return Tenant(id=tenant_id, **{**values, **fields})


def an_account(user_id: str = "alice", **fields: Any) -> Account:
    values = {
        "tenant": "acme",
        "username": user_id,
        "first_name": "Ålice",
        "last_name": "Example",
        "status": UserStatus.ACTIVE,
        "email_sealed": f"v1.key-1.{user_id}",
        "email_index": f"index of {user_id}",
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
    }
    return Account(id=user_id, **{**values, **fields})


def a_secret(digest: str = "digest-1", **fields: Any) -> KeySecret:
    return KeySecret(**{"digest": digest, "prefix": "dw_1234", "created_at": NOW, "expires_at": 0, **fields})


def an_api_key(key_id: str = "key-1", **fields: Any) -> ApiKey:
    values = {
        "name": "ci",
        "scopes": frozenset({Scope.DECIDE, Scope.ADMIN_USERS}),
        "tenant": None,
        "secrets": (a_secret(f"digest of {key_id}"),),
        "expires_at": 0,
        "revoked_at": 0,
        "last_used_at": 0,
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
    }
    return ApiKey(id=key_id, **{**values, **fields})


def a_session(session_id: str = "session-1", **fields: Any) -> Session:
    values = {
        "user": "alice",
        "tenant": "acme",
        "digest": f"digest of {session_id}",
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": NOW + 3_600 * SECOND,
        "idle_seconds": 1_800,
        "revoked_at": 0,
        "mfa": False,
        "address": "",
        "user_agent": "  curl/8 ",
    }
    return Session(id=session_id, **{**values, **fields})


def an_event(**fields: Any) -> AuditEvent:
    values = {
        "at": NOW,
        "actor": "ci",
        "tenant": None,
        "type": AuditEventType.CREATE,
        "resource": "tenant:acme",
        "action": "create",
        "details": {"name": "Åcme"},
        "success": True,
        "request_id": None,
        "address": "",
    }
    return AuditEvent(**{**values, **fields})
