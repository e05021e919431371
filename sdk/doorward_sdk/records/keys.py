"""API keys of a sidecar: `client.keys`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from doorward_sdk.records.wire import key_of, new_key_of
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from doorward_sdk.records.recorded import ApiKey, NewApiKey
    from doorward_sdk.wire.api import Api

_KEYS = "/v1/keys"
_UTC = timezone.utc  # noqa: UP017 - datetime.UTC came with 3.11
_DAY_SECONDS = 86_400


class Keys:
    """What programs ask with; needs the scope `admin:keys`, and gives no scope that the client's own key lacks.

    Every method raises RequestFailed where no answer comes; those that name a key NotFound where it is not there.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(
        self, name: str, scopes: Iterable[str], *, tenant_id: str | None = None, expires_at: datetime | None = None
    ) -> NewApiKey:
        """Make a key; its text is in the answer and nowhere else.

        Args:
            name: what it is for.
            scopes: what it may be used for, like `decide`.
            tenant_id: the tenant that it is bound to; None: all of them.
            expires_at: when it ends, naive times are UTC; None: never.

        Raises:
            NotPermitted: the client's own key lacks one of the scopes.
        """
        body: dict[str, object] = {"name": name, "scopes": list(scopes)}
        if tenant_id is not None:
            body["tenant_id"] = tenant_id
        if expires_at is not None:
            body["expires_at"] = time_text(expires_at)
        return new_key_of(self._api.change("POST", _KEYS, body).json())

    def get(self, key_id: str) -> ApiKey:
        """One key."""
        return key_of(self._api.get(path_of(_KEYS, key_id)))

    def list(self) -> Iterator[ApiKey]:
        """Every key; read page by page as they are taken."""
        return self._api.items(_KEYS, key_of)

    def rotate(self, key_id: str, *, overlap_seconds: int = _DAY_SECONDS, if_match: int | None = None) -> NewApiKey:
        """Make a second secret; the first one counts for `overlap_seconds` more, 30 days at most.

        Raises:
            Conflict: it has two already.
            PreconditionFailed: the key is not the version `if_match`.
        """
        body = {"overlap_seconds": overlap_seconds}
        answer = self._api.change("POST", path_of(_KEYS, key_id, "rotate"), body, if_match=if_match)
        return new_key_of(answer.json())

    def revoke(self, key_id: str, *, if_match: int | None = None) -> None:
        """End it at once, with all its secrets."""
        self._api.change("DELETE", path_of(_KEYS, key_id), if_match=if_match)


def time_text(moment: datetime) -> str:
    """A time as the wire has it: UTC with milliseconds; a naive one is UTC already."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=_UTC)
    return aware.astimezone(_UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
