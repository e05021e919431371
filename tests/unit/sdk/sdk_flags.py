"""Flags as a sidecar answers them."""

from __future__ import annotations

from typing import Any

from unit.sdk.sdk_records import AT

FLAG: dict[str, Any] = {
    "key": "beta_features",
    "type": "boolean",
    "description": "Enable beta features",
    "owner": "platform",
    "variants": {"on": True, "off": False},
    "default": "off",
    "off": "off",
    "enabled": True,
    "expires": "2027-06-30",
    "from_plan": False,
    "requires": {"new_pages": ["on"]},
    "rules": 2,
    "place": "policies/flags.yaml:7",
    "last_evaluated": AT,
}
OVERRIDE: dict[str, Any] = {
    "flag": "beta_features",
    "tenant": "acme",
    "value": True,
    "reason": "pilot",
    "expires_at": AT,
    "state": "active",
    "created_at": AT,
    "updated_at": AT,
    "created_by": "key:ci",
    "version": 2,
}
EXPLANATION: dict[str, Any] = {
    "key": "beta_features",
    "type": "boolean",
    "value": True,
    "variant": "on",
    "reason": "SPLIT",
    "decided_by": "rule",
    "rule": 2,
    "bucket": 12345,
    "absent": ["context.country"],
    "override": {"value": "on", "ignored": True},
    "detail": None,
    "error_code": None,
    "tenant": "acme",
    "at": AT,
}
