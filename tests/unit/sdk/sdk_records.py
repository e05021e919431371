"""Recorded things as a sidecar answers them."""

from __future__ import annotations

from typing import Any

AT = "2026-11-28T03:46:10.123Z"
TENANT: dict[str, Any] = {
    "id": "acme",
    "name": "Acme",
    "domain": "acme.com",
    "plan": "professional",
    "status": "active",
    "settings": {"colour": "red"},
    "limits": {"max_agents": 20, "api_calls": "unlimited", "exports": {"hour": 5, "day": "unlimited"}},
    "features": ["analytics"],
    "created_at": AT,
    "updated_at": AT,
    "version": 3,
}
LIMIT_OVERRIDE: dict[str, Any] = {
    "tenant": "acme",
    "limit": "api_calls",
    "per": "hour",
    "amount": "unlimited",
    "reason": "a pilot",
    "expires_at": AT,
    "state": "active",
    "created_at": AT,
    "updated_at": AT,
    "created_by": "ci",
    "version": 2,
}
TENANT_LIMITS: dict[str, Any] = {
    "plan": "basic",
    "items": [
        {
            "limit": "api_calls",
            "per": "hour",
            "amount": "unlimited",
            "source": "override",
            "plan_amount": 1000,
            "reason": "a pilot",
            "expires_at": AT,
        },
        {
            "limit": "max_agents",
            "per": "total",
            "amount": 5,
            "source": "plan",
            "plan_amount": 5,
            "reason": None,
            "expires_at": None,
        },
    ],
    "overrides": [LIMIT_OVERRIDE, {**LIMIT_OVERRIDE, "per": "day", "amount": 7, "state": "expired"}],
    "next": None,
}
PLAN: dict[str, Any] = {
    "name": "startup",
    "title": "Start-up",
    "description": "For the first year",
    "currency": "USD",
    "price_monthly": 2450,
    "price_yearly": 24500,
    "trial_days": 14,
    "grace_days": 0,
    "features": ["analytics"],
    "limits": [
        {"limit": "api_calls", "per": "hour", "amount": 2500},
        {"limit": "seats", "per": "total", "amount": "unlimited"},
    ],
    "place": "policies/catalog.yaml:10",
}
USER: dict[str, Any] = {
    "id": "u1",
    "tenant_id": "acme",
    "email": "ann@acme.com",
    "username": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "status": "active",
    "roles": [{"role": "viewer", "tenant": "acme"}, {"role": "admin", "tenant": "other"}],
    "has_password": True,
    "has_totp": False,
    "failed_logins": 0,
    "locked_until": None,
    "password_changed_at": AT,
    "created_at": AT,
    "updated_at": AT,
    "version": 1,
}
SESSION: dict[str, Any] = {
    "id": "s1",
    "user_id": "u1",
    "tenant_id": "acme",
    "created_at": AT,
    "last_seen_at": AT,
    "expires_at": AT,
    "revoked_at": None,
    "mfa": True,
    "address": "192.0.2.1",
    "user_agent": None,
}
KEY: dict[str, Any] = {
    "id": "k1",
    "name": "ci",
    "scopes": ["decide"],
    "tenant_id": None,
    "secrets": [{"prefix": "dw_abcdefgh", "created_at": AT, "expires_at": None}],
    "expires_at": AT,
    "revoked_at": None,
    "last_used_at": None,
    "created_at": AT,
    "version": 1,
}
NEW_KEY: dict[str, Any] = {"key": "dw_abcdefgh_secret", **KEY}
SUBSCRIPTION: dict[str, Any] = {
    "id": "s1",
    "tenant": "acme",
    "plan": "professional",
    "billing_period": "monthly",
    "time_zone": "UTC",
    "status": "active",
    "current_period_start": AT,
    "current_period_end": AT,
    "trial_ends_at": None,
    "past_due_since": None,
    "grace_ends_at": None,
    "paused_at": None,
    "cancel_at": None,
    "change": {"plan": "basic", "billing_period": "yearly", "at": AT},
    "ended_at": None,
    "created_at": AT,
    "updated_at": AT,
    "version": 2,
    "exceeded": ["max_agents"],
}
