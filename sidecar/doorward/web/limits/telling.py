"""How limits are told: as members of an answer, and as RateLimit header fields."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import UNSET

from doorward.domain.ledger.accounts import Standing
from doorward.domain.ledger.answers import Told
from doorward.domain.ledger.requests import Asked
from doorward.domain.plans import Per
from doorward.services.limits import Allowance
from doorward.web.http import Headers
from doorward.web.limits.wire import LimitAnswer, Unlimited
from doorward.web.times import time_or_null

SUSPENDED: Final = "the tenant is suspended"
_SECOND: Final = 1_000_000
_RATE: Final = Per.RATE_PER_SECOND


def limit_answer(
    told: Told, allowance: Allowance, *, is_refused: bool = False, reason: str | None = None
) -> LimitAnswer:
    """How one limit stands; `is_refused` where the request came to nothing, by this limit or by another one."""
    asked, standing = told.asked, told.standing
    answer = LimitAnswer(
        allowed=standing.has_room or asked.soft,
        name=asked.name,
        limit=_amount(standing.rule.amount),
        used=standing.used,
        held=standing.held,
        remaining=_amount(standing.remaining),
        per=standing.rule.per,
        resets_at=_end(standing.resets_at),
        over=True if told.is_over else UNSET,
    )
    if reason is not None:
        answer.allowed, answer.reason = False, reason
    elif is_refused and not answer.allowed:
        answer.allowed_by = allowance.plan_with_room(asked, told.standings)
        answer.retry_at = time_or_null(standing.retry_at)
    return answer


@lru_cache(maxsize=1_024)
def _end(microseconds: int) -> str | None:
    """When a period ends: the same for all who are counted in it."""
    return time_or_null(microseconds)


def uncounted(asked: Asked) -> LimitAnswer:
    """Of a limit that lets pass while nothing can be counted."""
    rule = asked.rules[0]
    limit = _amount(rule.amount)
    resets_at = time_or_null(rule.ends_at)
    return LimitAnswer(True, asked.name, limit, 0, 0, limit, rule.per, resets_at, counted=False)


def nothing_of(asked: Asked) -> Told:
    """Of a limit that may not be used at all for now."""
    rule = asked.rules[0]
    return Told(asked._replace(soft=False), Standing(rule, 0, 0, 0, 0, has_room=False))


def rate_headers(told: Sequence[Told], now: int) -> Headers:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11) of limits that are not unlimited."""
    policies, limits, wait = [], [], 0
    for asked, standing, _ in told:
        rule = standing.rule
        if rule.amount is None:
            continue
        seconds = _window_seconds(standing)
        policies.append(f'"{asked.name}";q={rule.amount}' + (f";w={seconds}" if seconds else ""))
        left = -(-(standing.resets_at - now) // _SECOND) if standing.resets_at > now else 0
        limits.append(f'"{asked.name}";r={standing.remaining}' + (f";t={left}" if standing.resets_at else ""))
        if not standing.has_room and not asked.soft and standing.retry_at > now:
            wait = max(wait, left, -(-(standing.retry_at - now) // _SECOND))
    if not policies:
        return []
    found = [("ratelimit-policy", ", ".join(policies)), ("ratelimit", ", ".join(limits))]
    return [*found, ("retry-after", str(wait))] if wait else found


def _window_seconds(standing: Standing) -> int:
    rule = standing.rule
    if rule.per is _RATE:
        return 1
    return (rule.ends_at - rule.starts_at) // _SECOND


def _amount(value: int | None) -> int | Unlimited:
    return "unlimited" if value is None else value
