-- The values that tenants have of flags, whatever the policy says. The tenant may be one that only the policy names.

CREATE TABLE flag_override (
  flag text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL, -- JSON
  reason text COLLATE "C",
  expires_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  created_by text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT flag_override_flag_tenant PRIMARY KEY (flag, tenant)
);
CREATE INDEX flag_override_by_tenant ON flag_override (tenant, flag);
