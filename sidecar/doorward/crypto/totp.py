"""Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, one step early or late."""

import base64
import hmac
import os
import re
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from doorward.crypto.sealing import RandomBytes

_SECRET_BYTES: Final = 20  # as long as the hash: RFC 4226, section 4
_DIGITS: Final = 6
_STEP_SECONDS: Final = 30
_CODE: Final = re.compile(r"[0-9]{6}")


def new_secret(random: RandomBytes = os.urandom) -> bytes:
    """A secret to share with an authenticator app."""
    return random(_SECRET_BYTES)


def matching_step(secret: bytes, code: str, now: float, after: int) -> int | None:
    """The time step that a code belongs to, or None; `now` is in epoch seconds.

    Only steps after `after`, the one that was used last, count: keep the step that is returned, by compare-and-set,
    and no code works twice (RFC 6238, section 5.2). Of two steps with one code it is the later.
    """
    if not _CODE.fullmatch(code):
        return None
    current = int(now // _STEP_SECONDS)
    found = None
    for step in range(max(current - 1, 0), current + 2):
        same = hmac.compare_digest(_code_at(secret, step), code)
        if same and step > after:
            found = step
    return found


def provisioning_uri(secret: bytes, account: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code (Google's key URI format); it holds the secret.

    A colon would end the issuer, however it is escaped, so it is shown as a blank.
    """
    issuer, account = (quote(text.replace(":", " "), safe="") for text in (issuer, account))
    shown = base64.b32encode(secret).decode().rstrip("=")
    parameters = f"secret={shown}&issuer={issuer}&algorithm=SHA1&digits={_DIGITS}&period={_STEP_SECONDS}"
    return f"otpauth://totp/{issuer}:{account}?{parameters}"


def _code_at(secret: bytes, step: int) -> str:
    return HOTP(secret, _DIGITS, SHA1()).generate(step).decode()  # noqa: S303 - what apps know; HMAC bears it
