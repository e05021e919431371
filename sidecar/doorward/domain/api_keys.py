"""API keys as they are recorded: what each may be used for, until when, and its secrets' hashes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from doorward.domain.callers import Scope
from doorward.domain.errors import BadRequest
from doorward.domain.record_names import check_record_name

MAX_LIVE_SECRETS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret:
    """One secret of a key: the hash it is known by, the beginning that people see, and when it ends.

    Times are epoch microseconds; `expires_at` 0 means with the key.
    """

    digest: str
    prefix: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A recorded key. Times are epoch microseconds, 0 for never. `tenant` None: bound to no tenant."""

    id: str
    name: str
    scopes: frozenset[Scope]
    tenant: str | None
    secrets: tuple[KeySecret, ...]
    expires_at: int
    revoked_at: int
    last_used_at: int
    created_at: int
    updated_at: int
    version: int

    def live_secrets(self, now: int) -> tuple[KeySecret, ...]:
        """The secrets that count at a time; none once the key is revoked or has expired."""
        if self.revoked_at or (self.expires_at and self.expires_at <= now):
            return ()
        return tuple(one for one in self.secrets if not one.expires_at or one.expires_at > now)

    def changed(self, now: int, **fields: Any) -> "ApiKey":  # noqa: ANN401 - its own fields
        """The key with other values, one version on."""
        return replace(self, **fields, updated_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key to be made. `expires_at` in epoch microseconds, 0 for never."""

    name: str
    scopes: frozenset[Scope]
    tenant: str | None
    expires_at: int

    @classmethod
    def checked(
        cls, *, name: str, scopes: Iterable[str], tenant: str | None = None, expires_at: int = 0
    ) -> "NewApiKey":
        """A new key of what a caller sent. Raises BadRequest naming the member and the fix."""
        return cls(
            name=check_record_name("name", name), scopes=check_scopes(scopes), tenant=tenant, expires_at=expires_at
        )


def check_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names. Raises BadRequest for one that is not known, and for none at all."""
    known = {one.value: one for one in Scope}
    found = set()
    for name in names:
        if name not in known:
            raise BadRequest(f"the scope {name[:100]!r} is not known; there are {', '.join(known)}")
        found.add(known[name])
    if not found:
        raise BadRequest(f"scopes is empty; a key needs one at least, of {', '.join(known)}")
    return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyFilter:
    """Which keys a list has; None where it does not matter."""

    tenant: str | None = None
    name: str | None = None
