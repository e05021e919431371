"""Answers of a sidecar about limits, as it words them."""

from __future__ import annotations

from typing import Any

from unit.sdk.sdk_fakes import json_response

MAX_AGENTS = {
    "allowed": True,
    "name": "max_agents",
    "limit": 5,
    "used": 1,
    "held": 0,
    "remaining": 4,
    "per": "total",
    "resets_at": None,
}
API_CALLS = {**MAX_AGENTS, "name": "api_calls", "per": "hour", "resets_at": "2026-12-01T13:00:00.000Z"}
REFUSED = {**MAX_AGENTS, "allowed": False, "used": 5, "remaining": 0, "allowed_by": "professional", "retry_at": None}
TAKEN = json_response({**MAX_AGENTS, "id": "a-1"}, headers={"doorward-revision": "git:abc"})


def echoed(body: Any) -> Any:
    """Taken under the id that was sent, or given back."""
    if "amount" not in body:
        return json_response({"id": body["id"], "amounts": {"max_agents": 1}})
    return json_response({**MAX_AGENTS, "name": body["limit"], "id": body["id"]})


def problem(status: int, name: str, detail: str = "why") -> Any:
    told = {"type": f"https://doorward.dev/problems/{name}", "title": name, "status": status, "detail": detail}
    return json_response(told, status)
