"""Session tokens and API keys, made; they are kept by `services.authentication.key_hash`."""

import base64
import os
from typing import Final, NamedTuple

from doorward.crypto.sealing import RandomBytes

_SECRET_BYTES: Final = 32
_NAME_BYTES: Final = 5  # eight characters of base32


class IssuedKey(NamedTuple):
    """A key, to be shown once, and its beginning, by which people know it afterwards."""

    key: str
    prefix: str

    def __repr__(self) -> str:
        return f"IssuedKey(prefix={self.prefix!r})"


def new_token(prefix: str, random: RandomBytes = os.urandom) -> str:
    """A bearer token: `PREFIX_` and 32 random bytes in base64url."""
    return f"{prefix}_{_base64url(random(_SECRET_BYTES))}"


def new_api_key(random: RandomBytes = os.urandom) -> IssuedKey:
    """A key `dw_NAME_SECRET`, of which the prefix `dw_NAME` is random too, and no secret."""
    prefix = f"dw_{base64.b32encode(random(_NAME_BYTES)).decode().lower()}"
    return IssuedKey(new_token(prefix, random), prefix)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
