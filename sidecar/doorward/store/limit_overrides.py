"""Overrides of limits as rows: one statement sets one, whoever sets it at the same time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from doorward.domain.limit_overrides import LimitOverride
from doorward.domain.plans import Per, PlanLimit
from doorward.store.rows import Statements

_COLUMNS: Final = "tenant, name, per, amount, reason, expires_at, created_at, updated_at, created_by, version"
_FIND: Final = f"SELECT {_COLUMNS} FROM limit_override WHERE tenant = $tenant AND name = $name AND per = $per"  # noqa: S608 - our names
_PUT: Final = f"""
INSERT INTO limit_override AS o ({_COLUMNS})
VALUES ($tenant, $name, $per, $amount, $reason, $expires_at, $now, $now, $actor, 1)
ON CONFLICT (tenant, name, per) DO UPDATE SET
  amount = $amount, reason = $reason, expires_at = $expires_at, updated_at = $now, version = o.version + 1
RETURNING created_at, created_by, version
"""  # noqa: S608
_TENANTS_AT_ONCE: Final = 500


class LimitOverrideRows:
    """The port `LimitOverrides`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._row_lock = row_lock

    def find(self, tenant: str, limit: str, per: Per, *, lock: bool = False) -> LimitOverride | None:
        """A tenant's own amount of a limit; with `lock` nobody else changes it until the transaction ends."""
        sql = _FIND + (self._row_lock if lock else "")
        rows = self._statements.rows(sql, tenant=tenant, name=limit, per=per.value)
        return _override(rows[0]) if rows else None

    def put(self, override: LimitOverride) -> LimitOverride:
        """Set one, in the place of what is there; when and by whom it was made first is kept."""
        rows = self._statements.rows(
            _PUT,
            tenant=override.tenant,
            name=override.limit.limit,
            per=override.limit.per.value,
            amount=override.limit.amount,
            reason=override.reason,
            expires_at=override.expires_at,
            now=override.updated_at,
            actor=override.created_by,
        )
        created_at, created_by, version = rows[0]
        return replace(override, created_at=created_at, created_by=created_by, version=version)

    def remove(self, tenant: str, limit: str, per: Per) -> bool:
        """Take one away; False where there is none."""
        return self._statements.changed(
            "DELETE FROM limit_override WHERE tenant = $tenant AND name = $name AND per = $per",
            tenant=tenant,
            name=limit,
            per=per.value,
        )

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        return self._statements.count("DELETE FROM limit_override WHERE tenant = $tenant", tenant=tenant)

    def has_per(self, per: Per) -> bool:
        """Whether some tenant has an amount of its own that is counted so."""
        return bool(self._statements.rows("SELECT 1 FROM limit_override WHERE per = $per LIMIT 1", per=per.value))

    def of_tenants(self, tenants: Iterable[str]) -> dict[str, tuple[LimitOverride, ...]]:
        """All of some tenants, those that ended too, by name and `per`."""
        found: dict[str, tuple[LimitOverride, ...]] = dict.fromkeys(tenants, ())
        wanted = list(found)
        for start in range(0, len(wanted), _TENANTS_AT_ONCE):
            for row in self._rows_of(wanted[start : start + _TENANTS_AT_ONCE]):
                one = _override(row)
                found[one.tenant] += (one,)
        return found

    def _rows_of(self, tenants: Sequence[str]) -> Sequence[Any]:
        values = {f"t{place}": tenant for place, tenant in enumerate(tenants)}
        places = ", ".join(f"${name}" for name in values)
        return self._statements.rows(
            f"SELECT {_COLUMNS} FROM limit_override WHERE tenant IN ({places}) ORDER BY tenant, name, per",  # noqa: S608
            **values,
        )


def _override(row: Sequence[Any]) -> LimitOverride:
    tenant, name, per, amount, reason, expires_at, created_at, updated_at, created_by, version = row
    return LimitOverride(
        tenant=tenant,
        limit=PlanLimit(limit=name, per=Per(per), amount=amount),
        reason=reason,
        expires_at=expires_at,
        created_at=created_at,
        updated_at=updated_at,
        created_by=created_by,
        version=version,
    )
