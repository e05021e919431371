"""The types of the wire for API keys, and for the encryption of what is recorded."""

from typing import Annotated

from msgspec import Meta, Struct

from doorward.domain.record_names import MAX_RECORD_NAME
from doorward.services.api_keys import LONGEST_OVERLAP_SECONDS

# The domain checks ids and names; here they are only described.
_NAME = Meta(description="printable text", extra_json_schema={"minLength": 1, "maxLength": MAX_RECORD_NAME})
_SECRET = Meta(description="never shown again, and kept nowhere in clear")
_TIME = Meta(description="RFC 3339", extra_json_schema={"format": "date-time"})


class NewKeyBody(Struct, forbid_unknown_fields=True):
    """A key to be made."""

    name: Annotated[str, _NAME]
    scopes: list[str]
    tenant_id: str | None = None
    expires_at: Annotated[str, _TIME] | None = None


class KeySecretItem(Struct):
    """One secret of a key, by its beginning."""

    prefix: str
    created_at: str
    expires_at: str | None


class KeyItem(Struct):
    """A key without its secrets."""

    id: str
    name: str
    scopes: list[str]
    tenant_id: str | None
    secrets: list[KeySecretItem]
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    created_at: str
    version: int


class MadeKeyItem(KeyItem):
    """A key with its secret."""

    key: Annotated[str, _SECRET] = ""


class KeyList(Struct):
    """Some keys, by id."""

    items: list[KeyItem]
    next: str | None


class RotateKeyBody(Struct, forbid_unknown_fields=True):
    """How long the secret before goes on to count."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP_SECONDS)] = 86_400


class EncryptionState(Struct):
    """Which key seals now, since when, how many there are, and how many users hold values that older ones sealed."""

    key_id: str
    created_at: str
    keys: int
    sealed_with_others: int


class UnopenedValue(Struct):
    """A value of a user that no key opens, `email` or `totp`: it was left as it is."""

    user_id: str
    value: str
    detail: str


class EncryptionRotation(Struct):
    """How far a rotation came; call again with `next` as `cursor` until it is null."""

    key_id: str
    resealed: int
    remaining: int
    unopened: list[UnopenedValue]
    next: str | None
