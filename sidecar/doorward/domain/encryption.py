"""Encryption at rest: keys as they are kept, and what a ciphertext is bound to."""

from dataclasses import dataclass, field
from enum import StrEnum


class KeyPurpose(StrEnum):
    """What a key is for: sealing values, or indexing them blindly."""

    DATA = "data"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """A key as the database keeps it: encrypted under the master key. Times are epoch microseconds."""

    id: str
    purpose: KeyPurpose
    wrapped: bytes = field(repr=False)
    created_at: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands. Moved anywhere else, it cannot be opened."""

    table: str
    column: str
    row: str
    tenant: str
