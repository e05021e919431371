"""Ids for what is recorded."""

import os
import time
import uuid


def new_id() -> str:
    """A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random; later ones sort after earlier ones."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    low = (random >> 14 & ((1 << 62) - 1)) | 0b10 << 62
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | (random & 0xFFF) << 64 | low))
