"""Limits for the tests of applications: counted in memory, the same for every tenant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from doorward_sdk.transport.seam import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[tuple[str, int]]

_LIMITS = "/v1/limits/"
_RESERVATIONS = _LIMITS + "reservations"


class StaticLimits:
    """Totals with so much room, each for all tenants together.

    Attributes:
        used: what is consumed, by limit.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = dict(limits)
        self.used = dict.fromkeys(limits, 0)
        self._consumed: dict[str, Items] = {}
        self._held: dict[str, Items] = {}

    def answer(self, target: str, body: Mapping[str, Any]) -> Response:  # noqa: PLR0911 - one an endpoint
        """The answer to a request about limits."""
        items = _items(body)
        unknown = next((name for name, _ in items if name not in self._limits), None)
        if unknown is not None:
            return json_response(404, {"title": "StaticAnswers", "detail": f"knows no limit {unknown!r}"})
        if target == _LIMITS + "check":
            return self._check(items[0], body.get("current"))
        if target == _LIMITS + "consume":
            allowed = self.consume(str(body["id"]), items)
            told = {"allowed": allowed, "id": body["id"]}
            if "items" in body:
                return json_response(200, {**told, "limits": self.stand(items, allowed=allowed)})
            return json_response(200, {**self.stand(items, allowed=allowed)[0], **told})
        if target == _LIMITS + "return":
            return self._given(self._consumed, str(body["id"]), self.used)
        if target == _RESERVATIONS:
            return self._reserve(str(body["id"]), items)
        reserved, _, verb = target[len(_RESERVATIONS) + 1 :].partition("/")
        if verb == "release":
            return self._given(self._held, unquote(reserved), {})
        return self._commit(unquote(reserved), body.get("amount"))

    def consume(self, consume_id: str, items: Items) -> bool:
        """Take all of it once, or nothing."""
        if consume_id in self._consumed:
            return True
        if not all(name in self._limits and self._room(name) >= amount for name, amount in items):
            return False
        self._consumed[consume_id] = items
        for name, amount in items:
            self.used[name] += amount
        return True

    def stand(self, items: Items, *, allowed: bool) -> list[dict[str, object]]:
        """How each limit stands."""
        return [
            {
                "allowed": allowed or self._room(name) >= amount,
                "name": name,
                "limit": self._limits.get(name, 0),
                "used": self.used.get(name, 0),
                "held": self._limits.get(name, 0) - self.used.get(name, 0) - self._room(name),
                "remaining": max(0, self._room(name)),
                "per": "total",
                "resets_at": None,
            }
            for name, amount in items
        ]

    def _room(self, name: str) -> int:
        held = sum(amount for items in self._held.values() for one, amount in items if one == name)
        return self._limits.get(name, 0) - self.used.get(name, 0) - held

    def _check(self, item: tuple[str, int], current: int | None) -> Response:
        name, amount = item
        stands = self.stand([item], allowed=False)[0]
        if current is not None:
            limit = self._limits[name]
            stands.update(allowed=current + amount <= limit, used=current, remaining=max(0, limit - current))
        return json_response(200, stands)

    def _reserve(self, reserve_id: str, items: Items) -> Response:
        allowed = all(self._room(name) >= amount for name, amount in items)
        if allowed:
            self._held[reserve_id] = items
        limits = self.stand(items, allowed=allowed)
        return json_response(200, {"allowed": allowed, "id": reserve_id, "expires_at": None, "limits": limits})

    def _commit(self, reserve_id: str, amount: int | None) -> Response:
        held = self._held.pop(reserve_id, None)
        if held is None:
            return json_response(404, {"title": "StaticAnswers", "detail": f"there is no reservation {reserve_id!r}"})
        real = [(name, kept if amount is None else amount) for name, kept in held]
        self._consumed[reserve_id] = real
        for name, used in real:
            self.used[name] += used
        limits = self.stand(real, allowed=True)
        return json_response(200, {"allowed": True, "id": reserve_id, "expires_at": None, "limits": limits})

    @staticmethod
    def _given(kept: dict[str, Items], given_id: str, used: dict[str, int]) -> Response:
        items = kept.pop(given_id, None)
        if items is None:
            return json_response(404, {"title": "StaticAnswers", "detail": f"there is nothing under {given_id!r}"})
        for name, amount in items:
            if name in used:
                used[name] -= amount
        return json_response(200, {"id": given_id, "amounts": dict(items)})


def items_of_guard(body: Mapping[str, Any]) -> Items:
    """What a guard consumes."""
    return [(one["limit"], one["amount"]) for one in body.get("consume") or []]


def _items(body: Mapping[str, Any]) -> Items:
    if "items" in body:
        return [(one["limit"], one["amount"]) for one in body["items"]]
    return [(body["limit"], body.get("amount", 1))] if "limit" in body else []


def json_response(status: int, content: object) -> Response:
    """An answer with a JSON body."""
    return Response(status, {"content-type": "application/json"}, json.dumps(content).encode())
