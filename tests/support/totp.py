"""One-time codes as an app shows them."""

import base64
import hashlib
import hmac
import time


def code_of(secret: str, shift: int = 0) -> str:
    """The six digits of RFC 6238 for a shared secret in base32, now or some steps from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(time.time()) // 30 + shift).to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"
