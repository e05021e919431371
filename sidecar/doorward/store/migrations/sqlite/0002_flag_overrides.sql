-- The values that tenants have of flags, whatever the policy says. The tenant may be one that only the policy names.

CREATE TABLE flag_override (
  flag TEXT NOT NULL,
  tenant TEXT NOT NULL,
  value TEXT NOT NULL, -- JSON
  reason TEXT,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (flag, tenant)
) STRICT, WITHOUT ROWID;
CREATE INDEX flag_override_by_tenant ON flag_override (tenant, flag);
