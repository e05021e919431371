"""The encryption of what a sidecar records: `client.encryption`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.records.wire import encryption_rotation_of, encryption_status_of
from doorward_sdk.wire.api import target_of

if TYPE_CHECKING:
    from doorward_sdk.records.recorded import EncryptionRotation, EncryptionStatus
    from doorward_sdk.wire.api import Api

_ENCRYPTION = "/v1/encryption"


class Encryption:
    """The key that seals; needs the scope `admin:keys` and a key that is bound to no tenant."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def status(self) -> EncryptionStatus:
        """Which key seals, and how many values an older one has sealed. Raises RequestFailed."""
        return encryption_status_of(self._api.get(_ENCRYPTION))

    def rotate(self, cursor: str | None = None) -> EncryptionRotation:
        """Seal up to 500 users' values with the newest key; call it with `next` of the answer until that is None.

        Where none remained before, it makes a new key first. Raises RequestFailed.
        """
        target = target_of(f"{_ENCRYPTION}/rotate", {"cursor": cursor})
        return encryption_rotation_of(self._api.change("POST", target).json())
