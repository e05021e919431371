"""API keys as rows, with their secrets' hashes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from doorward.domain.api_keys import ApiKey, ApiKeyFilter, KeySecret
from doorward.domain.callers import Scope
from doorward.domain.errors import Conflict
from doorward.store.rows import Rows, Statements

_KNOWN: Final = frozenset(one.value for one in Scope)


class ApiKeyRows:
    """The port `ApiKeys`."""

    def __init__(self, rows: Rows, secrets: Rows, statements: Statements) -> None:
        self._rows = rows
        self._secrets = secrets
        self._statements = statements

    def add(self, key: ApiKey) -> None:
        """Record one with its secrets. Raises Conflict where its id is taken."""
        fields = {"id": key.id, "last_used_at": key.last_used_at, **_fields(key)}
        self._rows.add(fields, {"api_key_id": Conflict(f"the id {key.id!r} is taken; choose another one")})
        self._add_secrets(key)

    def find(self, key_id: str, *, lock: bool = False) -> ApiKey | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        row = self._rows.find("id = $id", lock=lock, id=key_id)
        return None if row is None else self._key(row)

    def save(self, key: ApiKey) -> None:
        """Write one that was found with `lock`, its secrets too; when it was used last is `note_used`'s alone."""
        self._rows.save(key.id, _fields(key), {})
        self._statements.count("DELETE FROM api_key_secret WHERE api_key = $id", id=key.id)
        self._add_secrets(key)

    def page(self, wanted: ApiKeyFilter, after: str, count: int) -> Sequence[ApiKey]:
        """At most `count`, by id, after an id, revoked ones too."""
        asked = {name: value for name in ("tenant", "name") if (value := getattr(wanted, name)) is not None}
        where = " AND ".join(["id > $after", *(f"{name} = ${name}" for name in asked)])
        rows = self._rows.all(f"{where} ORDER BY id LIMIT $count", after=after, count=count, **asked)
        return [self._key(row) for row in rows]

    def any(self) -> bool:
        """Whether any key was ever recorded."""
        return self._statements.first("SELECT 1 FROM api_key LIMIT 1") is not None

    def note_used(self, used: Iterable[tuple[str, int]]) -> None:
        """Note when keys were used last, if it is later than what is noted. Changes no version."""
        for key_id, at in sorted(used):  # in one order everywhere, so that nobody waits in a circle
            self._statements.count(
                "UPDATE api_key SET last_used_at = $at WHERE id = $id AND last_used_at < $at", id=key_id, at=at
            )

    def _add_secrets(self, key: ApiKey) -> None:
        for one in key.secrets:
            self._statements.count(
                "INSERT INTO api_key_secret (digest, api_key, prefix, created_at, expires_at)"
                " VALUES ($digest, $key, $prefix, $created, $expires)",
                digest=one.digest,
                key=key.id,
                prefix=one.prefix,
                created=one.created_at,
                expires=one.expires_at,
            )

    def _key(self, row: Any) -> ApiKey:  # noqa: ANN401 - an entity's object
        secrets = self._secrets.all("api_key = $id ORDER BY created_at, digest", id=row.id)
        return ApiKey(
            id=row.id,
            name=row.name,
            scopes=scopes_of(row.scopes),
            tenant=row.tenant,
            secrets=tuple(_secret(one) for one in secrets),
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )


def scopes_of(text: str) -> frozenset[Scope]:
    """Scopes as they are kept: their names with blanks between."""
    return frozenset(Scope(name) for name in text.split())


def known_scopes_of(text: str) -> frozenset[Scope]:
    """Those that this Doorward knows: a newer one on the same database may give others."""
    return frozenset(Scope(name) for name in text.split() if name in _KNOWN)


def _fields(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "scopes": " ".join(sorted(key.scopes)),
        "tenant": key.tenant,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
        "version": key.version,
    }


def _secret(row: Any) -> KeySecret:  # noqa: ANN401 - an entity's object
    return KeySecret(digest=row.digest, prefix=row.prefix, created_at=row.created_at, expires_at=row.expires_at)
