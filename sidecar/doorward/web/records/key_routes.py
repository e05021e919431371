"""Endpoints of API keys, and of the encryption of what is recorded."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint
from doorward.web.record_rows import MISSING, PAGES, changing, reading
from doorward.web.records.api_keys import ApiKeyEndpoints
from doorward.web.records.encryption import EncryptionEndpoints
from doorward.web.records.key_wire import (
    EncryptionRotation,
    EncryptionState,
    KeyItem,
    KeyList,
    MadeKeyItem,
    NewKeyBody,
    RotateKeyBody,
)


def keys_rows(keys: ApiKeyEndpoints) -> list[Endpoint]:
    """API keys."""
    scope = Scope.ADMIN_KEYS
    one = "/v1/keys/{key}"
    return [
        reading(scope, "/v1/keys", "keys_list", "The API keys, by id", keys.list_all, KeyList, PAGES),
        reading(scope, one, "keys_show", "One API key", keys.show, KeyItem, versioned=True),
        changing(
            scope,
            ("POST", "/v1/keys"),
            "keys_create",
            "Make an API key",
            keys.create,
            {201: MadeKeyItem},
            body=NewKeyBody,
        ),
        changing(
            scope,
            ("POST", one + "/rotate"),
            "keys_rotate",
            "Give a key another secret; the one before counts for some time",
            keys.rotate,
            {201: MadeKeyItem, **MISSING},
            body=RotateKeyBody,
            versioned=True,
        ),
        changing(
            scope,
            ("DELETE", one),
            "keys_revoke",
            "End an API key",
            keys.revoke,
            {204: None, **MISSING},
            versioned=True,
        ),
    ]


def encryption_rows(encryption: EncryptionEndpoints) -> list[Endpoint]:
    """The encryption of what is recorded."""
    scope = Scope.ADMIN_KEYS
    return [
        reading(scope, "/v1/encryption", "encryption_show", "Which key seals now", encryption.show, EncryptionState),
        changing(
            scope,
            ("POST", "/v1/encryption/rotate"),
            "encryption_rotate",
            "Make a new key, or seal up to 500 users' values anew; call it until `next` is null",
            encryption.rotate,
            {200: EncryptionRotation},
            parameters={"cursor": PAGES["cursor"]},
            patient=True,
        ),
    ]
