"""Authentication: which caller a credential stands for."""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from doorward.domain.api_keys import ApiKey, KeySecret
from doorward.domain.callers import Caller
from doorward.domain.errors import Unauthenticated
from doorward.services.ports import Clock

_KNOWN_KEPT: Final = 1024
_MICROSECONDS: Final = 1_000_000
_UNKNOWN: Final = "this key is not known, or counts no more; take it from STATE/admin.key or have one made"


def key_hash(key: str) -> str:
    """How a key is kept: SHA-256 of it, in hex. Keys are random, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Authenticator:
    """Knows keys by their hashes. `anonymous` answers for callers without a credential, if given.

    A credential that was found good is remembered whole, so that a request costs one dict lookup;
    what is not good is never remembered, and what was good is forgotten whenever recorded keys change.
    """

    def __init__(
        self, callers: Mapping[str, Caller], anonymous: Caller | None = None, clock: Clock = time.time
    ) -> None:
        self._callers = callers
        self._anonymous = anonymous
        self._clock = clock
        self._recorded: dict[str, Caller] = {}  # by the hash of a secret
        self._hashes: dict[str, tuple[str, ...]] = {}  # of each recorded key's secrets
        self._known: dict[str, Caller] = {}
        self._used: dict[str, float] = {}

    def follow(self, changed: Iterable[str] | None, keys: Sequence[ApiKey]) -> None:
        """Know recorded keys as they are now: of those that changed (None: of all), the ones that are not revoked."""
        recorded = {} if changed is None else dict(self._recorded)
        hashes = {} if changed is None else dict(self._hashes)
        for key_id in changed or ():
            for digest in hashes.pop(key_id, ()):
                recorded.pop(digest, None)
        for key in keys:
            if not key.revoked_at:
                hashes[key.id] = tuple(one.digest for one in key.secrets)
                recorded |= {one.digest: _caller(key, one) for one in key.secrets}
        self._recorded, self._hashes = recorded, hashes
        self._known = {}  # another dict: who looks a key up just now remembers it in the old one

    def take_uses(self) -> list[tuple[str, int]]:
        """Which recorded keys were used since the last call, and when last (epoch microseconds).

        No lock is held for a use, so that one at this very moment may be missed; the next one is not.
        """
        used, self._used = self._used, {}
        return [(key_id, int(seconds * _MICROSECONDS)) for key_id, seconds in used.copy().items()]

    def caller(self, authorization: str | None, api_key: str | None) -> Caller:
        """The caller of a request, from its `Authorization` and `X-API-Key` headers.

        Raises:
            Unauthenticated: there is no credential, or one of those sent is wrong.
        """
        if authorization is not None:
            caller = self._known.get(authorization) or self._bearer(authorization)
            if api_key is not None and self._key(api_key) is not caller:
                raise Unauthenticated("Authorization and X-API-Key name different keys; send one")
        elif api_key is not None:
            caller = self._key(api_key)
        elif self._anonymous is not None:
            return self._anonymous
        else:
            raise Unauthenticated("no key; send `Authorization: Bearer KEY` (the first one is in STATE/admin.key)")
        if caller.key_id is not None:
            self._note_use(caller, caller.key_id)
        return caller

    def _note_use(self, caller: Caller, key_id: str) -> None:
        """Note a use of a recorded key. Raises Unauthenticated where it has ended."""
        now = self._clock()
        if caller.expires_at is not None and caller.expires_at <= now:
            raise Unauthenticated(_UNKNOWN)
        self._used[key_id] = now

    def _bearer(self, header: str) -> Caller:
        known = self._known  # before the key is looked up: see `follow`
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("the Authorization header must be `Bearer KEY`")
        caller = self._key(key.strip())
        if len(known) >= _KNOWN_KEPT:
            known.clear()
        known[header] = caller
        return caller

    def _key(self, key: str) -> Caller:
        digest = key_hash(key)
        caller = self._callers.get(digest) or self._recorded.get(digest)
        if caller is None:
            raise Unauthenticated(_UNKNOWN)
        return caller


def _caller(key: ApiKey, secret: KeySecret) -> Caller:
    """Who sends a secret; a key's end and the secret's both count."""
    ends = [one / _MICROSECONDS for one in (key.expires_at, secret.expires_at) if one]
    return Caller(key.name, key.scopes, key.tenant, key.id, min(ends, default=None))
