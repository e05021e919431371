"""Encryption keys as rows, wrapped."""

from collections.abc import Sequence
from typing import Any

from doorward.domain.encryption import KeyPurpose, WrappedKey
from doorward.domain.errors import Conflict
from doorward.store.rows import Rows, Statements


class EncryptionKeyRows:
    """The port `EncryptionKeys`."""

    def __init__(self, rows: Rows, statements: Statements) -> None:
        self._rows = rows
        self._statements = statements

    def all(self) -> Sequence[WrappedKey]:
        """Every key, the oldest first."""
        return [_key(row) for row in self._rows.all("id <> '' ORDER BY created_at, id")]

    def lock(self) -> None:
        """Let nobody else make keys, or wrap them anew, until the transaction ends. Read them after it."""
        self._rows.all("id <> '' ORDER BY id", lock=True)

    def add(self, key: WrappedKey) -> None:
        """Record one."""
        taken = {"encryption_key_id": Conflict(f"the id {key.id!r} is taken; choose another one")}
        self._rows.add({"id": key.id, **_fields(key)}, taken)

    def replace(self, key: WrappedKey) -> None:
        """Write one that is wrapped anew."""
        self._rows.save(key.id, _fields(key), {})

    def remove(self, key_id: str) -> None:
        """Forget one that seals nothing any more."""
        self._statements.count("DELETE FROM encryption_key WHERE id = $id", id=key_id)


def _fields(key: WrappedKey) -> dict[str, object]:
    return {"purpose": key.purpose.value, "wrapped": key.wrapped, "created_at": key.created_at}


def _key(row: Any) -> WrappedKey:  # noqa: ANN401 - an entity's object
    return WrappedKey(id=row.id, purpose=KeyPurpose(row.purpose), wrapped=row.wrapped, created_at=row.created_at)
