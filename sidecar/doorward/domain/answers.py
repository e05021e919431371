"""Answers that are kept for those who ask twice."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The answer to a request that carried an Idempotency-Key, sealed, and the fingerprint of its body.

    `kept_at` is when the request was begun, in epoch microseconds.
    """

    fingerprint: str
    sealed: str
    kept_at: int = field(default=0, compare=False)
