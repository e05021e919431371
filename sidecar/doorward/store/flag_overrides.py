"""Overrides of flags as rows: one statement sets one, whoever sets it at the same time."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from doorward.domain.flag_overrides import FlagOverride
from doorward.store.rows import Statements

_COLUMNS: Final = "flag, tenant, value, reason, expires_at, created_at, updated_at, created_by, version"
_FIND: Final = f"SELECT {_COLUMNS} FROM flag_override WHERE flag = $flag AND tenant = $tenant"  # noqa: S608 - our names
_PUT: Final = f"""
INSERT INTO flag_override AS o ({_COLUMNS})
VALUES ($flag, $tenant, $value, $reason, $expires_at, $now, $now, $actor, 1)
ON CONFLICT (flag, tenant) DO UPDATE SET
  value = $value, reason = $reason, expires_at = $expires_at, updated_at = $now, version = o.version + 1
RETURNING created_at, created_by, version
"""  # noqa: S608
_OF_FLAG: Final = f"""
SELECT {_COLUMNS} FROM flag_override WHERE flag = $flag AND tenant > $after ORDER BY tenant LIMIT $count
"""  # noqa: S608
_ALL: Final = f"""
SELECT {_COLUMNS} FROM flag_override
WHERE tenant > $tenant OR (tenant = $tenant AND flag > $flag) ORDER BY tenant, flag LIMIT $count
"""  # noqa: S608


class FlagOverrideRows:
    """The port `FlagOverrides`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._row_lock = row_lock

    def find(self, flag: str, tenant: str, *, lock: bool = False) -> FlagOverride | None:
        """A tenant's own value of a flag; with `lock` nobody else changes it until the transaction ends."""
        rows = self._statements.rows(_FIND + (self._row_lock if lock else ""), flag=flag, tenant=tenant)
        return _override(rows[0]) if rows else None

    def put(self, override: FlagOverride) -> FlagOverride:
        """Set one, in the place of what is there; when and by whom it was made first is kept."""
        rows = self._statements.rows(
            _PUT,
            flag=override.flag,
            tenant=override.tenant,
            value=json.dumps(override.value),
            reason=override.reason,
            expires_at=override.expires_at,
            now=override.updated_at,
            actor=override.created_by,
        )
        created_at, created_by, version = rows[0]
        return replace(override, created_at=created_at, created_by=created_by, version=version)

    def remove(self, flag: str, tenant: str) -> bool:
        """Take one away; False where there is none."""
        return self._statements.changed(
            "DELETE FROM flag_override WHERE flag = $flag AND tenant = $tenant", flag=flag, tenant=tenant
        )

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        return self._statements.count("DELETE FROM flag_override WHERE tenant = $tenant", tenant=tenant)

    def of_flag(self, flag: str, after: str, count: int) -> Sequence[FlagOverride]:
        """At most `count` of a flag, by tenant, after a tenant (empty: from the first)."""
        return [_override(row) for row in self._statements.rows(_OF_FLAG, flag=flag, after=after, count=count)]

    def page(self, after: tuple[str, str], count: int) -> Sequence[FlagOverride]:
        """At most `count` of all, by tenant and flag, after a (tenant, flag); two empty texts: from the first."""
        tenant, flag = after
        return [_override(row) for row in self._statements.rows(_ALL, tenant=tenant, flag=flag, count=count)]


def _override(row: Sequence[Any]) -> FlagOverride:
    flag, tenant, value, reason, expires_at, created_at, updated_at, created_by, version = row
    return FlagOverride(
        flag=flag,
        tenant=tenant,
        value=json.loads(value),
        reason=reason,
        expires_at=expires_at,
        created_at=created_at,
        updated_at=updated_at,
        created_by=created_by,
        version=version,
    )
