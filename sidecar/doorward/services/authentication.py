"""Authentication: which caller a credential stands for."""

import hashlib
from collections.abc import Mapping
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.errors import Unauthenticated

_KNOWN_KEPT: Final = 1024


def key_hash(key: str) -> str:
    """How a key is kept: SHA-256 of it, in hex. Keys are random, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Authenticator:
    """Knows keys by their hashes. `anonymous` answers for callers without a credential, if given.

    A credential that was found good is remembered whole, so that a request costs one dict lookup;
    what is not good is never remembered.
    """

    def __init__(self, callers: Mapping[str, Caller], anonymous: Caller | None = None) -> None:
        self._callers = callers
        self._anonymous = anonymous
        self._known: dict[str, Caller] = {}

    def caller(self, authorization: str | None, api_key: str | None) -> Caller:
        """The caller of a request, from its `Authorization` and `X-API-Key` headers.

        Raises:
            Unauthenticated: there is no credential, or one of those sent is wrong.
        """
        if authorization is not None:
            caller = self._known.get(authorization) or self._bearer(authorization)
            if api_key is not None and self._key(api_key) is not caller:
                raise Unauthenticated("Authorization and X-API-Key name different keys; send one")
            return caller
        if api_key is not None:
            return self._key(api_key)
        if self._anonymous is not None:
            return self._anonymous
        raise Unauthenticated("no key; send `Authorization: Bearer KEY` (the first one is in STATE/admin.key)")

    def _bearer(self, header: str) -> Caller:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("the Authorization header must be `Bearer KEY`")
        caller = self._key(key.strip())
        if len(self._known) >= _KNOWN_KEPT:
            self._known.clear()
        self._known[header] = caller
        return caller

    def _key(self, key: str) -> Caller:
        caller = self._callers.get(key_hash(key))
        if caller is None:
            raise Unauthenticated("this key is not known; take it from STATE/admin.key or have one made")
        return caller
