"""Answers that are kept for those who ask twice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The answer to a request that carried an Idempotency-Key, sealed, and the fingerprint of its body."""

    fingerprint: str
    sealed: str
